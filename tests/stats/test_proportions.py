"""Intervals of shares and of their differences against statsmodels; coverage near the ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from visuosyn.stats.proportions import difference_of_intervals, difference_of_shares, share

COUNTS = st.integers(1, 60).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@given(COUNTS, st.sampled_from([0.8, 0.95]))
def test_a_share_has_wilsons_interval(counts, level):
    estimate, low, high = share(*counts, level=level)
    assert (low, high) == pytest.approx(proportion_confint(*counts, alpha=1 - level, method="wilson"), abs=1e-12)
    assert 0 <= low <= estimate + 1e-12 and estimate - 1e-12 <= high <= 1


@given(COUNTS, COUNTS)
def test_a_difference_of_shares_has_newcombes_interval(first, second):
    estimate, low, high = difference_of_shares(first, second)
    theirs = confint_proportions_2indep(*first, *second, method="newcomb", compare="diff")
    assert (low, high) == pytest.approx(theirs, abs=1e-9)
    assert low <= estimate + 1e-12 and estimate <= high + 1e-12


def test_intervals_of_normal_estimates_add_their_variances():
    """Two estimates with standard errors 3 and 4: their difference has 5."""
    assert difference_of_intervals((10, 10 - 3, 10 + 3), (2, 2 - 4, 2 + 4)) == pytest.approx((8, 3, 13))


def test_of_nothing_no_share_is_known():
    assert np.isnan(share(0, 0)).all()


def test_intervals_of_rare_successes_cover():
    random, covered = np.random.default_rng(1), 0
    for _ in range(400):
        first, second = random.binomial(40, 0.05), random.binomial(30, 0.2)
        _, low, high = difference_of_shares((first, 40), (second, 30))
        covered += low <= 0.05 - 0.2 <= high
    assert 0.92 <= covered / 400 <= 0.99
