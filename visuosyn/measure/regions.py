"""Regions of pictures: what of a coarser map they cover, and how much two pictures differ in them.

Pure functions on arrays; masks are bool (row, column) at the picture's size.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from visuosyn.errors import UserError

Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]


def coverage(mask: Mask, grid: tuple[int, int]) -> NDArray[np.float64]:
    """The share of each cell of a coarser grid that a mask covers: (row, column), 0 to 1.

    >>> import numpy as np
    >>> coverage(np.array([[True, True, False, False]] * 2), (1, 2))
    array([[1., 0.]])
    """
    rows, columns = (_box_weights(size, cells) for size, cells in zip(mask.shape, grid, strict=True))
    return rows @ mask.astype(np.float64) @ columns.T


def share_within(area: Floats, where: Floats) -> float:
    """The share of an area, or of a map's sum, that lies where ``where`` (0 to 1) says: 0 to 1, NaN for an empty area.

    >>> import numpy as np
    >>> share_within(np.array([[3.0, 1.0]]), np.array([[1.0, 0.5]]))
    0.875
    """
    total = float(area.sum())
    return float((area * where).sum() / total) if total > 0 else float("nan")


def region_change(first: NDArray[np.uint8], second: NDArray[np.uint8], regions: Mapping[str, Mask]) -> dict[str, float]:
    """How much two pictures, uint8 (row, column, 3), differ in each region.

    ``rgb_REGION``: mean absolute difference of the channels as a share of their range, 0 to 1. ``ssim_REGION``: mean
    of the map of structural similarity (Wang et al. 2004; windows of 7 x 7, mean of the channels, scikit-image), at
    most 1, which equal ones have. NaN for an empty region. Caveat: the windows reach 3 pixels beyond a region's edge.

    >>> import numpy as np
    >>> first, top = np.zeros((16, 8, 3), np.uint8), np.zeros((16, 8), bool)
    >>> top[:8] = True
    >>> second = first.copy()
    >>> second[:4] = 51  # a fifth of 255 in half of the upper half
    >>> found = region_change(first, second, {"top": top, "bottom": ~top})
    >>> {name: round(found[name], 2) for name in ("rgb_top", "rgb_bottom", "ssim_bottom")}
    {'rgb_top': 0.1, 'rgb_bottom': 0.0, 'ssim_bottom': 1.0}
    """
    if first.shape != second.shape:
        raise UserError(f"pictures of {first.shape} and {second.shape} cannot be compared")
    rgb = np.abs(first.astype(np.float64) - second).mean(axis=2) / 255
    ssim = structural_similarity(first, second, channel_axis=2, data_range=255, full=True)[1].mean(axis=2)
    return {
        f"{name}_{region}": float(values[mask].mean()) if mask.any() else float("nan")
        for name, values in (("rgb", rgb), ("ssim", ssim))
        for region, mask in regions.items()
    }


def object_regions(objects: tuple[Mask, Mask], others: tuple[Mask, Mask]) -> dict[str, Mask]:
    """Regions of a pair of pictures: "inside", what the object covers in either; "outside", all else; and of that
    "others", what another object covers in either.

    Where the object moved, both its places are inside: a change outside is no trace of the object itself.

    >>> import numpy as np
    >>> before, after = np.array([[True, True, False, False]]), np.array([[False, True, True, False]])
    >>> other = np.array([[False, False, True, True]])
    >>> for name, mask in object_regions((before, after), (other, other)).items():
    ...     print(name, mask.astype(int))
    inside [[1 1 1 0]]
    outside [[0 0 0 1]]
    others [[0 0 0 1]]
    """
    inside = objects[0] | objects[1]
    return {"inside": inside, "outside": ~inside, "others": (others[0] | others[1]) & ~inside}


def _box_weights(size: int, cells: int) -> NDArray[np.float64]:
    """Means over cells of equal length along one axis: (cell, pixel), rows sum to 1; a pixel may be cut in parts."""
    edges = np.linspace(0, size, cells + 1)
    pixels = np.arange(size)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.asarray(np.clip(overlap, 0, None) * cells / size)
