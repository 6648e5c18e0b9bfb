"""Further classes of word pairs, between related and unrelated ones, and captions with two words exchanged.

These pairs stand beside those of ``word_pairs``, whose "unrelated" holds all pairs without an edge.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations

from visuosyn.errors import UserError
from visuosyn.parse.pairs import basic_edges, toss, word_pairs
from visuosyn.records import Caption, Sentence, WordPair

Span = tuple[int, int]
MENTION = re.compile(r"\(?[^()]+\)?")


def path_pairs(sentence: Sentence) -> tuple[WordPair, ...]:
    """Pairs two edges apart: ``grandparent`` (the upper word is the head) and ``sibling`` (a coin decides).

    A pair that is both counts as grandparent. Edges are those of the enhanced graph and of the basic tree.
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
    """Nouns of the same lemma; the earlier is the head. *a red cat and a blue cat* are two cats, not coreferent."""
    nouns = [i for i, word in enumerate(sentence.words) if word.upos in ("NOUN", "PROPN")]
    lemmas = {i: (sentence.words[i].lemma or sentence.words[i].text).lower() for i in nouns}
    same = (pair for pair in combinations(nouns, 2) if lemmas[pair[0]] == lemmas[pair[1]])
    return tuple(WordPair(*pair, "repeat", "repeat", "") for pair in same)


def coreferent_pairs(sentence: Sentence, clusters: Iterable[Iterable[Span]] | None = None) -> tuple[WordPair, ...]:
    """Pairs of the head words of two mentions of one entity; the earlier mention is the head.

    ``clusters`` are the entities' mentions as character spans in the sentence's text, as coreference tools give them.
    Without them they are read from ``Entity=`` in MISC (CorefUD). Raises UserError for unbalanced brackets.
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


def swapped(sentence: Sentence, pair: WordPair) -> Caption:
    """The caption with the two words of a pair exchanged, as a control with the same words and the same noise.

    Its words keep their places but not the tree; a capital at the start of the caption stays there.
    """
    first, second = sorted((pair.head, pair.dependent))
    texts = [word.text for word in sentence.words]
    texts[first], texts[second] = texts[second], texts[first]
    if first == 0 and texts[second][:1].isupper() and texts[second][1:].islower():
        texts[first], texts[second] = texts[first].capitalize(), texts[second].lower()
    text, words, end = "", [], 0
    for place, word in enumerate(sentence.words):
        source = sentence.words[{first: second, second: first}.get(place, place)]
        text += sentence.text[end : word.start]
        start, end = len(text), word.end
        text += texts[place]
        words.append(
            replace(
                source, text=texts[place], start=start, end=len(text), index=place, head=None, relation="", deps=(),
                graph="",
            )
        )  # fmt: skip
    name = f"{sentence.id}~{first}~{second}"
    text += sentence.text[end:]
    made = Sentence(name, text, tuple(words), scheme=sentence.scheme, parser="swapped")
    return Caption(name, text, noise_id=sentence.id, sentence=made)


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
