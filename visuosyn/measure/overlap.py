"""Overlap of word areas, all pairs of an image at once.

A is the dependent's area, B the head's (Tang et al. 2023, section 4):

    IoU = |A and B| / |A or B|      IoD = |A and B| / |A|      IoH = |A and B| / |B|

How to read: IoD > IoH says that more of the dependent lies inside the head than the other way round, so the head's
area contains the dependent's. Caveat: IoD / IoH = |B| / |A|, so the sign of IoD - IoH is the sign of a difference of
areas and depends on the mask rule that made them; under ``area:q`` it is 0 by construction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from visuosyn.errors import UserError

CHUNK = 1 << 20  # pixels of pairs held at once when minima are summed (4 MiB)
EXACT = 1 << 24  # float32 counts whole numbers up to here

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Overlap:
    """Overlaps of pairs, float64 (pair,): areas and intersection as shares of the grid, 0 to 1.

    ``iou``, ``iod`` and ``ioh`` are NaN where their denominator is empty: nothing was there to be covered.
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


def overlaps(areas: NDArray, heads: ArrayLike, dependents: ArrayLike, *, soft: bool = False) -> Overlap:
    """Overlaps of the pairs (heads[i], dependents[i]) among the areas of one image.

    ``areas`` has the shape (word, row, column): 0 or 1 (or bool), with ``soft`` values in [0, 1], as
    ``MaskRule.apply`` gives them; ``heads`` and ``dependents`` are rows of it, shape (pair,). Hard areas
    intersect by one matrix product; soft ones by the sum of the smaller value, some pairs at a time, so that
    memory stays bounded. Raises UserError for hard areas with other values than 0 and 1.

    >>> areas = np.array([[[1, 1, 0]], [[0, 1, 0]]])
    >>> pair = overlaps(areas, heads=[0], dependents=[1])
    >>> float(pair.iod[0]), float(pair.ioh[0]), float(pair.iou[0])
    (1.0, 0.5, 0.5)
    """
    head_rows, dependent_rows = np.asarray(heads, dtype=np.intp), np.asarray(dependents, dtype=np.intp)
    flat = np.asarray(areas).reshape(len(areas), math.prod(np.shape(areas)[1:]))
    pixels = max(flat.shape[1], 1)
    exact = np.float32 if soft or pixels <= EXACT else np.float64
    flat = np.ascontiguousarray(flat, dtype=exact)
    sizes = flat.sum(axis=1, dtype=np.float64)
    if soft:
        shared = _minima(flat, head_rows, dependent_rows)
    else:
        gram = flat @ flat.T
        if not np.array_equal(np.diagonal(gram), sizes):  # x * x = x for 0 and 1 alone
            raise UserError("hard areas hold other values than 0 and 1: apply a mask rule first, or pass soft=True")
        shared = gram[head_rows, dependent_rows].astype(np.float64)
    return Overlap(shared / pixels, sizes[head_rows] / pixels, sizes[dependent_rows] / pixels)


def _minima(flat: NDArray[np.float32], heads: NDArray[np.intp], dependents: NDArray[np.intp]) -> Floats:
    """Sums over pixels of the smaller of two maps, float64 (pair,), in chunks of pairs."""
    step = max(1, CHUNK // max(flat.shape[1], 1))
    shared = np.empty(len(heads))
    for start in range(0, len(heads), step):
        chunk = slice(start, start + step)
        np.minimum(flat[heads[chunk]], flat[dependents[chunk]]).sum(axis=1, dtype=np.float64, out=shared[chunk])
    return shared


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
