"""Attention against exact masks: heat maps of true pictures (see `teacher`), scored by what their words show.

>>> from visuosyn.microworld.scoring.teacher import FIRST_SEED, teacher_forced
>>> from visuosyn.tracing import load_pipeline
>>> table = score(teacher_forced(load_pipeline("micro"), range(FIRST_SEED, FIRST_SEED + 2)))
>>> sorted(set(table.sort))
['adjective', 'ground', 'object']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.data import HeatMaps
from visuosyn.microworld.world import words
from visuosyn.microworld.world.grammar import GROUND
from visuosyn.microworld.world.render import SIZE
from visuosyn.microworld.world.scenes import Scene
from visuosyn.stats.bootstrap import bootstrap_means, percentile_interval

RULE = "relative:0.4"
LEAST = 30
"""A thing of which fewer pixels show is left out: a map of 12x12 cells cannot show less than half a cell."""
DISC = (68, 48, 23)
"""Row, column and radius, in pixels, of the disc that stands for a guess without looking: the one with the largest mean
IoU with things in training scenes (steps of 4, 4 and 3 pixels)."""
EVERY_LAYER = "all layers"


@dataclass(frozen=True)
class Unit:
    """A part of a caption that shows something: ``sort`` (object, adjective, ground), the group it is reported in, the
    places of its words, and its visible mask."""

    sort: str
    group: str
    places: tuple[int, ...]
    mask: NDArray[np.bool_]


def units(scene: Scene) -> list[Unit]:
    """What of a caption can be scored: each mention of a thing, each adjective, the ground.

    A mention is scored against all that it names ("two dogs": both), an adjective against its noun's mask. Words of
    relation, numbers and pronouns are left out, and so is what shows on fewer than ``LEAST`` pixels.
    """
    found = {
        thing.words: Unit("object", thing.noun, thing.words, scene.masks[thing.words[0]]) for thing in scene.objects
    }
    units = list(found.values())
    for place, token in enumerate(scene.tree):
        if token.upos == "ADJ":
            units.append(Unit("adjective", adjective_sort(token.lemma), (place,), scene.masks[place]))
        elif scene.sentence.shows[place] == {GROUND}:
            units.append(Unit("ground", token.lemma, (place,), scene.ground_mask))
    return [unit for unit in units if unit.mask.sum() >= LEAST]


def adjective_sort(adjective: str) -> str:
    """What an adjective describes: ``colour``, ``size`` or ``pattern``."""
    sorts = {"colour": words.COLOURS, "size": words.SIZES, "pattern": words.PATTERNS}
    return next(sort for sort, members in sorts.items() if adjective in members)


def score(pairs: Iterable[tuple[Scene, HeatMaps]]) -> pd.DataFrame:
    """One row a unit and choice of layers: IoU of its words' areas with its mask, and of two guesses without looking.

    Columns: ``scene`` (the seed), ``kind``, ``layers`` ("all" is plain DAAM over all cross-attention layers; single
    ones beside it where there are several), ``sort``, ``group``, ``iou``, ``peak`` (the hottest pixel lies in the
    mask), ``whole`` (IoU of the whole picture), ``disc`` (of a centred disc). A unit of several words ("fire truck")
    has the mean over its words. Maps are brought to the picture's size (bicubic) and binarized at 0.4 of their maximum.
    """
    return pd.DataFrame([row for scene, maps in pairs for row in _rows(scene, maps)])


def _rows(scene: Scene, maps: HeatMaps) -> Iterator[dict[str, Any]]:
    rows = {word.start: row for row, word in enumerate(maps.words)}
    layers = sorted({one.layer for one in maps.slices if one.layer})
    chosen = {"all": maps} | ({name: _only(maps, name) for name in layers} if len(layers) > 1 else {})
    for unit in units(scene):
        guesses = {"whole": iou(np.ones_like(unit.mask), unit.mask), "disc": iou(disc(), unit.mask)}
        for name, some in chosen.items():
            found = [_word(some, rows[scene.tree[place].start], unit.mask) for place in unit.places]
            values = dict(zip(("iou", "peak"), np.mean(found, axis=0).tolist(), strict=True))
            about = {"scene": maps.caption_id, "kind": scene.kind, "layers": name}
            yield about | {"sort": unit.sort, "group": unit.group} | values | guesses


def _word(maps: HeatMaps, row: int, mask: NDArray[np.bool_]) -> tuple[float, float]:
    """IoU of a word's area with the mask, and whether its hottest pixel lies inside."""
    area = maps[row].mask(RULE, size=(SIZE, SIZE))
    hottest = maps[row].mask("relative:1", size=(SIZE, SIZE))
    return iou(area, mask), float(mask[hottest].mean()) if hottest.any() else 0.0


def _only(maps: HeatMaps, layer: str) -> HeatMaps:
    return maps.with_facts(slices=tuple(one for one in maps.slices if one.layer == layer))


def iou(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Intersection over union of two masks of which one at least holds a pixel.

    >>> iou(np.array([True, True, False]), np.array([False, True, True]))
    0.3333333333333333
    """
    return float((first & second).sum() / (first | second).sum())


def disc() -> NDArray[np.bool_]:
    """The disc ``DISC``, (96, 96) bool."""
    row, column, radius = DISC
    y, x = np.ogrid[:SIZE, :SIZE]
    return np.asarray((y - row) ** 2 + (x - column) ** 2 < radius**2)


MEASURES = {
    "iou": "IoU at 0.4 of the maximum",
    "peak": "peak inside",
    "whole": "IoU of the whole picture",
    "disc": "IoU of a centred disc",
}


def summary(table: pd.DataFrame, *, draws: int = 2000) -> pd.DataFrame:
    """The figures: ``measure, group, value, low, high, n``; intervals of 95% by a bootstrap over scenes.

    ``n`` counts units. The guesses are given for all layers only, since they do not depend on the maps.
    """
    rows = []
    for (layers, sort), group in table.groupby(["layers", "sort"], sort=False):
        names = MEASURES if layers == "all" else {name: MEASURES[name] for name in ("iou", "peak")}
        rows += [_figure(group, name, f"{sort}: {MEASURES[name]}", _layer(str(layers)), draws) for name in names]
        if layers == "all":
            rows.append(_figure(group, "iou", f"{sort}: IoU, times that of the disc", EVERY_LAYER, draws, over="disc"))
            kinds = group.groupby("group" if sort != "object" else "kind")
            rows += [_figure(some, "iou", f"{sort}: {MEASURES['iou']}", str(name), draws) for name, some in kinds]
    return pd.DataFrame(rows)


def _layer(name: str) -> str:
    """A layer by its block, such as ``up_blocks.1.attentions.1``."""
    return EVERY_LAYER if name == "all" else name.split(".transformer_blocks")[0]


def _figure(
    rows: pd.DataFrame, column: str, measure: str, group: str, draws: int, *, over: str | None = None
) -> dict[str, Any]:
    """A column's mean, or its sum over that of another column, with an interval by resampled scenes."""
    by_scene = rows.assign(one=1.0).groupby("scene")[[column, over or "one"]].sum().to_numpy(np.float64)
    samples = bootstrap_means(by_scene[:, 0], by_scene[:, 1], draws=draws)
    low, high = percentile_interval(samples, len(by_scene))
    value = float(by_scene[:, 0].sum() / by_scene[:, 1].sum())
    name = f"attention, {measure}"
    return {"measure": name, "group": group, "value": value, "low": float(low), "high": float(high), "n": len(rows)}
