"""Stable Diffusion 1.x, 2.x and XL: a U-Net whose transformer blocks attend to CLIP's text states.

The text is one axis of 77 tokens; SDXL reads it with two tokenizers and joins the states on the channels. Rows of a
batch are [unconditional, conditional] under guidance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from torch import Tensor, nn

from visuosyn.errors import UserError
from visuosyn.tracing.align import Encoding, encode
from visuosyn.tracing.families.base import AttentionLayout, DenoiserRun, Layer, TextSegment, derives_from
from visuosyn.tracing.families.drawable import require_multiple, require_steps
from visuosyn.tracing.families.request import Request, read_request

STAGES = {"down_blocks": "down", "mid_block": "mid", "up_blocks": "up"}
PIPELINE_UNIT = 8  # pixels; the pipelines of diffusers refuse other sizes, whatever their VAE could do
ANY_SIZE = ("CrossAttnUpBlock2D", "UpBlock2D")  # these crop what they double to an odd grid; other blocks cannot


class UNet:
    """The family of ``UNet2DConditionModel``."""

    name = "unet"
    pipelines = tuple(
        f"StableDiffusion{size}{task}Pipeline" for size in ("", "XL") for task in ("", "Img2Img", "Inpaint")
    )

    def supports(self, pipeline: type, components: Mapping[str, type]) -> bool:
        """One of the named pipelines, or a class derived from one, with a ``UNet2DConditionModel``."""
        known = "unet" not in components or derives_from(components["unet"], ["UNet2DConditionModel"])
        return known and derives_from(pipeline, self.pipelines)

    def denoiser(self, pipeline: Any) -> nn.Module:
        """The U-Net."""
        return cast(nn.Module, pipeline.unet)

    def layers(self, pipeline: Any) -> tuple[Layer, ...]:
        """Every attention module that attends from the image to something else: its role counts, not its name."""
        from diffusers.models.attention_processor import Attention

        layers = []
        for name, module in pipeline.unet.named_modules():
            if isinstance(module, Attention) and module.is_cross_attention:
                if module.added_kv_proj_dim is not None:
                    raise UserError(
                        f"{name} attends to text and image at once, which the family {self.name!r} does not know"
                    )
                layers.append(Layer(name, STAGES[name.split(".")[0]], module, module.to_q, module.to_out[0]))
        if not layers:
            raise UserError("this U-Net has no layer that attends to text: there is nothing to trace")
        return tuple(layers)

    def tokenizers(self, pipeline: Any) -> tuple[Any, ...]:
        """One, or two for SDXL; its refiner has the second alone."""
        found = [getattr(pipeline, name, None) for name in ("tokenizer", "tokenizer_2")]
        return tuple(tokenizer for tokenizer in found if tokenizer is not None)

    def request(self, pipeline: Any, arguments: Mapping[str, Any], *, negative: bool) -> Request:
        """Prompts and images of each; embeddings in place of text, or a second text for SDXL, are an error."""
        return read_request(arguments, negative=negative, others=["prompt_2"])

    def encode(self, pipeline: Any, request: Request, text: str) -> tuple[Encoding, ...]:
        """One encoding, on which both tokenizers of SDXL must agree."""
        encodings = []
        for tokenizer in self.tokenizers(pipeline):
            convert = getattr(pipeline, "maybe_convert_prompt", None)
            if convert is not None and convert(text, tokenizer) != text:
                raise UserError(
                    f"textual inversion turns {text!r} into another text: write the prompt without its tokens"
                )
            encodings.append(encode(tokenizer, text))
        if any(encoding != encodings[0] for encoding in encodings):
            raise UserError(f"the two tokenizers cut {text!r} at different places, so its tokens share no axis")
        return (encodings[0],)

    def steps(self, pipeline: Any) -> int:
        """The length of the scheduler's list of timesteps, as cut by ``strength`` or ``denoising_end``."""
        return int(pipeline.num_timesteps)

    def run(
        self, pipeline: Any, request: Request, number: int, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> DenoiserRun:
        """Grids from the latent's real size: each level halves rows and columns, rounding up."""
        sample: Tensor = args[0] if args else kwargs["sample"]
        text: Tensor = args[2] if len(args) > 2 else kwargs["encoder_hidden_states"]
        guided, images = bool(pipeline.do_classifier_free_guidance), request.images
        if len(sample) != images * (1 + guided):
            raise UserError(
                f"the U-Net got {len(sample)} rows for {images} images {'with' if guided else 'without'} guidance:"
                " this layout is not known"
            )
        rows, columns = sample.shape[-2:]
        keys = text.shape[-2]
        return DenoiserRun(
            grid=(rows, columns),
            grids=_levels(rows, columns),
            layout=AttentionLayout(keys, (TextSegment(slice(0, keys), text),)),
            conditional=slice(images, 2 * images) if guided else slice(0, images),
            unconditional=slice(0, images) if guided else None,
        )

    def native_size(self, pipeline: Any) -> tuple[int, int]:
        """The latent's size in the U-Net's configuration, times the factor of the VAE."""
        size = pipeline.unet.config.sample_size
        rows, columns = (size, size) if isinstance(size, int) else size
        return columns * pipeline.vae_scale_factor, rows * pipeline.vae_scale_factor

    def require_drawable(self, pipeline: Any, *, size: tuple[int, int], steps: int) -> None:
        """Sizes that the pipelines and the blocks of the U-Net allow; steps that the scheduler allows."""
        require_multiple(size, math.lcm(PIPELINE_UNIT, pipeline.vae_scale_factor * _grid_unit(pipeline.unet)))
        require_steps(pipeline.scheduler, steps)


def _levels(rows: int, columns: int) -> dict[int, tuple[int, int]]:
    """Grids by their number of cells, from the latent's own down to one cell.

    >>> _levels(5, 3)
    {15: (5, 3), 6: (3, 2), 2: (2, 1), 1: (1, 1)}
    """
    grids = {rows * columns: (rows, columns)}
    while rows * columns > 1:
        rows, columns = (rows + 1) // 2, (columns + 1) // 2
        grids[rows * columns] = (rows, columns)
    return grids


def _grid_unit(unet: Any) -> int:
    """Rows and columns of the latent must be multiples of this."""
    if all(type(block).__name__ in ANY_SIZE for block in unet.up_blocks):
        return 1
    doublings = sum(bool(block.upsamplers) for block in unet.up_blocks)
    return 1 << doublings
