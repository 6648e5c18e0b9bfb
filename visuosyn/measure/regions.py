"""What an adjective does in a picture: attention outside of its noun, and pixels that change with it.

Pure functions on arrays; masks are bool (row, column) at the picture's size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from visuosyn.data.masks import MaskRule
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


def leakage(
    maps: Mapping[str, Floats], noun: Mask, others: Mask, rules: Iterable[str | MaskRule], *, steps: int = 1
) -> list[dict[str, float | str]]:
    """Shares of the attention to an adjective and to its noun that lie outside of the noun's mask, rule by rule.

    ``maps``: the heat maps "adjective" and "noun", (row, column) each. One row a mask rule, whose name is ``mask``:
    ``leakage`` = |A without M| / |A| with A the adjective's area (under ``soft`` its map, and |A| the map's sum) and
    M the noun's mask; ``noun_leakage`` the same for the noun's own map; ``on_others`` = |A and O| / |A| with O the
    mask of the other objects; ``chance`` = 1 - |M|, what attention spread evenly would give; ``area`` and
    ``noun_area`` are shares of the grid. All 0 to 1, NaN for an empty area.

    How to read: leakage above noun_leakage says that the adjective's attention lies beyond the noun more than the
    noun's own does. Caveats: cells that the mask's edge cuts count in part, so even a map that fits the noun leaks a
    little; a map is coarse (heads, layers, steps are averaged), so chance is the yardstick, not 0.

    >>> import numpy as np
    >>> maps = {"adjective": np.array([[1.0, 1.0, 1.0, 0.0]]), "noun": np.array([[1.0, 1.0, 0.0, 0.0]])}
    >>> noun, others = np.array([[True, True, False, False]]), np.array([[False, False, True, False]])
    >>> row, = leakage(maps, noun, others, ["relative:0.4"])
    >>> {name: round(row[name], 2) for name in ("leakage", "noun_leakage", "on_others", "chance")}
    {'leakage': 0.33, 'noun_leakage': 0.0, 'on_others': 0.33, 'chance': 0.5}
    """
    adjective, own = (np.asarray(maps[name], dtype=np.float64) for name in ("adjective", "noun"))
    inside, beside = coverage(noun, adjective.shape), coverage(others & ~noun, adjective.shape)
    found: list[dict[str, float | str]] = []
    for rule in dict.fromkeys(map(MaskRule.parse, rules)):
        area, noun_area = (rule.apply(one, steps=steps).astype(np.float64) for one in (adjective, own))
        found.append(
            {
                "mask": str(rule),
                "leakage": _share(area, 1 - inside),
                "noun_leakage": _share(noun_area, 1 - inside),
                "on_others": _share(area, beside),
                "chance": float(1 - inside.mean()),
                "area": float(area.mean()),
                "noun_area": float(noun_area.mean()),
            }
        )
    return found


def change(first: NDArray[np.uint8], second: NDArray[np.uint8], regions: Mapping[str, Mask]) -> dict[str, float]:
    """How much two pictures, uint8 (row, column, 3), differ in each region.

    ``rgb_REGION``: mean absolute difference of the channels as a share of their range, 0 to 1. ``ssim_REGION``: mean
    of the map of structural similarity (Wang et al. 2004; windows of 7 x 7, mean of the channels, scikit-image), at
    most 1, which equal ones have. NaN for an empty region. Caveat: the windows reach 3 pixels beyond a region's edge.

    >>> import numpy as np
    >>> first, top = np.zeros((16, 8, 3), np.uint8), np.zeros((16, 8), bool)
    >>> top[:8] = True
    >>> second = first.copy()
    >>> second[:4] = 51  # a fifth of 255 in half of the upper half
    >>> found = change(first, second, {"top": top, "bottom": ~top})
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


def change_regions(nouns: tuple[Mask, Mask], others: tuple[Mask, Mask]) -> dict[str, Mask]:
    """Regions of a pair of pictures: "inside", the noun in either; "outside", all else; and of that "others", what is
    another object in either.

    Where the noun moved, both its places are inside: a change outside is no trace of the noun itself.

    >>> import numpy as np
    >>> before, after = np.array([[True, True, False, False]]), np.array([[False, True, True, False]])
    >>> other = np.array([[False, False, True, True]])
    >>> for name, mask in change_regions((before, after), (other, other)).items():
    ...     print(name, mask.astype(int))
    inside [[1 1 1 0]]
    outside [[0 0 0 1]]
    others [[0 0 0 1]]
    """
    inside = nouns[0] | nouns[1]
    return {"inside": inside, "outside": ~inside, "others": (others[0] | others[1]) & ~inside}


def binding(asked: Sequence[str], seen: Sequence[str | None]) -> str:
    """Which of two nouns got which of two adjectives: "right", "swapped", "leaked" (both got the same one of the two)
    or "other".

    >>> binding(("red", "blue"), ("blue", "blue")), binding(("red", "blue"), ("blue", "red"))
    ('leaked', 'swapped')
    """
    if tuple(seen) == tuple(asked):
        return "right"
    if tuple(seen) == tuple(asked)[::-1]:
        return "swapped"
    return "leaked" if seen[0] == seen[1] and seen[0] in asked else "other"


def _share(area: Floats, where: Floats) -> float:
    """The share of an area that lies where ``where`` says, 0 to 1."""
    total = float(area.sum())
    return float((area * where).sum() / total) if total > 0 else float("nan")


def _box_weights(size: int, cells: int) -> NDArray[np.float64]:
    """Means over cells of equal length along one axis: (cell, pixel), rows sum to 1; a pixel may be cut in parts."""
    edges = np.linspace(0, size, cells + 1)
    pixels = np.arange(size)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.clip(overlap, 0, None) * cells / size
