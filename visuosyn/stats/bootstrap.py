"""The cluster bootstrap: means of resampled clusters, and intervals from them.

A cluster is resampled with all its rows, so whatever they share stays together (Miller 2024, arXiv 2411.00640, on
clustered errors). Every cell sees the same resampled clusters: differences between cells are paired.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from visuosyn.errors import UserError

HELD = 1 << 22  # weights held at once: 32 MiB

Floats = NDArray[np.float64]


def ratio(sums: Floats, counts: Floats) -> Floats:
    """Sums / counts, NaN where nothing was counted.

    >>> import numpy as np
    >>> ratio(np.array([3.0, 0.0]), np.array([4.0, 0.0]))
    array([0.75,  nan])
    """
    found: Floats = np.divide(sums, counts, out=np.full(np.shape(sums), np.nan), where=counts > 0)
    return found


def bootstrap_means(sums: Floats, counts: Floats, *, draws: int = 2000, seed: int = 0) -> Floats:
    """Ratios of sums of resampled clusters: float64 (draw, ...) from sums and counts of shape (cluster, ...).

    Each draw takes as many clusters as there are, with replacement; a draw in which nothing is counted gives
    NaN. The same seed gives the same draws, whatever the columns.

    >>> import numpy as np
    >>> bootstrap_means(np.array([3.0, 3.0]), np.array([4.0, 4.0]), draws=2)
    array([0.75, 0.75])
    """
    shape = sums.shape[1:]
    table = np.concatenate([sums.reshape(len(sums), -1), counts.reshape(len(sums), -1)], axis=1)
    total = np.concatenate([weights @ table for weights in bootstrap_weights(len(sums), draws=draws, seed=seed)])
    resampled, counted = np.split(total, 2, axis=1)
    return ratio(resampled, counted).reshape(draws, *shape)


def bootstrap_weights(clusters: int, *, draws: int, seed: int) -> Iterator[Floats]:
    """Multinomial weights, a block of draws at a time: how often each cluster was taken, float64 (draw, cluster).

    The same seed gives the same draws. UserError for fewer draws than 1.

    >>> weights, = bootstrap_weights(3, draws=2, seed=0)
    >>> weights.shape, weights.sum(axis=1)  # three are taken each time
    ((2, 3), array([3., 3.]))
    """
    if draws < 1:
        raise UserError(f"draws is {draws}: a bootstrap needs at least 1, an interval some thousands")
    random = np.random.default_rng(seed)
    step = max(1, HELD // clusters)
    for start in range(0, draws, step):
        weights = np.empty((min(step, draws - start), clusters))
        for row in weights:
            row[:] = np.bincount(random.integers(clusters, size=clusters, dtype=np.int32), minlength=clusters)
        yield weights


def effective_number(counts: Floats) -> Floats:
    """Kish's effective number of clusters, (sum c)^2 / sum c^2 along axis 0: all of them if equally large, 1 if one
    holds everything (Kish 1965, "Survey sampling"). NaN without any count.

    >>> import numpy as np
    >>> effective_number(np.array([[2.0, 9.0], [2.0, 1.0], [0.0, 0.0]])).round(2)
    array([2.  , 1.22])
    """
    return ratio(np.square(counts.sum(axis=0)), np.square(counts).sum(axis=0))


def percentile_interval(samples: Floats, clusters: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Expanded percentile interval of statistics resampled over clusters: (low, high), each of shape (...).

    ``samples`` has the shape (draw, ...) and ``clusters`` (...) the effective number of clusters that each statistic
    rests on; with a single one the interval is missing (NaN). A plain percentile interval is too narrow for few
    clusters, by about sqrt((n - 1) / n) and the ratio of normal to t quantiles; this takes the quantiles at
    Phi(-sqrt(n / (n - 1)) t), t the t quantile with n - 1 degrees of freedom, instead of at (1 - level) / 2
    (Hesterberg 2015, "What teachers should know about the bootstrap", The American Statistician 69:4). Draws that
    are NaN are left out. It was chosen because it covers best (``make calibrate``). Caveat: with a handful of
    clusters every bootstrap interval is a guess.

    >>> import numpy as np
    >>> samples = np.linspace(0, 100, 1001)
    >>> low, high = percentile_interval(np.stack([samples] * 3, axis=-1), [1, 5, 1000])
    >>> low.round(1), high.round(1)  # a single cluster has no interval, five have a wide one
    (array([nan, 0.1, 2.5]), array([ nan, 99.9, 97.5]))
    """
    if not 0 < level < 1:
        raise UserError(f"level is {level}: use a share between 0 and 1, such as 0.95")
    number = np.nan_to_num(np.asarray(clusters, dtype=np.float64))
    free = np.maximum(number - 1, 1)
    tail = stats.norm.cdf(-np.sqrt((free + 1) / free) * stats.t.ppf((1 + level) / 2, free))
    ordered = np.sort(samples, axis=0)  # NaN to the end
    usable = np.isfinite(ordered).sum(axis=0)
    low, high = _quantile(ordered, usable, tail), _quantile(ordered, usable, 1 - tail)
    missing = ~(number > 1) | (usable == 0)
    return np.where(missing, np.nan, low), np.where(missing, np.nan, high)


def _quantile(ordered: Floats, usable: NDArray[np.intp], at: Floats) -> Floats:
    """Quantiles of the first ``usable`` values along axis 0, interpolated linearly."""
    position = at * np.maximum(usable - 1, 0)
    below = np.floor(position).astype(np.intp)
    above = np.minimum(below + 1, np.maximum(usable - 1, 0))
    lower, upper = (np.take_along_axis(ordered, index[None], axis=0)[0] for index in (below, above))
    return np.asarray(lower + (position - below) * (upper - lower))
