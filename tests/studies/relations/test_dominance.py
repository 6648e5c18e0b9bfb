"""Tests of mIoD - mIoH."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from visuosyn.studies.relations.statistics.dominance import difference_table
from visuosyn.studies.relations.statistics.means import relation_table
from visuosyn.studies.relations.statistics.simulate import simulate_pairs

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
