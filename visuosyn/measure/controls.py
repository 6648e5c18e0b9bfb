"""Overlaps without the relation: the same two words in another image or at other places of the caption, and the same
maps out of place.

Control tables have the keys of the pair table (caption_id, seed, pair, mask) and iou, iod, ioh: what a pair's row would
hold without what the control takes away. ``control_table`` of the relation study compares the two.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.data import HeatMaps, Sentence, WordPair
from visuosyn.data.masks import MaskRule
from visuosyn.measure.overlap import rule_overlaps
from visuosyn.measure.pair_table import DTYPES, KEYS, OVERLAPS, word_rows
from visuosyn.parse import swapped_from

LATTICE = 4  # shifts along each side


def other_image_controls(
    images: Sequence[HeatMaps], sentence: Sentence, pairs: Sequence[WordPair], rules: Iterable[str | MaskRule]
) -> pd.DataFrame:
    """The dependent's area in each image against the head's in the caption's next image (the last: in the first).

    ``images`` are those of one caption, one for each seed; with fewer than two there is no row. How to read: what a
    pair keeps with the head of another image comes from where and how large the two words' areas usually are, not
    from this picture. Caveat: words with a fixed place, such as a sky, lose little.

    >>> from visuosyn.parse import word_pairs
    >>> from visuosyn.testing import heat_maps, sentence
    >>> tree = sentence("red/ADJ/amod/2 ball/NOUN/root/0")
    >>> here = heat_maps(tree.text, [[[1, 0, 0]], [[1, 1, 0]]], caption_id="1", seed=0)
    >>> there = heat_maps(tree.text, [[[0, 1, 0]], [[0, 1, 1]]], caption_id="1", seed=1)
    >>> other_image_controls([here, there], tree, word_pairs(tree), ["relative:0.4"])
      caption_id  seed  pair          mask  iou  iod  ioh
    0          1     0     0  relative:0.4  0.0  0.0  0.0
    1          1     1     0  relative:0.4  0.5  1.0  0.5
    """
    ordered = sorted(images, key=lambda maps: -1 if maps.seed is None else maps.seed)
    wanted = _unique(rules)
    neighbours = zip(ordered, ordered[1:] + ordered[:1], strict=True) if len(ordered) > 1 else ()
    frames = []
    for here, there in neighbours:
        numbers, heads, dependents = _rows_of_pairs(pairs, word_rows(there, sentence), word_rows(here, sentence))
        frames.append(_table(here, numbers, wanted, _across(here, there.array, heads, dependents, wanted)))
    return _joined(frames)


def rolled_controls(
    maps: HeatMaps, sentence: Sentence, pairs: Sequence[WordPair], rules: Iterable[str | MaskRule]
) -> pd.DataFrame:
    """Mean overlaps of the dependent's map with the head's moved across the image, wrapping at its edges.

    The head's map takes the places of a 4 x 4 lattice of shifts except its own: shapes and sizes stay, the place goes.
    For hard masks IoD and IoH are on average what areas of these sizes share at random (``chance_controls``);
    this works for IoU and ``soft`` maps, too. How to read: what is left after subtraction is agreement in place.

    >>> from visuosyn.parse import word_pairs
    >>> from visuosyn.testing import heat_maps, sentence
    >>> tree = sentence("red/ADJ/amod/2 ball/NOUN/root/0")
    >>> maps = heat_maps(tree.text, [[[1, 0, 0, 0]], [[1, 1, 0, 0]]])
    >>> rolled_controls(maps, tree, word_pairs(tree), ["relative:0.4"])["iod"]  # covered in one of three shifts
    0    0.333333
    Name: iod, dtype: float64
    """
    wanted, rows = _unique(rules), word_rows(maps, sentence)
    numbers, heads, dependents = _rows_of_pairs(pairs, rows, rows)
    lattice = list(itertools.product(_steps(maps.grid[0]), _steps(maps.grid[1])))[1:]
    moved = (np.roll(maps.array, shift, axis=(1, 2)) for shift in lattice)
    each = [_across(maps, array, heads, dependents, wanted) for array in moved]
    return _joined([_table(maps, numbers, wanted, np.mean(each, axis=0))] if each else [])


def swapped_controls(pairs: pd.DataFrame, sentences: Iterable[Sentence]) -> pd.DataFrame:
    """The same two words where they changed places in the caption, drawn from the same noise.

    ``pairs`` is the pair table, whose rows of kind "swapped" are given the caption and number of the pair that they
    stand for, as ``sentences`` say. How to read: what a pair keeps is not due to the order and the
    places of its words. Caveat: most such captions are not English.

    >>> from visuosyn.measure.pair_table import pair_table
    >>> from visuosyn.parse import all_pairs, with_swapped
    >>> from visuosyn.data import Caption
    >>> from visuosyn.testing import heat_maps, sentence
    >>> tree = sentence("red/ADJ/amod/2 ball/NOUN/root/0")
    >>> _, swapped = with_swapped([Caption("1", tree.text, sentence=tree)], ["amod"])
    >>> maps = heat_maps("ball red", [[[1, 1, 0]], [[0, 1, 0]]], caption_id=swapped.id, seed=0)
    >>> pairs = pair_table(maps, swapped.sentence, all_pairs(swapped.sentence), ["relative:0.4"])
    >>> swapped_controls(pairs, [tree, swapped.sentence])
      caption_id  seed  pair          mask  iou  iod  ioh
    0          1     0     0  relative:0.4  0.5  1.0  0.5
    """
    origin = {s.id: found for s in sentences if (found := swapped_from(s))}
    rows = pairs.loc[pairs["kind"] == "swapped", [*KEYS, *OVERLAPS]]
    known = [origin[caption] for caption in rows["caption_id"]]
    rows = rows.assign(caption_id=[caption for caption, _ in known], pair=[number for _, number in known])
    return rows.astype({name: DTYPES[name] for name in KEYS}).reset_index(drop=True)


def _unique(rules: Iterable[str | MaskRule]) -> list[MaskRule]:
    return list(dict.fromkeys(MaskRule.parse(rule) for rule in rules))


def _steps(size: int) -> list[int]:
    """Evenly spread shifts along an axis, 0 first."""
    return sorted({step * size // LATTICE for step in range(LATTICE)})


def _rows_of_pairs(
    pairs: Sequence[WordPair], heads: dict[int, int], dependents: dict[int, int]
) -> tuple[list[int], list[int], list[int]]:
    """Numbers of the pairs with both maps, rows of their heads, rows of their dependents."""
    kept = [(n, pair) for n, pair in enumerate(pairs) if pair.head in heads and pair.dependent in dependents]
    return [n for n, _ in kept], [heads[p.head] for _, p in kept], [dependents[p.dependent] for _, p in kept]


def _across(
    maps: HeatMaps, other: NDArray[np.float32], heads: list[int], dependents: list[int], rules: list[MaskRule]
) -> NDArray[np.float64]:
    """iou, iod, ioh, shape (3, rule, pair), of dependents of ``maps`` and heads of ``other``."""
    stacked = np.concatenate([maps.array, other])
    rows = np.array(heads, dtype=np.intp) + len(maps.array)
    found = rule_overlaps(stacked, rows, dependents, rules, steps=maps.steps)
    return np.stack([found.iou, found.iod, found.ioh])


def _table(
    maps: HeatMaps, numbers: list[int], rules: list[MaskRule], values: NDArray[np.float64]
) -> dict[str, NDArray[Any]]:
    count = len(numbers)
    keys = {
        "caption_id": np.full(count * len(rules), maps.caption_id, dtype=object),
        "seed": np.full(count * len(rules), -1 if maps.seed is None else maps.seed),
        "pair": np.tile(np.array(numbers, dtype=np.int32), len(rules)),
        "mask": np.repeat(np.array([str(rule) for rule in rules], dtype=object), count),
    }
    return keys | {name: values[at].ravel() for at, name in enumerate(OVERLAPS)}


def _joined(tables: list[dict[str, NDArray[Any]]]) -> pd.DataFrame:
    frames = [pd.DataFrame(table) for table in tables] or [pd.DataFrame(columns=[*KEYS, *OVERLAPS])]
    return pd.concat(frames, ignore_index=True).astype({name: DTYPES[name] for name in (*KEYS, *OVERLAPS)})
