"""Pairs of hand-made trees with known answers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from visuosyn.data import Sentence, Word, WordPair
from visuosyn.parse import unusable_edges, word_pairs


def sentence(*words: tuple[str, int, str, tuple[tuple[int, str], ...]], id: str = "s") -> Sentence:
    return Sentence(id, "", tuple(Word(t, 0, 0, i, head=h, relation=r, deps=d) for i, (t, h, r, d) in enumerate(words)))


CATS = sentence(
    ("cats", -1, "root", ((-1, "root"),)),
    ("and", 2, "cc", ((2, "cc"),)),
    ("dogs", 0, "conj", ((0, "conj:and"), (3, "nsubj"))),
    ("run", 0, "acl", ((0, "acl"),)),
)


def test_enhanced_edges() -> None:
    assert word_pairs(CATS, unrelated=False) == (
        WordPair(2, 1, "cc"),
        WordPair(0, 2, "conj:and"),
        WordPair(3, 2, "nsubj", edge="enhanced"),
        WordPair(0, 3, "acl"),
    )


def test_unrelated_pairs_are_the_rest() -> None:
    rest = word_pairs(CATS)[4:]
    assert {(pair.kind, pair.relation, pair.edge) for pair in rest} == {("unrelated", "unrelated", "")}
    assert {frozenset((pair.head, pair.dependent)) for pair in rest} == {frozenset((0, 1)), frozenset((1, 3))}


def test_a_basic_edge_without_enhanced_counterpart_is_no_unrelated_pair() -> None:
    tree = sentence(("man", -1, "root", ((2, "nsubj"),)), ("who", 2, "nsubj", ((0, "ref"),)), ("runs", 0, "acl", ()))
    pairs = word_pairs(tree)
    assert [(p.head, p.dependent, p.relation, p.edge) for p in pairs] == [
        (2, 0, "nsubj", "enhanced"), (0, 1, "ref", "enhanced"), (0, 2, "acl", "basic")
    ]  # fmt: skip


def test_loops_and_empty_nodes_are_left_out_and_listed() -> None:
    tree = sentence(("a", -1, "root", ((0, "conj"), (-1, "root"))), ("b", 0, "obj", ((9, "nsubj"), (0, "obj"))))
    assert word_pairs(tree) == (WordPair(0, 1, "obj"),)
    assert [(drop.text, drop.reason) for drop in unusable_edges(tree)] == [
        ("a (conj)", "self loop"), ("b (nsubj)", "the head is no word of the sentence")
    ]  # fmt: skip


def test_the_coin_is_fair_and_fixed() -> None:
    flat = [sentence(*[("w", None, "", ())] * 10, id=f"c{i}") for i in range(200)]
    tossed = [pair.head < pair.dependent for tree in flat for pair in word_pairs(tree)]
    assert len(tossed) == 200 * 45
    assert abs(sum(tossed) / len(tossed) - 0.5) < 0.02  # 4 standard errors
    assert word_pairs(flat[3]) == word_pairs(flat[3])


@given(st.lists(st.integers(-1, 7), min_size=1, max_size=8), st.data())
def test_every_two_words_are_related_or_unrelated_once(heads: list[int], data: st.DataObject) -> None:
    heads = [head if head < len(heads) else -1 for head in heads]
    more = data.draw(st.lists(st.tuples(st.integers(-1, len(heads)), st.sampled_from("ab")), max_size=3))
    words = [("w", head, "r", (*more, (head, "r")) if i == 0 else ()) for i, head in enumerate(heads)]
    pairs = word_pairs(sentence(*words))
    apart = [frozenset((p.head, p.dependent)) for p in pairs if p.kind == "unrelated"]
    joined = {frozenset((p.head, p.dependent)) for p in pairs if p.kind == "related"}
    assert len(apart) == len(set(apart))
    assert not joined & set(apart)
    assert len(joined) + len(apart) == len(heads) * (len(heads) - 1) // 2
