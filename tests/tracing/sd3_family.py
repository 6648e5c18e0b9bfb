"""Stable Diffusion 3 as a family: joint attention of [image, CLIP, T5], the texts of two kinds of encoders apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from visuosyn.errors import UserError
from visuosyn.tracing.align import Encoding, encode
from visuosyn.tracing.families.base import AttentionLayout, DenoiserRun, Layer, TextSegment, derives_from
from visuosyn.tracing.families.drawable import require_multiple, require_steps
from visuosyn.tracing.families.request import Request, read_request


class StableDiffusion3:
    """The family of ``SD3Transformer2DModel``."""

    name = "sd3"
    pipelines: tuple[str, ...] = ("StableDiffusion3Pipeline",)

    def supports(self, pipeline: type, components: Mapping[str, type]) -> bool:
        known = "transformer" not in components or derives_from(components["transformer"], ["SD3Transformer2DModel"])
        return known and derives_from(pipeline, self.pipelines)

    def denoiser(self, pipeline: Any) -> nn.Module:
        denoiser: nn.Module = pipeline.transformer
        return denoiser

    def layers(self, pipeline: Any) -> tuple[Layer, ...]:
        """The joint attention of each block; ``attn2`` of a dual block attends to the image alone."""
        blocks = enumerate(block.attn for block in pipeline.transformer.transformer_blocks)
        return tuple(
            Layer(f"transformer_blocks.{i}", "joint", attn, attn.to_qkv if attn.fused_projections else attn.to_q, out)
            for i, attn in blocks
            for out in attn.to_out[:1]
        )

    def tokenizers(self, pipeline: Any) -> tuple[Any, ...]:
        found = (pipeline.tokenizer, pipeline.tokenizer_2, pipeline.tokenizer_3)
        return tuple(tokenizer for tokenizer in found if tokenizer is not None)

    def request(self, pipeline: Any, arguments: Mapping[str, Any], *, negative: bool) -> Request:
        return read_request(arguments, negative=negative, others=["prompt_2", "prompt_3"])

    def encode(self, pipeline: Any, request: Request, text: str) -> tuple[Encoding, ...]:
        """Both CLIP encoders share one axis; T5 has its own, and may be left out of the pipeline."""
        clip, other = (encode(one, text, encoder="clip") for one in (pipeline.tokenizer, pipeline.tokenizer_2))
        if clip != other:
            raise UserError(f"the two CLIP tokenizers cut {text!r} at different places, so its tokens share no axis")
        if pipeline.text_encoder_3 is None:
            return (clip,)
        limit = request.arguments["max_sequence_length"]
        return clip, encode(pipeline.tokenizer_3, text, limit=limit, encoder="t5")

    def steps(self, pipeline: Any) -> int:
        return int(pipeline.num_timesteps)

    def run(
        self, pipeline: Any, request: Request, number: int, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> DenoiserRun:
        """Image patches come first, then CLIP's tokens, then T5's. Skip-layer guidance runs the prompts once more."""
        sample: Tensor = kwargs["hidden_states"]
        text: Tensor = kwargs["encoder_hidden_states"]
        guided, images = bool(pipeline.do_classifier_free_guidance), request.images
        once_more = kwargs.get("skip_layers") is not None
        if len(sample) != images * (1 if once_more else 1 + guided):
            raise UserError(f"the transformer got {len(sample)} rows for {images} images: this layout is not known")
        rows, columns = (length // pipeline.patch_size for length in sample.shape[-2:])
        places, clip = rows * columns, pipeline.tokenizer_max_length
        keys = places + text.shape[1]
        segments = (
            TextSegment(slice(places, places + clip), text[:, :clip], "clip"),
            TextSegment(slice(places + clip, keys), text[:, clip:], "t5"),
        )
        conditional = slice(images, 2 * images) if guided else slice(0, images)
        return DenoiserRun(
            grid=(rows, columns),
            grids={places: (rows, columns)},
            layout=AttentionLayout(keys, segments, slice(0, places)),
            conditional=None if once_more else conditional,
            unconditional=slice(0, images) if guided and not once_more else None,
            starts_step=not once_more,
        )

    def native_size(self, pipeline: Any) -> tuple[int, int]:
        side = pipeline.default_sample_size * pipeline.vae_scale_factor
        return side, side

    def require_drawable(self, pipeline: Any, *, size: tuple[int, int], steps: int) -> None:
        require_multiple(size, pipeline.vae_scale_factor * pipeline.patch_size)
        require_steps(pipeline.scheduler, steps)
