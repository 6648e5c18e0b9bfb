"""What stands around a mixed model: columns and factors that it can hold, and its tables by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from visuosyn.stats.mixed import (
    coefficient_table,
    component_table,
    fitting_units,
    group_table,
    independent,
    random_factors,
)
from visuosyn.stats.reml import Fit, fit_reml


def fitted(groups: int = 2, units: int = 40, *, unit_sd: float = 1.0) -> tuple[Fit, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    unit, group = np.repeat(np.arange(units), groups * 2), np.tile(np.repeat(np.arange(groups), 2), units)
    y = 2.0 * group + random.normal(0, unit_sd, units)[unit] + random.normal(0, 1, len(unit))
    return fit_reml(y, np.eye(groups)[group], {"unit": unit}), y, unit


def test_coefficients_of_a_regression_have_its_intervals():
    random = np.random.default_rng(1)
    x = sm.add_constant(random.normal(size=50))
    theirs = sm.OLS(x @ [1.0, 0.5] + random.normal(size=50), x).fit()
    table = coefficient_table(["one", "x"], theirs.params, theirs.bse, 48)
    np.testing.assert_allclose(table[["low", "high"]], theirs.conf_int())
    np.testing.assert_allclose(table["p"], theirs.pvalues)


def test_groups_are_compared_with_the_reference():
    fit, y, _ = fitted()
    table = group_table(["plain", "other"], fit, np.array([40, 40]), "plain")
    differences = y.reshape(40, 2, 2).mean(axis=2) @ [-1, 1]  # balanced: what a paired test of units compares
    assert table["estimate"][1] == pytest.approx(differences.mean(), abs=1e-6)
    assert table["low"][1] < 2 < table["high"][1] and table["p"][1] < 1e-4
    assert table.loc[0, ["estimate", "low", "high", "p", "effect"]].isna().all()
    total = np.hypot(fit.sd["unit"], fit.sd_rest)
    assert table["effect"][1] == pytest.approx(table["estimate"][1] / total)


def test_without_the_reference_there_are_means_alone():
    fit, *_ = fitted()
    table = group_table(["a", "b"], fit, np.array([40, 1]), "plain")
    assert table["estimate"].isna().all() and table["mean"].notna().all()
    assert table["mean_low"].isna().tolist() == [False, True]  # of one unit there is no interval


def test_shares_of_variance_sum_to_one():
    fit, _, unit = fitted(unit_sd=2.0)
    table = component_table(fit, {"unit": unit}).set_index("factor")
    assert table["share"].sum() == pytest.approx(1)
    assert table.loc["unit", "share"] == pytest.approx(0.8, abs=0.1) and table.loc["unit", "levels"] == 40


def test_columns_that_follow_from_others_are_left_out():
    random = np.random.default_rng(2)
    groups, a = np.repeat(np.eye(2), 10, axis=0), random.normal(size=20)
    assert list(independent(groups, {"a": a, "sum": a + groups[:, 0], "b": random.normal(size=20)})) == ["a", "b"]


def test_factors_that_cannot_be_separated_are_left_out():
    columns = pd.DataFrame({"row": range(6), "one": 0, "unit": [0, 0, 1, 1, 2, 2], "word": [0, 1, 2, 0, 1, 2]})
    copy = columns["unit"] * 7
    factors = random_factors({name: columns[name] for name in columns} | {"copy": copy})
    assert list(factors) == ["unit", "word"]


def test_units_are_sampled_until_their_levels_fit():
    unit = pd.Series(np.repeat(np.arange(50), 4))
    word = pd.Series(np.random.default_rng(3).integers(0, 500, len(unit)))

    def factors(some: np.ndarray) -> dict[str, np.ndarray]:
        return random_factors({"unit": unit[some], "word": word[some]})

    assert fitting_units(unit, factors, 50).all()
    kept = fitting_units(unit, factors, 20)
    assert unit[kept].nunique() == 20 and (unit[kept].value_counts() == 4).all()
    assert (kept == fitting_units(unit, factors, 20)).all()
