"""Bicubic resizing of heat maps as two matrix products, in numpy alone.

It is linear, so maps may be summed first and upscaled once (the sum is the same).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

CUBIC = -0.75  # the kernel's free parameter, as in torch.nn.functional.interpolate(mode="bicubic")


def _cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' cubic convolution kernel at a distance in source pixels."""
    d = np.abs(distance)
    near = ((CUBIC + 2) * d - (CUBIC + 3)) * d**2 + 1
    far = CUBIC * (((d - 5) * d + 8) * d - 4)
    return np.where(d <= 1, near, np.where(d < 2, far, 0.0))


@lru_cache(maxsize=64)
def _weights(source: int, target: int) -> NDArray[np.float32]:
    """Rows of weights that take ``source`` samples to ``target`` ones; borders repeat the edge."""
    centre = (np.arange(target) + 0.5) * source / target - 0.5
    first = np.floor(centre).astype(int) - 1
    matrix = np.zeros((target, source))
    for tap in range(4):
        at = first + tap
        np.add.at(matrix, (np.arange(target), np.clip(at, 0, source - 1)), _cubic(centre - at))
    weights = matrix.astype(np.float32)
    weights.flags.writeable = False  # shared by all callers
    return weights


def bicubic(maps: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.float32]:
    """Resize maps of shape (..., row, column) to ``size`` = (rows, columns).

    Pixel centres are aligned as in torch with ``align_corners=False`` and no antialiasing; the result can
    leave the range of the input by the kernel's negative lobes.

    >>> bicubic(np.ones((2, 3, 3)), (6, 6)).round(6).min()
    np.float32(1.0)
    """
    rows, columns = maps.shape[-2:]
    if (rows, columns) == size:
        return np.asarray(maps, dtype=np.float32)
    return _weights(rows, size[0]) @ maps.astype(np.float32) @ _weights(columns, size[1]).T
