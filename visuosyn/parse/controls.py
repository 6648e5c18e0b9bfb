"""Further classes of word pairs: matched unrelated ones, two edges apart, repeats, coreferent mentions.

These pairs stand beside those of ``word_pairs``, whose "unrelated" holds all pairs without an edge: two words may
be a pair of several classes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import combinations

from visuosyn.data import Sentence, WordPair
from visuosyn.errors import UserError
from visuosyn.parse.pairs import basic_edges, toss, word_pairs

Span = tuple[int, int]
MENTION = re.compile(r"\(?[^()]+\)?")


def class_pairs(sentence: Sentence) -> tuple[WordPair, ...]:
    """The pairs of all these classes, in the order "matched", "path-2", "repeat", "coreferent".

    >>> from visuosyn.parse import list_pairs
    >>> from visuosyn.testing import sentence
    >>> tree = sentence("red/ADJ/amod/2 cat/NOUN/root/0 blue/ADJ/amod/4 cat/NOUN/conj/2")
    >>> list_pairs(tree, class_pairs(tree))[["kind", "relation", "head", "dependent"]]
          kind           relation head dependent
    0  matched  matched unrelated  cat      blue
    1   path-2        grandparent  cat      blue
    2   path-2            sibling  cat       red
    3   repeat             repeat  cat       cat
    """
    return (*matched_pairs(sentence), *path_pairs(sentence), *repeat_pairs(sentence), *coreferent_pairs(sentence))


def matched_pairs(sentence: Sentence, *, caliper: int = 1) -> tuple[WordPair, ...]:
    """For each head-dependent pair the unrelated pair of its caption that is most like it, each used once.

    Alike means: the same two parts of speech, and a distance that differs by at most ``caliper`` words. The word
    with the head's part of speech plays the head; where both have the same one, the word on the head's side. The
    closest distances are matched first; a pair for which none is left has no match.

    >>> from visuosyn.testing import sentence
    >>> tree = sentence("red/ADJ/amod/2 cat/NOUN/root/0 blue/ADJ/amod/4 dog/NOUN/conj/2")
    >>> # as close as red is to its cat, and a noun and an adjective, too, but without an edge
    >>> [(tree.words[pair.head].text, tree.words[pair.dependent].text) for pair in matched_pairs(tree)]
    [('cat', 'blue')]
    """
    pairs = word_pairs(sentence)
    related = [pair for pair in pairs if pair.kind == "related"]
    free: dict[frozenset[str], list[WordPair]] = {}
    for pair in pairs:
        if pair.kind == "unrelated":
            free.setdefault(_tags(sentence, pair), []).append(pair)
    offers = sorted(
        (abs(_distance(pair) - _distance(other)), at, sorted((other.head, other.dependent)))
        for at, pair in enumerate(related)
        for other in free.get(_tags(sentence, pair), ())
        if abs(_distance(pair) - _distance(other)) <= caliper
    )
    matched: dict[int, tuple[int, int]] = {}
    for _, at, (left, right) in offers:
        if at not in matched and (left, right) not in matched.values():
            matched[at] = (left, right)
    return tuple(
        WordPair(*_laid(sentence, related[at], ends), "matched unrelated", "matched", "")
        for at, ends in sorted(matched.items())
    )


def _tags(sentence: Sentence, pair: WordPair) -> frozenset[str]:
    return frozenset((sentence.words[pair.head].upos, sentence.words[pair.dependent].upos))


def _distance(pair: WordPair) -> int:
    return abs(pair.head - pair.dependent)


def _laid(sentence: Sentence, pair: WordPair, ends: tuple[int, int]) -> tuple[int, int]:
    """Two words (left, right) in the roles (head, dependent) that they would have in ``pair``."""
    head, dependent = sentence.words[pair.head].upos, sentence.words[pair.dependent].upos
    left = sentence.words[ends[0]].upos == head if head != dependent else pair.head < pair.dependent
    return ends if left else (ends[1], ends[0])


def path_pairs(sentence: Sentence) -> tuple[WordPair, ...]:
    """Pairs two edges apart: ``grandparent`` (the upper word is the head) and ``sibling`` (a coin decides).

    A pair that is both counts as grandparent. Edges are those of the enhanced graph and of the basic tree.

    >>> from visuosyn.testing import sentence
    >>> tree = sentence("dog/NOUN/nsubj/2 chases/VERB/root/0 red/ADJ/amod/4 ball/NOUN/obj/2")
    >>> [(pair.relation, tree.words[pair.head].text, tree.words[pair.dependent].text) for pair in path_pairs(tree)]
    [('grandparent', 'chases', 'red'), ('sibling', 'ball', 'dog')]
    """
    down = {(pair.head, pair.dependent) for pair in word_pairs(sentence, unrelated=False)} | basic_edges(sentence)
    joined = {frozenset(edge) for edge in down}
    heads: dict[int, set[int]] = {}
    for head, dependent in down:
        heads.setdefault(dependent, set()).add(head)
    upper = {(top, low) for low, middles in heads.items() for middle in middles for top in heads.get(middle, ())}
    upper = {(top, low) for top, low in upper if top != low and frozenset((top, low)) not in joined}
    taken = joined | {frozenset(pair) for pair in upper}
    beside = [
        pair
        for pair in combinations(sorted(heads), 2)
        if heads[pair[0]] & heads[pair[1]] and frozenset(pair) not in taken
    ]
    found = [WordPair(*pair, "grandparent", "path-2", "") for pair in sorted(upper)]
    return (*found, *(WordPair(*toss(sentence.id, pair), "sibling", "path-2", "") for pair in beside))


def repeat_pairs(sentence: Sentence) -> tuple[WordPair, ...]:
    """Nouns of the same lemma; the earlier is the head. *a red cat and a blue cat* are two cats, not coreferent.

    >>> from visuosyn.testing import sentence
    >>> repeat_pairs(sentence("cat/NOUN/root/0 and/CCONJ/cc/3 cats=cat/NOUN/conj/1"))
    (WordPair(head=0, dependent=2, relation='repeat', kind='repeat', edge=''),)
    """
    nouns = [i for i, word in enumerate(sentence.words) if word.upos in ("NOUN", "PROPN")]
    lemmas = {i: (sentence.words[i].lemma or sentence.words[i].text).lower() for i in nouns}
    same = (pair for pair in combinations(nouns, 2) if lemmas[pair[0]] == lemmas[pair[1]])
    return tuple(WordPair(*pair, "repeat", "repeat", "") for pair in same)


def coreferent_pairs(sentence: Sentence, clusters: Iterable[Iterable[Span]] | None = None) -> tuple[WordPair, ...]:
    """Pairs of the head words of two mentions of one entity; the earlier mention is the head.

    ``clusters`` are the entities' mentions as character spans in the sentence's text, as coreference tools give them.
    Without them they are read from ``Entity=`` in MISC (CorefUD). Raises UserError for unbalanced brackets.

    >>> from visuosyn.testing import sentence
    >>> tree = sentence("a/DET/det/2 dog/NOUN/nsubj/3 licks/VERB/root/0 its/PRON/nmod:poss/5 paw/NOUN/obj/3")
    >>> pair, = coreferent_pairs(tree, [[(0, 5), (12, 15)]])  # "a dog" and "its"
    >>> tree.words[pair.head].text, tree.words[pair.dependent].text
    ('dog', 'its')
    """
    if clusters is None:
        found = _entities(sentence)
    else:
        found = [[_positions(sentence, span) for span in cluster] for cluster in clusters]
    pairs = set()
    for mentions in found:
        heads = sorted({_head_word(sentence, mention) for mention in mentions if mention})
        pairs |= set(combinations(heads, 2))
    return tuple(WordPair(*pair, "coreferent", "coreferent", "") for pair in sorted(pairs))


def _positions(sentence: Sentence, span: Span) -> list[int]:
    return [i for i, word in enumerate(sentence.words) if word.start < span[1] and word.end > span[0]]


def _head_word(sentence: Sentence, mention: Sequence[int]) -> int:
    """The word of a mention whose head lies outside it."""
    return next((i for i in mention if sentence.words[i].head not in mention), mention[-1])


def _entities(sentence: Sentence) -> list[list[list[int]]]:
    """Mentions (positions) by entity from the bracket notation of ``Entity=``: ``(e1-person-1-x``, ``e1)``."""
    mentions: dict[str, list[list[int]]] = {}
    opened: dict[str, list[int]] = {}
    for place, word in enumerate(sentence.words):
        value = next((part[7:] for part in word.misc.split("|") if part.startswith("Entity=")), "")
        for bracket in MENTION.findall(value):
            entity = bracket.strip("()").split("-")[0].split("[")[0]
            if bracket.startswith("("):
                opened.setdefault(entity, []).append(place)
            if bracket.endswith(")"):
                if not opened.get(entity):
                    raise UserError(f"sentence {sentence.id!r}: Entity={value} closes {entity!r}, which is not open")
                start = opened[entity].pop()
                mentions.setdefault(entity, []).append(list(range(start, place + 1)))
    return list(mentions.values())
