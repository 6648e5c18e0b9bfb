"""A dependency tree that rules rewrite: the words stay, the edges change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from visuosyn.data import Word


class TaggedWord(NamedTuple):
    """What the rules look at in a word; a ``Word`` has the same fields."""

    text: str
    lemma: str
    upos: str
    xpos: str


@dataclass(frozen=True, eq=False)
class Tree:
    """Words with one head (position, -1: root) and one label each. Rules are functions Tree -> Tree."""

    words: Sequence[TaggedWord | Word]
    heads: tuple[int, ...]
    labels: tuple[str, ...]

    @classmethod
    def sketch(cls, text: str) -> Tree:
        """A tree from ``form/TAG/label/head`` words, head counted from 1 and 0 for the root; ``form=lemma`` and
        ``UPOS.XPOS`` where the lemma is not the form in lower case or the fine tag matters.

        >>> Tree.sketch("Dogs=dog/NOUN.NNS/nsubj/2 run/VERB/ROOT/0")
        Dogs/nsubj/2 run/ROOT/0
        """
        rows = [row.rsplit("/", 3) for row in text.split()]
        words = []
        for form, tag, _, _ in rows:
            form, _, lemma = form.partition("=")
            upos, _, xpos = tag.partition(".")
            words.append(TaggedWord(form, lemma or form.lower(), upos, xpos))
        return cls(tuple(words), tuple(int(row[3]) - 1 for row in rows), tuple(row[2] for row in rows))

    def __repr__(self) -> str:
        rows = zip(self.words, self.labels, self.heads, strict=True)
        return " ".join(f"{word.text}/{label}/{head + 1}" for word, label, head in rows)

    @cached_property
    def children(self) -> Sequence[Sequence[int]]:
        """The dependents of every word, in word order."""
        rows: list[Sequence[int]] = [()] * len(self.heads)
        for dependent, head in enumerate(self.heads):
            if head >= 0:
                rows[head] = (*rows[head], dependent)
        return rows

    @cached_property
    def deepest_first(self) -> tuple[int, ...]:
        """All positions, dependents before their heads."""
        order = [dependent for dependent, head in enumerate(self.heads) if head < 0]
        for node in order:
            order.extend(self.children[node])
        return tuple(reversed(order))

    def leftmost(self, node: int) -> int:
        """The place of the first word below ``node``, itself included."""
        first = node
        while self.children[first] and self.children[first][0] < first:
            first = self.children[first][0]
        return first

    def is_below(self, node: int, other: int) -> bool:
        """Whether ``node`` depends on ``other``, directly or not."""
        while node >= 0 and node != other:
            node = self.heads[node]
        return node == other

    def child(self, node: int, *labels: str) -> int | None:
        """The first dependent of ``node`` with one of the labels."""
        for i in self.children[node]:  # a loop, since this runs for every word and rule
            if self.labels[i] in labels:
                return i
        return None

    def has(self, node: int, *labels: str) -> bool:
        """Whether ``node`` has a dependent with one of the labels."""
        return self.child(node, *labels) is not None

    def rewired(self, edges: Mapping[int, tuple[int, str]]) -> Tree:
        """The tree with other (head, label) for some words."""
        if not edges:
            return self
        heads, labels = list(self.heads), list(self.labels)
        for dependent, (head, label) in edges.items():
            heads[dependent], labels[dependent] = head, label
        return Tree(self.words, tuple(heads), tuple(labels))

    def relabelled(self, labels: Mapping[int, str]) -> Tree:
        """The tree with other labels for some words."""
        if not labels:
            return self
        tree = Tree(self.words, self.heads, tuple(labels.get(i, label) for i, label in enumerate(self.labels)))
        vars(tree)["children"] = self.children  # the same heads, so the same children
        return tree

    def promoted(self, node: int, *, below: str, label: str | None = None) -> Tree:
        """``node`` takes the place of its head, with the head's label or ``label``; the head becomes its dependent
        with the label ``below``, and the head's other dependents become its own.

        >>> Tree.sketch("in/ADP/prep/3 hat/NOUN/pobj/1 man/NOUN/ROOT/0").promoted(1, below="case")
        in/case/2 hat/prep/3 man/ROOT/0
        """
        old = self.heads[node]
        edges = {i: (node, self.labels[i]) for i in self.children[old]}
        edges[node] = (self.heads[old], label or self.labels[old])
        edges[old] = (node, below)
        return self.rewired(edges)
