"""Shares of successes with their intervals."""

from __future__ import annotations

import numpy as np
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint


def share(right: int, of: int, *, level: float = 0.95) -> tuple[float, float, float]:
    """A share and its Wilson interval (Wilson 1927), which also holds for few cases and for shares near 0 and 1.

    All NaN where there was nothing to be right about.

    >>> [round(value, 3) for value in share(8, 10)]
    [0.8, 0.49, 0.943]
    """
    if of == 0:
        return np.nan, np.nan, np.nan
    low, high = proportion_confint(right, of, alpha=1 - level, method="wilson")
    return right / of, float(low), float(high)


def difference_of_shares(
    first: tuple[float, int], second: tuple[float, int], *, level: float = 0.95
) -> tuple[float, float, float]:
    """The first share (right, of) minus the second one, with Newcombe's interval of two Wilson ones (Newcombe 1998).

    ``right`` may be a sum of shares, one a unit.

    >>> [round(value, 3) for value in difference_of_shares((56, 70), (48, 80))]
    [0.2, 0.052, 0.334]
    """
    low, high = confint_proportions_2indep(*first, *second, method="newcomb", compare="diff", alpha=1 - level)
    return first[0] / first[1] - second[0] / second[1], float(low), float(high)
