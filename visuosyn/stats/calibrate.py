"""Do tests keep their level, do intervals cover? A harness for simulated data sets with a known truth.

Each simulated data set gives records: what was tried (any columns), and of ``type1``, ``coverage`` and ``bias`` those
that it has. The table holds their means over data sets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from visuosyn.stats.permutation import contrast

ALPHA = 0.05

Floats = NDArray[np.float64]
Record = dict[str, object]


def calibration(
    simulate: Callable[[int, int, np.random.Generator], Iterable[Record]],
    *,
    keys: Sequence[str],
    means: Sequence[str] = (),
    studies: int,
    sizes: Iterable[int],
    seed: int = 0,
) -> pd.DataFrame:
    """Rejection rates, coverage and bias over simulated data sets, a row for each combination of ``keys``.

    ``simulate`` is given a size, the number of the data set and a generator of its own, and gives the records of that
    data set; ``keys`` and ``means`` are columns of these. Columns: ``keys``, then ``means`` averaged, ``studies`` (data
    sets in which there was an answer), type1, coverage, bias; a figure that no record has is missing. Monte Carlo error
    with 2,000 data sets: .005 for a rate of .05.

    >>> from scipy import stats
    >>> def study(size, number, random):
    ...     values = random.normal(size=size)
    ...     yield {"test": "t", "size": size} | verdict(values.mean(), 0.0, p=stats.ttest_1samp(values, 0).pvalue)
    >>> table = calibration(study, keys=["test", "size"], studies=400, sizes=[10])
    >>> table[["test", "size", "studies", "type1"]].round(2)
      test  size  studies  type1
    0    t    10      400   0.05
    """
    records = [
        record
        for size in sizes
        for number in range(studies)
        for record in simulate(size, number, np.random.default_rng([seed, size, number]))
    ]
    figures = ["type1", "coverage", "bias"]
    rows = pd.DataFrame(records)
    rows = rows.reindex(columns=[*rows.columns, *(name for name in figures if name not in rows)])
    grouped = rows.groupby(list(keys), sort=False)
    result = grouped[[*means, *figures]].mean()
    result.insert(len(means), "studies", grouped[["type1", "coverage"]].count().max(axis=1))
    return result.reset_index()


def verdict(
    estimate: float,
    truth: float,
    *,
    interval: tuple[float, float] | None = None,
    p: float | None = None,
    alpha: float = ALPHA,
) -> dict[str, float]:
    """What one estimate says of its procedure: bias, with an interval coverage, with p (of a true null) type1.

    >>> verdict(1.5, 1.0, interval=(0.9, 2.1))
    {'bias': 0.5, 'coverage': 1.0}
    """
    found = {"bias": estimate - truth}
    if interval is not None:
        found["coverage"] = float(interval[0] <= truth <= interval[1])
    if p is not None:
        found["type1"] = float(p <= alpha)
    return found


def other_intervals(
    samples: Floats, sums: Floats, counts: Floats, *, alpha: float = ALPHA
) -> dict[str, tuple[float, float]]:
    """Intervals of a ratio that were tried beside ``percentile_interval``: percentile, basic, BCa, cluster t.

    ``samples`` (draw,) are bootstrap samples of it, ``sums`` and ``counts`` (cluster,).

    >>> import numpy as np
    >>> from visuosyn.stats.bootstrap import bootstrap_means
    >>> sums, counts = np.random.default_rng(0).random(30), np.ones(30)
    >>> low, high = other_intervals(bootstrap_means(sums, counts), sums, counts)["cluster t"]
    >>> round(low, 2), round(high, 2)
    (0.41, 0.65)
    """
    found = contrast(sums[:, None], counts[:, None])
    mean, n = float(found.estimate[0]), int(found.n[0])
    low, high = (float(end) for end in np.nanquantile(samples, [alpha / 2, 1 - alpha / 2]))
    half = float(stats.t.ppf(1 - alpha / 2, n - 1) * found.error[0])
    return {
        "percentile": (low, high),
        "basic": (2 * mean - high, 2 * mean - low),
        "BCa": _bca(samples, mean, sums, counts, alpha),
        "cluster t": (mean - half, mean + half),
    }


def _bca(samples: Floats, mean: float, sums: Floats, counts: Floats, alpha: float) -> tuple[float, float]:
    """Bias-corrected and accelerated interval, with the jackknife over clusters (Efron 1987)."""
    without = (sums.sum() - sums) / (counts.sum() - counts)
    lean = without.mean() - without
    acceleration = np.sum(lean**3) / (6 * np.sum(lean**2) ** 1.5)
    middle = stats.norm.ppf(np.clip(np.mean(samples < mean), 1 / len(samples), 1 - 1 / len(samples)))
    ends = middle + stats.norm.ppf([alpha / 2, 1 - alpha / 2])
    low, high = np.nanquantile(samples, stats.norm.cdf(middle + ends / (1 - acceleration * ends)))
    return float(low), float(high)
