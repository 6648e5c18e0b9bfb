"""Scenes of the microworld: a seed gives a picture, its caption with a gold tree, and exact masks for the words.

>>> scene = sample(3)
>>> scene.caption
'a traffic light on the road'
>>> scene.image.shape, scene.masks[1].shape
((96, 96, 3), (96, 96))
"""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from visuosyn.errors import UserError
from visuosyn.microworld.world import grammar, words
from visuosyn.microworld.world.grammar import GROUND, CaptionToken, Mention, WorldSentence
from visuosyn.microworld.world.layouts import Layout, caption, draft, said_pairs
from visuosyn.microworld.world.render import HORIZONS, SIZE, SKIES, background, compose, sprite

__all__ = ["SIZE", "Object", "Scene", "Split", "sample", "vocabulary"]

Split = Literal["train", "held-out", "any"]


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
        mentions: the noun phrases' content, in their order.
        objects: in the order of mention.
        ground, ground_mask: the named ground and its visible pixels.
        kind: how the objects are laid out: one, pair, three, count, pair of, basket of, on, under, front, wear, hold.
    """

    image: np.ndarray
    sentence: WorldSentence
    mentions: tuple[Mention, ...]
    objects: tuple[Object, ...]
    ground: str
    ground_mask: np.ndarray
    kind: str

    @property
    def caption(self) -> str:
        """The caption's text."""
        return self.sentence.text

    @property
    def tree(self) -> tuple[CaptionToken, ...]:
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
        return np.asarray(np.logical_or.reduce([thing.mask for thing in self.objects]))


def sample(seed: int, *, split: Split = "train") -> Scene:
    """The scene of a seed.

    Args:
        seed: any integer; the same seed and split give the same scene.
        split: ``train`` never joins a held-out pair of words, ``held-out`` always does, ``any`` may.

    Raises:
        UserError: an unknown split.
    """
    if split not in get_args(Split):
        raise UserError(f"split {split!r} is not known: use one of {', '.join(get_args(Split))}")
    rng = random.Random(f"{split}/{seed}")
    layout = draft(rng)
    while split != "any" and _has_held_out(layout) is (split == "train"):
        layout = draft(rng)
    ground = rng.choice(words.GROUNDS)
    sentence = grammar.sentence(caption(rng, layout, ground))
    horizon = rng.choice(HORIZONS)
    return _draw(layout, sentence, ground, background(ground, rng.randrange(len(SKIES)), horizon), horizon)


@functools.cache
def vocabulary() -> tuple[str, ...]:
    """Every word form that a caption can contain, sorted."""
    fixed = (
        "a an and are beside front holding holds in is its left next of on one pair photo picture right that the "
        "there to under wearing wears , ."
    )
    singular = [word for noun in words.NOUNS for word in noun.split()]
    plurals = [words.plural(noun.split()[-1]) for noun in words.NOUNS]
    listed = (*words.ADJECTIVES, *words.GROUNDS, *words.NUMBERS.values())
    return tuple(sorted({*fixed.split(), *singular, *plurals, *listed}))


def _has_held_out(layout: Layout) -> bool:
    return not words.held_out().isdisjoint(said_pairs(layout.mentions))


def _draw(layout: Layout, sentence: WorldSentence, ground: str, canvas: np.ndarray, horizon: int) -> Scene:
    said = [mention for mention in layout.mentions for _ in mention.objects]
    pictures = [
        (sprite(one.noun, size, one.colour, one.pattern), left, top)
        for one, (size, left, top) in zip(said, layout.places, strict=True)
    ]
    image, masks = compose(canvas, pictures, list(layout.order) or list(range(len(pictures))))
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
    return Scene(image, sentence, layout.mentions, objects, ground, ground_mask, layout.kind)


def _noun_words(sentence: WorldSentence, number: int) -> tuple[int, ...]:
    """The words of the phrase that names an object; ``pair`` and words of relation name none."""
    relation = {"pair", "front", "left", "right"}
    return tuple(
        place
        for place, (token, shown) in enumerate(zip(sentence.tree, sentence.shows, strict=True))
        if number in shown and token.upos == "NOUN" and token.lemma not in relation
    )
