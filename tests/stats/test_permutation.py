"""Contrasts: errors against statsmodels, sign flips against scipy, effect sizes by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import optimize, stats
from statsmodels.api import OLS

from visuosyn.errors import UserError
from visuosyn.stats.permutation import contrast, contributions, exchange, sign_flip


@pytest.fixture
def clusters():
    """Rows of 12 clusters of unequal sizes: (values, cluster of each row)."""
    random = np.random.default_rng(1)
    sizes = random.integers(1, 6, 12)
    cluster = np.repeat(np.arange(12), sizes)
    return random.normal(size=12)[cluster] + random.normal(0.4, 1, sizes.sum()), cluster


def totals(values, cluster):
    sums = np.bincount(cluster, weights=values, minlength=12)
    return sums[:, None], np.bincount(cluster, minlength=12).astype(float)[:, None]


def test_error_of_a_mean_is_statsmodels_cluster_robust_one(clusters):
    values, cluster = clusters
    fit = OLS(values, np.ones(len(values))).fit(cov_type="cluster", cov_kwds={"groups": cluster})
    found = contrast(*totals(values, cluster))
    assert found.estimate[0] == pytest.approx(fit.params[0])
    assert found.error[0] == pytest.approx(fit.bse[0])
    assert found.n[0] == 12


def test_error_of_a_difference_is_statsmodels_cluster_robust_one(clusters):
    values, cluster = clusters
    other, its_cluster = values[::-1] ** 2, cluster[::-1]
    y, groups = np.concatenate([values, other]), np.concatenate([cluster, its_cluster])
    design = np.stack([np.ones(len(y)), np.arange(len(y)) < len(values)], axis=1).astype(float)
    fit = OLS(y, design).fit(cov_type="cluster", cov_kwds={"groups": groups})
    small_sample = np.sqrt((len(y) - 1) / (len(y) - 2))  # statsmodels' factor for two parameters
    found = contrast(*totals(values, cluster), against=totals(other, its_cluster))
    assert found.estimate[0] == pytest.approx(fit.params[1])
    assert found.error[0] == pytest.approx(fit.bse[1] / small_sample)


def test_contributions_add_up_to_the_estimate(clusters):
    values, cluster = clusters
    for against in (None, totals(values**2, cluster)):
        found = contrast(*totals(values, cluster), against=against)
        assert found.null.sum() == pytest.approx(found.estimate[0])


def test_effect_is_cohens_d_of_balanced_clusters():
    values = np.random.default_rng(0).normal(0.5, 1, (30, 4))
    found = contrast(values.sum(axis=1)[:, None], np.full((30, 1), 4.0))
    per_cluster = values.mean(axis=1)
    assert found.effect[0] == pytest.approx(per_cluster.mean() / per_cluster.std(ddof=1))
    low, high = found.effect_interval()
    assert low[0] < found.effect[0] < high[0]


def test_effect_interval_is_that_of_a_noncentral_t_for_normal_differences():
    """scipy.stats.nct solved for the noncentralities at which the observed t is the 2.5th and 97.5th percentile."""
    values = np.random.default_rng(4).normal(0.4, 1, 120)
    found = contrast(values[:, None], np.ones((120, 1)))
    t = values.mean() / (values.std(ddof=1) / np.sqrt(120))
    exact = [
        optimize.brentq(lambda shift, tail=tail: stats.nct.cdf(t, 119, shift) - tail, t - 8, t + 8) / np.sqrt(120)
        for tail in (0.975, 0.025)
    ]
    low, high = found.effect_interval()
    assert (low[0], high[0]) == pytest.approx(exact, abs=0.02)


def test_moments_are_those_of_scipy():
    values = np.random.default_rng(5).exponential(size=60)
    found = contrast(values[:, None], np.ones((60, 1)))
    assert found.skew[0] == pytest.approx(stats.skew(values))
    assert found.kurtosis[0] == pytest.approx(stats.kurtosis(values, fisher=False))


@given(hnp.arrays(float, st.integers(2, 8), elements=st.floats(-9, 9).map(lambda x: round(x, 2))))
def test_exact_p_agrees_with_scipy_permutation_test(rows):
    reference = stats.permutation_test(
        (rows,), np.sum, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    active = np.count_nonzero(rows)
    expected = np.mean(np.abs(reference.null_distribution) >= np.abs(rows.sum()) - 1e-9)
    assert sign_flip(rows[:, None], draws=256)[0] == pytest.approx(expected if active else 1.0)


def test_random_p_agrees_with_the_exact_one():
    rows = np.random.default_rng(3).normal(0.5, 1, (14, 1))
    exact, drawn = sign_flip(rows, draws=2**14)[0], sign_flip(rows, draws=2**14 - 1)[0]
    assert drawn == pytest.approx(exact, abs=4 * np.sqrt(exact / 2**14))


def test_p_of_a_large_sample_is_that_of_a_t_test():
    rows = np.random.default_rng(4).normal(0.08, 1, (800, 1))
    assert sign_flip(rows, draws=20_000)[0] == pytest.approx(stats.ttest_1samp(rows[:, 0], 0).pvalue, abs=0.01)


def test_cells_without_difference_or_without_rows():
    null = np.column_stack([np.zeros(40), np.full(40, np.nan), np.ones(40)])
    p = sign_flip(null, draws=500)
    assert p[0] == 1
    assert np.isnan(p[1])
    assert p[2] == 1 / 501


def test_draws_must_be_positive():
    with pytest.raises(UserError, match="at least 1"):
        sign_flip(np.ones((3, 1)), draws=0)


def test_contributions_add_up_to_the_distance_from_the_mean():
    random = np.random.default_rng(6)
    sums, counts = random.random((9, 2)), random.integers(0, 4, (9, 2)).astype(float)
    sums[counts == 0] = 0
    found = contributions(sums, counts, np.array([0.1, 0.2]))
    np.testing.assert_allclose(found.sum(axis=0), sums.sum(axis=0) / counts.sum(axis=0) - [0.1, 0.2])
    assert (found[counts == 0] == 0).all()


def test_exchanged_labels_agree_with_scipy():
    random = np.random.default_rng(7)
    values, group = random.normal(size=(9, 1)), np.arange(9) < 4
    reference = stats.permutation_test(
        (values[group, 0], values[~group, 0]), lambda a, b: a.mean() - b.mean(), n_resamples=np.inf
    )
    exact = np.mean(np.abs(reference.null_distribution) >= abs(reference.statistic) - 1e-9)
    assert exchange(values, np.ones((9, 1)), group, draws=20_000)[0] == pytest.approx(exact, abs=0.015)


def test_a_group_that_counts_nothing_has_no_p():
    counts = np.array([[0.0], [0.0], [1.0]])
    assert np.isnan(exchange(counts.copy(), counts, np.array([True, True, False]), draws=50)[0])
