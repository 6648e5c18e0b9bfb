"""Corrections against statsmodels; families; missing p."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from visuosyn.stats.bootstrap import bootstrap_means
from visuosyn.stats.corrections import corrected, named_results
from visuosyn.stats.permutation import contrast


@settings(max_examples=8)  # statsmodels collects garbage in every call
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_corrections_agree_with_statsmodels(values):
    table = corrected(pd.DataFrame({"p": values}))
    np.testing.assert_allclose(table["p_holm"], multipletests(values, method="holm")[1], atol=1e-12)
    np.testing.assert_allclose(table["p_bh"], multipletests(values, method="fdr_bh")[1], atol=1e-12)


def test_parts_are_families_and_missing_p_do_not_count():
    rows = pd.DataFrame({"rule": ["one", "a", "one", "one", "b"], "p": [0.02, 0.03, np.nan, 0.5, np.nan]})
    table = corrected(rows, by=["rule"])
    assert list(table.columns) == ["rule", "p", "p_holm", "p_bh"]
    np.testing.assert_allclose(table["p_holm"], [0.04, 0.03, np.nan, 0.5, np.nan])


def test_a_table_without_any_p_stays_without():
    assert corrected(pd.DataFrame({"p": [np.nan, np.nan]})).isna().all(axis=None)
    assert corrected(pd.DataFrame({"rule": [], "p": []}), by=["rule"]).empty


def test_results_name_their_cells_and_count_them():
    random = np.random.default_rng(0)
    sums, counts = random.random((30, 2)), np.ones((30, 2))
    counts[1:, 1], sums[1:, 1] = 0, 0  # the second cell holds one cluster
    cells = pd.DataFrame({"rule": ["one", "other"], "cell": "a", "n_rows": [30, 1], "unused": 0})
    samples = bootstrap_means(sums, counts, draws=200)
    found = {"share": (contrast(sums, counts), samples), "again": (contrast(sums, counts), samples)}
    options = {"keys": ["cell", "rule"], "counts": ["n_rows"], "by": ["rule"], "draws": 200, "seed": 0, "level": 0.95}
    table = named_results(cells, found, **options)
    assert list(table.columns) == [
        *("cell", "rule", "measure", "estimate", "low", "high", "p", "p_holm", "p_bh"),
        *("effect", "effect_low", "effect_high", "n", "n_rows", "few"),
    ]
    assert table["n"].tolist() == [30, 1, 30, 1] and table["few"].tolist() == [False, True] * 2
    assert table[["low", "p", "p_holm"]].isna().all(axis=1).tolist() == [False, True] * 2
    first = table.iloc[0]
    assert first["estimate"] == pytest.approx(100 * sums[:, 0].mean()) and first["p_holm"] == 2 * first["p"]
