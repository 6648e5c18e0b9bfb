"""The harness counts what it is given, and the intervals tried are those of scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from visuosyn.stats.bootstrap import bootstrap_means
from visuosyn.stats.calibrate import calibration, other_intervals, verdict


def test_records_are_averaged_by_key():
    def simulate(size, number, random):
        yield {"test": "a", "size": size, "n": size - 1} | verdict(number, 0.0, interval=(0, 1), p=number / 10)
        if number:
            yield {"test": "b", "size": size, "n": size} | verdict(1.0, 3.0)

    table = calibration(simulate, keys=["test", "size"], means=["n"], studies=4, sizes=[5, 7])
    assert list(table.columns) == ["test", "size", "n", "studies", "type1", "coverage", "bias"]
    first = table.iloc[0]
    assert first.tolist() == ["a", 5, 4, 4, 0.25, 1.0, 1.5]  # p = 0 alone is below .05; bias (0 + 1 + 2 + 3) / 4
    other = table[table["test"] == "b"]
    assert other["bias"].tolist() == [-2, -2] and other[["type1", "coverage"]].isna().all(axis=None)


def test_each_data_set_has_a_generator_of_its_own():
    found = {}

    def simulate(size, number, random):
        found[size, number] = random.random()
        yield {"size": size, "bias": 0.0}

    calibration(simulate, keys=["size"], studies=3, sizes=[5, 6])
    assert len(set(found.values())) == 6
    first = dict(found)
    calibration(simulate, keys=["size"], studies=2, sizes=[6])
    assert found[6, 1] == first[6, 1]


def test_a_true_test_keeps_its_level():
    def simulate(size, number, random):
        values = random.normal(1, 1, size)
        found = stats.ttest_1samp(values, 1)
        yield {"size": size} | verdict(values.mean(), 1, interval=found.confidence_interval(), p=found.pvalue)

    table = calibration(simulate, keys=["size"], studies=1000, sizes=[12])
    assert table["type1"][0] == pytest.approx(0.05, abs=0.021)
    assert table["coverage"][0] == pytest.approx(1 - table["type1"][0])


def test_intervals_are_those_of_scipy():
    values = np.random.default_rng(4).exponential(size=60)
    found = other_intervals(bootstrap_means(values, np.ones(60), draws=20_000), values, np.ones(60))
    for name, method in {"percentile": "percentile", "basic": "basic", "BCa": "BCa"}.items():
        theirs = stats.bootstrap((values,), np.mean, method=method, n_resamples=20_000, rng=1).confidence_interval
        assert found[name] == pytest.approx(tuple(theirs), abs=0.012)
    t = stats.t.interval(0.95, 59, values.mean(), stats.sem(values))
    assert found["cluster t"] == pytest.approx(t)
