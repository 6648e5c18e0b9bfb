"""Prompts to score a model of this world by: from the grammar, by a seed, each noun as often as the others.

==================  =====  ==============================================================================
sort               share  what
==================  =====  ==============================================================================
``one``              25%  one thing; three in four of the nouns that take a colour have one
``one, described``    5%  one thing with a size or a pattern that the noun had in training
``one, held out``     4%  one thing with an adjective that the noun never had in training
``pair``             30%  two things (and, next to, beside); half of the pairs of nouns are held out
``count``            16%  one, two or three of a noun
``relation``         20%  two things: to the left of, to the right of, on, under
==================  =====  ==============================================================================

Only the third and half of the fourth sort hold anything that was held out of training (`words.held_out`).
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from visuosyn.errors import UserError
from visuosyn.microworld.world import grammar, words
from visuosyn.microworld.world.grammar import Mention, Phrase
from visuosyn.microworld.world.layouts import PREPOSITIONS, SHELTERS, SMALL_THINGS, SURFACES, said_pairs

SHARES = {"one": 0.25, "one, described": 0.05, "one, held out": 0.04, "pair": 0.30, "count": 0.16, "relation": 0.20}
BESIDE = ("and", "next to", "beside")
RELATIONS = ("to the left of", "to the right of", "on", "under")


@dataclass(frozen=True)
class ScoringPrompt:
    """A prompt and what its picture should show; ``relation`` holds between the first mention and the second."""

    name: str
    text: str
    sort: str
    mentions: tuple[Mention, ...]
    relation: str | None = None
    held_out: bool = False

    @property
    def asked(self) -> int:
        """How many things it asks for."""
        return sum(len(mention.objects) for mention in self.mentions)


@dataclass(frozen=True)
class Wish:
    """A prompt before it has a name and a ground."""

    mentions: tuple[Mention, ...]
    relation: str | None = None


def prompts(count: int = 1000, *, seed: int = 0) -> tuple[ScoringPrompt, ...]:
    """A fixed set of prompts; half of them name a ground.

    Raises:
        UserError: fewer than 25 prompts, which cannot show every sort.

    >>> [prompt.text for prompt in prompts(100)[:2]]
    ['a chair on the grass', 'a pig']
    """
    if count < 25:
        raise UserError(f"{count} prompts cannot show every sort: ask for at least 25")
    numbers = {sort: round(share * count) for sort, share in SHARES.items()}
    numbers["one"] += count - sum(numbers.values())
    rng = random.Random(f"prompts/{seed}")
    makers = {
        "one": _one,
        "one, described": _one_described,
        "one, held out": _one_held_out,
        "pair": _pair,
        "count": _count,
        "relation": _relation,
    }
    return tuple(
        _prompt(rng, f"{sort} {number}", sort, wish)
        for sort, make in makers.items()
        for number, wish in enumerate(itertools.islice(make(rng), numbers[sort]))
    )


def _prompt(rng: random.Random, name: str, sort: str, wish: Wish) -> ScoringPrompt:
    phrase = _phrase(wish)
    if rng.random() < 0.5:
        ground = rng.choice(words.GROUNDS)
        phrase = grammar.grounded(phrase, rng.choice(PREPOSITIONS[ground]), ground)
    held_out = not words.held_out().isdisjoint(said_pairs(wish.mentions))
    return ScoringPrompt(name, grammar.sentence(phrase).text, sort, wish.mentions, wish.relation, held_out)


def _phrase(wish: Wish) -> Phrase:
    phrases = [grammar.noun_phrase(mention) for mention in wish.mentions]
    if len(phrases) == 1:
        return phrases[0]
    return (
        grammar.listed(phrases)
        if wish.relation == "and"
        else grammar.related(phrases[0], str(wish.relation), phrases[1])
    )


def _one(rng: random.Random) -> Iterator[Wish]:
    """Every noun in turn; a noun's colours in turn, now and then none."""
    colours = {noun: _turns(rng, _colours(noun)) for noun in words.NOUNS}
    for noun in _turns(rng, words.NOUNS):
        colour = next(colours[noun]) if noun in words.COLOURED and rng.random() < 0.75 else None
        yield Wish((Mention(noun, (0,), colour=colour),))


def _one_described(rng: random.Random) -> Iterator[Wish]:
    """The trained pairs of a size or pattern and a noun, each time one whose words were used least."""
    described = (*words.SIZES, *words.PATTERNS)
    trained = [pair for pair in words.adjective_pairs() if pair[0] in described and pair not in words.held_out()]
    for adjective, noun in _even(rng, trained):
        yield Wish((_described(noun, adjective),))


def _one_held_out(rng: random.Random) -> Iterator[Wish]:
    """The held-out adjectives and nouns in turn, colours first."""
    held = sorted(pair for pair in words.held_out() if pair[0] not in words.NOUNS)
    coloured = [pair for pair in held if pair[0] in words.COLOURS]
    for adjective, noun in itertools.chain(coloured, _turns(rng, [*held, *coloured])):
        yield Wish((_described(noun, adjective),))


def _described(noun: str, adjective: str) -> Mention:
    known = (words.COLOURS, words.SIZES, words.PATTERNS)
    colour, size, pattern = (adjective if adjective in some else None for some in known)
    return Mention(noun, (0,), colour=colour, size=size, pattern=pattern)


def _pair(rng: random.Random) -> Iterator[Wish]:
    """Held-out and trained pairs of nouns alternately, either kind with its nouns as evenly used as possible."""
    every = set(words.noun_pairs())
    held, trained = (_even(rng, sorted(some)) for some in (every & words.held_out(), every - words.held_out()))
    for nouns in itertools.chain.from_iterable(zip(held, trained, strict=True)):
        yield Wish(_mentions(rng, nouns), rng.choice(BESIDE))


def _count(rng: random.Random) -> Iterator[Wish]:
    numbers = _turns(rng, (1, 2, 3))
    for noun in _turns(rng, words.NOUNS):
        number = next(numbers)
        (mention,) = _mentions(rng, (noun,))
        yield Wish((Mention(noun, tuple(range(number)), colour=mention.colour, numeral=True),))


def _relation(rng: random.Random) -> Iterator[Wish]:
    pairs: dict[str, Iterator[tuple[str, str]]] = {
        relation: _even(rng, [pair for pair in _sensible(relation) if tuple(sorted(pair)) not in words.held_out()])
        for relation in RELATIONS
    }
    for relation in itertools.cycle(RELATIONS):
        yield Wish(_mentions(rng, next(pairs[relation])), relation)


def _sensible(relation: str) -> Iterable[tuple[str, str]]:
    """The pairs that scenes join by a relation: only small things stand on or under something."""
    lower = {"on": tuple(SURFACES), "under": SHELTERS}
    if relation not in lower:
        return itertools.permutations(words.NOUNS, 2)
    return ((first, second) for first in SMALL_THINGS for second in lower[relation] if first != second)


def _mentions(rng: random.Random, nouns: Sequence[str]) -> tuple[Mention, ...]:
    """One thing each, half of those that take one with a colour of training."""
    return tuple(
        Mention(noun, (place,), colour=rng.choice(_colours(noun)) if _coloured(rng, noun) else None)
        for place, noun in enumerate(nouns)
    )


def _coloured(rng: random.Random, noun: str) -> bool:
    return noun in words.COLOURED and rng.random() < 0.5


def _colours(noun: str) -> tuple[str, ...]:
    """The colours that the noun had in training."""
    return tuple(colour for colour in words.COLOURS if (colour, noun) not in words.held_out())


def _turns(rng: random.Random, things: Sequence[Any]) -> Iterator[Any]:
    """All things, shuffled again for each round, without end."""
    while True:
        yield from rng.sample(things, len(things))


def _even(rng: random.Random, pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Pairs without end: always one that was used least, and among those one whose nouns were used least."""
    used: Counter[tuple[str, str] | str] = Counter()
    while True:
        shuffled = rng.sample(pairs, len(pairs))
        pair = min(shuffled, key=lambda pair: (used[pair], used[pair[0]] + used[pair[1]]))
        used.update((pair, *pair))
        yield pair
