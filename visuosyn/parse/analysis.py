"""The common form of what the parsers' libraries give, spaCy's and Stanza's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from visuosyn.data import ExtraToken, Sentence
from visuosyn.parse.tree import TaggedWord

Span = tuple[int, int]


class Analysis(NamedTuple):
    """The words of a text with one tree: a head (-1: root), a label and features for each word; multiword tokens.

    Words that are part of a multiword token have its span if they do not spell it.
    """

    tokens: Sequence[TaggedWord]
    spans: Sequence[Span]
    heads: tuple[int, ...]
    labels: tuple[str, ...]
    feats: Sequence[str]
    extra: tuple[ExtraToken, ...] = ()


class Library(Protocol):
    """A loaded model of some library. Results come in the order of what was given."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    @property
    def version(self) -> str:
        """The model's version."""
        ...

    def analyse(self, texts: Sequence[str], *, batch_size: int) -> Iterable[Analysis]:
        """Analyse texts, in which all white space is single blanks."""
        ...

    def analyse_words(self, sentences: Sequence[Sentence], *, batch_size: int) -> Iterable[Analysis]:
        """Analyse given words, which are kept as they are, each sentence as one."""
        ...


def one_tree(heads: Sequence[int], labels: Sequence[str]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Several trees in a row as one: later roots (head -1) are parataxis of the first.

    >>> one_tree([-1, 0, -1], ["root", "obj", "root"])
    ((-1, 0, 0), ('root', 'obj', 'parataxis'))
    """
    new_heads, new_labels = list(heads), list(labels)
    roots = [i for i, head in enumerate(heads) if head < 0]
    for root in roots[1:]:
        new_heads[root], new_labels[root] = roots[0], "parataxis"
    return tuple(new_heads), tuple(new_labels)


def spans_before_squeezing(text: str, squeezed: str, spans: Sequence[Span]) -> list[Span]:
    r"""Spans in a text from those in the same text with its white space squeezed to single blanks.

    >>> spans_before_squeezing(" a \n cat", "a cat", [(0, 1), (2, 5)])
    [(1, 2), (5, 8)]
    """
    if len(text) == len(squeezed):
        return list(spans)
    kept, blank = [], True
    for place, character in enumerate(text):
        if not (character.isspace() and blank):
            kept.append(place)
        blank = character.isspace()
    return [(kept[start], kept[end - 1] + 1) for start, end in spans]
