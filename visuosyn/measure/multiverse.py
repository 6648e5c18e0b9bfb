"""One tracing run, many analyses: every choice that could have been made otherwise, made in every way.

A *universe* is a choice of normalisation, layers, phase of the steps and mask rule. Sums per caption and relation are
enough for all later statistics, so that is what is kept.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.data import LAYERS, AttentionSlice, HeatMaps, Sentence, WordPair
from visuosyn.data.masks import MaskRule
from visuosyn.errors import UserError
from visuosyn.measure.overlap import rule_overlaps
from visuosyn.measure.pair_table import OVERLAPS, word_rows

Maps = NDArray[np.float32]


def _minmax(maps: Maps) -> Maps:
    low, high = maps.min(axis=(1, 2), keepdims=True), maps.max(axis=(1, 2), keepdims=True)
    return np.asarray(np.divide(maps - low, high - low, out=np.zeros_like(maps), where=high > low), dtype=np.float32)


def _words(maps: Maps) -> Maps:
    total = maps.sum(axis=0, keepdims=True)
    return np.asarray(np.divide(maps, total, out=np.zeros_like(maps), where=total > 0), dtype=np.float32)


NORMALISATIONS: dict[str, Callable[[Maps], Maps]] = {
    "none": lambda maps: maps,  # mean attention probabilities
    "minmax": _minmax,  # each map stretched to 0..1, as daam 0.2.0 does before its threshold
    "words": _words,  # each pixel's attention as shares of the caption's words
}
# All default stages; the grids below the finest, and the finest; where there is a single grid, the two halves.
LAYER_GROUPS = ("all", "coarse", "fine", "down", "up")
PHASES = ("all", "early", "middle", "late")
RULES = (
    *("relative:0.2", "relative:0.3", "relative:0.4", "relative:0.5", "relative:0.6"),
    *("area:0.1", "area:0.2", "area:0.3", "area:0.4"),
    *("absolute:0.05", "absolute:0.1", "absolute:0.2"),
    "soft",
)
PROBABILITIES = ("absolute", "summed")  # rules whose threshold is an attention probability
COLUMNS = ("caption_id", "kind", "relation", "normalisation", "layers", "third", "mask")


def multiverse_sums(
    images: Iterable[tuple[HeatMaps, Sentence, Sequence[WordPair]]],
    *,
    rules: Iterable[str | MaskRule] = RULES,
    normalisations: Sequence[str] = tuple(NORMALISATIONS),
    layers: Sequence[str] = LAYER_GROUPS,
    phases: Sequence[str] = PHASES,
) -> pd.DataFrame:
    """Measure all pairs of all images in every universe; sums per (caption, relation, universe).

    Columns: caption_id, kind, relation, normalisation, layers, third, mask, then for each of iou, iod and ioh the
    sum over pairs and images and the count of values that are not missing (``iou``, ``n_iou`` ...). Universes that the
    maps do not hold (phases where only totals are stored, layers that a model does not have) do not appear.
    ``absolute`` and ``summed`` rules are thresholds of attention probabilities and go with normalisation "none" alone.
    Raises UserError for an unknown choice.

    >>> from visuosyn.parse import word_pairs
    >>> from visuosyn.testing import heat_maps, sentence
    >>> tree = sentence("red/ADJ/amod/2 ball/NOUN/root/0")
    >>> maps = heat_maps(tree.text, [[[1, 0, 0]], [[4, 1, 0]]])  # as shares of the words 0.2 and 0.8, 1
    >>> sums = multiverse_sums([(maps, tree, word_pairs(tree))], rules=["relative:0.4"])
    >>> sums[["relation", "normalisation", "iou", "n_iou"]]
      relation normalisation  iou  n_iou
    0     amod          none  1.0    1.0
    1     amod        minmax  1.0    1.0
    2     amod         words  0.5    1.0
    """
    _known(normalisations, NORMALISATIONS, "normalisation")
    _known(layers, LAYER_GROUPS, "layers")
    _known(phases, PHASES, "phase")
    wanted = list(dict.fromkeys(MaskRule.parse(rule) for rule in rules))
    usable = {name: [r for r in wanted if name == "none" or r.kind not in PROBABILITIES] for name in normalisations}
    totals: dict[tuple[str, ...], NDArray[np.float64]] = {}
    for maps, sentence, pairs in images:
        rows = word_rows(maps, sentence)
        kept = [pair for pair in pairs if pair.head in rows and pair.dependent in rows]
        labels = sorted({(pair.kind, pair.relation) for pair in kept})
        member = np.array([[(pair.kind, pair.relation) == label for label in labels] for pair in kept], dtype=float)
        heads, dependents = [rows[pair.head] for pair in kept], [rows[pair.dependent] for pair in kept]
        for universe, array in _arrays(maps, normalisations, layers, phases) if kept else ():
            found = rule_overlaps(array, heads, dependents, usable[universe[0]], steps=maps.steps)
            values = np.stack([found.iou, found.iod, found.ioh], axis=1)  # (rule, measure, pair)
            sums = np.stack([np.nan_to_num(values) @ member, np.isfinite(values) @ member])
            for column, label in enumerate(labels):
                key = (maps.caption_id, *label, *universe)
                totals[key] = totals.get(key, 0.0) + sums[..., column]
    return _table(totals, usable)


def _table(totals: dict[tuple[str, ...], NDArray[np.float64]], usable: dict[str, list[MaskRule]]) -> pd.DataFrame:
    """One row for each caption, relation and universe; ``totals`` holds (sum or count, rule, measure) for each."""
    keys = [(*key, str(rule)) for key in totals for rule in usable[key[3]]]
    table = pd.DataFrame(keys, columns=list(COLUMNS)).astype("str")
    values = np.concatenate([np.empty((2, 0, len(OVERLAPS))), *totals.values()], axis=1)
    for at, name in enumerate(OVERLAPS):
        table[name], table[f"n_{name}"] = values[:, :, at]
    return table


def _arrays(
    maps: HeatMaps, normalisations: Sequence[str], layers: Sequence[str], phases: Sequence[str]
) -> Iterator[tuple[tuple[str, str, str], Maps]]:
    """The normalised maps of each choice that the kept slices allow."""
    usable = [one for one in maps.slices if one.stage in LAYERS["default"]]
    for group, phase in itertools.product(layers, phases):
        chosen = [one for one in _group(usable, group) if phase == "all" or one.phase == PHASES.index(phase) - 1]
        if chosen:
            array = replace(maps, slices=tuple(chosen)).array
            for name in normalisations:
                yield (name, group, phase), NORMALISATIONS[name](array)


def _group(slices: Sequence[AttentionSlice], group: str) -> list[AttentionSlice]:
    """The slices of a group of layers; none where the model is not divided that way, so that no choice counts twice."""
    grids = sorted({one.grid for one in slices})
    if group == "all":
        return list(slices)
    if group in ("down", "up"):
        chosen = [one for one in slices if one.stage == group and len(grids) == 1]
    else:
        chosen = [one for one in slices if len(grids) > 1 and (one.grid == grids[-1]) == (group == "fine")]
    return chosen if len(chosen) < len(slices) else []


def _known(asked: Sequence[str], known: Iterable[str], what: str) -> None:
    if unknown := [name for name in asked if name not in known]:
        raise UserError(f"{what} {unknown[0]!r} is not known: use {', '.join(known)}")
