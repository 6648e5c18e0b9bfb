"""A tiny random Stable Diffusion 3, made in memory."""

from __future__ import annotations

from typing import Any

import torch

from visuosyn.testing import WORDS, text_encoder, tiny_pipeline, toy_tokenizer

CLIP_LIMIT = 77


def unigram_tokenizer() -> Any:
    """A tokenizer like T5's: words begin with "▁", a Unigram model, </s> at the end. ``WORDS`` are one token each."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    letters = [("▁", -4.0), *((letter, -6.0) for letter in "abcdefghijklmnopqrstuvwxyz,.")]
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((f"▁{word}", -1.0) for word in WORDS), *letters]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=2))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=512
    )


def tiny_sd3(*, t5: bool = True, dual: tuple[int, ...] = (0,), norm: str | None = "rms_norm", seed: int = 0) -> Any:
    """A pipeline of three joint blocks, over latents of 16 x 16 in patches of 2 x 2; ``dual``: blocks with a second
    attention, to the image alone."""
    from diffusers import FlowMatchEulerDiscreteScheduler, SD3Transformer2DModel, StableDiffusion3Pipeline
    from transformers import T5Config, T5EncoderModel

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        transformer = SD3Transformer2DModel(
            sample_size=16,
            patch_size=2,
            in_channels=4,
            out_channels=4,
            num_layers=3,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=64,
            caption_projection_dim=32,
            pooled_projection_dim=64,
            pos_embed_max_size=32,
            dual_attention_layers=dual,
            qk_norm=norm,
        )
        for weight in transformer.parameters():
            if weight.dim() > 1:  # as they come, attention would be all but even
                torch.nn.init.normal_(weight, std=0.15)
        words = unigram_tokenizer()
        config = T5Config(vocab_size=len(words), d_model=64, d_ff=64, num_layers=2, num_heads=4, d_kv=16)
        vae = tiny_pipeline("sd1").vae
        vae.register_to_config(shift_factor=0.0)
        pipeline = StableDiffusion3Pipeline(
            transformer=transformer.eval(),
            scheduler=FlowMatchEulerDiscreteScheduler(),
            vae=vae,
            text_encoder=text_encoder(32, True),
            tokenizer=toy_tokenizer(CLIP_LIMIT),
            text_encoder_2=text_encoder(32, True),
            tokenizer_2=toy_tokenizer(CLIP_LIMIT),
            text_encoder_3=T5EncoderModel(config).eval() if t5 else None,
            tokenizer_3=words if t5 else None,
        )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
