"""For tests and examples: tiny random pipelines of every family, small runs, trees, maps and tables made by hand,
hypothesis strategies; no downloads."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from visuosyn.data import AttentionSlice, HeatMaps, Sentence, Word
from visuosyn.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from hypothesis.strategies import SearchStrategy

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


def families() -> tuple[str, ...]:
    """The names that ``tiny_pipeline`` knows.

    >>> families()[:3]
    ('sd1', 'sd1-img2img', 'sd1-inpaint')
    """
    return tuple(_PIPELINES)


def tiny_pipeline(name: str = "sd1", *, seed: int = 0) -> Any:
    """A random pipeline of the named kind with images of 64 x 64 pixels over latents of 16 x 16.

    The same ``seed`` gives the same weights; the global random state is left alone. Raises UserError for a name that
    is not one of ``families``.

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


def heat_maps(text: str, arrays: Sequence[NDArray[Any]] | NDArray[Any], **facts: Any) -> HeatMaps:
    """Heat maps made by hand: one map of shape (row, column) for each word of a text, given between blanks.

    >>> import numpy as np
    >>> heat_maps("red ball", np.eye(2).reshape(2, 1, 2))["ball"].array
    array([[0., 1.]], dtype=float32)
    """
    words, at = [], 0
    for index, word in enumerate(text.split()):
        at = text.index(word, at)
        words.append(Word(word, at, at + len(word), index))
        at += len(word)
    sums = np.asarray(arrays, dtype=np.float32)
    if len(sums) != len(words) or sums.ndim != 3:
        raise UserError(f"{len(words)} words need maps of shape ({len(words)}, row, column), not {sums.shape}")
    grid = (sums.shape[1], sums.shape[2])
    maps = HeatMaps(
        text, tuple(words), (AttentionSlice("total", grid, sums, 1),), grid, steps=1, tokens=(1,) * len(words)
    )
    return maps.with_facts(**facts)


def sentence(tree: str, *, id: str = "1", scheme: str = "ud") -> Sentence:
    """A sentence with a tree made by hand, from ``form/UPOS/relation/head`` words; heads count from 1, 0 is the root.

    ``form=lemma`` where the lemma is not the form in lower case, ``UPOS.XPOS`` where the fine tag matters.

    >>> ball = sentence("a/DET/det/3 red/ADJ/amod/3 ball/NOUN/root/0")
    >>> ball.text, [(word.text, word.start, word.head, word.relation) for word in ball.words]
    ('a red ball', [('a', 0, 2, 'det'), ('red', 2, 2, 'amod'), ('ball', 6, -1, 'root')])
    """
    from visuosyn.parse.tree import Tree

    sketched, words, at = Tree.sketch(tree), [], 0
    for index, (token, head, label) in enumerate(zip(sketched.words, sketched.heads, sketched.labels, strict=True)):
        end = at + len(token.text)
        words.append(Word(token.text, at, end, index, token.lemma, token.upos, token.xpos, head=head, relation=label))
        at = end + 1
    return Sentence(id, " ".join(word.text for word in words), tuple(words), scheme=scheme)


def pair_rows(overlaps: Mapping[str, Sequence[tuple[float, float]]], **facts: Any) -> pd.DataFrame:
    """A pair table made by hand, with all its columns: for each relation one pair in each of the captions "0", "1" ...

    A pair is given by its IoD and IoH, above 0 and at most 1. The areas follow, where the larger one is half of the
    grid, and so does IoU. ``facts`` are columns with one value, such as ``seed``, ``mask`` or ``kind``.

    >>> table = pair_rows({"amod": [(1.0, 0.5), (0.5, 0.5)]})
    >>> table[["caption_id", "relation", "iou", "iod", "ioh", "dependent_area", "head_area"]].round(3).values.tolist()
    [['0', 'amod', 0.5, 1.0, 0.5, 0.25, 0.5], ['1', 'amod', 0.333, 0.5, 0.5, 0.5, 0.5]]
    """
    import pandas as pd

    from visuosyn.measure.pair_table import DTYPES

    rows = []
    for pair, (relation, values) in enumerate(overlaps.items()):
        for caption, (iod, ioh) in enumerate(values):
            shared = min(iod, ioh) / 2
            areas = {"head_area": shared / ioh, "dependent_area": shared / iod, "intersection": shared}
            names = {"caption_id": str(caption), "noise_id": str(caption), "relation": relation, "pair": pair}
            places = {"head_position": 2 * pair + 1, "dependent_position": 2 * pair}
            rows.append(names | places | areas | {"iou": 1 / (1 / iod + 1 / ioh - 1), "iod": iod, "ioh": ioh})
    table = pd.DataFrame(rows).assign(seed=0, distance=1, head_first=False, cosine=float("nan"), mask="relative:0.4")
    table = table.assign(kind=table["relation"].where(table["relation"] == "unrelated", "related"))
    table = table.assign(edge=table["kind"].map({"related": "basic"}).fillna(""))
    for role, depth in (("head", 0), ("dependent", 1)):
        words = {role: role, f"{role}_lemma": role, f"{role}_upos": "NOUN"}
        table = table.assign(**words, **{f"{role}_tokens": 1, f"{role}_depth": depth})
    return table.assign(**facts)[list(DTYPES)].astype(DTYPES)


def map_arrays(words: int = 2, grid: tuple[int, int] = (4, 4)) -> SearchStrategy[NDArray[np.float32]]:
    """A hypothesis strategy of maps (word, row, column) with values in 0..1; whole maps of zeros included.

    >>> from hypothesis import HealthCheck, given, settings
    >>> @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    ... @given(map_arrays(words=3, grid=(2, 5)))
    ... def test_no_word_has_more_attention_than_there_is(maps):
    ...     assert maps.shape == (3, 2, 5) and 0 <= maps.min() <= maps.max() <= 1
    >>> test_no_word_has_more_attention_than_there_is()
    """
    from hypothesis import strategies
    from hypothesis.extra.numpy import arrays

    value = strategies.floats(0, 1, width=32, allow_subnormal=False)
    return arrays(np.float32, (words, *grid), elements=value)


def relation_rows(
    differences: Mapping[str, float], *, masks: Sequence[str] = ("relative:0.4",), prompts: int = 50
) -> pd.DataFrame:
    """A relation table made by hand: a row for each relation and mask rule, from the differences mIoD - mIoH.

    In percentage points: mIoU 40, mIoH 50, mIoD 50 + the difference, intervals of 2 points to each side; two pairs a
    prompt.

    >>> relation_rows({"obj": 25.0})[["relation", "n_pairs", "mIoD", "mIoH", "difference_low"]].values.tolist()
    [['obj', 100, 75.0, 50.0, 23.0]]
    """
    import pandas as pd

    rows = []
    for mask in masks:
        for relation, difference in differences.items():
            row: dict[str, Any] = {"relation": relation, "mask": mask}
            row |= {"n_pairs": 2 * prompts, "n_prompts": prompts, "n_images": prompts}
            means = {"mIoU": 40.0, "mIoD": 50.0 + difference, "mIoH": 50.0, "difference": difference}
            for name, value in means.items():
                row |= {name: value, f"{name}_low": value - 2, f"{name}_high": value + 2}
            rows.append(row)
    return pd.DataFrame(rows)


@cache
def tiny_run(kind: str = "relations") -> Path:
    """The folder of a small study drawn by a tiny random pipeline, made once a process and removed when it ends.

    ``kind``: "relations" (two captions, two seeds; measured, but without a report), "adjectives" (one scene) or
    "cohyponyms" (two pairs of nouns). All files are real, the numbers mean nothing. Copy the folder to change it.

    >>> sorted(path.name for path in tiny_run().glob("*.parquet"))
    ['controls.parquet', 'multiverse.parquet', 'pairs.parquet']
    """
    from visuosyn.studies.adjectives.study import adjectives
    from visuosyn.studies.cohyponyms.study import cohyponyms
    from visuosyn.studies.relations.compare import compare_stage
    from visuosyn.studies.relations.study import trace_corpus
    from visuosyn.studies.settings import settings_of
    from visuosyn.studies.stages import measure_stage

    held = tempfile.TemporaryDirectory(prefix="visuosyn-")
    atexit.register(held.cleanup)
    run, given = Path(held.name, "run"), Path(held.name, f"{kind}.txt")
    options: dict[str, Any] = {"model": tiny_pipeline(), "steps": 1, "masks": ["relative:0.4", "soft"]}
    if kind == "relations":
        given.write_text("a red cat\na dog in a hat\n")
        folder = trace_corpus(given, out=run, settings=settings_of(**options, seeds="0-1"))
        measure_stage(folder)
        compare_stage(folder)
    elif kind == "adjectives":
        given.write_text("template,adjectives,swap\na {} [hat] and a [dog],red|blue,ball\n")
        adjectives(out=run, templates=given, size="96x96", seeds=[0], **options)
    elif kind == "cohyponyms":
        cohyponyms(out=run, nouns=["cat", "dog", "car"], per_class=1, size="96x96", seeds=[0], **options)
    else:
        raise UserError(f"{kind!r} is no kind of study: use relations, adjectives or cohyponyms")
    return run
