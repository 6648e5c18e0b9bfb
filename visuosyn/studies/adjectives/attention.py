"""Where the attention to an adjective lies, and which noun got which adjective."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from visuosyn.data.masks import MaskRule
from visuosyn.measure.regions import coverage, share_within

Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]


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
                "leakage": share_within(area, 1 - inside),
                "noun_leakage": share_within(noun_area, 1 - inside),
                "on_others": share_within(area, beside),
                "chance": float(1 - inside.mean()),
                "area": float(area.mean()),
                "noun_area": float(noun_area.mean()),
            }
        )
    return found


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
