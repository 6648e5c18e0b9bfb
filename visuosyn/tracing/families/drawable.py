"""Checks of what a model can draw that families share."""

from __future__ import annotations

import copy
from typing import Any

from visuosyn.errors import UserError


def require_multiple(size: tuple[int, int], unit: int) -> None:
    """``UserError`` unless width and height are multiples of so many pixels.

    >>> require_multiple((64, 128), 16)
    """
    width, height = size
    if width % unit or height % unit or min(width, height) < unit:
        raise UserError(
            f"size {width}x{height} cannot be drawn by this model: "
            f"width and height must be multiples of {unit} pixels, and at least {unit}"
        )


def require_steps(scheduler: Any, steps: int, **options: Any) -> None:
    """``UserError`` where a scheduler does not allow so many steps; ``options`` go to its ``set_timesteps``.

    The scheduler itself is left unchanged.

    >>> from visuosyn.testing import tiny_pipeline
    >>> require_steps(tiny_pipeline("sd1").scheduler, 50)
    """
    trained = int(scheduler.config.num_train_timesteps)
    trial = copy.deepcopy(scheduler)
    try:
        trial.set_timesteps(steps, **options)
        # timesteps choose from a trained table, except where they are a continuous time (flow matching)
        tabled = hasattr(trial, "alphas_cumprod")
        allowed = not tabled or (steps <= trained and float(trial.timesteps.max()) < trained)
    except (ValueError, IndexError):  # the scheduler's own limits, such as the 50 of a distilled model
        allowed = False
    if not allowed:
        raise UserError(
            f"steps {steps} cannot be drawn: the model's {type(scheduler).__name__} has {trained} timesteps to choose"
            " from and does not allow so many steps; use fewer"
        )
