"""Differences of means that rest on the same clusters: estimate, error, randomisation tests and effect size.

Every comparison here is one of two ratios of sums over clusters, R1 - R2, or one ratio against 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from visuosyn.errors import UserError
from visuosyn.stats.bootstrap import effective_number, ratio

HELD = 1 << 22  # signs held at once: 32 MiB
TOLERANCE = 1e-9  # a statistic this close to the observed one, relatively, is a tie

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contrast:
    """Contrasts of cells, arrays (cell,), with each cluster's share in them, ``null`` (cluster, cell).

    ``null`` holds contributions under the hypothesis of no difference; they add up to ``estimate``. ``error`` is
    the clustered standard error, ``n`` the clusters it rests on and ``effective`` Kish's effective number of
    them (both of the side that has fewer). ``skew`` and ``kurtosis`` (3 for a normal one) are of the clusters' own
    contributions.

    >>> import numpy as np
    >>> found = contrast(np.array([[2.0], [1.0]]), np.array([[2.0], [2.0]]))  # means 1 and 0.5 of two clusters
    >>> found.estimate, found.n, found.effect.round(2)  # 0.75 / 0.354, the clusters' standard deviation
    (array([0.75]), array([2]), array([2.12]))
    """

    estimate: Floats
    error: Floats
    n: NDArray[np.intp]
    effective: Floats
    null: Floats
    skew: Floats
    kurtosis: Floats

    @property
    def effect(self) -> Floats:
        """Standardised difference of clusters: estimate / (error sqrt(n)).

        With equally many rows in each cluster it is Cohen's d of paired samples, mean over standard deviation of the
        clusters' differences. How to read: .2 small, .5 medium, .8 large by Cohen's rule of thumb. Caveat: it grows
        with the number of rows in a cluster, which shrink the noise within clusters.
        """
        spread = self.error * np.sqrt(self.n)
        found: Floats = np.divide(self.estimate, spread, out=np.full(self.estimate.shape, np.nan), where=spread > 0)
        return found

    def effect_interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Interval of ``effect`` from its large-sample variance and the t quantile with n - 1 degrees of freedom.

        The variance of a mean over its standard deviation is (1 - d skew + d^2 (kurtosis - 1) / 4) / n by the delta
        method; of normal contributions that is Becker's 1/n + d^2 / (2n) (1988, British Journal of Mathematical and
        Statistical Psychology 41). Clusters with unequal numbers of rows contribute far from normally.
        """
        number = np.maximum(self.n, 2)
        variance = 1 - self.effect * self.skew + self.effect**2 * (self.kurtosis - 1) / 4
        half = stats.t.ppf((1 + level) / 2, number - 1) * np.sqrt(np.maximum(variance, 0) / number)
        return self.effect - half, self.effect + half


def contrast(sums: Floats, counts: Floats, against: tuple[Floats, Floats] | None = None) -> Contrast:
    """R1 - R2 from sums and counts per cluster, each (cluster, cell), or R1 - 0 without ``against``.

    The error is the linearised one of a ratio: cluster g contributes (s_g - R c_g) / C to each ratio, and the squares
    are added over clusters times n / (n - 1). Under the hypothesis of no difference both ratios are
    the pooled one, which gives ``null``.

    >>> import numpy as np
    >>> sums, counts = np.array([[2.0], [1.0]]), np.array([[2.0], [2.0]])
    >>> found = contrast(sums, counts, against=(sums / 2, counts))  # means 1 and 0.5 against 0.5 and 0.25
    >>> found.estimate, found.error
    (array([0.375]), array([0.125]))
    """
    total, count, n = sums.sum(axis=0), counts.sum(axis=0), (counts > 0).sum(axis=0)
    estimate = ratio(total, count)
    own, null = contributions(sums, counts, estimate), contributions(sums, counts, np.zeros_like(estimate))
    effective = effective_number(counts)
    if against is not None:
        other_total, other_count = against[0].sum(axis=0), against[1].sum(axis=0)
        second, pooled = ratio(other_total, other_count), ratio(total + other_total, count + other_count)
        own = own - contributions(*against, second)
        null = contributions(sums, counts, pooled) - contributions(*against, pooled)
        estimate, n = estimate - second, np.minimum(n, (against[1] > 0).sum(axis=0))
        effective = np.minimum(effective, effective_number(against[1]))
    scale = np.divide(n, n - 1, out=np.full(n.shape, np.nan), where=n > 1)
    squares = (own**2).sum(axis=0)
    skew, kurtosis = (ratio(np.sqrt(n) ** (k - 2) * (own**k).sum(axis=0), squares ** (k / 2)) for k in (3, 4))
    return Contrast(estimate, np.sqrt(scale * squares), n, effective, null, skew, kurtosis)


def contributions(sums: Floats, counts: Floats, mean: Floats) -> Floats:
    """Each cluster's share (s - mean c) / C in a ratio's distance from ``mean``, (cluster, cell); 0 without a row.

    >>> import numpy as np
    >>> contributions(np.array([[2.0], [1.0]]), np.array([[2.0], [2.0]]), np.array([0.75]))
    array([[ 0.125],
           [-0.125]])
    """
    total = counts.sum(axis=0)
    found: Floats = np.divide(sums - mean * counts, total, out=np.zeros_like(sums), where=counts > 0)
    return found


def sign_flip(null: Floats, *, draws: int = 2000, seed: int = 0) -> Floats:
    """Two-sided p of each column's sum when the signs of its rows are flipped at random, float64 (cell,).

    ``null`` has the shape (cluster, cell). If a cluster's difference is as likely one way as the other, every
    pattern of signs is equally likely (Fisher's randomisation test; for ratios the score form of the wild
    bootstrap, Kline & Santos 2012, Journal of Econometric Methods 1). Columns whose non-zero rows allow no more
    patterns than ``draws`` are enumerated, and p is exact; else p = (1 + as extreme) / (1 + draws), never 0. All
    columns see the same signs. How to read: the chance of a sum at least as far from 0 without any difference.
    Caveat: n clusters cannot give less than 2 / 2^n.

    >>> import numpy as np
    >>> sign_flip(np.array([[1.0, 1.0], [1.0, -1.0], [1.0, 2.0]]))  # sums of 3 and 2: 2 and 6 of 8 patterns as far
    array([0.25, 0.75])
    """
    if draws < 1:
        raise UserError(f"draws is {draws}: a sign-flip test needs at least 1, a small p some thousands")
    bound = np.abs(null.sum(axis=0)) * (1 - TOLERANCE)
    active = (null != 0).sum(axis=0)
    p = np.full(null.shape[1], np.nan)
    few = active <= np.log2(draws)
    for column in np.flatnonzero(few & np.isfinite(bound)):
        rows = null[null[:, column] != 0, column]
        p[column] = np.mean(np.abs(_all_signs(len(rows)) @ rows) >= bound[column])
    many = np.flatnonzero(~few & np.isfinite(bound))
    if many.size:
        p[many] = (1 + _extreme(null[:, many], bound[many], draws, seed)) / (1 + draws)
    return p


def exchange(sums: Floats, counts: Floats, group: NDArray[np.bool_], *, draws: int = 2000, seed: int = 0) -> Floats:
    """Two-sided p of the difference of two groups of clusters under random exchanges of their labels, (cell,).

    ``sums`` and ``counts`` are (cluster, cell), ``group`` (cluster,) says which clusters are in the first one; the
    groups keep their sizes. p = (1 + as extreme) / (1 + draws); NaN where a group counts nothing. All cells see the
    same exchanges. How to read: the chance of a difference at least as large if labels had nothing to do with it.

    >>> import numpy as np
    >>> sums, counts = np.array([[0.0], [0.0], [1.0], [1.0]]), np.ones((4, 1))
    >>> p = exchange(sums, counts, np.array([True, True, False, False]), draws=5000)
    >>> p.round(1)  # two of the six ways to choose two clusters
    array([0.3])
    """
    own: Floats = group[None].astype(np.float64)
    labels = np.random.default_rng(seed).permuted(np.repeat(own, draws, axis=0), axis=1)
    observed = _difference(own, sums, counts)[0]
    exchanged = np.abs(_difference(labels, sums, counts))
    p = (1 + (exchanged >= np.abs(observed) * (1 - TOLERANCE)).sum(axis=0)) / (1 + draws)
    return np.where(np.isfinite(observed), p, np.nan)


def _difference(labels: Floats, sums: Floats, counts: Floats) -> Floats:
    """Mean of the labelled clusters minus that of the others, (draw, cell)."""
    return ratio(labels @ sums, labels @ counts) - ratio((1 - labels) @ sums, (1 - labels) @ counts)


def _all_signs(number: int) -> Floats:
    patterns = np.arange(2**number)[:, None] >> np.arange(number)
    return np.where(patterns & 1, -1.0, 1.0)


def _extreme(null: Floats, bound: Floats, draws: int, seed: int) -> NDArray[np.intp]:
    """How many random sign patterns give a sum at least as far from 0."""
    random = np.random.default_rng(seed)
    clusters, whole = len(null), null.sum(axis=0)
    step = max(1, HELD // clusters)
    found = np.zeros(null.shape[1], dtype=np.intp)
    for start in range(0, draws, step):
        shape = (min(step, draws - start), clusters)
        bits = np.unpackbits(np.frombuffer(random.bytes(-(-shape[0] * clusters // 8)), dtype=np.uint8))
        flipped = bits[: shape[0] * clusters].reshape(shape).astype(np.float64)
        found += (np.abs(whole - 2 * (flipped @ null)) >= bound).sum(axis=0)
    return found
