"""Numbers that a study needs against statsmodels, and the variance of one replicate as planted."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower, TTestPower

from visuosyn.errors import UserError
from visuosyn.stats.power import needed_per_group, needed_units, reach, variance_of_one


@pytest.mark.parametrize("effect", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("power", [0.8, 0.95])
def test_needed_units_are_those_of_a_t_test(effect, power):
    found = needed_units(np.array([4.0]), effect * 2, power=power)[0]
    assert found == pytest.approx(TTestPower().solve_power(effect_size=effect, alpha=0.05, power=power), abs=1.1)


def test_needed_units_of_groups_are_those_of_a_z_test():
    wanted = NormalIndPower().solve_power(effect_size=0.25, alpha=0.05, power=0.9)
    assert needed_per_group(4.0, 0.5, power=0.9) == np.ceil(wanted)


def test_a_study_of_the_needed_size_finds_the_difference():
    random, number = np.random.default_rng(0), int(needed_units(np.array([1.0]), 0.4)[0])
    values = random.normal(0.4, 1, (2000, number))
    t = values.mean(axis=1) / (values.std(axis=1, ddof=1) / np.sqrt(number))
    assert np.mean(np.abs(t) > 2.0) == pytest.approx(0.8, abs=0.04)


def test_the_variance_of_one_replicate_comes_back():
    """Units of effect N(0, 2) whose replicates add N(0, 3): a unit's share is its value over units x replicates."""
    random = np.random.default_rng(1)
    values = random.normal(0, 2, (3000, 1, 1)) + random.normal(0, 3, (3000, 4, 1))
    counted = np.ones(values.shape, bool)
    assert variance_of_one(values / values.size, counted)[0] == pytest.approx(9, rel=0.05)
    counted[:1000, 2] = False  # a unit that misses a replicate does not count
    assert variance_of_one(values / values.size, counted)[0] == pytest.approx(9, rel=0.05)
    assert np.isnan(variance_of_one(values, np.zeros(values.shape, bool)))[0]


@pytest.mark.parametrize(("power", "alpha"), [(0.8, 0.0), (1.0, 0.05), (0.04, 0.05)])
def test_impossible_shares_are_refused(power, alpha):
    with pytest.raises(UserError, match="alpha < power"):
        reach(power, alpha)
