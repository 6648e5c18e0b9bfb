"""Tiny random pipelines of every family, with their toy tokenizer and text encoder; no downloads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from visuosyn.errors import UserError

WORDS = ("a", "and", "ball", "board", "cat", "dog", "er", "hat", "in", "red", "skate", "the", "with")
_PIPELINES = {
    "sd1": "StableDiffusionPipeline",
    "sd1-img2img": "StableDiffusionImg2ImgPipeline",
    "sd1-inpaint": "StableDiffusionInpaintPipeline",
    "sd2": "StableDiffusionPipeline",
    "sd2-img2img": "StableDiffusionImg2ImgPipeline",
    "sd2-inpaint": "StableDiffusionInpaintPipeline",
    "sdxl": "StableDiffusionXLPipeline",
    "sdxl-img2img": "StableDiffusionXLImg2ImgPipeline",
    "sdxl-inpaint": "StableDiffusionXLInpaintPipeline",
}


def tiny_pipelines() -> tuple[str, ...]:
    """The names that ``tiny_pipeline`` knows.

    >>> tiny_pipelines()[:3]
    ('sd1', 'sd1-img2img', 'sd1-inpaint')
    """
    return tuple(_PIPELINES)


def tiny_pipeline(name: str = "sd1", *, seed: int = 0) -> Any:
    """A random pipeline of the named kind with images of 64 x 64 pixels over latents of 16 x 16.

    The same ``seed`` gives the same weights; the global random state is left alone. Raises UserError for a name that
    is not one of ``tiny_pipelines``.

    >>> tiny_pipeline("sd1")("a cat", num_inference_steps=1).images[0].size
    (64, 64)
    """
    if name not in _PIPELINES:
        raise UserError(f"{name!r} is no tiny pipeline: use one of {', '.join(_PIPELINES)}")
    import diffusers
    import torch

    kind, _, task = name.partition("-")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        parts: dict[str, Any] = {
            "tokenizer": toy_tokenizer(),
            "unet": _unet(kind, in_channels=9 if task == "inpaint" else 4),
            "vae": _vae(),
            "scheduler": _scheduler("v_prediction" if kind == "sd2" else "epsilon"),
        }
        if kind == "sdxl":
            parts |= {
                "tokenizer_2": toy_tokenizer(),
                "text_encoder": text_encoder(32),
                "text_encoder_2": text_encoder(48, True),
            }
        else:
            parts |= {"text_encoder": text_encoder(32, act="gelu" if kind == "sd2" else "quick_gelu")}
            parts |= {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    pipeline = getattr(diffusers, _PIPELINES[name])(**parts)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def toy_tokenizer(limit: int = 77) -> Any:
    """A byte-level CLIP tokenizer built in memory. The words of ``WORDS`` are one token, all others several.

    >>> toy_tokenizer().tokenize("A skateboarder, a cat")
    ['a</w>', 'skat', 'e', 'boar', 'd', 'er</w>', ',</w>', 'a</w>', 'cat</w>']
    """
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import CLIPTokenizer

    alphabet = sorted(ByteLevel.alphabet())
    tokens = [*alphabet, *(letter + "</w>" for letter in alphabet)]
    merges: list[tuple[str, str]] = []
    for word in WORDS:
        left = ""
        for at, letter in enumerate(word):
            right = letter + "</w>" * (at == len(word) - 1)
            if left and (left, right) not in merges:
                merges.append((left, right))
            left += right
            tokens.append(left)
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    numbers = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    return CLIPTokenizer(vocab=numbers, merges=merges, model_max_length=limit)


def text_encoder(width: int, projection: bool = False, act: str = "quick_gelu") -> Any:
    """A random CLIP text encoder, of the vocabulary of ``toy_tokenizer``, with states of the given width.

    ``projection``: with the pooled output of 32 channels, as Stable Diffusion XL reads it; ``act``: the activation.

    >>> tokens = toy_tokenizer()("a red hat", return_tensors="pt")
    >>> text_encoder(32)(**tokens).last_hidden_state.shape  # row, token with the opening and the closing one, channel
    torch.Size([1, 5, 32])
    """
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=len(toy_tokenizer()),
        hidden_size=width,
        intermediate_size=2 * width,
        projection_dim=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        hidden_act=act,
        bos_token_id=len(toy_tokenizer()) - 2,
        eos_token_id=len(toy_tokenizer()) - 1,
    )
    return (CLIPTextModelWithProjection if projection else CLIPTextModel)(config)


@contextmanager
def blended(pipeline: Any, tokens: tuple[int, int], weight: float) -> Iterator[None]:
    """Inside the block the keys of two tokens of every prompt are drawn together in all attention to the text.

    Each becomes (1 - weight / 2) of itself and weight / 2 of the other: at 0 nothing changes, at 1 both are their mean,
    so that the two words share one map. ``tokens``: their places on the axis of tokens, the opening one included.

    >>> import numpy as np
    >>> from visuosyn.tracing import trace
    >>> pipeline = tiny_pipeline("sd1")
    >>> with blended(pipeline, (1, 3), weight=1.0), trace(pipeline) as tracer:
    ...     image = pipeline("cat and dog", num_inference_steps=1).images[0]
    >>> maps, = tracer.heat_maps()
    >>> bool(np.allclose(maps["cat"].array, maps["dog"].array)), bool(np.allclose(maps[0].array, maps["and"].array))
    (True, False)
    """
    from diffusers.models.attention_processor import Attention

    first, second = tokens

    def blend(module: Any, inputs: Any, keys: Any) -> Any:
        mixed = keys.clone()
        mixed[:, first] = (1 - weight / 2) * keys[:, first] + weight / 2 * keys[:, second]
        mixed[:, second] = (1 - weight / 2) * keys[:, second] + weight / 2 * keys[:, first]
        return mixed

    modules = [m for m in pipeline.unet.modules() if isinstance(m, Attention) and m.is_cross_attention]
    handles = [module.to_k.register_forward_hook(blend) for module in modules]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _unet(kind: str, in_channels: int) -> Any:
    from diffusers import UNet2DConditionModel

    shared = {
        "sample_size": 16,
        "in_channels": in_channels,
        "out_channels": 4,
        "layers_per_block": 1,
        "norm_num_groups": 8,
        "block_out_channels": (16, 32),
        "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    }
    if kind == "sd1":
        return UNet2DConditionModel(**shared, cross_attention_dim=32, attention_head_dim=4)
    if kind == "sd2":
        return UNet2DConditionModel(
            **shared, cross_attention_dim=32, attention_head_dim=(2, 4), use_linear_projection=True
        )
    return UNet2DConditionModel(
        **shared
        | {
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
        },
        cross_attention_dim=80,
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        transformer_layers_per_block=(1, 2),
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=80,
    )


def _vae() -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=64,
    )


def _scheduler(prediction: str) -> Any:
    from diffusers import DDIMScheduler

    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        prediction_type=prediction,
    )
