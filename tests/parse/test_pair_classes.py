"""Pairs two edges apart, repeats, coreferent mentions and exchanged words, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visuosyn.corpus import conllu
from visuosyn.data import Caption, Sentence, Word, WordPair
from visuosyn.errors import UserError
from visuosyn.parse import (
    all_pairs,
    coreferent_pairs,
    matched_pairs,
    path_pairs,
    repeat_pairs,
    swapped,
    swapped_from,
    with_swapped,
    word_pairs,
)


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


def caption_of(tree: Sentence) -> Caption:
    return Caption(tree.id, tree.text, "f:1", f"noise of {tree.id}", sentence=tree)


def test_swapped_words() -> None:
    tree = spelled("Dogs/NOUN/2/nsubj chase/VERB/0/root red/ADJ/4/amod cats/NOUN/2/obj")
    caption = swapped(caption_of(tree), WordPair(3, 0, "x"))
    assert caption.text == "Cats chase red dogs"
    assert (caption.id, caption.noise_id, caption.source) == ("c~0~1~4", "noise of c", "f:1")
    assert caption.sentence is not None
    assert [caption.text[w.start : w.end] for w in caption.sentence.words] == ["Cats", "chase", "red", "dogs"]
    assert [w.upos for w in caption.sentence.words] == ["NOUN", "VERB", "ADJ", "NOUN"]
    assert all(w.head is None for w in caption.sentence.words)
    inner = swapped(caption_of(tree), WordPair(3, 2, "amod"))
    assert inner.text == "Dogs chase cats red"
    assert [inner.text[w.start : w.end] for w in inner.sentence.words] == inner.text.split()  # type: ignore[union-attr]


def test_a_swapped_caption_has_one_pair_and_says_whose_it_is() -> None:
    tree = spelled("a/DET/3/det red/ADJ/3/amod cat/NOUN/0/root")
    first, made = with_swapped([caption_of(tree)], ["amod"])
    assert (first.text, made.text) == ("a red cat", "a cat red")
    assert made.sentence is not None
    assert all_pairs(made.sentence) == (WordPair(1, 2, "swapped amod", "swapped", ""),)
    assert (swapped_from(made.sentence), swapped_from(tree)) == (("c", 1), None)
    (again,) = conllu.read(conllu.write([made.sentence], spans=True))
    assert all_pairs(again) == all_pairs(made.sentence)
    assert list(with_swapped([first, made], ["amod"])) == [first, made]  # neither made nor swapped again
    with pytest.raises(UserError, match="no pair of the corpus stands in obj"):
        list(with_swapped([first], ["obj"]))
    with pytest.raises(UserError, match="stands in obj, typo:"):
        list(with_swapped([first], ["amod", "obj", "typo"]))


@pytest.mark.parametrize("value", ["0 amod 2", "x amod 2 3", "0 amod 2 9", "0 amod 0 2", "0 amod 2 2"])
def test_a_swapped_caption_with_a_broken_comment_is_refused(value: str) -> None:
    tree = spelled("a/DET/3/det red/ADJ/3/amod cat/NOUN/0/root")
    broken = replace(tree, comments=(f"# swap_pair = {value}",))
    for reads in (all_pairs, swapped_from):
        with pytest.raises(UserError, match=f"swap_pair = {value}' should be .* its 3 words"):
            reads(broken)


def test_two_pairs_of_the_same_words_make_two_swapped_captions() -> None:
    """In a relative clause the noun governs the verb (acl) and is its subject in the graph."""
    text = (
        "# sent_id = r\n# text = Boys who run\n1\tBoys\t_\tNOUN\t_\t_\t0\troot\t0:root|3:nsubj\t_\n"
        "2\twho\t_\tPRON\t_\t_\t3\tnsubj\t1:ref\t_\n3\trun\t_\tVERB\t_\t_\t1\tacl:relcl\t1:acl:relcl\t_\n\n"
    )
    (tree,) = conllu.read(text)
    all_of_them = list(with_swapped([caption_of(tree)], ["nsubj", "acl"]))
    assert [c.text for c in all_of_them[1:]] == ["Run who boys"] * 2
    assert len({c.id for c in all_of_them}) == 3
    found = [all_pairs(c.sentence)[0] for c in all_of_them[1:] if c.sentence]
    assert {(p.relation, p.head, p.dependent) for p in found} == {("swapped nsubj", 0, 2), ("swapped acl:relcl", 2, 0)}
    assert list(with_swapped(all_of_them, ["nsubj", "acl"])) == all_of_them


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("John/PROPN/2/nsubj sees/VERB/0/root Mary/PROPN/2/obj", "Sees John Mary"),
        ("A/DET/2/nsubj dog/NOUN/0/root", "Dog a"),
        ("I/PRON/2/nsubj see/VERB/0/root", "See I"),
    ],
)
def test_capitals_of_swapped_words(words: str, text: str) -> None:
    assert swapped(caption_of(spelled(words)), WordPair(1, 0, "nsubj")).text == text


def test_multiword_tokens_stay_whole_when_words_around_them_change_places() -> None:
    text = (
        "# sent_id = f\n# text = Chat du roi rouge\n1\tChat\t_\tNOUN\t_\t_\t0\troot\t_\t_\n"
        "2-3\tdu\t_\t_\t_\t_\t_\t_\t_\t_\n2\tde\t_\tADP\t_\t_\t4\tcase\t_\t_\n3\tle\t_\tDET\t_\t_\t4\tdet\t_\t_\n"
        "4\troi\t_\tNOUN\t_\t_\t1\tnmod\t_\t_\n5\trouge\t_\tADJ\t_\t_\t4\tamod\t_\t_\n\n"
    )
    (tree,) = conllu.read(text)
    made = [c.sentence for c in with_swapped([caption_of(tree)], ["nmod", "amod", "case"])][1:]
    assert [s.text for s in made if s] == ["Roi du chat rouge", "Chat du rouge roi"]
    (again, _) = conllu.read(conllu.write([s for s in made if s], spans=True))
    assert [(w.text, w.start, w.end) for w in again.words] == [(w.text, w.start, w.end) for w in made[0].words]  # type: ignore[union-attr]


def test_matched_pairs_look_like_the_related_ones() -> None:
    tree = spelled("a/DET/3/det red/ADJ/3/amod cat/NOUN/0/root sees/VERB/3/acl blue/ADJ/6/amod dogs/NOUN/4/obj")
    # NOUN-ADJ at distance 1 (twice): cat-blue at 2. NOUN-VERB: cat>sees 1, sees>dogs 2, none is left unrelated.
    # DET-NOUN at 2: a-dogs is at 5.
    assert matched_pairs(tree) == (WordPair(2, 4, "matched unrelated", "matched", ""),)
    assert matched_pairs(tree, caliper=4) == (
        WordPair(5, 0, "matched unrelated", "matched", ""),
        WordPair(2, 4, "matched unrelated", "matched", ""),
        WordPair(5, 1, "matched unrelated", "matched", ""),
    )


@given(st.lists(st.tuples(st.integers(-1, 6), st.sampled_from("AN")), min_size=1, max_size=7), st.integers(0, 3))
def test_matched_pairs_are_unrelated_used_once_and_of_the_same_kind(rows: list, caliper: int) -> None:
    words = [Word("w", 0, 1, i, upos=tag, head=h if h < len(rows) else -1) for i, (h, tag) in enumerate(rows)]
    sentence = Sentence("s", "", tuple(words))
    unrelated = {frozenset((p.head, p.dependent)) for p in word_pairs(sentence) if p.kind == "unrelated"}
    shapes = {(words[p.head].upos, words[p.dependent].upos) for p in word_pairs(sentence, unrelated=False)}
    found = matched_pairs(sentence, caliper=caliper)
    ends = [frozenset((p.head, p.dependent)) for p in found]
    assert set(ends) <= unrelated
    assert len(set(ends)) == len(ends)
    assert {(words[p.head].upos, words[p.dependent].upos) for p in found} <= shapes


@given(st.lists(st.integers(-1, 6), min_size=1, max_size=7))
def test_all_pairs_begin_with_those_of_word_pairs(heads: list[int]) -> None:
    words = tuple(Word("w", 0, 1, i, head=h if h < len(heads) else -1) for i, h in enumerate(heads))
    sentence = Sentence("s", "", words)
    pairs = word_pairs(sentence)
    assert all_pairs(sentence)[: len(pairs)] == pairs
    assert {p.kind for p in all_pairs(sentence)[len(pairs) :]} <= {"matched", "path-2", "repeat", "coreferent"}
