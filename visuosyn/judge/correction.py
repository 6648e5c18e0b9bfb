"""The error of a judge, carried into the result.

A judge with sensitivity (recall) Se and specificity Sp says "there" in a share q = p Se + (1 - p)(1 - Sp) of pictures
where the thing is truly there in a share p.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from visuosyn.errors import UserError


def corrected(present: ArrayLike, *, sensitivity: ArrayLike, specificity: ArrayLike) -> NDArray[np.float64]:
    """Verdicts (0 or 1) turned so that their mean estimates the true share without bias: (v + Sp - 1) / (Se + Sp - 1).

    Any shape; the rates broadcast. Single values lie outside of 0..1 and mean nothing alone; the mean of many does
    (Rogan & Gladen 1978), as does the mean of a product over things judged independently of each other given the truth.
    Raises UserError for a judge no better than a coin (Se + Sp <= 1).

    >>> corrected([1, 0], sensitivity=0.9, specificity=0.9)
    array([ 1.125, -0.125])
    """
    se, sp = np.asarray(sensitivity, dtype=np.float64), np.asarray(specificity, dtype=np.float64)
    if np.any((se < 0) | (se > 1) | (sp < 0) | (sp > 1)):
        raise UserError("sensitivity and specificity are shares from 0 to 1")
    if np.any(se + sp <= 1):
        raise UserError("a judge whose sensitivity and specificity do not exceed 1 together tells nothing to correct")
    return np.asarray((np.asarray(present, dtype=np.float64) + sp - 1) / (se + sp - 1))


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

    ``sensitivity`` and ``specificity`` are how they were measured: (right, of). The interval is that of draws of all
    three shares from their Beta distributions (Jeffreys prior), so it knows how well the judge was measured. Estimate
    and interval are cut to 0..1. Caveat: the rates must hold for the pictures that were judged; a judge measured on
    easy pictures is flattered.

    >>> share, low, high = rogan_gladen(60, 100, sensitivity=(450, 500), specificity=(475, 500))
    >>> round(share, 3), low < share < high
    (0.647, True)
    """
    if not 0 <= present <= n or n < 1:
        raise UserError(f"{present} of {n} verdicts cannot be: give whole numbers with 0 <= present <= n, n >= 1")
    told = np.array([[present, n], sensitivity, specificity])
    random = np.random.default_rng(seed)
    q, se, sp = (random.beta(right + 0.5, of - right + 0.5, draws) for right, of in told)
    share = told[0, 0] / n
    point = float(corrected(share, sensitivity=told[1, 0] / told[1, 1], specificity=told[2, 0] / told[2, 1]))
    able = se + sp > 1
    drawn = corrected(q[able], sensitivity=se[able], specificity=sp[able])
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return tuple(float(np.clip(value, 0, 1)) for value in (point, low, high))  # type: ignore[return-value]
