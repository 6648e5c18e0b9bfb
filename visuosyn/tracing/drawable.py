"""What a pipeline can draw, checked before anything is written."""

from __future__ import annotations

import copy
import math
from typing import Any

from visuosyn.errors import UserError

PIPELINE_UNIT = 8  # pixels; the pipelines of diffusers refuse other sizes, whatever their VAE would do
ANY_SIZE = ("CrossAttnUpBlock2D", "UpBlock2D")  # these cut what they double to an odd grid; other blocks cannot


def require_drawable(pipeline: Any, *, size: tuple[int, int], steps: int) -> None:
    """Raises UserError where the pipeline would fail on this size, (width, height) in pixels, or so many steps."""
    _require_size(pipeline, *size)
    _require_steps(pipeline.scheduler, steps)


def _require_size(pipeline: Any, width: int, height: int) -> None:
    unit = math.lcm(PIPELINE_UNIT, pipeline.vae_scale_factor * _grid_unit(pipeline))
    if width % unit or height % unit or min(width, height) < unit:
        raise UserError(
            f"size {width}x{height} cannot be drawn by this model: "
            f"width and height must be multiples of {unit} pixels, and at least {unit}"
        )


def _grid_unit(pipeline: Any) -> int:
    """Rows and columns of the latent must be multiples of this."""
    blocks = getattr(getattr(pipeline, "unet", None), "up_blocks", ())
    if all(type(block).__name__ in ANY_SIZE for block in blocks):
        return 1
    return 2 ** sum(bool(block.upsamplers) for block in blocks)


def _require_steps(scheduler: Any, steps: int) -> None:
    trained = int(scheduler.config.num_train_timesteps)
    try:
        trial = copy.deepcopy(scheduler)
        trial.set_timesteps(steps)
        allowed = steps <= trained and float(trial.timesteps.max()) < trained
    except (ValueError, IndexError):  # the scheduler's own limits, such as the 50 of a distilled model
        allowed = False
    if not allowed:
        raise UserError(
            f"steps {steps} cannot be drawn: the model's {type(scheduler).__name__} has {trained} timesteps to choose"
            " from and does not allow so many steps; use fewer"
        )
