"""The pair table: one row per (image, pair, mask rule), with everything that the statistics need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.data import Dropped, HeatMaps, Sentence, Word, WordPair
from visuosyn.data.masks import MaskRule
from visuosyn.errors import UserError
from visuosyn.measure.overlap import rule_overlaps
from visuosyn.parse.listing import pair_facts

DTYPES = {
    "caption_id": "str",  # the prompt
    "noise_id": "str",  # what the noise depends on, besides the seed
    "seed": "int64",  # -1: not known
    "pair": "int32",  # number of the pair in its caption
    "kind": "str",  # related, unrelated; matched, path-2, repeat, coreferent, swapped
    "edge": "str",  # basic, enhanced (propagated) or empty
    "relation": "str",  # label of the edge; for a pair without one what it is: "unrelated", "sibling" ...
    "head": "str",
    "dependent": "str",
    "head_position": "int32",  # 0-based place in the sentence
    "dependent_position": "int32",
    "head_lemma": "str",
    "dependent_lemma": "str",
    "head_upos": "str",
    "dependent_upos": "str",
    "head_tokens": "int32",  # sub-words; 0: not known
    "dependent_tokens": "int32",
    "head_depth": "int32",  # edges up to the root of the basic tree; -1: no tree
    "dependent_depth": "int32",
    "distance": "int32",  # words between the positions, 1 for neighbours
    "head_first": "bool",
    "cosine": "float32",  # of the two text embeddings; NaN: not known
    "mask": "str",  # name of the mask rule
    "head_area": "float64",  # shares of the grid, 0 to 1
    "dependent_area": "float64",
    "intersection": "float64",
    "iou": "float64",  # fractions 0 to 1; NaN: empty denominator
    "iod": "float64",
    "ioh": "float64",
}

KEYS = ("caption_id", "seed", "pair", "mask")  # what says which row it is
OVERLAPS = ("iou", "iod", "ioh")
MEASURED = ("head_area", "dependent_area", "intersection", *OVERLAPS)


def pair_table(
    maps: HeatMaps, sentence: Sentence, pairs: Sequence[WordPair], rules: Iterable[str | MaskRule]
) -> pd.DataFrame:
    """Measure the pairs of one image under each mask rule: one row per (rule, pair), columns as in ``DTYPES``.

    Overlaps are measured at the latent grid, on ``maps.array``. Pairs with a word that has no heat map, and pairs
    whose words stand in the same characters (French *du* = *de* + *le*), are left out here and listed, with the
    reason, by ``unmeasured_pairs``; the two together are always all the pairs.
    Raises UserError where ``sentence`` is not the prompt that the maps belong to.

    >>> from visuosyn.parse import word_pairs
    >>> from visuosyn.testing import heat_maps, sentence
    >>> tree = sentence("red/ADJ/amod/2 ball/NOUN/root/0")
    >>> maps = heat_maps(tree.text, [[[1, 0, 0]], [[1, 1, 0]]])
    >>> table = pair_table(maps, tree, word_pairs(tree), ["relative:0.4", "area:0.33"])
    >>> table[["relation", "head", "dependent", "mask", "iou", "iod", "ioh"]]
      relation  head dependent          mask  iou  iod  ioh
    0     amod  ball       red  relative:0.4  0.5  1.0  0.5
    1     amod  ball       red     area:0.33  1.0  1.0  1.0
    """
    rows = word_rows(maps, sentence)
    numbered = [(n, p) for n, p in enumerate(pairs) if not _reasons(maps, sentence, p, rows)]
    measured = [pair for _, pair in numbered]
    heads = np.array([rows[p.head] for p in measured], dtype=np.intp)
    dependents = np.array([rows[p.dependent] for p in measured], dtype=np.intp)
    facts = _facts(maps, sentence, measured, heads, dependents)
    facts["pair"] = np.array([n for n, _ in numbered])
    wanted = list(dict.fromkeys(MaskRule.parse(rule) for rule in rules))
    found = rule_overlaps(maps.array, heads, dependents, wanted, steps=maps.steps)
    values = {name: getattr(found, name).ravel() for name in MEASURED}
    names = np.repeat(np.array([str(rule) for rule in wanted], dtype=object), len(measured))
    repeated = {name: np.tile(column, len(wanted)) for name, column in facts.items()}
    return _frame(repeated | {"mask": names} | values)


def _frame(columns: dict[str, NDArray[Any]]) -> pd.DataFrame:
    """The columns in documented order and types; strings come as object arrays, which pandas turns into str."""
    typed = {n: columns[n] if t == "str" else columns[n].astype(t, copy=False) for n, t in DTYPES.items()}
    frame = pd.DataFrame(typed)
    return frame if len(frame) else frame.astype(DTYPES)


def unmeasured_pairs(maps: HeatMaps, sentence: Sentence, pairs: Sequence[WordPair]) -> tuple[Dropped, ...]:
    """The pairs that ``pair_table`` must leave out, with the reason.

    ``text`` is relation(head-n, dependent-n), words counted from 1.

    >>> from visuosyn.parse import word_pairs
    >>> from visuosyn.testing import heat_maps, sentence
    >>> tree = sentence("red/ADJ/amod/2 ball/NOUN/root/0")
    >>> maps = heat_maps(tree.text, [[[1, 0, 0]], [[1, float("nan"), 0]]])
    >>> left_out, = unmeasured_pairs(maps, tree, word_pairs(tree))
    >>> left_out.text, left_out.reason
    ('amod(ball-2, red-1)', "the heat map of 'ball' holds values that are not finite")
    """
    rows = word_rows(maps, sentence)
    return tuple(
        Dropped("pair", maps.caption_id, _notation(sentence, pair), "; ".join(reasons), maps.seed)
        for pair in pairs
        if (reasons := _reasons(maps, sentence, pair, rows))
    )


def word_rows(maps: HeatMaps, sentence: Sentence) -> dict[int, int]:
    """Position in the sentence -> row of the map, for words whose map is there and finite.

    Raises UserError where ``sentence`` is not the prompt that the maps belong to.

    >>> from visuosyn.testing import heat_maps, sentence
    >>> tree = sentence("red/ADJ/amod/2 ball/NOUN/root/0")
    >>> word_rows(heat_maps(tree.text, [[[1, float("nan")]], [[1, 0]]]), tree)
    {1: 1}
    """
    if maps.prompt != sentence.text:
        raise UserError(
            f"the maps belong to {maps.prompt!r}, the sentence is {sentence.text!r}: pass the sentence that was drawn"
        )
    finite = np.all(np.isfinite(maps.array), axis=(1, 2)).tolist()
    spans = {(word.start, word.end): row for row, word in enumerate(maps.words) if finite[row]}
    found = ((at, spans.get((word.start, word.end))) for at, word in enumerate(sentence.words))
    return {at: row for at, row in found if row is not None}


def _reasons(maps: HeatMaps, sentence: Sentence, pair: WordPair, rows: dict[int, int]) -> list[str]:
    """Why a pair cannot be measured; empty if it can."""
    if missing := [at for at in (pair.head, pair.dependent) if at not in rows]:
        return [_reason(maps, sentence.words[at]) for at in missing]
    head, dependent = sentence.words[pair.head], sentence.words[pair.dependent]
    shared = head.start < dependent.end and dependent.start < head.end
    return ["both words stand in the same characters, so they share one map"] if shared else []


def _reason(maps: HeatMaps, word: Word) -> str:
    if any((word.start, word.end) == (w.start, w.end) for w in maps.words):
        return f"the heat map of {word.text!r} holds values that are not finite"
    reasons = [dropped.reason for dropped in maps.dropped if dropped.text == word.text]
    return f"no heat map of {word.text!r}: {reasons[0] if reasons else 'the word was not traced'}"


def _notation(sentence: Sentence, pair: WordPair) -> str:
    """A pair as relation(head-n, dependent-n), positions counted from 1."""
    head, dependent = (f"{sentence.words[at].text}-{at + 1}" for at in (pair.head, pair.dependent))
    return f"{pair.relation}({head}, {dependent})"


def _facts(
    maps: HeatMaps, sentence: Sentence, pairs: Sequence[WordPair], heads: NDArray[np.intp], dependents: NDArray[np.intp]
) -> dict[str, NDArray[Any]]:
    """The columns that do not depend on the mask rule, one value per pair."""
    count = len(pairs)
    tokens = np.array(maps.tokens or [0] * len(maps.words), dtype=np.int32)
    return pair_facts(sentence, pairs) | {
        "caption_id": np.full(count, maps.caption_id, dtype=object),
        "noise_id": np.full(count, maps.noise_id, dtype=object),
        "seed": np.full(count, -1 if maps.seed is None else maps.seed),
        "cosine": np.full(count, np.nan) if maps.cosines is None else maps.cosines[heads, dependents],
        "head_tokens": tokens[heads],
        "dependent_tokens": tokens[dependents],
    }
