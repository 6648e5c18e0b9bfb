"""Controls measured on maps: by hand, and against chance."""

from __future__ import annotations

import numpy as np
import pytest

from visuosyn.data import AttentionSlice, HeatMaps, Sentence, Word, WordPair
from visuosyn.measure.controls import other_image_controls, rolled_controls
from visuosyn.measure.pair_table import pair_table
from visuosyn.studies.relations.statistics.controls import chance_controls, control_table

WORDS = (Word("red", 0, 3, index=0), Word("ball", 4, 8, index=1), Word("!", 8, 9, index=2))
SENTENCE = Sentence("c", "red ball!", WORDS)
PAIRS = (WordPair(1, 0, "amod"), WordPair(1, 2, "punct"))


def image(array, seed, words=WORDS):
    array = np.asarray(array, dtype=np.float32)
    return HeatMaps(
        SENTENCE.text,
        words,
        (AttentionSlice("total", array.shape[1:], array, 1),),
        array.shape[1:],
        1,
        caption_id="c",
        seed=seed,
    )


def test_other_image_by_hand():
    red, ball, mark = [[1, 1, 0, 0]], [[1, 0, 0, 0]], [[0, 0, 0, 1]]
    first, second = image([red, ball, mark], 0), image([mark, red, ball], 7)
    found = other_image_controls([second, first], SENTENCE, PAIRS, ["relative:0.5"]).set_index(["seed", "pair"])
    assert found.loc[(0, 0), ["iou", "iod", "ioh"]].tolist() == [1, 1, 1]  # red of 0 on ball of 7, which lies as red
    assert found.loc[(7, 0), ["iou", "iod", "ioh"]].tolist() == [0, 0, 0]
    assert found.loc[(7, 1), ["iou", "iod", "ioh"]].tolist() == [1, 1, 1]
    assert found["mask"].unique().tolist() == ["relative:0.5"]


def test_one_image_has_no_control():
    only = image(np.ones((3, 2, 2)), 0)
    found = other_image_controls([only], SENTENCE, PAIRS, ["soft"])
    assert found.empty
    assert list(found.columns) == ["caption_id", "seed", "pair", "mask", "iou", "iod", "ioh"]


def test_pairs_without_a_map_in_either_image_have_no_row():
    whole, part = image(np.ones((3, 2, 2)), 0), image(np.ones((2, 2, 2)), 1, words=WORDS[:2])
    found = other_image_controls([whole, part], SENTENCE, PAIRS, ["soft"])
    assert sorted(zip(found["seed"], found["pair"], strict=True)) == [(0, 0), (0, 1), (1, 0)]


def test_rolled_masks_and_their_own_place_share_on_average_what_chance_says():
    """On a 4 x 4 grid the lattice holds every shift, so the mean over it and the pair itself is the expectation."""
    maps = image(np.random.default_rng(0).random((3, 4, 4)), 0)
    pairs = pair_table(maps, SENTENCE, PAIRS, ["relative:0.5"])
    rolled, chance = rolled_controls(maps, SENTENCE, PAIRS, ["relative:0.5"]), chance_controls(pairs)
    for name in ("iod", "ioh"):
        np.testing.assert_allclose((15 * rolled[name] + pairs[name]) / 16, chance[name])


def test_rolled_controls_by_hand():
    """Two maps of one row: the head's pixel moves to the three other places, one of which the dependent covers."""
    maps = image([[[1, 1, 0, 0]], [[1, 0, 0, 0]], [[0, 0, 0, 1]]], 0)
    found = rolled_controls(maps, SENTENCE, PAIRS, ["relative:0.5", "soft"])
    assert found["iod"].tolist() == pytest.approx([1 / 2 / 3, 1 / 3] * 2)
    assert found["ioh"].tolist() == pytest.approx([1 / 3, 1 / 3] * 2)


def test_words_that_always_lie_together_keep_their_overlap_in_another_image_and_lose_it_when_rolled():
    blob = np.zeros((8, 8))
    blob[2:5, 2:5] = 1
    images = {seed: image([blob, blob, 1 - blob], seed) for seed in (0, 1)}
    rules = ["relative:0.5"]
    pairs = pair_table(images[0], SENTENCE, PAIRS, rules)
    other = other_image_controls(list(images.values()), SENTENCE, PAIRS, rules)
    rolled = rolled_controls(images[0], SENTENCE, PAIRS, rules)
    for controls, left in ((other, 0), (rolled, 80)):
        estimate = control_table(pairs, controls, draws=10).set_index(["relation", "measure"]).loc[("amod", "mIoU")]
        assert estimate["estimate"] >= left
        assert (estimate["estimate"] == 0) == (left == 0)
