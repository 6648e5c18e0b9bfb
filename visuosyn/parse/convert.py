"""Sentences from one relation scheme to another."""

from __future__ import annotations

from dataclasses import replace

from visuosyn.parse.basic import to_basic
from visuosyn.parse.enhance import enhanced
from visuosyn.parse.tree import Tree
from visuosyn.records import Sentence


def to_ud(sentence: Sentence, *, collapse_prepositions: bool = False) -> Sentence:
    """A sentence with ClearNLP labels as basic and enhanced Universal Dependencies."""
    return _with_graph(sentence, to_basic(_tree(sentence)), collapse_prepositions)


def enhance(sentence: Sentence, *, collapse_prepositions: bool = False) -> Sentence:
    """A sentence with a basic UD tree together with its enhanced graph; a graph that it had is replaced."""
    return _with_graph(sentence, _tree(sentence), collapse_prepositions)


def _tree(sentence: Sentence) -> Tree:
    heads = tuple(-1 if word.head is None else word.head for word in sentence.words)
    return Tree(sentence.words, heads, tuple(word.relation for word in sentence.words))


def _with_graph(sentence: Sentence, tree: Tree, collapse_prepositions: bool) -> Sentence:
    graph = enhanced(tree, collapse_prepositions=collapse_prepositions)
    rows = zip(sentence.words, tree.heads, tree.labels, graph, strict=True)
    words = tuple(replace(word, head=head, relation=label, deps=deps) for word, head, label, deps in rows)
    return replace(sentence, words=words, scheme="ud")
