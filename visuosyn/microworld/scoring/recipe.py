"""The recipe of a training: its numbers, read from a checkpoint, a model's ``training.json`` or a command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from visuosyn.errors import UserError

LATENT_CHANNELS = 8
"""Channels of the latents: the principal components of a 4x4 patch that the linear code keeps."""
COARSE = (1, 3, 6)
"""Values a side from which coarse noise is interpolated."""
COARSE_UNTIL = 600
"""Times from this on have white noise alone."""


@dataclass(frozen=True)
class Recipe:
    """What is trained and how; written into every checkpoint.

    Attributes:
        channels: of the UNet at 24x24, 12x12 and 6x6.
        batch: examples a step, over all ranks.
        muon_rate, adam_rate: peak learning rates.
        warmup: steps of linear warm-up, also after a restart without optimiser state.
        decay: last share of a budget in which the rates fall linearly to 2%.
        object_weight: a latent cell full of objects counts 1 + this in the loss.
        late: times are drawn as 1000 u^late with u uniform; below 1, noisier times are drawn more often. Where a
            thing stands, and whether it is one or two, is decided there.
        drop_caption: share of examples trained without their caption (for classifier-free guidance).
        drop_end: share whose states from the first end token on are those of the empty caption, so that
            the words themselves must carry the picture.
        drop_context: share of examples whose tokens are encoded each by itself, so that an adjective's own state
            must carry what its noun's state, which has read the adjective, would otherwise carry for it.
        drop_qualities: share whose time embedding reads nothing at the places of adjectives and grounds, so that cross
            attention must say what is red. It is the share without noise, and falls to none at pure noise, where
            it is not decided yet where red belongs.
        coarse_share: share of examples to whose noise, at times below `COARSE_UNTIL`, a coarse one is added (Guttenberg
            2023, "Diffusion with offset noise", but interpolated from few values): it hides colours while outlines
            show, so that colour and ground words still matter once the layout is fixed.
        rare_share: share of examples drawn from the scenes whose captions name a size or a pattern, which are few.
        single_phase: first share of a fresh run's budget in which more scenes than usual hold one object.
        single_share: share of that phase's examples that are drawn from the scenes with one object alone.
        ema: decay of the averaged weights.
        scenes: rendered training scenes.
        seed: of weights and of every random draw.
    """

    channels: tuple[int, int, int] = (48, 128, 192)
    batch: int = 32
    muon_rate: float = 4e-3
    adam_rate: float = 2e-3
    warmup: int = 60
    decay: float = 0.6
    object_weight: float = 3.0
    late: float = 0.6
    drop_caption: float = 0.1
    drop_end: float = 0.5
    drop_context: float = 0.4
    drop_qualities: float = 1.0
    coarse_share: float = 0.3
    rare_share: float = 0.25
    single_phase: float = 0.25
    single_share: float = 0.85
    ema: float = 0.999
    scenes: int = 150_000
    seed: int = 0

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Recipe:
        """A recipe from JSON."""
        older = {"drop_qualities": 0.0, "coarse_share": 0.0, "rare_share": 0.0}
        return cls(**{**older, **facts, "channels": tuple(facts["channels"])})

    def changed(self, settings: Sequence[str]) -> Recipe:
        """With some of its numbers set as a command line writes them.

        Raises:
            UserError: an unknown name; a value that is no such number, or is out of range.

        >>> Recipe().changed(["decay=1.0", "channels=16,32,32"]).channels
        (16, 32, 32)
        """
        changes: dict[str, Any] = {}
        for setting in settings:
            name, _, value = setting.partition("=")
            if name not in DEFAULTS:
                raise UserError(f"the recipe has no {name!r}: write NAME=VALUE with one of {', '.join(DEFAULTS)}")
            changes[name] = _number(name, value)
        return replace(self, **changes)


DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(Recipe)}


def _number(name: str, value: str) -> Any:
    """A value of the kind of the recipe's default."""
    kind = type(DEFAULTS[name])
    least = 1 if kind is int and name != "seed" else 0
    try:
        if kind is tuple:
            widths = tuple(int(part) for part in value.split(","))
            if len(widths) == 3 and all(width > 0 and width % 8 == 0 for width in widths):
                return widths
        elif (number := kind(value)) >= least:
            return number
    except ValueError:
        pass
    wanted = {tuple: "three multiples of 8, such as 48,128,192", int: "a whole number", float: "a number"}[kind]
    raise UserError(f"{name} {value!r} cannot be: use {wanted}" + ("" if kind is tuple else f" from {least} on"))
