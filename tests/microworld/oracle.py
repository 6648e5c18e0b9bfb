"""Judges that know the truth: what scores must be where everything is seen rightly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from visuosyn.microworld.judge.segmenter import OWN, UNKNOWN, Segmentation
from visuosyn.microworld.scoring.prompts import ScoringPrompt
from visuosyn.microworld.world import words
from visuosyn.microworld.world.scenes import Scene


def segmentation(things: Sequence[tuple[str | None, str | None, np.ndarray]]) -> Segmentation:
    """What a judge without a doubt sees where things (noun, colour, mask) stand; pixels vote for their mean."""
    presence, votes = np.zeros((96, 96), np.float32), np.zeros((2, 96, 96), np.float32)
    nouns, colours = np.zeros((UNKNOWN + 1, 96, 96), np.float32), np.zeros((OWN + 1, 96, 96), np.float32)
    for noun, colour, mask in things:
        presence[mask] = 1
        nouns[UNKNOWN if noun is None else words.NOUNS.index(noun), mask] = 1
        colours[OWN if colour is None else words.COLOURS.index(colour), mask] = 1
        votes[:, mask] = np.argwhere(mask).mean(0)[:, None]
    return Segmentation(presence, nouns, colours, votes)


def of_scene(scene: Scene) -> Segmentation:
    return segmentation([(thing.noun, thing.colour, thing.mask) for thing in scene.objects])


def of_prompt(scene: Scene, sort: str) -> ScoringPrompt:
    """The prompt whose true picture a scene is."""
    text = scene.caption
    sides = [side for side in ("to the left of", "to the right of", "next to", "beside") if side in text]
    relation = scene.kind if scene.kind in ("on", "under") else sides[0] if sides else "and"
    return ScoringPrompt(text, text, sort, scene.mentions, relation if len(scene.mentions) > 1 else None)


class Segmenter:
    """Gives prepared segmentations in the place of looking."""

    def __init__(self, seen: Sequence[Segmentation]) -> None:
        self.seen = list(seen)
        self.facts: dict = {}

    def segment(self, images: np.ndarray) -> list[Segmentation]:
        assert len(images) == len(self.seen)
        return self.seen


class Silhouettes:
    """Gives prepared names."""

    def __init__(self, names: Sequence[str | None]) -> None:
        self.names = list(names)
        self.facts: dict = {}

    def name(self, masks: Sequence[np.ndarray], *, forced: bool = False) -> list[str | None]:
        return self.names
