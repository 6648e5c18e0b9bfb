"""Shares of successes and their differences, with intervals that hold near 0 and 1 too."""

from __future__ import annotations

import numpy as np
from statsmodels.stats.proportion import proportion_confint

Interval = tuple[float, float, float]  # estimate, low, high


def share(right: float, of: int, *, level: float = 0.95) -> Interval:
    """A share and its Wilson interval (Wilson 1927), which also holds for few cases and for shares near 0 and 1.

    ``right`` may be a sum of shares, one a unit. All NaN where there was nothing to be right about.

    >>> [round(value, 3) for value in share(8, 10)]
    [0.8, 0.49, 0.943]
    """
    if of == 0:
        return np.nan, np.nan, np.nan
    low, high = proportion_confint(right, of, alpha=1 - level, method="wilson")
    return right / of, max(float(low), 0.0), min(float(high), 1.0)


def difference_of_shares(first: tuple[float, int], second: tuple[float, int], *, level: float = 0.95) -> Interval:
    """The first share (right, of) minus the second one, with Newcombe's interval of two Wilson ones (Newcombe 1998,
    Statistics in Medicine 17).

    >>> [round(value, 3) for value in difference_of_shares((56, 70), (48, 80))]
    [0.2, 0.052, 0.334]
    """
    return difference_of_intervals(share(*first, level=level), share(*second, level=level))


def difference_of_intervals(first: Interval, second: Interval) -> Interval:
    """The difference of two independent estimates from each one's (estimate, low, high), whatever made their intervals.

    The squared distances from an estimate to the ends of its interval stand for its variance there (Zou & Donner 2008,
    Statistics in Medicine 27:10); of two Wilson intervals this is Newcombe's.

    >>> difference_of_intervals((0.8, 0.5, 0.9), (0.2, 0.1, 0.6))  # .6 - sqrt(.3^2 + .4^2), .6 + sqrt(.1^2 + .1^2)
    (0.6..., 0.1..., 0.741...)
    """
    (p, low, high), (q, under, over) = first, second
    down, up = np.hypot(p - low, over - q), np.hypot(high - p, q - under)
    return p - q, float(p - q - down), float(p - q + up)
