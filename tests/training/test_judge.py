"""What the judge learns from, and that its training repeats."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from diffusers import AutoencoderTiny

from tests.microworld import oracle
from training import lessons, train_judge
from training.outlines import outlines
from visuosyn.microworld import MODEL_DIR
from visuosyn.microworld.judge.segmenter import UNKNOWN
from visuosyn.microworld.judge.silhouette import SIDE
from visuosyn.microworld.world.scenes import sample


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
    assert set(first.labels[:, lessons.NOUN].unique().tolist()) <= set(range(UNKNOWN + 2))


def test_outlines_to_learn_from_hold_every_noun_and_blobs() -> None:
    shapes, classes = outlines(300, np.random.default_rng(0))
    assert shapes.shape == (300, 1, SIDE, SIDE) and set(classes.tolist()) == set(range(UNKNOWN + 1))


@pytest.mark.slow
def test_training_learns_and_repeats() -> None:
    losses: list[list[float]] = [[], []]
    made = [train_judge.train_segmenter(steps=30, note=lambda _, loss, kept=kept: kept.append(loss)) for kept in losses]
    assert losses[0] == losses[1] and np.mean(losses[0][-3:]) < 0.9 * losses[0][0]
    states = [network.state_dict() for network in made]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
