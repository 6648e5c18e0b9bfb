"""Planted truth: relations of areas by hand; maps that are the masks agree, maps that are all alike do not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from visuosyn.data import AttentionSlice, HeatMaps
from visuosyn.microworld.scoring.planted import CONVENTION, DRAWN, containment, planted_pairs, planted_table
from visuosyn.microworld.scoring.teacher import gold_sentence
from visuosyn.microworld.world.scenes import sample
from visuosyn.stats.bootstrap import bootstrap_means

SEEDS = [11_000_000 + seed for seed in range(30)]


def maps_of(seed, picture):
    """The heat maps of a scene's caption, each word's by ``picture(scene, place)``."""
    scene = sample(seed)
    words = gold_sentence(scene, str(seed)).words
    array = np.stack([picture(scene, place) for place in range(len(words))]).astype(np.float32)
    part = AttentionSlice("total", (96, 96), array, 1)
    return scene, HeatMaps(scene.caption, words, (part,), (96, 96), 1, caption_id=str(seed))


def own_mask(scene, place):
    return scene.masks.get(place, np.zeros((96, 96)))


def test_containment_by_hand():
    assert containment([0.5, 0.49, np.nan], [0.1, 0.49, 0.9]).tolist() == [
        "head contains dependent",
        "apart",
        "dependent contains head",
    ]


def test_maps_that_are_the_masks_agree_everywhere():
    rows = planted_pairs(maps_of(seed, own_mask) for seed in SEEDS).dropna(subset="truth")
    assert (rows["maps"] == rows["truth"]).all()
    np.testing.assert_allclose(rows["iod"], rows["true_iod"])
    table = planted_table(rows, draws=50)
    assert (table["agreement"] == 100).all()
    assert table["difference"].tolist() == table["true_difference"].tolist()


def test_sorts_of_words_stand_apart():
    rows = planted_pairs((maps_of(seed, own_mask) for seed in SEEDS), rules=["relative:0.4"])
    assert set(rows["words"]) <= {DRAWN, CONVENTION}
    for relation in ("amod", "case", "nsubj", "obj"):
        assert set(rows.loc[rows["relation"] == relation, "words"]) <= {CONVENTION}
    drawn = rows[rows["words"] == DRAWN]
    assert drawn["relation"].str.startswith(("nmod", "conj", "compound", "obl")).all()
    assert {"conj:and", "compound", "nmod:on"} <= set(drawn["relation"])
    assert (drawn.loc[drawn["relation"] == "compound", "truth"].dropna() == "same").all()


def test_pairs_that_cannot_be_compared_are_counted():
    scene, maps = maps_of(SEEDS[0], own_mask)
    rows = planted_pairs([(scene, maps)], rules=["soft"])
    lone = planted_pairs([(scene, maps.with_facts(words=maps.words[:1]))], rules=["soft"])  # no noun has a map
    assert lone["truth"].isna().all() and len(lone) == len(rows) and rows["truth"].notna().any()
    table = planted_table(pd.concat([rows, lone, lone]), draws=20)
    before = planted_table(rows, draws=20)
    assert (table["n_left_out"] == before["n_left_out"] + 2 * (before["n_pairs"] + before["n_left_out"])).all()
    assert table["agreement"].tolist() == before["agreement"].tolist()


def test_agreement_and_kappa():
    """Cohen's kappa against statsmodels; a bootstrap interval around the share."""
    random = np.random.default_rng(0)
    rows = planted_pairs(
        (maps_of(seed, lambda scene, place: random.random((96, 96)) ** 4) for seed in SEEDS), rules=["relative:0.4"]
    )
    names = np.array(["apart", "same", "head contains dependent"], dtype=object)
    rows = rows.assign(words=DRAWN, maps=names[random.integers(0, 3, len(rows))], truth=names[np.arange(len(rows)) % 3])
    whole = planted_table(rows, draws=200).iloc[0]
    assert whole["relation"] == "all"
    assert whole["agreement"] == pytest.approx(100 * (rows["maps"] == rows["truth"]).mean())
    table = pd.crosstab(rows["maps"], rows["truth"])
    assert whole["kappa"] == pytest.approx(cohens_kappa(table.to_numpy()).kappa)
    assert whole["low"] <= whole["agreement"] <= whole["high"]
    assert isinstance(rows, pd.DataFrame) and whole["n_scenes"] == rows["scene"].nunique()


def test_an_interval_that_rests_on_one_scene_is_as_wide_as_its_draws():
    """50 of 61 pairs in one scene: an effective number of 1.5 scenes, not 12, so no quantile is cut off."""
    values = dict.fromkeys(("iou", "iod", "ioh", "true_iou", "true_iod", "true_ioh"), 0.5)
    rows = pd.DataFrame({"scene": ["a"] * 50 + list("bcdefghijkl"), "relation": "conj:and", "words": DRAWN}).assign(
        mask="soft", maps="same", truth=["same"] * 50 + ["apart"] * 11, **values
    )
    agree, count = np.array([50.0] + [0.0] * 11), np.array([50.0] + [1.0] * 11)
    drawn = bootstrap_means(agree, count, draws=500)
    line = planted_table(rows, draws=500).iloc[0]
    assert (line["low"], line["high"]) == pytest.approx((100 * drawn.min(), 100 * drawn.max()))
