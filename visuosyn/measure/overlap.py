"""Overlap of word areas, all pairs of an image at once.

A is the dependent's area, B the head's (Tang et al. 2023, section 4):

    IoU = |A and B| / |A or B|      IoD = |A and B| / |A|      IoH = |A and B| / |B|

How to read: IoD is the share of the dependent's area that lies inside the head's (100%: all of it), IoH the reverse;
IoD > IoH says that the head's area is the larger. Caveat: IoD / IoH = |B| / |A|, so the sign of IoD - IoH is the sign
of a difference of areas and depends on the mask rule that made them; under ``area:q`` it is 0 by construction.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from visuosyn.data.masks import MaskRule
from visuosyn.errors import UserError

CHUNK = 1 << 13  # numbers held at once for the intersections of pairs: they stay in the cache

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Overlap:
    """Overlaps of pairs, float64 (..., pair): areas and intersection as shares of the grid, 0 to 1.

    ``iou``, ``iod`` and ``ioh`` are NaN where their denominator is empty: nothing was there to be covered.

    >>> import numpy as np
    >>> pair = Overlap(intersection=np.array([0.1]), head_area=np.array([0.4]), dependent_area=np.array([0.2]))
    >>> pair.iou.round(2), pair.iod, pair.ioh
    (array([0.2]), array([0.5]), array([0.25]))
    """

    intersection: Floats
    head_area: Floats
    dependent_area: Floats

    @property
    def iou(self) -> Floats:
        """|A and B| / |A or B|."""
        small = np.minimum(self.head_area, self.dependent_area)
        # This order of operations keeps the union at or above the larger area, whatever the rounding.
        union = np.maximum(self.head_area, self.dependent_area) + (small - self.intersection)
        return _ratio(self.intersection, union)

    @property
    def iod(self) -> Floats:
        """|A and B| / |A|: the share of the dependent's area that the head's covers."""
        return _ratio(self.intersection, self.dependent_area)

    @property
    def ioh(self) -> Floats:
        """|A and B| / |B|: the share of the head's area that the dependent's covers."""
        return _ratio(self.intersection, self.head_area)

    def stacked(self) -> Floats:
        """Intersection, head's and dependent's area as one array, (3, ..., pair)."""
        return np.stack([self.intersection, self.head_area, self.dependent_area])


def overlaps(areas: NDArray[Any], heads: ArrayLike, dependents: ArrayLike, *, soft: bool = False) -> Overlap:
    """Overlaps of the pairs (heads[i], dependents[i]) among the areas of one image.

    ``areas`` has the shape (word, row, column): 0 or 1 (or bool), with ``soft`` values in [0, 1], as
    ``MaskRule.apply`` gives them; ``heads`` and ``dependents`` are rows of it, shape (pair,). Hard areas
    intersect as sets of bits; soft ones by the sum of the smaller value. Some pairs are held at a time, so that
    memory stays bounded. Raises UserError for hard areas with other values than 0 and 1.

    >>> import numpy as np
    >>> areas = np.array([[[1, 1, 0]], [[0, 1, 0]]])
    >>> pair = overlaps(areas, heads=[0], dependents=[1])
    >>> float(pair.iod[0]), float(pair.ioh[0]), float(pair.iou[0])
    (1.0, 0.5, 0.5)
    """
    pairs = np.asarray(heads, dtype=np.intp), np.asarray(dependents, dtype=np.intp)
    flat = np.asarray(areas).reshape(len(areas), math.prod(np.shape(areas)[1:]))
    if soft:
        return _soft(flat, *pairs)
    mask = flat.astype(bool)
    if flat.dtype != bool and not np.array_equal(flat, mask):
        raise UserError("hard areas hold other values than 0 and 1: apply a mask rule first, or pass soft=True")
    return _hard(_packed(mask), *pairs, pixels=flat.shape[1])


def rule_overlaps(
    maps: NDArray[np.floating], heads: ArrayLike, dependents: ArrayLike, rules: Sequence[MaskRule], *, steps: int = 1
) -> Overlap:
    """Overlaps of pairs of maps under several mask rules: arrays of shape (rule, pair).

    ``maps`` are the mean heat maps of one image, shape (word, row, column); ``steps`` is for ``summed``. The
    areas of all hard rules are intersected together.

    >>> import numpy as np
    >>> from visuosyn.data.masks import MaskRule
    >>> maps = np.array([[[1.0, 0.2, 0.0]], [[1.0, 1.0, 0.0]]])
    >>> rules = [MaskRule.parse(name) for name in ("relative:0.1", "relative:0.4")]
    >>> rule_overlaps(maps, heads=[1], dependents=[0], rules=rules).ioh
    array([[1. ],
           [0.5]])
    """
    pairs = np.stack([np.asarray(heads, dtype=np.intp), np.asarray(dependents, dtype=np.intp)])
    flat = (len(maps), math.prod(maps.shape[1:]))
    hard = [number for number, rule in enumerate(rules) if rule.kind != "soft"]
    values = np.empty((3, len(rules), pairs.shape[1]))
    if hard and pairs.size:
        bits = np.concatenate([bits for number in hard for bits in _masks(rules[number], maps, steps)])
        rows = (pairs[:, None] + np.arange(len(hard))[:, None] * len(maps)).reshape(2, -1)
        values[:, hard] = _hard(bits, *rows, pixels=flat[1]).stacked().reshape(3, len(hard), -1)
    for number in set(range(len(rules))).difference(hard):
        values[:, number] = _soft(rules[number].apply(maps).reshape(flat), *pairs).stacked()
    return Overlap(*values)


def _masks(rule: MaskRule, maps: NDArray[np.floating], steps: int) -> Iterator[NDArray[np.uint64]]:
    """The words' hard areas as bits, some words at a time."""
    pixels = math.prod(maps.shape[1:])
    step = max(1, 8 * CHUNK // max(pixels, 1))  # maps are read once, so more of them may be held
    for start in range(0, len(maps), step):
        area = rule.binarize(maps[start : start + step], steps=steps)
        yield _packed(area.reshape(len(area), pixels))


def _hard(bits: NDArray[np.uint64], heads: Rows, dependents: Rows, *, pixels: int) -> Overlap:
    sizes = _bits_set(bits) / max(pixels, 1)
    shared = _by_chunks(lambda h, d: _bits_set(bits[h] & bits[d]), bits.shape[1], heads, dependents)
    return Overlap(shared / max(pixels, 1), sizes[heads], sizes[dependents])


def _soft(flat: NDArray[Any], heads: Rows, dependents: Rows) -> Overlap:
    flat = np.ascontiguousarray(flat, dtype=np.float32)
    pixels = max(flat.shape[1], 1)
    sizes = _total(flat) / pixels
    shared = _by_chunks(lambda h, d: _total(np.minimum(flat[h], flat[d])), flat.shape[1], heads, dependents)
    return Overlap(shared / pixels, sizes[heads], sizes[dependents])


def _packed(mask: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Hard areas as bits, 64 pixels a number: an intersection is then a bitwise and, its area a count of bits."""
    packed = np.packbits(mask, axis=1)
    bits = np.zeros((len(mask), -(-packed.shape[1] // 8) * 8), dtype=np.uint8)
    bits[:, : packed.shape[1]] = packed
    return bits.view(np.uint64)


def _bits_set(bits: NDArray[np.uint64]) -> Floats:
    return np.asarray(np.bitwise_count(bits).sum(axis=1, dtype=np.int64), dtype=np.float64)


def _total(maps: NDArray[np.float32]) -> Floats:
    return np.asarray(maps.sum(axis=1, dtype=np.float64))


def _by_chunks(intersect: Callable[[Rows, Rows], Floats], width: int, heads: Rows, dependents: Rows) -> Floats:
    """Intersections of some pairs of rows of ``width`` numbers at a time, float64 (pair,)."""
    step = max(1, CHUNK // max(width, 1))
    chunks = (slice(start, start + step) for start in range(0, len(heads), step))
    return np.concatenate([intersect(heads[one], dependents[one]) for one in chunks] or [np.empty(0)])


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0))
