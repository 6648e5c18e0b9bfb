"""Trees and sentences from one relation scheme to another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from visuosyn.data import Sentence, Word
from visuosyn.parse.basic import to_basic
from visuosyn.parse.enhance import Graph, enhanced
from visuosyn.parse.tree import Tree

GIVEN = "given"  # the parser's name where trees are given and only their enhanced graphs are rebuilt

Converter = Callable[[Tree], tuple[Tree, Graph]]


def converter(source: str, target: str, *, collapse_prepositions: bool = False) -> Converter:
    """The function that takes a tree from one scheme ("clear" or "ud") to another, with its enhanced graph in "ud"."""

    def convert(tree: Tree) -> tuple[Tree, Graph]:
        if target != "ud":
            return tree, ((),) * len(tree.words)
        roots = {i: "root" for i, label in enumerate(tree.labels) if label == "ROOT"}  # all spaCy models call it so
        tree = to_basic(tree) if source == "clear" else tree.relabelled(roots)
        return tree, enhanced(tree, collapse_prepositions=collapse_prepositions)

    return convert


def to_ud(sentence: Sentence, *, collapse_prepositions: bool = False) -> Sentence:
    """A sentence with ClearNLP labels as basic and enhanced Universal Dependencies.

    ``collapse_prepositions``: see ``load_parser``.

    >>> from visuosyn.testing import sentence
    >>> tree = to_ud(sentence("man/NOUN.NN/ROOT/0 in/ADP.IN/prep/1 hat/NOUN.NN/pobj/2", scheme="clear"))
    >>> [(word.text, word.head, word.relation, word.deps) for word in tree.words[1:]]
    [('in', 2, 'case', ((2, 'case'),)), ('hat', 0, 'nmod', ((0, 'nmod:in'),))]
    """
    return _converted(sentence, converter("clear", "ud", collapse_prepositions=collapse_prepositions))


def enhance(sentence: Sentence, *, collapse_prepositions: bool = False) -> Sentence:
    """A sentence with a basic UD tree together with its enhanced graph; a graph that it had is replaced.

    ``collapse_prepositions``: see ``load_parser``.

    >>> from visuosyn.testing import sentence
    >>> tree = sentence("man/NOUN/root/0 with/ADP/case/3 hat/NOUN/nmod/1 and/CCONJ/cc/5 scarf/NOUN/conj/3")
    >>> enhance(tree).words[4].deps  # the scarf is the man's, too
    ((0, 'nmod:with'), (2, 'conj:and'))
    """
    return _converted(sentence, converter("ud", "ud", collapse_prepositions=collapse_prepositions))


def rebuild(sentence: Sentence, *, collapse_prepositions: bool = False) -> Sentence:
    """A given tree with its enhanced graph rebuilt from the basic tree, which is converted first if it is ClearNLP's.

    A sentence without a tree (a swapped caption) stays as it is.

    >>> from visuosyn.testing import sentence
    >>> ours = sentence("man/NOUN/root/0 in/ADP/case/3 hat/NOUN/nmod/1")
    >>> theirs = sentence("man/NOUN.NN/ROOT/0 in/ADP.IN/prep/1 hat/NOUN.NN/pobj/2", scheme="clear")
    >>> [rebuild(tree).words[2].deps for tree in (ours, theirs)]
    [((0, 'nmod:in'),), ((0, 'nmod:in'),)]
    """
    if any(word.head is None for word in sentence.words):
        return sentence
    convert = to_ud if sentence.scheme == "clear" else enhance
    return convert(sentence, collapse_prepositions=collapse_prepositions)


def _converted(sentence: Sentence, convert: Converter) -> Sentence:
    heads = tuple(-1 if word.head is None else word.head for word in sentence.words)
    tree, graph = convert(Tree(sentence.words, heads, tuple(word.relation for word in sentence.words)))
    rows = zip(sentence.words, tree.heads, tree.labels, graph, strict=True)
    words: tuple[Word, ...] = tuple(
        replace(word, head=head, relation=label, deps=deps, graph="") for word, head, label, deps in rows
    )
    return replace(sentence, words=words, scheme="ud")
