"""Pixels into things: connected patches, and pixels that vote for one centre."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST = 20
"""A group of fewer pixels does not count as a thing."""
APART = 5
"""Two centres lie at least this many pixels apart, in rows or in columns."""
SPREAD = 2
"""Votes are averaged over squares of 2 * SPREAD + 1 pixels, twice."""
WEIGHT = 16
"""A centre needs at least this many votes: the mean over such a square times its pixels."""


def grouped(foreground: NDArray[np.bool_], votes: NDArray[np.floating]) -> list[NDArray[np.bool_]]:
    """Masks of the things: foreground pixels by the centre they vote for.

    Args:
        foreground: (rows, columns).
        votes: (2, rows, columns), row and column of the centre that each pixel votes for.
    """
    if not foreground.any():
        return []
    rows, columns = foreground.shape
    cast = np.clip(np.rint(votes[:, foreground]).astype(int), 0, [[rows - 1], [columns - 1]])
    counts = np.zeros(foreground.shape)
    np.add.at(counts, tuple(cast), 1.0)
    centres = peaks(_smooth(_smooth(counts)))
    distance = np.square(votes[:, foreground][:, None] - centres.T[:, :, None]).sum(0)
    owner = np.full(foreground.shape, -1)
    owner[foreground] = distance.argmin(0)
    masks = [owner == number for number in range(len(centres))]
    return [mask for mask in masks if mask.sum() >= LEAST]


def peaks(counts: NDArray[np.floating]) -> NDArray[np.intp]:
    """Places (n, 2) of the local maxima that have enough votes; the highest of all if none has."""
    counts = counts - 1e-9 * np.arange(counts.size).reshape(counts.shape)  # no two are equal
    highest = counts == _around(counts, APART, np.max)
    found = np.argwhere(highest & (counts * (2 * SPREAD + 1) ** 2 >= WEIGHT))
    return found if len(found) else np.argwhere(counts == counts.max())


def components(mask: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """The connected patches of a mask; pixels that touch at a corner are connected.

    >>> [int(patch.sum()) for patch in components(np.array([[1, 0, 0, 1], [0, 1, 0, 1]], bool))]
    [2, 2]
    """
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        spread = np.where(mask, _around(labels, 1, np.max), 0)
        if np.array_equal(spread, labels):
            return [labels == label for label in np.unique(labels[mask])]
        labels = spread


def _smooth(counts: NDArray[np.floating]) -> NDArray[np.floating]:
    return _around(counts, SPREAD, np.mean)


def _around(values: NDArray[Any], reach: int, reduce: Callable[..., NDArray[Any]]) -> NDArray[Any]:
    """``np.max`` or ``np.mean`` over a square around each place; beyond the edge the least value is assumed."""
    for axis in (0, 1):
        padding = [(reach, reach) if axis == other else (0, 0) for other in (0, 1)]
        padded = np.pad(values, padding, constant_values=values.min())
        values = reduce(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis), axis=-1)
    return values
