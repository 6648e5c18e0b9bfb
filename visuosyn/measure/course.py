"""How well placed a word's attention is, step by step, layer by layer or head by head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.data import HeatMaps
from visuosyn.data.masks import MaskRule
from visuosyn.errors import UserError


def course_table(
    maps: HeatMaps | Sequence[HeatMaps], *, by: str = "step", rule: str | MaskRule = "relative:0.4"
) -> pd.DataFrame:
    """The share of each word's attention that falls into the word's own final area, at each step, layer or head.

    One row per (image, place, word): ``caption_id, seed, place, name, word, text, upos, inside, area``. ``place`` is
    the step from 0, or the layer's or head's place in the network; ``name`` its name (of a head: its layer's name, a
    blank, its number from 0); ``word`` the row of the maps. The area is
    cut by ``rule`` (hard) from the mean over everything; ``inside`` is the attention within it over that of the whole
    picture (0..1, NaN without any attention), ``area`` the area's share of the grid.

    How to read it: attention spread evenly has ``inside`` = ``area``, so only what lies above it is placed. The area
    comes from the same attention, so some lift is there by construction, and most at the steps and layers with most
    attention; compare words, layers and heads with one another, not with 1. Trace with ``detail=("step",)``,
    ``("layer",)`` or, for heads, ``("layer", "head")``; UserError where they were not kept apart.

    >>> from visuosyn.data import AttentionSlice
    >>> from visuosyn.testing import heat_maps
    >>> sums = heat_maps("ball", [[[3.0, 1.0]]]).slices[0].sums
    >>> maps = heat_maps("ball", [[[3.0, 1.0]]], slices=(AttentionSlice("up", (1, 2), sums, 1, step=0),))
    >>> course_table(maps)[["place", "text", "inside", "area"]].to_dict("records")
    [{'place': 0, 'text': 'ball', 'inside': 0.75, 'area': 0.5}]
    """
    images = [maps] if isinstance(maps, HeatMaps) else list(maps)
    if by not in ARRAYS:
        raise UserError(f"a course by {by!r} is not known: use step, layer or head")
    if not images:
        raise UserError("a course needs at least one image: the list of heat maps is empty")
    return pd.concat([_one(image, by, MaskRule.parse(rule)) for image in images], ignore_index=True)


def _one(maps: HeatMaps, by: str, rule: MaskRule) -> pd.DataFrame:
    arrays = dict(ARRAYS[by](maps))
    if not arrays:
        detail = ("layer", "head") if by == "head" else (by,)
        raise UserError(f"these maps hold no single {by}s: trace with detail={detail}")
    area = rule.binarize(maps.array, steps=maps.steps)
    rows = []
    for place, (name, array) in enumerate(arrays.items()):
        whole = array.sum(axis=(1, 2), dtype=np.float64)
        inside = np.where(area, array, 0).sum(axis=(1, 2), dtype=np.float64)
        shares = np.divide(inside, whole, out=np.full(len(maps), np.nan), where=whole > 0)
        for row, (word, share) in enumerate(zip(maps.words, shares, strict=True)):
            rows.append((place, name, row, word.text, word.upos, share, float(area[row].mean())))
    table = pd.DataFrame(rows, columns=["place", "name", "word", "text", "upos", "inside", "area"])
    table.insert(0, "seed", -1 if maps.seed is None else maps.seed)
    table.insert(0, "caption_id", maps.caption_id)
    return table


def _steps(maps: HeatMaps) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for step in sorted({one.step for one in maps.slices if one.step is not None}):
        yield str(step), maps.combine(steps=[step])


def _layers(maps: HeatMaps) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for layer in dict.fromkeys(one.layer for one in maps.slices if one.layer is not None):
        yield layer, maps.combine(layers=layer)


def _heads(maps: HeatMaps) -> Iterator[tuple[str, NDArray[np.float32]]]:
    keys = [(one.layer, one.head) for one in maps.slices]
    for layer, head in dict.fromkeys(keys):
        if layer is not None and head is not None:
            own = tuple(one for one, key in zip(maps.slices, keys, strict=True) if key == (layer, head))
            yield f"{layer} {head}", maps.with_facts(slices=own).combine(layers="all")


ARRAYS = {"step": _steps, "layer": _layers, "head": _heads}
