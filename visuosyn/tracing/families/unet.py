"""Stable Diffusion 1.x, 2.x and XL: a U-Net whose transformer blocks attend to CLIP's text states.

The text is one axis of 77 tokens; SDXL reads it with two tokenizers and joins the states on the channels. Rows of a
batch are [unconditional, conditional] under guidance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from visuosyn.errors import UserError
from visuosyn.tracing.align import Encoding, encode
from visuosyn.tracing.families.base import Forward, Layer, Request

STAGES = {"down_blocks": "down", "mid_block": "mid", "up_blocks": "up"}


class UNet:
    """The family of ``UNet2DConditionModel``."""

    name = "unet"
    pipelines: tuple[str, ...] = (
        "StableDiffusionPipeline",
        "StableDiffusionImg2ImgPipeline",
        "StableDiffusionInpaintPipeline",
        "StableDiffusionXLPipeline",
        "StableDiffusionXLImg2ImgPipeline",
        "StableDiffusionXLInpaintPipeline",
    )

    def supports(self, kind: type) -> bool:
        """One of the named pipelines, or a class derived from one."""
        return any(base.__name__ in self.pipelines for base in kind.__mro__)

    def denoiser(self, pipeline: Any) -> nn.Module:
        """The U-Net."""
        return pipeline.unet

    def layers(self, pipeline: Any) -> tuple[Layer, ...]:
        """Every attention module that is told to attend across: its role counts, not its name."""
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

    def request(self, pipeline: Any, arguments: Mapping[str, Any]) -> Request:
        """Prompts, negative prompts and images of each; embeddings in place of text are an error."""
        prompt = arguments.get("prompt")
        if prompt is None:
            raise UserError("heat maps need the text of the prompts: pass prompt=..., not prompt_embeds=...")
        prompts = _texts(prompt, 1)
        if not prompts:
            raise UserError("there is nothing to draw: the list of prompts is empty")
        other = arguments.get("prompt_2")
        if other is not None and _texts(other, len(prompts)) != prompts:
            raise UserError(
                "prompt_2 differs from prompt, and both share one axis of tokens: trace with one text for both"
            )
        negative = arguments.get("negative_prompt")
        return Request(
            prompts=prompts,
            negatives=None if negative is None else _texts(negative, len(prompts)),
            repeats=arguments.get("num_images_per_prompt") or 1,
        )

    def tokenizers(self, pipeline: Any) -> tuple[Any, ...]:
        """One, or two for SDXL; its refiner has the second alone."""
        found = [getattr(pipeline, name, None) for name in ("tokenizer", "tokenizer_2")]
        return tuple(tokenizer for tokenizer in found if tokenizer is not None)

    def encode(self, pipeline: Any, text: str) -> Encoding:
        """The tokens of a prompt; both tokenizers of SDXL must agree on them."""
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
        return encodings[0]

    def steps(self, pipeline: Any) -> int:
        """The length of the scheduler's list of timesteps, as cut by ``strength`` or ``denoising_end``."""
        return int(pipeline.num_timesteps)

    def forward(self, pipeline: Any, images: int, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Forward:
        """Grids from the latent's real size: each level halves rows and columns, rounding up."""
        sample: Tensor = args[0] if args else kwargs["sample"]
        text: Tensor = args[2] if len(args) > 2 else kwargs["encoder_hidden_states"]
        guided = bool(pipeline.do_classifier_free_guidance)
        if len(sample) != images * (1 + guided):
            raise UserError(
                f"the U-Net got {len(sample)} rows for {images} images {'with' if guided else 'without'} guidance:"
                " this layout is not known"
            )
        rows, columns = sample.shape[-2:]
        return Forward(
            grid=(rows, columns),
            grids=_levels(rows, columns),
            text=text,
            conditional=slice(images, 2 * images) if guided else slice(0, images),
            unconditional=slice(0, images) if guided else None,
        )


def _texts(text: str | list[str], count: int) -> tuple[str, ...]:
    return (text,) * count if isinstance(text, str) else tuple(text)


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
