"""The pairs of a sentence as a table: all that is known before anything is measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.data import Sentence, WordPair
from visuosyn.parse.pairs import depths
from visuosyn.parse.swap import all_pairs

COLUMNS = (
    "pair", "kind", "edge", "relation", "head", "dependent", "head_position", "dependent_position", "head_lemma",
    "dependent_lemma", "head_upos", "dependent_upos", "head_depth", "dependent_depth", "distance", "head_first",
)  # fmt: skip


def list_pairs(sentence: Sentence, pairs: Sequence[WordPair] | None = None) -> pd.DataFrame:
    """The pairs of a sentence (all that a study measures, unless given), a row each, with columns of the pair table.

    ``edge`` distinguishes edges of the basic tree ("basic") from propagated ones ("enhanced"); positions and ``pair``
    count from 0, depths from the root; ``distance`` is in words, 1 for neighbours.

    >>> from visuosyn.testing import sentence
    >>> tree = sentence("the/DET/det/3 red/ADJ/amod/3 ball/NOUN/root/0")
    >>> list_pairs(tree)[["pair", "kind", "relation", "head", "dependent", "distance"]]
       pair       kind   relation  head dependent  distance
    0     0    related        det  ball       the         2
    1     1    related       amod  ball       red         1
    2     2  unrelated  unrelated   red       the         1
    3     3     path-2    sibling   red       the         1
    """
    wanted = all_pairs(sentence) if pairs is None else pairs
    return pd.DataFrame({"pair": np.arange(len(wanted))} | pair_facts(sentence, wanted))[list(COLUMNS)]


def pair_facts(sentence: Sentence, pairs: Sequence[WordPair]) -> dict[str, NDArray[Any]]:
    """The columns of ``list_pairs`` except the number, one value per pair."""
    at = {"head": [pair.head for pair in pairs], "dependent": [pair.dependent for pair in pairs]}
    depth = np.array(depths(sentence), dtype=np.int32)
    facts: dict[str, NDArray[Any]] = {
        "distance": np.abs(np.subtract(at["head"], at["dependent"])),
        "head_first": np.less(at["head"], at["dependent"]),
    }
    for name in ("kind", "edge", "relation"):
        facts[name] = np.array([getattr(pair, name) for pair in pairs], dtype=object)
    for role, positions in at.items():
        facts[f"{role}_position"] = np.array(positions, dtype=np.int32)
        facts[f"{role}_depth"] = depth[positions] if positions else np.empty(0, dtype=np.int32)
        for column, name in (("", "text"), ("_lemma", "lemma"), ("_upos", "upos")):
            facts[role + column] = np.array([getattr(sentence.words[i], name) for i in positions], dtype=object)
    return facts
