"""How well placed a word's attention is, step by step or layer by layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from visuosyn.errors import UserError
from visuosyn.masks import MaskRule
from visuosyn.records import HeatMaps


def course_table(
    maps: HeatMaps | Sequence[HeatMaps], *, by: str = "step", rule: str | MaskRule = "relative:0.4"
) -> pd.DataFrame:
    """The share of each word's attention that falls into the word's own final area, at each step or layer.

    One row per (image, place, word): ``caption_id, seed, place, name, word, text, upos, inside, area``. ``place`` is
    the step from 0, or the layer's place in the network; ``name`` its name; ``word`` the row of the maps. The area is
    cut by ``rule`` (hard) from the mean over everything; ``inside`` is the attention within it over that of the whole
    picture (0..1, NaN without any attention), ``area`` the area's share of the grid.

    How to read it: attention spread evenly has ``inside`` = ``area``, so only what lies above it is placed. The area
    comes from the same attention, so some lift is there by construction, and most at the steps and layers with most
    attention; compare words and layers with one another, not with 1. Trace with ``detail=("step",)`` or
    ``("layer",)``; UserError where steps or layers were not kept apart.

    >>> from visuosyn.records import Part
    >>> from visuosyn.testing import heat_maps
    >>> sums = heat_maps("ball", [[[3.0, 1.0]]]).parts[0].sums
    >>> maps = heat_maps("ball", [[[3.0, 1.0]]], parts=(Part("up", (1, 2), sums, 1, step=0),))
    >>> course_table(maps)[["place", "text", "inside", "area"]].to_dict("records")
    [{'place': 0, 'text': 'ball', 'inside': 0.75, 'area': 0.5}]
    """
    images = [maps] if isinstance(maps, HeatMaps) else list(maps)
    if by not in ("step", "layer"):
        raise UserError(f"a course by {by!r} is not known: use step or layer")
    if not images:
        raise UserError("a course needs at least one image: the list of heat maps is empty")
    return pd.concat([_one(image, by, MaskRule.parse(rule)) for image in images], ignore_index=True)


def _one(maps: HeatMaps, by: str, rule: MaskRule) -> pd.DataFrame:
    names = list(dict.fromkeys(own for part in maps.parts if (own := getattr(part, by)) is not None))
    if not names:
        raise UserError(f"these maps hold no single {by}s: trace with detail=({by!r},)")
    area = rule.cut(maps.array, steps=maps.steps)
    rows = []
    for place, name in enumerate(sorted(names) if by == "step" else names):
        array = maps.combine(steps=[name]) if by == "step" else maps.combine(layers=name)
        whole = array.sum(axis=(1, 2), dtype=np.float64)
        inside = np.where(area, array, 0).sum(axis=(1, 2), dtype=np.float64)
        shares = np.divide(inside, whole, out=np.full(len(maps), np.nan), where=whole > 0)
        for row, (word, share) in enumerate(zip(maps.words, shares, strict=True)):
            rows.append((place, str(name), row, word.text, word.upos, share, float(area[row].mean())))
    table = pd.DataFrame(rows, columns=["place", "name", "word", "text", "upos", "inside", "area"])
    table.insert(0, "seed", -1 if maps.seed is None else maps.seed)
    table.insert(0, "caption_id", maps.caption_id)
    return table
