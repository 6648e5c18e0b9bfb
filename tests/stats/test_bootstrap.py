"""The bootstrap over clusters: its draws by a slow independent way, its intervals against scipy and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from visuosyn.errors import UserError
from visuosyn.stats.bootstrap import bootstrap_means, bootstrap_weights, percentile_interval


def test_weights_are_multinomial():
    weights = np.concatenate(list(bootstrap_weights(7, draws=4000, seed=1)))
    assert weights.shape == (4000, 7)
    assert (weights.sum(axis=1) == 7).all()
    assert weights.mean() == 1
    assert weights.var(axis=0).mean() == pytest.approx(6 / 7, abs=0.02)  # multinomial: n p (1 - p)


def test_draws_equal_resampled_rows():
    """Differential: repeat each cluster's rows as often as it was drawn, and take the plain mean."""
    random = np.random.default_rng(0)
    clusters = [random.random(size) for size in (3, 1, 5, 2)]
    sums, counts = np.array([c.sum() for c in clusters]), np.array([float(len(c)) for c in clusters])
    drawn = bootstrap_means(sums, counts, draws=50, seed=3)
    weights = next(bootstrap_weights(4, draws=50, seed=3)).astype(int)
    expected = [np.concatenate([np.repeat(c, w) for c, w in zip(clusters, row, strict=True)]).mean() for row in weights]
    np.testing.assert_allclose(drawn, expected, rtol=1e-12)


def test_draws_do_not_depend_on_chunks(monkeypatch):
    sums = np.random.default_rng(0).random((50, 2))
    whole = bootstrap_means(sums, np.ones_like(sums), draws=64)
    monkeypatch.setattr("visuosyn.stats.bootstrap.HELD", 50)
    np.testing.assert_allclose(bootstrap_means(sums, np.ones_like(sums), draws=64), whole, rtol=1e-12)


def test_plain_percentiles_agree_with_scipy_bootstrap():
    """scipy.stats.bootstrap(method="percentile") of a mean, 4,000 draws each: within their Monte Carlo error."""
    values = np.random.default_rng(2).gamma(2, size=2000)
    reference = stats.bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=1).confidence_interval
    low, high = percentile_interval(bootstrap_means(values, np.ones(2000), draws=4000), 2000)
    assert (low, high) == pytest.approx((reference.low, reference.high), abs=0.1 * (reference.high - reference.low))


def test_expansion_gives_the_width_of_a_t_interval():
    """For normal draws with the bootstrap's variance s2 (n - 1) / n^2, the ends are those of the t interval."""
    n, draws = 10, 200_001
    variance = (n - 1) / n**2
    drawn = stats.norm.ppf((np.arange(draws) + 0.5) / draws) * np.sqrt(variance)
    low, high = percentile_interval(drawn, n)
    assert high == pytest.approx(stats.t.ppf(0.975, n - 1) * np.sqrt(1 / n), rel=1e-3)
    assert low == pytest.approx(-high, rel=1e-9)


def test_missing_draws_and_single_clusters():
    drawn = np.array([[np.nan, 1.0, np.nan], [2.0, 1.0, np.nan], [4.0, 1.0, np.nan]])
    low, high = percentile_interval(drawn, [3, 1, 3])
    assert (low[0], high[0]) == pytest.approx((2.0, 4.0), abs=0.2)
    assert np.isnan([low[1], high[1], low[2], high[2]]).all()


@pytest.mark.parametrize("level", [0, 1, 95])
def test_level_must_be_a_share(level):
    with pytest.raises(UserError, match="share between 0 and 1"):
        percentile_interval(np.ones(3), 3, level=level)


def test_draws_must_be_positive():
    with pytest.raises(UserError, match="at least 1"):
        bootstrap_means(np.ones(3), np.ones(3), draws=0)
