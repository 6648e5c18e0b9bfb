"""Clustered means: known ones, tests that keep their level, sums that do not hang on the order of the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from visuosyn.stats.clustered import clustered, sums_at

FAST = {"draws": 400, "seed": 0}


def table_of(rows: pd.DataFrame, cells: list[str], measures: dict[str, tuple[str, str | None]], **options: int):
    return clustered(rows, cells, measures, cluster="cluster", wider="place", **options)


def rows(values: np.ndarray, other: float | np.ndarray = 0.0, **columns: object) -> pd.DataFrame:
    """One value a (cluster, repeat): the array's rows are clusters, two of them a place."""
    clusters, repeats = values.shape
    number = np.repeat(np.arange(clusters), repeats)
    return pd.DataFrame(
        {
            "place": [f"t{n // 2}" for n in number],
            "cluster": [f"t{n // 2} {n % 2}" for n in number],
            "value": values.ravel(),
            "other": np.broadcast_to(other, values.shape).ravel(),
            **columns,
        }
    )


def test_means_and_clusters_by_hand():
    values = np.array([[0.2, 0.4], [0.6, np.nan], [0.1, 0.1]])
    measures = {"value": ("value", None), "difference": ("value", "other")}
    table = table_of(rows(values, 0.1, cell="x"), ["cell"], measures)
    level, difference = (table.loc[n] for n in (0, 1))
    assert level["estimate"] == pytest.approx(100 * 1.4 / 5)
    assert difference["estimate"] == pytest.approx(100 * (1.4 / 5 - 0.1))
    assert (level["n"], level["n_rows"], bool(level["few"])) == (3, 5, True)
    assert np.isnan(level["p"])
    assert difference["p"] == pytest.approx(0.5)  # the third cluster adds nothing: 2 of 4 patterns are as far from 0


def test_a_few_clusters_by_enumeration():
    """Sums .5 and .4 of two clusters: |+-.5 +-.4| reaches .9 in 2 of 4 patterns."""
    table = table_of(rows(np.array([[0.5], [0.4]]), cell="x"), ["cell"], {"d": ("value", "other")}, **FAST)
    assert table["p"][0] == pytest.approx(0.5)


def test_the_interval_knows_clusters():
    """Four equal rows a cluster say no more than one: scipy's t interval of the means is the reference."""
    random = np.random.default_rng(1)
    means = random.normal(0.3, 0.1, 40)
    values = np.repeat(means[:, None], 4, axis=1)
    table = table_of(rows(values, cell="x"), ["cell"], {"v": ("value", None)}, draws=4000)
    low, high = stats.t.interval(0.95, 39, means.mean(), stats.sem(means))
    assert table["low"][0] == pytest.approx(100 * low, abs=0.4)
    assert table["high"][0] == pytest.approx(100 * high, abs=0.4)


def test_clusters_that_share_a_place_make_a_wider_interval():
    random = np.random.default_rng(2)
    means = np.repeat(random.normal(0.3, 0.1, 20), 2)
    table = table_of(rows(means[:, None], cell="x"), ["cell"], {"v": ("value", None)}, draws=2000)
    row = table.loc[0]
    assert row["high_by_place"] - row["low_by_place"] > 1.2 * (row["high"] - row["low"])


def test_without_a_difference_tests_keep_their_level_and_intervals_cover():
    """200 studies of 24 clusters of 2 rows, those of a cluster alike: at 5 % some 10 may reject."""
    random = np.random.default_rng(3)
    found = []
    for _ in range(200):
        values = random.normal(0, 1, (24, 1)) + random.normal(0, 0.5, (24, 2))
        found.append(table_of(rows(values, cell="x"), ["cell"], {"d": ("value", "other")}, **FAST).iloc[0])
    table = pd.DataFrame(found)
    assert 3 <= (table["p"] < 0.05).sum() <= 20
    assert 0.9 <= ((table["low"] <= 0) & (table["high"] >= 0)).mean() <= 0.99


def test_order_of_rows_is_no_matter():
    table = rows(np.random.default_rng(4).random((12, 3)), cell="x")
    measures = {"v": ("value", None), "d": ("value", "other")}
    pd.testing.assert_frame_equal(
        table_of(table, ["cell"], measures, **FAST),
        table_of(table.sample(frac=1, random_state=0), ["cell"], measures, **FAST),
    )


def test_columns_are_those_asked_for():
    table = rows(np.random.default_rng(5).random((4, 2)), cell="x", rule="soft")
    named = ["cell", "measure", "estimate", "low", "high", "p", "p_holm", "p_bh", "effect", "effect_low", "effect_high"]
    plain = clustered(table, ["cell"], {"v": ("value", None)}, cluster="cluster", **FAST)
    assert list(plain.columns) == [*named, "n", "n_rows", "few"]
    wider = clustered(table, ["cell"], {"v": ("value", None)}, cluster="cluster", wider="place", counted="n", **FAST)
    assert list(wider.columns)[-3:] == ["few", "low_by_place", "high_by_place"]


def test_parts_of_the_table_are_corrected_apart():
    random = np.random.default_rng(6)
    table = pd.concat([rows(random.random((12, 2)), 0.4, rule=rule, cell=cell) for rule in "ab" for cell in "xy"])
    options = {"cluster": "cluster", **FAST}
    apart = clustered(table, ["rule", "cell"], {"d": ("value", "other")}, by=["rule"], **options)
    together = clustered(table, ["rule", "cell"], {"d": ("value", "other")}, **options)
    np.testing.assert_allclose(apart["p"], together["p"])
    least = apart.loc[apart["p"].idxmin()]
    assert least["p_holm"] == pytest.approx(min(2 * least["p"], 1))
    assert together.loc[apart["p"].idxmin(), "p_holm"] == pytest.approx(min(4 * least["p"], 1))


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), min_size=1, max_size=40), st.randoms())
def test_sums_with_a_quantum_do_not_hang_on_the_order(values, random):
    shuffled = random.sample(values, len(values))
    found = [
        sums_at(
            np.array([place for place, _ in some]), (2, 2), np.array([value for _, value in some]), quantum=2.0**-36
        )
        for some in (values, shuffled)
    ]
    assert (found[0][0] == found[1][0]).all() and (found[0][1] == found[1][1]).all()
    exact = [sum(value for place, value in values if place == at) for at in range(4)]
    np.testing.assert_allclose(found[0][0].ravel(), exact, atol=40 * 2.0**-36)
