"""Mask rules: how a heat map becomes an area. The rule can change the answer, so it always has a name.

========================  ==================================================================================
``relative:t``            map >= t times its own maximum (Tang et al. 2023, eq. 7; 0.4 is their best on objects)
``absolute:t``            mean map >= t, t an attention probability
``summed:t``              mean map times the number of steps >= t (the authors' notebook uses 0.15)
``area:q``                each map's hottest share q of its pixels: equal areas by construction
``soft``                  no threshold: areas are sums of the map divided by its maximum, the intersection
                          is the sum of the smaller value, the union of the larger
========================  ==================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visuosyn.errors import UserError

LIMITS = {"relative": (0.0, 1.0), "absolute": (0.0, 1.0), "summed": (0.0, np.inf), "area": (0.0, 1.0)}
ALLOWED = "relative:t (0 < t <= 1), absolute:t (0 < t <= 1), summed:t (t > 0), area:q (0 < q <= 1) or soft"
READ_ON = "docs/reading.md in the repository says what each keeps"


@dataclass(frozen=True)
class MaskRule:
    """A named rule; ``str`` of it is the name under which tables report it.

    >>> str(MaskRule.parse("relative:.40"))
    'relative:0.4'
    """

    kind: str
    level: float | None = None

    @classmethod
    def parse(cls, text: str | MaskRule) -> MaskRule:
        """Read ``kind:level`` or ``soft``; raises UserError that names the allowed rules and ranges."""
        if isinstance(text, MaskRule):
            return text
        kind, _, level = str(text).strip().partition(":")
        if kind == "soft" and not level:
            return cls("soft")
        try:
            number = float(level)
        except ValueError:
            number = np.nan
        low, high = LIMITS.get(kind, (np.nan, np.nan))
        if not low < number <= high or not np.isfinite(number):
            raise UserError(f"mask rule {text!r} is not known or out of range: use {ALLOWED}; {READ_ON}")
        return cls(kind, number)

    def __str__(self) -> str:
        return self.kind if self.level is None else f"{self.kind}:{float(self.level)!r}".removesuffix(".0")

    def apply(self, maps: NDArray[np.floating], *, steps: int = 1) -> NDArray[np.float32]:
        """Areas of maps: shape (..., row, column) in, the same shape out as float32.

        Hard rules give 0 or 1, ``soft`` values in [0, 1]. ``steps`` is the number of denoising steps that the
        mean was taken over, from 1 up (for ``summed``). A map without any positive value has an empty area under every
        rule: there is nothing to be relative to.

        >>> import numpy as np
        >>> MaskRule.parse("relative:0.5").apply(np.array([[0.0, 0.2], [0.1, 0.05]]))
        array([[0., 1.],
               [1., 0.]], dtype=float32)
        """
        if self.level is not None:
            return self.binarize(maps, steps=steps).astype(np.float32)
        maps = np.asarray(maps, dtype=np.float32)
        top = maps.max(axis=(-2, -1), keepdims=True)
        shares = np.divide(maps, top, out=np.zeros_like(maps), where=top > 0)
        return np.asarray(np.clip(shares, 0, 1), dtype=np.float32)

    def binarize(self, maps: NDArray[np.floating], *, steps: int = 1) -> NDArray[np.bool_]:
        """The areas of a hard rule as ``apply`` gives them, but bool; UserError for ``soft``."""
        if self.level is None:
            raise UserError("the rule soft has no threshold, so it makes no binary area: use apply")
        maps = np.asarray(maps, dtype=np.float32)
        top = maps.max(axis=(-2, -1), keepdims=True)
        if self.kind == "area":
            return np.asarray(_hottest(maps, self.level) & (top > 0))
        level = np.float32(self.level)
        bound = {"relative": level * top, "absolute": level, "summed": level / np.float32(steps)}[self.kind]
        return maps >= np.where(top > 0, bound, np.float32(np.inf))


def _hottest(maps: NDArray[np.float32], share: float) -> NDArray[np.bool_]:
    """The hottest ``share`` of each map's pixels (at least one); ties go to the first in reading order."""
    flat = maps.reshape(*maps.shape[:-2], -1)
    wanted = max(1, round(share * flat.shape[-1]))
    order = np.argsort(-flat, axis=-1, kind="stable")[..., :wanted]
    mask = np.zeros(flat.shape, dtype=bool)
    np.put_along_axis(mask, order, True, axis=-1)
    return mask.reshape(maps.shape)
