"""Scenes of the microworld: a seed gives a picture, its caption with a gold tree, and exact masks for the words.

The picture is meant to be learnt by a small model: sprites stand on a lattice of 4 pixels, at three sizes, facing one
way; what is named first stands to the left unless the caption says otherwise; an object without a colour word is drawn
in its own colour, which is none of the six.
"""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from visuosyn.microworld import grammar, words
from visuosyn.microworld.grammar import GROUND, Mention, Phrase, Sentence, Token
from visuosyn.microworld.render import CELL, HORIZONS, SIZE, SKIES, background, compose, sprite

__all__ = ["SIZE", "Object", "Scene", "sample", "vocabulary"]

Split = Literal["train", "held-out", "any"]

ANIMALS = words.GROUPS["animal"]
FRUIT = words.GROUPS["fruit"]
BEINGS = (*ANIMALS, "teddy bear")
SMALL_THINGS = (*BEINGS, *FRUIT, "ball", "box", "hat", "crown", "basket")
# How far, in pixels of the normal sprite, the upper surface lies below the top of the box.
SURFACES = {"table": 4, "box": 8, "car": 4, "bus": 4, "chair": 24}
SHELTERS = ("umbrella", "table")
BACKDROPS = ("car", "bus", "bicycle", "fire truck", "chair", "table", "elephant", "giraffe", "zebra", "box")
# Where a hat sits and where a thing is held, as shares of the sprite's box.
HEADS = {
    "cat": (0.26, 0.22),
    "dog": (0.26, 0.1),
    "zebra": (0.2, 0.06),
    "giraffe": (0.14, 0.08),
    "elephant": (0.3, 0.04),
    "rabbit": (0.24, 0.18),
    "pig": (0.2, 0.12),
    "teddy bear": (0.5, 0.08),
}
HANDS = {
    "cat": (0.06, 0.42),
    "dog": (0.06, 0.36),
    "zebra": (0.06, 0.26),
    "giraffe": (0.05, 0.2),
    "elephant": (0.08, 0.6),
    "rabbit": (0.06, 0.5),
    "pig": (0.05, 0.45),
    "teddy bear": (0.06, 0.66),
}
# The held things: size, and the point of the box that is held.
HELD = {
    "balloon": ("normal", 1.0, 0.98),
    "umbrella": ("normal", 0.45, 0.9),
    "basket": ("small", 0.5, 0.05),
    "ball": ("small", 0.95, 0.5),
}
WORN = ("hat", "crown")
SIDES = ("and", "and", "and", "and", "and", "next to", "next to", "beside", "to the left of", "to the right of")
DEEDS = ("participle", "present", "progressive", "relative", "relative progressive", "owned")
PREPOSITIONS = {"grass": ("on", "in"), "snow": ("in", "on"), "sand": ("on",), "floor": ("on",), "road": ("on",)}


@dataclass(frozen=True)
class Object:
    """One thing in a scene.

    Attributes:
        noun: lemma, such as ``fire truck``.
        colour, size, pattern: as the caption says, else None.
        box: (left, top, width, height) in pixels, all multiples of 4.
        mask: (96, 96) bool, the visible pixels.
        words: places (from 0) of the noun's words in the caption's tree.
    """

    noun: str
    colour: str | None
    size: str | None
    pattern: str | None
    box: tuple[int, int, int, int]
    mask: np.ndarray
    words: tuple[int, ...]


@dataclass(frozen=True)
class Scene:
    """A picture with its caption and its truth; all masks are (96, 96) bool and exact.

    Attributes:
        image: (96, 96, 3) uint8.
        sentence: the caption, its tree and what each word shows.
        objects: in the order of mention.
        ground, ground_mask: the named ground and its visible pixels.
        kind: how the objects are laid out: one, pair, three, count, pair of, basket of, on, under, front, wear, hold.
    """

    image: np.ndarray
    sentence: Sentence
    objects: tuple[Object, ...]
    ground: str
    ground_mask: np.ndarray
    kind: str

    @property
    def caption(self) -> str:
        """The caption's text."""
        return self.sentence.text

    @property
    def tree(self) -> tuple[Token, ...]:
        """The caption's gold tree."""
        return self.sentence.tree

    @functools.cached_property
    def masks(self) -> dict[int, np.ndarray]:
        """Visible mask by the place (from 0) of each word that shows something.

        Nouns and possessive pronouns show what they name, adjectives what their noun names, numbers and verbs and
        words of relation all that they join.
        """
        layers = {GROUND: self.ground_mask} | {number: thing.mask for number, thing in enumerate(self.objects)}
        return {
            place: np.logical_or.reduce([layers[number] for number in shown])
            for place, shown in enumerate(self.sentence.shows)
            if shown
        }

    @functools.cached_property
    def foreground(self) -> np.ndarray:
        """The pixels of any object."""
        return np.logical_or.reduce([thing.mask for thing in self.objects])


@dataclass(frozen=True)
class _Plan:
    """What is said and where it stands, before anything is drawn."""

    kind: str
    mentions: tuple[Mention, ...]
    phrase: Callable[[], Phrase]
    places: tuple[tuple[str, int, int], ...]  # size, left, top, by object
    order: tuple[int, ...] = field(default=())  # back to front; empty: as mentioned
    phrasal: bool = True  # a noun phrase, which can be framed


def sample(seed: int, *, split: Split = "train") -> Scene:
    """The scene of a seed.

    Args:
        seed: any integer; the same seed and split give the same scene.
        split: ``train`` never joins a held-out pair of words, ``held-out`` always does, ``any`` may.
    """
    rng = random.Random(f"{split}/{seed}")
    plan = _plan(rng)
    while split != "any" and _has_held_out(plan) is (split == "train"):
        plan = _plan(rng)
    ground = rng.choice(words.GROUNDS)
    sentence = grammar.sentence(_caption(rng, plan, ground))
    horizon = rng.choice(HORIZONS)
    return _draw(plan, sentence, ground, background(ground, rng.randrange(len(SKIES)), horizon), horizon)


@functools.cache
def vocabulary() -> tuple[str, ...]:
    """Every word form that a caption can contain, sorted."""
    fixed = (
        "a an and are beside front holding holds in is its left next of on one pair photo picture right that the "
        "there to under wearing wears , ."
    )
    singular = [word for noun in words.NOUNS for word in noun.split()]
    plurals = [words.plural(noun.split()[-1]) for noun in words.NOUNS]
    adjectives = (*words.COLOURS, *words.SIZES, *words.PATTERNS)
    return tuple(
        sorted({*fixed.split(), *singular, *plurals, *adjectives, *words.GROUNDS, *words.NUMBERS.values()})
    )


def said_pairs(mentions: tuple[Mention, ...]) -> set[tuple[str, str]]:
    """The (adjective, noun) and sorted (noun, noun) pairs that a caption with these mentions joins."""
    nouns = sorted({mention.noun for mention in mentions})
    adjectives = {(adjective, mention.noun) for mention in mentions for adjective in mention.adjectives}
    return adjectives | set(itertools.combinations(nouns, 2))


def _has_held_out(plan: _Plan) -> bool:
    return not words.held_out().isdisjoint(said_pairs(plan.mentions))


def _plan(rng: random.Random) -> _Plan:
    return rng.choices(*_KINDS)[0](rng)


def _snap(value: float) -> int:
    return round(value / CELL) * CELL


def _clamp(value: float, low: int, high: int) -> int:
    return max(low, min(high, _snap(value)))


def _box(mention: Mention, size: str) -> tuple[int, int]:
    picture = sprite(mention.noun, size, mention.colour, mention.pattern)
    return picture.width, picture.height


def _mention(rng: random.Random, noun: str, *objects: int, sizes: float = 0.0) -> Mention:
    """A mention with a colour (three times in four, where the noun takes one), now and then a pattern or a size."""
    colour = rng.choice(words.COLOURS) if noun in words.COLOURED and rng.random() < 0.75 else None
    pattern = rng.choice(words.PATTERNS) if noun in words.PATTERNED and rng.random() < 0.15 else None
    size = rng.choice(words.SIZES) if rng.random() < sizes else None
    return Mention(noun, objects or (0,), size, colour, pattern)


def _centred(mention: Mention, size: str, centre: float, base: int) -> tuple[str, int, int]:
    width, height = _box(mention, size)
    return size, _clamp(centre - width / 2, 0, SIZE - width), base - height


def _one(rng: random.Random) -> _Plan:
    mention = _mention(rng, rng.choice(words.NOUNS), sizes=0.3)
    mention = replace(mention, numeral=rng.random() < 0.06)
    place = _centred(mention, mention.size or "normal", 48 + rng.choice((-16, -8, 0, 8, 16)), rng.choice((84, 92)))
    return _Plan("one", (mention,), lambda: grammar.noun_phrase(mention), (place,))


def _pair(rng: random.Random) -> _Plan:
    nouns = rng.sample(words.NOUNS, 2)
    first, second = (_mention(rng, noun, number) for number, noun in enumerate(nouns))
    contrast = rng.random()
    if contrast < 0.12:  # a big one and a small one fill the width together
        sizes = words.SIZES if contrast < 0.06 else words.SIZES[::-1]
        first, second = replace(first, size=sizes[0]), replace(second, size=sizes[1])
    relation = rng.choice(SIDES)
    left, right = (second, first) if relation == "to the right of" else (first, second)
    base = rng.choice((84, 92))
    split = {"big": 64, "small": 32, None: 48}[left.size]
    places = {
        left: _centred(left, left.size or "normal", split / 2, base),
        right: _centred(right, right.size or "normal", (split + SIZE) / 2, base),
    }

    def phrase() -> Phrase:
        pair = [grammar.noun_phrase(first), grammar.noun_phrase(second)]
        return grammar.listed(pair) if relation == "and" else grammar.related(pair[0], relation, pair[1])

    return _Plan("pair", (first, second), phrase, (places[first], places[second]))


def _three(rng: random.Random) -> _Plan:
    mentions = tuple(_mention(rng, noun, number) for number, noun in enumerate(rng.sample(words.NOUNS, 3)))
    base = rng.choice((84, 92))
    places = tuple(_centred(mention, "small", 16 + 32 * number, base) for number, mention in enumerate(mentions))
    return _Plan("three", mentions, lambda: grammar.listed([grammar.noun_phrase(one) for one in mentions]), places)


def _row(mention: Mention, base: int) -> tuple[tuple[str, int, int], ...]:
    count = len(mention.objects)
    size = "normal" if count == 2 else "small"
    return tuple(_centred(mention, size, SIZE / count * (number + 0.5), base) for number in range(count))


def _count(rng: random.Random) -> _Plan:
    mention = _mention(rng, rng.choice(words.NOUNS), *range(rng.choice((2, 2, 3))))
    places = _row(mention, rng.choice((84, 92)))
    return _Plan("count", (mention,), lambda: grammar.noun_phrase(mention), places)


def _count_and(rng: random.Random) -> _Plan:
    nouns = rng.sample(words.NOUNS, 2)
    many, one = _mention(rng, nouns[0], 0, 1), _mention(rng, nouns[1], 2)
    base = rng.choice((84, 92))
    places = tuple(_centred(thing, "small", 16 + 32 * n, base) for n, thing in enumerate((many, many, one)))
    return _Plan(
        "count", (many, one), lambda: grammar.listed([grammar.noun_phrase(many), grammar.noun_phrase(one)]), places
    )


def _pair_of(rng: random.Random) -> _Plan:
    mention = replace(_mention(rng, rng.choice(words.NOUNS), 0, 1), bare=True)
    return _Plan("pair of", (mention,), lambda: grammar.pair_phrase(mention), _row(mention, rng.choice((84, 92))))


def _basket_of(rng: random.Random) -> _Plan:
    basket = Mention("basket", (0,))
    filling = replace(_mention(rng, rng.choice((*FRUIT, *FRUIT, "ball")), 1, 2, 3), bare=True)
    width, height = _box(basket, "big")
    inner_width, inner_height = _box(filling, "small")
    left, top = _snap(48 - width / 2) + rng.choice((-8, 0, 8)), 92 - height
    rim = top + 28
    steps = (0, _snap((width - inner_width) / 2), width - inner_width)
    fillings = tuple(("small", left + step, rim - inner_height) for step in steps)
    return _Plan(
        "basket of",
        (basket, filling),
        lambda: grammar.of_phrase(filling, basket),
        (("big", left, top), *fillings),
        order=(1, 3, 2, 0),
    )


def _two(rng: random.Random, upper: tuple[str, ...], lower: tuple[str, ...]) -> tuple[Mention, Mention]:
    second = _mention(rng, rng.choice(lower), 1)
    first = _mention(rng, rng.choice([noun for noun in upper if noun != second.noun]), 0)
    return first, second


def _on(rng: random.Random) -> _Plan:
    first, second = _two(rng, SMALL_THINGS, tuple(SURFACES))
    size, left, top = _centred(second, "normal", 48 + rng.choice((-8, 0, 8)), 92)
    surface = top + SURFACES[second.noun]
    place = _centred(first, "small", left + _box(second, size)[0] / 2, surface)
    return _joined("on", "on", first, second, place, (size, left, top))


def _under(rng: random.Random) -> _Plan:
    first, second = _two(rng, SMALL_THINGS, SHELTERS)
    centre = 48 + rng.choice((-8, 0, 8))
    over = _centred(second, "big", centre, 72 if second.noun == "umbrella" else 92)
    return _joined("under", "under", first, second, _centred(first, "small", centre, 92), over)


def _front(rng: random.Random) -> _Plan:
    first, second = _two(rng, SMALL_THINGS, BACKDROPS)
    side = rng.choice((-16, 16))
    behind = _centred(second, "big", 48, 80)
    return _joined("front", "in front of", first, second, _centred(first, "small", 48 + side, 92), behind)


def _joined(
    kind: str, relation: str, first: Mention, second: Mention, one: tuple[str, int, int], other: tuple[str, int, int]
) -> _Plan:
    return _Plan(
        kind,
        (first, second),
        lambda: grammar.related(grammar.noun_phrase(first), relation, grammar.noun_phrase(second)),
        (one, other),
        order=(1, 0),
    )


def _deed(rng: random.Random, kind: str, lemma: str, places: Callable[[Mention, Mention], tuple[tuple[str, int, int], ...]], things: tuple[str, ...]) -> _Plan:
    actor, thing = _two(rng, BEINGS, things)
    form = rng.choices(DEEDS, (8, 3, 4, 2, 1, 2))[0]

    def phrase() -> Phrase:
        subject = grammar.noun_phrase(actor)
        if form == "owned":
            return grammar.owned(subject, thing)
        return grammar.deed(form, subject, lemma, grammar.noun_phrase(thing))

    return _Plan(kind, (actor, thing), phrase, places(actor, thing), phrasal=form not in ("present", "progressive"))


def _wear(rng: random.Random) -> _Plan:
    centre = 48 + rng.choice((-4, 4))

    def places(actor: Mention, thing: Mention) -> tuple[tuple[str, int, int], ...]:
        size, left, top = _centred(actor, "big", centre, 92)
        (width, height), (x, y) = _box(actor, size), HEADS[actor.noun]
        hat_width, hat_height = _box(thing, "small")
        hat_left = _clamp(left + x * width - hat_width / 2, 0, SIZE)
        return (size, left, top), ("small", hat_left, _snap(top + y * height + 1) - hat_height)

    return _deed(rng, "wear", "wear", places, WORN)


def _hold(rng: random.Random) -> _Plan:
    def places(actor: Mention, thing: Mention) -> tuple[tuple[str, int, int], ...]:
        size = "normal" if actor.noun == "giraffe" else "big"
        width, height = _box(actor, size)
        left, top = SIZE - CELL - width, 92 - height
        hand = left + HANDS[actor.noun][0] * width, top + HANDS[actor.noun][1] * height
        held_size, x, y = HELD[thing.noun]
        held_width, held_height = _box(thing, held_size)
        held_left = _clamp(hand[0] - x * held_width, 0, SIZE - held_width)
        held_top = _clamp(hand[1] - y * held_height, 0, 92 - held_height)
        return (size, left, top), (held_size, held_left, held_top)

    return _deed(rng, "hold", "hold", places, tuple(HELD))


_KINDS: tuple[tuple[Callable[[random.Random], _Plan], ...], tuple[float, ...]] = (
    (_one, _pair, _three, _count, _count_and, _pair_of, _basket_of, _on, _under, _front, _wear, _hold),
    (0.43, 0.25, 0.03, 0.05, 0.01, 0.015, 0.02, 0.05, 0.035, 0.035, 0.045, 0.045),
)


def _caption(rng: random.Random, plan: _Plan, ground: str) -> Phrase:
    phrase = plan.phrase()
    long = plan.kind in ("on", "under", "front") or len(phrase.words) > 8
    if rng.random() < (0.35 if long else 0.65):
        phrase = grammar.grounded(phrase, rng.choice(PREPOSITIONS[ground]), ground)
    frame = rng.random()
    if plan.phrasal and frame < 0.16:
        phrase = grammar.framed(phrase, "there" if frame < 0.06 else "photo" if frame < 0.11 else "picture")
    return grammar.stopped(phrase) if rng.random() < 0.2 else phrase


def _draw(plan: _Plan, sentence: Sentence, ground: str, canvas: np.ndarray, horizon: int) -> Scene:
    said = [mention for mention in plan.mentions for _ in mention.objects]
    pictures = [
        (sprite(one.noun, size, one.colour, one.pattern), left, top)
        for one, (size, left, top) in zip(said, plan.places, strict=True)
    ]
    image, masks = compose(canvas, pictures, list(plan.order) or list(range(len(pictures))))
    ground_mask = np.zeros((SIZE, SIZE), bool)
    ground_mask[horizon:] = True
    ground_mask &= ~np.logical_or.reduce(masks)
    objects = tuple(
        Object(
            noun=one.noun,
            colour=one.colour,
            size=one.size,
            pattern=one.pattern,
            box=(left, top, picture.width, picture.height),
            mask=mask,
            words=_noun_words(sentence, number),
        )
        for number, (one, (picture, left, top), mask) in enumerate(zip(said, pictures, masks, strict=True))
    )
    return Scene(image, sentence, objects, ground, ground_mask, plan.kind)


def _noun_words(sentence: Sentence, number: int) -> tuple[int, ...]:
    """The words of the phrase that names an object; ``pair`` and words of relation name none."""
    relation = {"pair", "front", "left", "right"}
    return tuple(
        place
        for place, (token, shown) in enumerate(zip(sentence.tree, sentence.shows, strict=True))
        if number in shown and token.upos == "NOUN" and token.lemma not in relation
    )
