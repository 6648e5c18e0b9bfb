"""How large must a study be? From the variances of a pilot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from visuosyn.errors import UserError
from visuosyn.stats.bootstrap import ratio

Floats = NDArray[np.float64]


def reach(power: float, alpha: float) -> float:
    """How many standard errors a true difference must have for a two-sided test of level ``alpha`` to find it with this
    ``power``: z_alpha + z_power. UserError where they are no shares with alpha < power.

    >>> round(reach(0.8, 0.05), 2)
    2.8
    """
    if not (0 < alpha < 1 and alpha < power < 1):
        raise UserError(f"power is {power}, alpha {alpha}: use shares with 0 < alpha < power < 1")
    return float(stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power))


def needed_units(variance: Floats, difference: float, *, power: float = 0.8, alpha: float = 0.05) -> Floats:
    """Units that a two-sided one-sample t-test needs, whole numbers, (cell,), from the variance of one unit.

    (z_alpha + z_power)^2 v / d^2 + z_alpha^2 / 2 (Guenther 1981, The American Statistician 35:4).

    >>> import numpy as np
    >>> needed_units(np.array([1.0]), 0.5)  # statsmodels: 33.4
    array([34.])
    """
    level = stats.norm.ppf(1 - alpha / 2)
    return np.asarray(np.ceil(reach(power, alpha) ** 2 * variance / difference**2 + level**2 / 2))


def needed_per_group(variance: float, difference: float, *, power: float = 0.8, alpha: float = 0.05) -> int:
    """Units in each of two groups that a two-sided test of their difference needs: 2 (z_alpha + z_power)^2 v / d^2.

    >>> needed_per_group(1.0, 0.5)
    63
    """
    return int(np.ceil(2 * reach(power, alpha) ** 2 * variance / difference**2))


def variance_of_one(shares: Floats, counted: NDArray[np.bool_]) -> Floats:
    """Variance over replicates of a unit's contribution to an estimate, if it had that one replicate: (cell,).

    ``shares`` are contributions (unit, replicate, cell) that add up to the estimate, ``counted`` which of them rest on
    a row. Units that miss a replicate in a cell are left out of it; NaN where none is left.

    >>> import numpy as np
    >>> shares = np.array([[[0.1], [0.3]], [[0.2], [0.2]]])
    >>> variance_of_one(shares, np.ones((2, 2, 1), bool))  # as means of one replicate: .4, 1.2 and .8, .8
    array([0.16])
    """
    units, whole = counted.any(axis=1).sum(axis=0), counted.all(axis=1)
    spread = np.where(whole, (shares * units * shares.shape[1]).var(axis=1, ddof=1), 0.0)
    return ratio(spread.sum(axis=0), whole.sum(axis=0).astype(np.float64))
