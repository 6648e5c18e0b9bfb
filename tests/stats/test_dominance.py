"""Tests of mIoD - mIoH and what they add up to over mask rules."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from visuosyn.stats.dominance import difference_table, verdict_table
from visuosyn.stats.relations import relation_table
from visuosyn.stats.simulate import simulate_pairs

COLUMNS = [
    *("relation", "mask", "measure", "estimate", "low", "high", "p", "p_holm", "p_bh"),
    *("effect", "effect_low", "effect_high", "n", "n_pairs", "few"),
]


def test_estimates_and_intervals_are_those_of_the_relation_table(small_pairs):
    tests, table = difference_table(small_pairs, draws=200), relation_table(small_pairs, draws=200)
    assert list(tests.columns) == COLUMNS
    for name, other in (("estimate", "difference"), ("low", "difference_low"), ("high", "difference_high")):
        np.testing.assert_allclose(tests[name], table[other])
    assert tests["few"].all()


def test_order_of_rows_changes_nothing(small_pairs):
    shuffled = small_pairs.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        difference_table(shuffled, draws=50), difference_table(small_pairs, draws=50), check_exact=True
    )


def test_a_planted_difference_is_found():
    pairs = simulate_pairs(150, np.random.default_rng(0), difference=0.05)
    table = difference_table(pairs, draws=1000).set_index("relation")
    whole = table.loc["all head-dependent"]
    assert whole["p_holm"] < 0.01
    assert whole["low"] > 0
    assert whole["estimate"] == pytest.approx(5, abs=2.5)


def test_one_prompt_has_no_test(small_pairs):
    table = difference_table(small_pairs[small_pairs["caption_id"] == "a"], draws=50)
    assert table[["low", "p", "p_holm", "effect"]].isna().all(axis=None)


def rows(relation, masks, ends):
    estimates = [(low + high) / 2 for low, high in ends]
    return pd.DataFrame(
        {
            "relation": relation,
            "mask": masks,
            "estimate": estimates,
            "low": [low for low, _ in ends],
            "high": [high for _, high in ends],
            "n": 50,
            "few": False,
        }
    )


def test_verdicts_by_hand():
    masks = ["relative:0.3", "relative:0.4", "soft", "area:0.2"]
    table = pd.concat(
        [
            rows("obj", masks, [(11, 15), (2, 6), (-1, 3), (0, 0)]),
            rows("amod", masks, [(-9, -3), (-30, -12), (1, 2), (0, 0)]),
            rows("det", masks, [(-1, 1), (-2, 2), (-3, 3), (0, 0)]),
            rows("acl", masks, [(1, 3), (-3, -1), (-3, 3), (0, 0)]),
        ]
    )
    verdicts = verdict_table(table).set_index("relation")
    counts = verdicts[["dominant", "holds_in", "reversed_in", "of", "ten_points_in"]]
    assert counts.loc["obj"].tolist() == ["head", 2, 0, 3, 1]
    assert counts.loc["amod"].tolist() == ["dependent", 2, 1, 3, 1]
    assert counts.loc["det"].tolist() == ["none", 3, 0, 3, 0]
    assert counts.loc["acl"].tolist() == ["mixed", 1, 1, 3, 0]
    assert verdicts.loc["amod", "verdict"] == (
        "the dependent's area contains the head's in 2 of 3 analyses (reversed in 1)"
    )
    assert verdicts.loc["acl", "verdict"].startswith("not robust: the direction turns with the analysis")
    assert verdicts.loc["amod", ["lowest", "highest", "share"]].tolist() == [-21, 1.5, pytest.approx(2 / 3)]
