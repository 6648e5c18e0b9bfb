"""Pairs two edges apart, repeats, coreferent mentions and exchanged words, worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visuosyn.errors import UserError
from visuosyn.parse import coreferent_pairs, path_pairs, repeat_pairs, swapped, word_pairs
from visuosyn.records import Sentence, Word, WordPair


def spelled(rows: str, id: str = "c") -> Sentence:
    """``form/UPOS/head/relation`` words, heads from 1; ``form/UPOS/head/relation/MISC``."""
    words, text = [], ""
    for place, row in enumerate(rows.split()):
        form, upos, head, relation, *misc = row.split("/")
        text += f" {form}" if text else form
        start = len(text) - len(form)
        words.append(
            Word(
                form, start, len(text), place, form.lower(), upos, head=int(head) - 1, relation=relation,
                misc="".join(misc),
            )
        )  # fmt: skip
    return Sentence(id, text, tuple(words))


CATS = spelled("a/DET/3/det red/ADJ/3/amod cat/NOUN/0/root and/CCONJ/6/cc blue/ADJ/6/amod cat/NOUN/3/conj")


def test_path_pairs() -> None:
    found = {(frozenset((p.head, p.dependent)), p.relation) for p in path_pairs(CATS)}
    siblings = [(0, 1), (0, 5), (1, 5), (3, 4)]
    assert found == {(frozenset(p), "sibling") for p in siblings} | {
        (frozenset((2, 3)), "grandparent"), (frozenset((2, 4)), "grandparent")
    }  # fmt: skip
    assert {(p.head, p.dependent) for p in path_pairs(CATS) if p.relation == "grandparent"} == {(2, 3), (2, 4)}


@given(st.lists(st.integers(-1, 6), min_size=1, max_size=7))
def test_path_pairs_are_among_the_unrelated(heads: list[int]) -> None:
    words = tuple(Word("w", 0, 1, i, head=h if h < len(heads) else -1) for i, h in enumerate(heads))
    sentence = Sentence("s", "", words)
    unrelated = {frozenset((p.head, p.dependent)) for p in word_pairs(sentence) if p.kind == "unrelated"}
    found = [frozenset((p.head, p.dependent)) for p in path_pairs(sentence)]
    assert set(found) <= unrelated


def test_repeats_are_nouns_of_one_lemma() -> None:
    assert repeat_pairs(CATS) == (WordPair(2, 5, "repeat", "repeat", ""),)


def test_coreferent_mentions_of_corefud() -> None:
    tree = spelled(
        "the/DET/2/det/Entity=(e1-animal-2 dog/NOUN/3/nsubj/Entity=e1) licks/VERB/0/root "
        "its/PRON/5/nmod:poss/Entity=(e2-object(e1-animal-1) paw/NOUN/3/obj/Entity=e2)"
    )
    assert coreferent_pairs(tree) == (WordPair(1, 3, "coreferent", "coreferent", ""),)
    assert coreferent_pairs(tree, [[(0, 7), (14, 17)], [(14, 21)]]) == coreferent_pairs(tree)
    assert coreferent_pairs(CATS) == ()
    with pytest.raises(UserError, match="closes 'e9', which is not open"):
        coreferent_pairs(spelled("dog/NOUN/0/root/Entity=e9)"))


def test_swapped_words() -> None:
    tree = spelled("Dogs/NOUN/2/nsubj chase/VERB/0/root red/ADJ/4/amod cats/NOUN/2/obj")
    caption = swapped(tree, WordPair(3, 0, "x"))
    assert caption.text == "Cats chase red dogs"
    assert (caption.id, caption.noise_id) == ("c~0~3", "c")
    assert caption.sentence is not None
    assert [caption.text[w.start : w.end] for w in caption.sentence.words] == ["Cats", "chase", "red", "dogs"]
    assert [w.upos for w in caption.sentence.words] == ["NOUN", "VERB", "ADJ", "NOUN"]
    assert all(w.head is None for w in caption.sentence.words)
    inner = swapped(tree, WordPair(3, 2, "amod"))
    assert inner.text == "Dogs chase cats red"
    assert [inner.text[w.start : w.end] for w in inner.sentence.words] == inner.text.split()  # type: ignore[union-attr]
