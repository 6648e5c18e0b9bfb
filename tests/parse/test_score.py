"""Scores of trees whose agreement is counted by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from visuosyn.data import Sentence, Word
from visuosyn.errors import UserError
from visuosyn.parse import errors, score

GOLD = Sentence("s", "cats and dogs run", (
    Word("cats", 0, 4, head=3, relation="nsubj", deps=((3, "nsubj"),)),
    Word("and", 5, 8, head=2, relation="cc", deps=((2, "cc"),)),
    Word("dogs", 9, 13, head=0, relation="conj", deps=((0, "conj:and"), (3, "nsubj"))),
    Word("run", 14, 17, head=-1, relation="root", deps=((-1, "root"),)),
))  # fmt: skip


def changed(position: int, **facts: object) -> Sentence:
    words = list(GOLD.words)
    words[position] = replace(words[position], **facts)
    return replace(GOLD, words=tuple(words))


def test_a_tree_agrees_with_itself() -> None:
    table = score([GOLD], [GOLD]).set_index("relation")
    assert list(table.index) == ["UAS", "LAS", "all edges", "nsubj", "cc", "conj:and", "root"]
    assert (table[["precision", "recall", "f1"]] == 1).all(axis=None)
    assert table.n.to_dict() == {"UAS": 4, "LAS": 4, "all edges": 5, "nsubj": 2, "cc": 1, "conj:and": 1, "root": 1}


def test_a_missing_propagated_edge_and_a_wrong_label() -> None:
    table = score([GOLD], [changed(2, relation="appos", deps=((0, "appos"),))]).set_index("relation")
    assert table.loc[["UAS", "LAS"], "f1"].tolist() == [1, 0.75]
    assert table.loc["all edges", ["precision", "recall"]].tolist() == [3 / 4, 3 / 5]
    assert table.loc["nsubj", ["precision", "recall"]].tolist() == [1, 1 / 2]
    assert table.loc["nsubj", "f1"] == pytest.approx(2 / 3)
    assert table.loc["appos", "n"] == 0
    assert math.isnan(table.loc["appos", "recall"])
    assert math.isnan(table.loc["conj:and", "precision"])


def test_other_words_are_an_error() -> None:
    with pytest.raises(UserError, match="1 gold sentences but 2"):
        score([GOLD], [GOLD, GOLD])
    with pytest.raises(UserError, match="'s' has other words"):
        score([GOLD], [changed(0, text="Cats")])


def test_errors_list_every_edge_that_differs() -> None:
    table = errors([GOLD], [changed(2, relation="appos", deps=((0, "appos"),))])
    assert table.to_numpy().tolist() == [
        ["s", 3, "dogs", "conj:and", "cats", "appos", "cats"],
        ["s", 3, "dogs", "nsubj", "run", "", ""],
    ]
    assert errors([GOLD], [GOLD]).empty
    root = errors([GOLD], [changed(3, head=0, relation="acl", deps=((0, "acl"),))])
    assert root.to_numpy().tolist() == [["s", 4, "run", "root", "", "acl", "cats"]]


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(UserError, match="no tree to score against"):
        score([changed(0, head=None, relation="", deps=())], [GOLD])
    with pytest.raises(UserError, match="of scheme 'clear', its prediction of 'ud'"):
        score([replace(GOLD, scheme="clear")], [GOLD])


def test_gold_without_a_graph_is_compared_with_the_basic_tree() -> None:
    plain = replace(GOLD, words=tuple(replace(word, deps=()) for word in GOLD.words))
    table = score([plain], [GOLD]).set_index("relation")
    assert table.loc["all edges", ["n", "f1"]].tolist() == [4, 1] and "conj:and" not in table.index
    assert errors([plain], [GOLD]).empty
