"""The bundled judge: what stands where and how many, outlines, what it was measured to be, what it learnt from."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import torch
from diffusers import AutoencoderTiny
from safetensors.numpy import load_file

from tests.microworld import oracle
from visuosyn.errors import UserError
from visuosyn.microworld import MODEL_DIR, judge_measures, lessons, train_judge, words
from visuosyn.microworld.grouping import LEAST, components, grouped
from visuosyn.microworld.outlines import outlines
from visuosyn.microworld.scenes import sample
from visuosyn.microworld.segmenter import JUDGE_DIR, STRANGE, Network, Segmenter, load_segmenter
from visuosyn.microworld.silhouette import SIDE, load_silhouettes, shape


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


def test_touching_things_are_told_apart_by_their_centres() -> None:
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
    strange, zebra = seen.objects()
    assert (strange.noun, strange.colour, zebra.noun, zebra.colour, zebra.score) == (None, "red", "zebra", None, 1.0)
    assert np.array_equal(zebra.mask, mask) and zebra.centre == (14.5, 54.5)
    assert np.array_equal(np.unique(seen.nouns), [0, 1 + words.NOUNS.index("zebra"), 1 + STRANGE])
    assert np.array_equal(seen.silhouette(), other) and np.array_equal(seen.foreground, mask | other)


def test_pictures_of_another_size_or_kind_are_refused() -> None:
    segmenter = Segmenter(Network(), {})
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


def test_labels_go_where_the_pixels_go() -> None:
    """A picture whose colours are its labels still agrees with them after it was bent."""
    planes = [oracle.of_scene(sample(seed)).nouns.astype(np.float32) for seed in range(8)]
    pictures = torch.from_numpy(np.stack(planes))[:, None].expand(-1, 3, -1, -1) / 13 - 1
    labels = torch.zeros(8, 4, 96, 96)
    labels[:, lessons.NOUN] = torch.from_numpy(np.stack(planes))
    bent = lessons.bent(lessons.Lessons(pictures, labels), np.random.default_rng(0))
    back = ((bent.pictures[:, 0] + 1) * 13).round()
    assert (back == bent.labels[:, lessons.NOUN]).float().mean() > 0.93  # edges are mixed
    assert not torch.equal(bent.labels, labels)


def test_centres_go_where_the_pixels_go() -> None:
    """Every pixel labelled with its own place: after bending, the labels of a straight bend are the identity."""
    rows, columns = np.mgrid[:96, :96].astype(np.float32)
    labels = torch.from_numpy(np.stack([np.ones_like(rows), np.ones_like(rows), rows, columns]))[None].repeat(
        6, 1, 1, 1
    )
    bent = lessons.bent(lessons.Lessons(torch.zeros(6, 3, 96, 96), labels), np.random.default_rng(1))
    inner = (slice(None), slice(None), slice(30, 66), slice(30, 66))
    error = (bent.labels - labels)[inner][:, lessons.ROW :].abs()
    assert error.mean() < 2.5 and error.max() < 8  # the wander is left out of the centres


def test_lessons_depend_on_their_seeds_alone() -> None:
    codec = AutoencoderTiny.from_pretrained(MODEL_DIR / "vae").eval()
    first, second = (lessons.lessons(range(4), codec, np.random.default_rng(3)) for _ in range(2))
    assert torch.equal(first.pictures, second.pictures) and torch.equal(first.labels, second.labels)
    assert first.pictures.shape == (4, 3, 96, 96) and first.pictures.abs().max() <= 1
    assert set(first.labels[:, lessons.NOUN].unique().tolist()) <= set(range(STRANGE + 2))


def test_outlines_to_learn_from_hold_every_noun_and_blobs() -> None:
    shapes, classes = outlines(300, np.random.default_rng(0))
    assert shapes.shape == (300, 1, SIDE, SIDE) and set(classes.tolist()) == set(range(STRANGE + 1))


@pytest.mark.slow
def test_training_learns_and_repeats() -> None:
    losses: list[list[float]] = [[], []]
    made = [train_judge.train_segmenter(steps=30, note=lambda _, loss, kept=kept: kept.append(loss)) for kept in losses]
    assert losses[0] == losses[1] and np.mean(losses[0][-3:]) < 0.9 * losses[0][0]
    states = [network.state_dict() for network in made]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
