"""How good the judge is: on true scenes whose seeds it was not trained on, where what is there is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from visuosyn.microworld.judge.segmenter import Found, SceneSegmenter
from visuosyn.microworld.judge.silhouette import Silhouettes
from visuosyn.microworld.world import words
from visuosyn.microworld.world.scenes import Object, Scene, sample

FIRST_SEED = 30_000_000
"""Scenes from here on (split ``any``) are those that the judge is measured on."""
SCENES = 500
OVERLAP = 0.5
"""A found thing is a true one if it has its noun and their masks' IoU is at least this."""
LEAST = 30
"""A true thing of which fewer pixels show is not scored: neither missing it nor finding it is an error."""


def matches(found: Sequence[Found], true: Sequence[Object]) -> list[tuple[Found, Object]]:
    """Matching found and true things, each used once, the highest IoU first."""
    pairs = [(overlap(one, other), i, j) for i, one in enumerate(found) for j, other in enumerate(true)]
    taken: list[tuple[int, int]] = []
    for iou, i, j in sorted(pairs, reverse=True):
        free = all(i != a and j != b for a, b in taken)
        if free and iou >= OVERLAP and found[i].noun == true[j].noun:
            taken.append((i, j))
    return [(found[i], true[j]) for i, j in taken]


def overlap(one: Found, other: Object) -> float:
    """IoU of the masks."""
    return float((one.mask & other.mask).sum() / max(1, (one.mask | other.mask).sum()))


def measure_segmenter(segmenter: SceneSegmenter, *, count: int = SCENES, start: int = FIRST_SEED) -> dict[str, Any]:
    """Facts by object on unseen scenes: counts and shares of what is found, of what is right.

    ``precision``: of the things found, those that are there; ``recall``: of the things there, those found;
    ``specificity``: of all nouns that a scene does not hold, those that are not found; ``colour``: of the true things
    found, those with the right colour; ``exact_count``: scenes with exactly as many things found as there are.
    """
    scenes = [sample(start + number, split="any") for number in range(count)]
    seen = [one.objects() for one in segmenter.segment(np.stack([scene.image for scene in scenes]))]
    visible = [[thing for thing in scene.objects if thing.mask.sum() >= LEAST] for scene in scenes]
    right = [matches(found, scene.objects) for found, scene in zip(seen, scenes, strict=True)]
    counts = {
        "precision": (_total(right), _total(seen)),
        "recall": (sum(other.mask.sum() >= LEAST for pairs in right for _, other in pairs), _total(visible)),
        "specificity": _specificity(seen, scenes),
        "colour": (sum(one.colour == other.colour for pairs in right for one, other in pairs), _total(right)),
        "exact_count": (sum(len(a) == len(b) for a, b in zip(seen, visible, strict=True)), count),
    }
    measured = f"{count} rendered scenes whose seeds it was not trained on, any/{start} and up"
    return _facts(counts) | {"measured": measured}


def measure_silhouettes(
    classifier: Silhouettes, segmenter: SceneSegmenter, *, count: int = SCENES, start: int = FIRST_SEED
) -> dict[str, Any]:
    """Accuracy on unseen scenes of one thing: of its true mask, and of the silhouette that the segmenter finds."""
    seeds = range(start, start + 20 * count)
    scenes = [scene for scene in (sample(seed, split="any") for seed in seeds) if scene.kind == "one"][:count]
    nouns = [scene.objects[0].noun for scene in scenes]
    seen = segmenter.segment(np.stack([scene.image for scene in scenes]))
    masks = {"accuracy_true_masks": [scene.foreground for scene in scenes]}
    masks["accuracy"] = [one.silhouette() for one in seen]
    counts = {name: (_agreeing(classifier.name(some), nouns), len(nouns)) for name, some in masks.items()}
    return _facts(counts) | {"measured": f"{len(nouns)} rendered scenes of one thing, seeds any/{start} and up"}


def _specificity(seen: Sequence[Sequence[Found]], scenes: Sequence[Scene]) -> tuple[int, int]:
    absent = [set(words.NOUNS) - {thing.noun for thing in scene.objects} for scene in scenes]
    kept = [nouns - {thing.noun for thing in found} for nouns, found in zip(absent, seen, strict=True)]
    return _total(kept), _total(absent)


def _facts(counts: dict[str, tuple[int, int]]) -> dict[str, Any]:
    shares = {name: round(float(right / max(1, of)), 4) for name, (right, of) in counts.items()}
    return shares | {"counts": {name: [int(right), int(of)] for name, (right, of) in counts.items()}}


def _total(groups: Iterable[Any]) -> int:
    return sum(len(group) for group in groups)


def _agreeing(first: Sequence[str | None], second: Sequence[str | None]) -> int:
    return sum(a == b for a, b in zip(first, second, strict=True))
