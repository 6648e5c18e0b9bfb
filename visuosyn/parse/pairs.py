"""Word pairs of a tree: head and dependent, and the unrelated pairs of the same caption."""

from __future__ import annotations

from hashlib import blake2b
from itertools import combinations

from visuosyn.data import Dropped, Sentence, Word, WordPair


def word_pairs(sentence: Sentence, *, unrelated: bool = True) -> tuple[WordPair, ...]:
    """All head-dependent pairs of a caption, then (``unrelated``) all pairs of its words without an edge.

    The edges are those of the enhanced graph where the tree has one, so that a word may have several heads; ``edge``
    is "basic" if the basic tree also joins the two in this direction, else "enhanced". Two words are unrelated if
    neither graph joins them in either direction; which of them plays the head is a fair coin fixed by the caption's
    id and the two positions. Root edges are not pairs. ``unusable_edges`` lists what cannot be a pair.

    >>> from visuosyn.testing import sentence
    >>> for pair in word_pairs(sentence("a/DET/det/3 red/ADJ/amod/3 cat/NOUN/root/0")):
    ...     print(pair)
    WordPair(head=2, dependent=0, relation='det', kind='related', edge='basic')
    WordPair(head=2, dependent=1, relation='amod', kind='related', edge='basic')
    WordPair(head=1, dependent=0, relation='unrelated', kind='unrelated', edge='')
    """
    size, basic = len(sentence.words), basic_edges(sentence)
    related = [
        WordPair(head, dependent, relation, "related", "basic" if (head, dependent) in basic else "enhanced")
        for dependent, word in enumerate(sentence.words)
        for head, relation in sorted(set(edges(word)))
        if 0 <= head < size and head != dependent
    ]
    if not unrelated:
        return tuple(related)
    joined = {frozenset((pair.head, pair.dependent)) for pair in related} | {frozenset(edge) for edge in basic}
    apart = (pair for pair in combinations(range(size), 2) if frozenset(pair) not in joined)
    return (*related, *(WordPair(*toss(sentence.id, pair), "unrelated", "unrelated", "") for pair in apart))


def unusable_edges(sentence: Sentence) -> tuple[Dropped, ...]:
    """Edges that do not join two words: self loops and edges from an empty node or from outside the sentence.

    >>> from visuosyn.testing import sentence
    >>> found, = unusable_edges(sentence("cat/NOUN/nsubj/5 runs/VERB/root/0"))
    >>> found.text, found.reason
    ('cat (nsubj)', 'the head is no word of the sentence')
    """
    size, found = len(sentence.words), []
    for dependent, word in enumerate(sentence.words):
        reasons = [(label, "the head is an empty node") for head, label in _given_edges(word.graph) if "." in head]
        for head, label in edges(word):
            if head == dependent or not -1 <= head < size:
                reasons.append((label, "self loop" if head == dependent else "the head is no word of the sentence"))
        found += [Dropped("pair", sentence.id, f"{word.text} ({label})", reason) for label, reason in reasons]
    return tuple(found)


def edges(word: Word) -> tuple[tuple[int, str], ...]:
    """A word's incoming edges as (head position, label): those of the enhanced graph, else the basic one."""
    if word.deps or word.graph:
        return word.deps
    return () if word.head is None else ((word.head, word.relation),)


def _given_edges(graph: str) -> list[tuple[str, str]]:
    """The DEPS column of a tree file as (head id, label)."""
    parts = (edge.partition(":") for edge in graph.split("|") if edge)
    return [(head, label) for head, _, label in parts]


def basic_edges(sentence: Sentence) -> set[tuple[int, int]]:
    """(head, dependent) of the basic tree without its root edge."""
    return {(word.head, i) for i, word in enumerate(sentence.words) if word.head is not None and word.head >= 0}


def depths(sentence: Sentence) -> tuple[int, ...]:
    """Edges from each word up to the root of the basic tree: 0 for a root, -1 for a word without a tree.

    >>> from visuosyn.testing import sentence
    >>> depths(sentence("dog/NOUN/nsubj/2 chases/VERB/root/0 red/ADJ/amod/4 ball/NOUN/obj/2"))
    (1, 0, 2, 1)
    """
    heads, found = [word.head for word in sentence.words], []
    for head in heads:
        depth = 0
        while head is not None and 0 <= head < len(heads) and depth <= len(heads):
            head, depth = heads[head], depth + 1
        found.append(depth if head == -1 and depth <= len(heads) else -1)
    return tuple(found)


def toss(caption_id: str, pair: tuple[int, int]) -> tuple[int, int]:
    """The pair in the order (head, dependent) that a coin fixed by caption and pair decides."""
    coin = blake2b(f"{caption_id}\t{pair[0]}\t{pair[1]}".encode(), digest_size=1).digest()[0] & 1
    return (pair[1], pair[0]) if coin else pair
