"""Conversion rules: invariants on random trees, and whole sentences with trees worked out by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from visuosyn.data import Sentence, Word
from visuosyn.parse import load_scheme, to_ud, unusable_edges, word_pairs
from visuosyn.parse.basic import RULES
from visuosyn.parse.english import table
from visuosyn.parse.enhance import RULES as GRAPH_RULES
from visuosyn.parse.enhance import basic_edges, enhanced
from visuosyn.parse.rules.collapse import collapsed_prepositions
from visuosyn.parse.tree import Tree

CLEAR = sorted(set(load_scheme("clear").labels) - {"ROOT", "unrelated"})
UD = sorted(set(load_scheme("ud").labels) - {"root", "unrelated"})
FORMS = """
dog dog NOUN NN | is be AUX VBZ | in in ADP IN | front front NOUN NN | of of ADP IN | to to PART TO
there there PRON EX | who who PRON WP | and and CCONJ CC | , , PUNCT , | ( ( PUNCT -LRB- | ) ) PUNCT -RRB-
" " PUNCT '' | $ $ SYM $
5 5 NUM CD | red red ADJ JJ | seen see VERB VBN | up up ADP RP | because because SCONJ IN | as as ADP IN
well well ADV RB | next next ADV RB | where where SCONJ WRB | no no DET DT
each each DET DT | other other ADJ JJ | such such ADJ JJ | instead instead ADV RB | Mary Mary PROPN NNP
May May PROPN NNP
"""
WORDS = [tuple(row.split()) for row in FORMS.strip().replace("|", "\n").splitlines() if row.strip()]
CHUNKS = [[word] for word in WORDS]
CHUNKS += [[(form, form, "ADP", "IN") for form in words.split()] for words in table("fixed")]


@st.composite
def trees(draw: st.DrawFn, labels: list[str], root: str) -> Tree:
    """Any tree, projective or not, with any labels: far wilder than a parser's."""
    rows = [word for chunk in draw(st.lists(st.sampled_from(CHUNKS), min_size=1, max_size=8)) for word in chunk]
    size = len(rows)
    order = draw(st.permutations(range(size)))
    heads, names = [-1] * size, [root] * size
    for place, node in enumerate(order[1:], 1):
        heads[node] = order[draw(st.integers(0, place - 1))]
        names[node] = draw(st.sampled_from(labels))
    return Tree(tuple(Word(f, 0, 0, lemma=e, upos=u, xpos=x) for f, e, u, x in rows), tuple(heads), tuple(names))


def is_tree(tree: Tree) -> bool:
    return sorted(tree.deepest_first) == list(range(len(tree.heads))) and tree.heads.count(-1) == 1


@given(trees(CLEAR, "ROOT"))
def test_a_tree_stays_a_tree_after_every_rule(tree: Tree) -> None:
    words = tree.words
    for rule in RULES:
        tree = rule(tree)
        assert is_tree(tree), rule.__name__
        assert tree.words == words
    assert set(tree.labels) <= set(UD) | {"root"}
    assert [tree.labels[i] == "root" for i in range(len(words))] == [head == -1 for head in tree.heads]


@given(trees(UD, "root"))
def test_collapsing_keeps_a_tree(tree: Tree) -> None:
    assert is_tree(collapsed_prepositions(tree))


@given(trees(UD, "root"))
def test_no_word_loses_its_last_edge(tree: Tree) -> None:
    edges = basic_edges(tree)
    for rule in GRAPH_RULES:
        edges = rule(tree, edges)
        assert {dependent for _, dependent, _ in edges} == set(range(len(tree.words)))
    assert not unusable_edges(sentence(tree, enhanced(tree)))


@given(trees(CLEAR, "ROOT"), st.booleans())
def test_words_in_are_words_out(tree: Tree, collapse: bool) -> None:
    made = to_ud(sentence(tree), collapse_prepositions=collapse)
    assert [(w.text, w.lemma, w.xpos) for w in made.words] == [(w.text, w.lemma, w.xpos) for w in tree.words]
    size = len(tree.words)
    joined = {frozenset((pair.head, pair.dependent)) for pair in word_pairs(made)}
    joined |= {frozenset((w.head, i)) for i, w in enumerate(made.words) if w.head is not None and w.head >= 0}
    assert len(joined) == size * (size - 1) // 2


def sentence(tree: Tree, deps: tuple[tuple[tuple[int, str], ...], ...] = ()) -> Sentence:
    rows = zip(tree.words, tree.heads, tree.labels, deps or ((),) * len(tree.words), strict=True)
    words = tuple(Word(w.text, 0, 0, i, w.lemma, w.upos, w.xpos, h, r, d) for i, (w, h, r, d) in enumerate(rows))
    return Sentence("s", "", words)
