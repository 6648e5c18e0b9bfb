"""The error of a judge, carried into the shares that it reports.

A judge with sensitivity (recall) Se and specificity Sp says "there" in a share q = p Se + (1 - p)(1 - Sp) of cases
where the thing is truly there in a share p. Turned around, p = (q + Sp - 1) / (Se + Sp - 1) (Rogan & Gladen 1978,
American Journal of Epidemiology 107:1).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from visuosyn.errors import UserError
from visuosyn.stats.bootstrap import ratio

Floats = NDArray[np.float64]


def true_share(present: ArrayLike, *, sensitivity: ArrayLike, specificity: ArrayLike) -> Floats:
    """Verdicts (0 or 1), or shares of them, turned so that their mean estimates the true share without bias.

    Any shape; the rates broadcast. Single values lie outside of 0..1 and mean nothing alone; the mean of many does
    (Rogan & Gladen 1978), as does the mean of a product over things judged independently of each other given the truth.
    Raises UserError for a judge no better than a coin (Se + Sp <= 1).

    >>> true_share([1, 0], sensitivity=0.9, specificity=0.9)
    array([ 1.125, -0.125])
    """
    se, sp = np.asarray(sensitivity, dtype=np.float64), np.asarray(specificity, dtype=np.float64)
    if np.any((se < 0) | (se > 1) | (sp < 0) | (sp > 1)):
        raise UserError("sensitivity and specificity are shares from 0 to 1")
    if np.any(se + sp <= 1):
        raise UserError("sensitivity and specificity together do not exceed 1: such a judge says nothing of the truth")
    return np.asarray((np.asarray(present, dtype=np.float64) + sp - 1) / (se + sp - 1))


def share_of_both(
    product: ArrayLike, either: ArrayLike, number: ArrayLike, *, sensitivity: ArrayLike, specificity: ArrayLike
) -> Floats:
    """The share of cases in which two things are truly there, where a judge errs on each of them by itself.

    ``product`` and ``either`` are the sums, over ``number`` cases, of the product and of the sum of the two verdicts:
    the mean of ``true_share`` of the one times that of the other. Any shape; all broadcast. Not cut to 0..1. NaN
    without a case, and for a judge no better than a coin.

    >>> round(float(share_of_both(49, 140, 100, sensitivity=0.9, specificity=0.9)), 4)  # (.7 - .1)^2 / .8^2
    0.5625
    """
    all_present, some, cases, se, sp = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (product, either, number, sensitivity, specificity))
    )
    scale = np.where(se + sp > 1, se + sp - 1, np.nan)
    turned = all_present + (sp - 1) * some + (sp - 1) ** 2 * cases
    return ratio(turned, cases * scale**2)


def rogan_gladen(
    present: int,
    n: int,
    *,
    sensitivity: tuple[int, int],
    specificity: tuple[int, int],
    level: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
) -> tuple[float, float, float]:
    """The true share and its interval, where ``present`` of ``n`` verdicts say "there" (Rogan & Gladen 1978).

    ``sensitivity`` and ``specificity`` are how they were measured: (right, of). The interval is that of random draws of
    all three shares from their Beta distributions (Jeffreys prior), so it knows how well the judge was measured.
    Estimate and interval are cut to 0..1. Caveat: the rates must hold for the cases that were judged; a judge measured
    on easy cases is flattered.

    >>> share, low, high = rogan_gladen(60, 100, sensitivity=(450, 500), specificity=(475, 500))
    >>> round(share, 3), low < share < high
    (0.647, True)
    """
    if not 0 <= present <= n or n < 1:
        raise UserError(f"{present} of {n} verdicts cannot be: give whole numbers with 0 <= present <= n, n >= 1")
    random = np.random.default_rng(seed)
    q, se, sp = (jeffreys(right, of, draws, random) for right, of in ((present, n), sensitivity, specificity))
    (right, of), (rejected, absent) = sensitivity, specificity
    point = float(true_share(present / n, sensitivity=right / of, specificity=rejected / absent))
    able = se + sp > 1
    samples = true_share(q[able], sensitivity=se[able], specificity=sp[able])
    low, high = (float(end) for end in np.quantile(samples, [(1 - level) / 2, (1 + level) / 2]))
    return min(max(point, 0.0), 1.0), min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0)


def jeffreys(right: int, of: int, draws: int, random: np.random.Generator) -> Floats:
    """Random draws of a share of which ``right`` of ``of`` were seen, from its Beta distribution (Jeffreys prior).

    >>> import numpy as np
    >>> round(float(jeffreys(90, 100, 1000, np.random.default_rng(0)).mean()), 2)
    0.89
    """
    return random.beta(right + 0.5, of - right + 0.5, draws)
