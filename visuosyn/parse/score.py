"""How well predicted trees agree with gold ones, and where they do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import zip_longest

import pandas as pd

from visuosyn.data import Sentence, Word
from visuosyn.errors import UserError
from visuosyn.parse.pairs import edges


def score(gold: Sequence[Sentence], predicted: Sequence[Sentence]) -> pd.DataFrame:
    """Precision, recall and F1 of predicted edges: three rows over all, then a row for each relation.

    Columns ``relation, n, precision, recall, f1``: n counts gold edges; shares are 0..1, missing where nothing was
    predicted or nothing is gold. "UAS" and "LAS" count words of the basic tree with the right head, and with the
    right head and label (precision and recall are the same there). "all edges" and the relations count edges of the
    enhanced graph (of the basic trees where gold has none), right if head, dependent and the full label agree.
    Raises UserError if the sentences do not have the same words, or if one has no tree or another scheme.

    >>> from visuosyn.testing import sentence
    >>> start = "man/NOUN/nsubj/2 feeds/VERB/root/0 dog/NOUN/obj/2 with/ADP/case/5 "
    >>> gold, found = sentence(start + "spoon/NOUN/obl/2"), sentence(start + "spoon/NOUN/nmod/3")
    >>> score([gold], [found]).set_index("relation").loc[["UAS", "obj", "obl", "nmod"]]
              n  precision  recall   f1
    relation
    UAS       5        0.8     0.8  0.8
    obj       1        1.0     1.0  1.0
    obl       1        NaN     0.0  0.0
    nmod      0        0.0     NaN  0.0
    """
    _check(gold, predicted)
    pairs = [
        words
        for ours, theirs in zip(gold, predicted, strict=True)
        for words in zip(ours.words, _alike(ours, theirs), strict=True)
    ]
    heads = sum(mine.head == other.head for mine, other in pairs)
    labelled = sum((mine.head, mine.relation) == (other.head, other.relation) for mine, other in pairs)
    wanted, made, right = Counter[str](), Counter[str](), Counter[str]()
    for mine, other in pairs:
        wanted.update(label for _, label in edges(mine))
        made.update(label for _, label in edges(other))
        right.update(label for _, label in set(edges(mine)) & set(edges(other)))
    rows = [_row("UAS", len(pairs), len(pairs), heads), _row("LAS", len(pairs), len(pairs), labelled)]
    rows.append(_row("all edges", wanted.total(), made.total(), right.total()))
    relations = sorted(wanted | made, key=lambda relation: (-wanted[relation], relation))
    rows += [_row(relation, wanted[relation], made[relation], right[relation]) for relation in relations]
    return pd.DataFrame(rows)


def errors(gold: Sequence[Sentence], predicted: Sequence[Sentence]) -> pd.DataFrame:
    """Every edge on which predicted and gold trees differ, the edges of one word side by side.

    Columns ``sentence`` (its id), ``position`` (from 1, as in CoNLL-U), ``word``, ``gold_relation``, ``gold_head``,
    ``relation``, ``head`` (predicted; words, "" for the root), in the order of the sentences. An edge that only one
    of the two has leaves the other's columns empty. Raises UserError if the sentences do not have the same words.

    >>> from visuosyn.testing import sentence
    >>> start = "man/NOUN/nsubj/2 feeds/VERB/root/0 dog/NOUN/obj/2 with/ADP/case/5 "
    >>> errors([sentence(start + "spoon/NOUN/obl/2")], [sentence(start + "spoon/NOUN/nmod/3")])
      sentence  position   word gold_relation gold_head relation head
    0        1         5  spoon           obl     feeds     nmod  dog
    """
    _check(gold, predicted)
    rows = []
    for ours, theirs in zip(gold, predicted, strict=True):
        for position, words in enumerate(zip(ours.words, _alike(ours, theirs), strict=True), 1):
            wanted, made = (sorted(set(edges(word)), key=lambda edge: edge[::-1]) for word in words)
            missed = [_named(ours, edge) for edge in wanted if edge not in made]
            wrong = [_named(ours, edge) for edge in made if edge not in wanted]
            for expected, found in zip_longest(missed, wrong, fillvalue=("", "")):
                rows.append([ours.id, position, words[0].text, *expected, *found])
    columns = ["sentence", "position", "word", "gold_relation", "gold_head", "relation", "head"]
    return pd.DataFrame(rows, columns=columns)


def _named(sentence: Sentence, edge: tuple[int, str]) -> tuple[str, str]:
    """The relation and the text of its head."""
    head, relation = edge
    return relation, sentence.words[head].text if 0 <= head < len(sentence.words) else ""


def _row(relation: str, wanted: int, made: int, right: int) -> dict[str, str | int | float]:
    precision = right / made if made else float("nan")
    recall = right / wanted if wanted else float("nan")
    f1 = 2 * right / (wanted + made) if wanted + made else float("nan")
    return {"relation": relation, "n": wanted, "precision": precision, "recall": recall, "f1": f1}


def _check(gold: Sequence[Sentence], predicted: Sequence[Sentence]) -> None:
    if len(gold) != len(predicted):
        raise UserError(f"{len(gold)} gold sentences but {len(predicted)} predicted ones: both must be the same")
    for ours, theirs in zip(gold, predicted, strict=True):
        if _forms(ours.words) != _forms(theirs.words):
            raise UserError(f"sentence {ours.id!r} has other words than its prediction {theirs.id!r}")
        if any(word.head is None for word in ours.words):
            raise UserError(f"sentence {ours.id!r} has no tree to score against: give every word a head")
        if ours.scheme != theirs.scheme:
            raise UserError(
                f"sentence {ours.id!r} is of scheme {ours.scheme!r}, its prediction of {theirs.scheme!r}: "
                "no label can be compared"
            )


def _alike(gold: Sentence, predicted: Sentence) -> tuple[Word, ...]:
    """The predicted words, without their graph where gold has none to compare it with."""
    if any(word.deps or word.graph for word in gold.words):
        return predicted.words
    return tuple(replace(word, deps=(), graph="") for word in predicted.words)


def _forms(words: Iterable[Word]) -> list[str]:
    return [word.text for word in words]
