"""What a scene says and where its things stand: one function for each way to lay out a scene.

The pictures are meant to be learnt by a small model: sprites stand on a lattice of 4 pixels, at three sizes, facing one
way; what is named first stands to the left unless the caption says otherwise; a thing without a colour word is drawn in
its own colour, which is none of the six. A size word is relative to the usual size in the same place: a thing alone
or in a pair is usually of the normal size.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from visuosyn.microworld.world import grammar, words
from visuosyn.microworld.world.grammar import Mention, Phrase
from visuosyn.microworld.world.render import CELL, SIZE, sprite

Place = tuple[str, int, int]
"""Size of the sprite, left and top of its box."""

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
ACTION_FORMS = ("participle", "present", "progressive", "relative", "relative progressive", "owned")
PREPOSITIONS = {"grass": ("on", "in"), "snow": ("in", "on"), "sand": ("on",), "floor": ("on",), "road": ("on",)}


@dataclass(frozen=True)
class Layout:
    """What the caption says and where each thing stands, before anything is drawn.

    Attributes:
        phrase: builds the caption's core, from new words at each call, since joining words changes them.
        places: by object.
        order: numbers of the objects from back to front; empty for the order of mention.
        phrasal: the core is a noun phrase, which ``there is`` or ``a photo of`` can open.
    """

    kind: str
    mentions: tuple[Mention, ...]
    phrase: Callable[[], Phrase]
    places: tuple[Place, ...]
    order: tuple[int, ...] = ()
    phrasal: bool = True


def said_pairs(mentions: tuple[Mention, ...]) -> set[tuple[str, str]]:
    """The (adjective, noun) and sorted (noun, noun) pairs that a caption with these mentions joins."""
    nouns = sorted({mention.noun for mention in mentions})
    adjectives = {(adjective, mention.noun) for mention in mentions for adjective in mention.adjectives}
    return adjectives | set(itertools.combinations(nouns, 2))


def draft(rng: random.Random) -> Layout:
    """Any kind of scene, sampled by its weight."""
    return rng.choices(tuple(_KINDS), tuple(_KINDS.values()))[0](rng)


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


def _centred(mention: Mention, size: str, centre: float, base: int) -> Place:
    width, height = _box(mention, size)
    return size, _clamp(centre - width / 2, 0, SIZE - width), base - height


def _one(rng: random.Random) -> Layout:
    mention = _mention(rng, rng.choice(words.NOUNS), sizes=0.3)
    mention = replace(mention, numeral=rng.random() < 0.06)
    place = _centred(mention, mention.size or "normal", 48 + rng.choice((-16, -8, 0, 8, 16)), rng.choice((84, 92)))
    return Layout("one", (mention,), lambda: grammar.noun_phrase(mention), (place,))


def _pair(rng: random.Random) -> Layout:
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

    return Layout("pair", (first, second), phrase, (places[first], places[second]))


def _three(rng: random.Random) -> Layout:
    mentions = tuple(_mention(rng, noun, number) for number, noun in enumerate(rng.sample(words.NOUNS, 3)))
    base = rng.choice((84, 92))
    places = tuple(_centred(mention, "small", 16 + 32 * number, base) for number, mention in enumerate(mentions))
    return Layout("three", mentions, lambda: grammar.listed([grammar.noun_phrase(one) for one in mentions]), places)


def _row(mention: Mention, base: int) -> tuple[Place, ...]:
    count = len(mention.objects)
    size = "normal" if count == 2 else "small"
    return tuple(_centred(mention, size, SIZE / count * (number + 0.5), base) for number in range(count))


def _count(rng: random.Random) -> Layout:
    mention = _mention(rng, rng.choice(words.NOUNS), *range(rng.choice((2, 2, 3))))
    places = _row(mention, rng.choice((84, 92)))
    return Layout("count", (mention,), lambda: grammar.noun_phrase(mention), places)


def _count_and(rng: random.Random) -> Layout:
    nouns = rng.sample(words.NOUNS, 2)
    many, one = _mention(rng, nouns[0], 0, 1), _mention(rng, nouns[1], 2)
    base = rng.choice((84, 92))
    places = tuple(_centred(thing, "small", 16 + 32 * n, base) for n, thing in enumerate((many, many, one)))
    return Layout(
        "count", (many, one), lambda: grammar.listed([grammar.noun_phrase(many), grammar.noun_phrase(one)]), places
    )


def _pair_of(rng: random.Random) -> Layout:
    mention = replace(_mention(rng, rng.choice(words.NOUNS), 0, 1), bare=True)
    return Layout("pair of", (mention,), lambda: grammar.pair_phrase(mention), _row(mention, rng.choice((84, 92))))


def _basket_of(rng: random.Random) -> Layout:
    basket = Mention("basket", (0,))
    filling = replace(_mention(rng, rng.choice((*FRUIT, *FRUIT, "ball")), 1, 2, 3), bare=True)
    width, height = _box(basket, "big")
    inner_width, inner_height = _box(filling, "small")
    left, top = _snap(48 - width / 2) + rng.choice((-8, 0, 8)), 92 - height
    rim = top + 28
    steps = (0, _snap((width - inner_width) / 2), width - inner_width)
    fillings = tuple(("small", left + step, rim - inner_height) for step in steps)
    return Layout(
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


def _on(rng: random.Random) -> Layout:
    first, second = _two(rng, SMALL_THINGS, tuple(SURFACES))
    size, left, top = _centred(second, "normal", 48 + rng.choice((-8, 0, 8)), 92)
    surface = top + SURFACES[second.noun]
    place = _centred(first, "small", left + _box(second, size)[0] / 2, surface)
    return _joined("on", "on", first, second, place, (size, left, top))


def _under(rng: random.Random) -> Layout:
    first, second = _two(rng, SMALL_THINGS, SHELTERS)
    centre = 48 + rng.choice((-8, 0, 8))
    over = _centred(second, "big", centre, 72 if second.noun == "umbrella" else 92)
    return _joined("under", "under", first, second, _centred(first, "small", centre, 92), over)


def _front(rng: random.Random) -> Layout:
    first, second = _two(rng, SMALL_THINGS, BACKDROPS)
    side = rng.choice((-16, 16))
    behind = _centred(second, "big", 48, 80)
    return _joined("front", "in front of", first, second, _centred(first, "small", 48 + side, 92), behind)


def _joined(kind: str, relation: str, first: Mention, second: Mention, one: Place, other: Place) -> Layout:
    return Layout(
        kind,
        (first, second),
        lambda: grammar.related(grammar.noun_phrase(first), relation, grammar.noun_phrase(second)),
        (one, other),
        order=(1, 0),
    )


def _action(
    rng: random.Random,
    kind: str,
    lemma: str,
    places: Callable[[Mention, Mention], tuple[Place, ...]],
    things: tuple[str, ...],
) -> Layout:
    actor, thing = _two(rng, BEINGS, things)
    form = rng.choices(ACTION_FORMS, (8, 3, 4, 2, 1, 2))[0]

    def phrase() -> Phrase:
        subject = grammar.noun_phrase(actor)
        if form == "owned":
            return grammar.owned(subject, thing)
        return grammar.action(form, subject, lemma, grammar.noun_phrase(thing))

    return Layout(kind, (actor, thing), phrase, places(actor, thing), phrasal=form not in ("present", "progressive"))


def _wear(rng: random.Random) -> Layout:
    centre = 48 + rng.choice((-4, 4))

    def places(actor: Mention, thing: Mention) -> tuple[Place, ...]:
        size, left, top = _centred(actor, "big", centre, 92)
        (width, height), (x, y) = _box(actor, size), HEADS[actor.noun]
        hat_width, hat_height = _box(thing, "small")
        hat_left = _clamp(left + x * width - hat_width / 2, 0, SIZE)
        return (size, left, top), ("small", hat_left, _snap(top + y * height + 1) - hat_height)

    return _action(rng, "wear", "wear", places, WORN)


def _hold(rng: random.Random) -> Layout:
    def places(actor: Mention, thing: Mention) -> tuple[Place, ...]:
        size = "normal" if actor.noun == "giraffe" else "big"
        width, height = _box(actor, size)
        left, top = SIZE - CELL - width, 92 - height
        hand = left + HANDS[actor.noun][0] * width, top + HANDS[actor.noun][1] * height
        held_size, x, y = HELD[thing.noun]
        held_width, held_height = _box(thing, held_size)
        held_left = _clamp(hand[0] - x * held_width, 0, SIZE - held_width)
        held_top = _clamp(hand[1] - y * held_height, 0, 92 - held_height)
        return (size, left, top), (held_size, held_left, held_top)

    return _action(rng, "hold", "hold", places, tuple(HELD))


_KINDS: dict[Callable[[random.Random], Layout], float] = {
    _one: 0.43,
    _pair: 0.25,
    _three: 0.03,
    _count: 0.05,
    _count_and: 0.01,
    _pair_of: 0.015,
    _basket_of: 0.02,
    _on: 0.05,
    _under: 0.035,
    _front: 0.035,
    _wear: 0.045,
    _hold: 0.045,
}


def caption(rng: random.Random, layout: Layout, ground: str) -> Phrase:
    """The layout's phrase, often with the ground, now and then with a frame or a final period."""
    phrase = layout.phrase()
    long = layout.kind in ("on", "under", "front") or len(phrase.words) > 8
    if rng.random() < (0.35 if long else 0.65):
        phrase = grammar.grounded(phrase, rng.choice(PREPOSITIONS[ground]), ground)
    frame = rng.random()
    if layout.phrasal and frame < 0.16:
        phrase = grammar.framed(phrase, "there" if frame < 0.06 else "photo" if frame < 0.11 else "picture")
    return grammar.stopped(phrase) if rng.random() < 0.2 else phrase
