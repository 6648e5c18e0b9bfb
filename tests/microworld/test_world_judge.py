"""The bundled judge: what stands where and how many, outlines, what it was measured to be, what it learnt from."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.microworld import oracle
from training import judge_measures, lessons
from visuosyn.errors import UserError
from visuosyn.microworld.judge.grouping import LEAST, components, grouped
from visuosyn.microworld.judge.segmenter import JUDGE_DIR, UNKNOWN, Network, SceneSegmenter, load_segmenter
from visuosyn.microworld.judge.silhouette import load_silhouettes, shape
from visuosyn.microworld.world import words
from visuosyn.microworld.world.scenes import sample


def facts() -> dict:
    return json.loads((JUDGE_DIR / "judge.json").read_text())


def test_the_judge_is_small_half_precise_and_the_one_that_was_measured() -> None:
    weights = sorted(JUDGE_DIR.glob("*.safetensors"))
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in weights} == facts()["sha256"]
    assert sum(path.stat().st_size for path in JUDGE_DIR.iterdir()) < 3e6
    assert (JUDGE_DIR / "silhouette.safetensors").stat().st_size < 1e6
    assert {array.dtype for path in weights for array in load_file(path).values()} == {np.dtype(np.float16)}


def test_it_was_measured_to_be_good_enough() -> None:
    measured = facts()["segmenter"]
    assert measured["precision"] >= 0.95 and measured["recall"] >= 0.90
    assert load_segmenter().facts == measured


def test_it_sees_true_scenes_rightly() -> None:
    """A few of the scenes that it is measured on; all of them in the slow test."""
    measured = judge_measures.measure_segmenter(load_segmenter(), count=40)
    assert measured["precision"] > 0.9 and measured["recall"] > 0.85 and measured["specificity"] > 0.99


@pytest.mark.slow
def test_its_facts_are_what_is_measured() -> None:
    segmenter = load_segmenter()
    measured = judge_measures.measure_segmenter(segmenter)
    silhouettes = judge_measures.measure_silhouettes(load_silhouettes(), segmenter)
    for part, made in {"segmenter": measured, "silhouette": silhouettes}.items():
        for name in ("precision", "recall", "specificity", "colour", "exact_count", "accuracy", "accuracy_true_masks"):
            if name in made:  # other machines round otherwise
                assert made[name] == pytest.approx(facts()[part][name], abs=0.01), name


def test_an_oracle_is_measured_to_be_perfect_and_a_blind_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    scenes = [sample(judge_measures.FIRST_SEED + number, split="any") for number in range(30)]
    perfect = oracle.Segmenter([oracle.of_scene(scene) for scene in scenes])
    measured = judge_measures.measure_segmenter(perfect, count=30)  # type: ignore[arg-type]
    assert [measured[name] for name in ("precision", "specificity", "colour")] == [1, 1, 1]
    assert measured["recall"] > 0.97  # things broken in two by others are one to it, but slivers are none
    swapped = [
        oracle.segmentation([("cat" if t.noun != "cat" else "dog", t.colour, t.mask) for t in scene.objects])
        for scene in scenes
    ]
    wrong = judge_measures.measure_segmenter(oracle.Segmenter(swapped), count=30)  # type: ignore[arg-type]
    assert wrong["precision"] < 0.1 and wrong["recall"] < 0.1 and wrong["exact_count"] == measured["exact_count"]


def test_touching_things_are_separated_by_their_centres() -> None:
    foreground = np.zeros((96, 96), bool)
    foreground[40:60, 20:60] = True
    votes = np.zeros((2, 96, 96), np.float32)
    votes[0], votes[1] = 50, np.where(np.arange(96) < 40, 30, 50)[None]
    first, second = sorted(grouped(foreground, votes), key=lambda mask: np.argwhere(mask).mean())
    assert first.sum() == second.sum() == 400 and not (first & second).any()


def test_a_broken_thing_is_one_if_its_pieces_agree() -> None:
    foreground = np.zeros((96, 96), bool)
    foreground[40:60, 20:30] = foreground[40:60, 50:60] = True
    votes = np.stack([np.full((96, 96), 50.0), np.full((96, 96), 40.0)])
    (mask,) = grouped(foreground, votes)
    assert np.array_equal(mask, foreground) and len(components(foreground)) == 2


def test_noisy_votes_make_no_more_things() -> None:
    random = np.random.default_rng(0)
    scene = next(scene for scene in map(sample, range(999)) if scene.kind == "count" and len(scene.objects) == 3)
    votes = oracle.of_scene(scene).votes + random.normal(0, 1.5, (2, 96, 96))
    assert len(grouped(scene.foreground, votes)) == 3


def test_nothing_and_specks_are_no_things() -> None:
    empty = np.zeros((96, 96), bool)
    assert grouped(empty, np.zeros((2, 96, 96))) == [] and components(empty) == []
    speck = empty.copy()
    speck[3, : LEAST - 1] = True
    assert grouped(speck, np.zeros((2, 96, 96))) == []


def test_things_and_maps_of_a_known_segmentation() -> None:
    mask, other = np.zeros((2, 96, 96), bool)
    mask[10:20, 50:60], other[60:80, 5:20] = True, True
    seen = oracle.segmentation([("zebra", None, mask), (None, "red", other)])
    unknown, zebra = seen.objects()
    assert (unknown.noun, unknown.colour, zebra.noun, zebra.colour, zebra.score) == (None, "red", "zebra", None, 1.0)
    assert np.array_equal(zebra.mask, mask) and zebra.centre == (14.5, 54.5)
    assert np.array_equal(np.unique(seen.nouns), [0, 1 + words.NOUNS.index("zebra"), 1 + UNKNOWN])
    assert np.array_equal(seen.silhouette(), other) and np.array_equal(seen.foreground, mask | other)


def test_pictures_of_another_size_or_kind_are_refused() -> None:
    segmenter = SceneSegmenter(Network(), {})
    for images in (np.zeros((1, 64, 64, 3), np.uint8), np.zeros((1, 96, 96, 3), np.float32)):
        with pytest.raises(UserError, match="the segmenter reads uint8 pictures"):
            segmenter.segment(images)


def test_outlines_forget_place_and_size() -> None:
    scene = next(scene for scene in map(sample, range(999)) if scene.kind == "one")
    mask = scene.foreground
    moved = np.roll(mask, (-5, 3), (0, 1))
    larger = np.kron(mask, np.ones((3, 3), bool))
    assert np.array_equal(shape(mask), shape(moved))
    assert np.abs(shape(mask) - shape(larger)).mean() < 0.03
    assert shape(mask).max() == 1 and shape(np.zeros((5, 5), bool)).sum() == 0


def test_true_outlines_are_named_and_empty_ones_are_not() -> None:
    scenes = [scene for scene in map(sample, range(120)) if scene.kind == "one"]
    names = load_silhouettes().name([scene.foreground for scene in scenes])
    right = [name == scene.objects[0].noun for name, scene in zip(names, scenes, strict=True)]
    assert np.mean(right) > 0.9
    assert load_silhouettes().name([np.zeros((96, 96), bool)]) == [None] and load_silhouettes().name([]) == []


def test_who_must_name_something_names_a_blob() -> None:
    random = np.random.default_rng(1)
    masks = [lessons.blob(random, 48, 48) for _ in range(40)]
    named, guessed = (load_silhouettes().name(masks, forced=forced) for forced in (False, True))
    assert named.count(None) > 25 and None not in guessed
    assert all(one in (None, other) for one, other in zip(named, guessed, strict=True))


def test_texture_does_not_name_a_shapeless_patch() -> None:
    random = np.random.default_rng(0)
    masks = [lessons.blob(random, 48, 48) for _ in range(60)]
    named = [name for name in load_silhouettes().name(masks) if name in ("zebra", "giraffe", "elephant", "cat", "dog")]
    assert len(named) <= 3
