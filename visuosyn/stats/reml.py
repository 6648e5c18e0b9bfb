"""Linear mixed models with crossed random intercepts, fitted by restricted maximum likelihood.

y = X b + sum_k Z_k u_k + e, u_k ~ N(0, s_k^2 I), e ~ N(0, s^2 I). statsmodels' MixedLM holds crossed effects as one
dense group and becomes too slow beyond some thousand rows; here the rows are only ever added up, so their number
does not matter, and the factor with most levels is eliminated before anything dense is built. The profiled criterion
is that of Bates, Maechler, Bolker & Walker 2015, "Fitting linear mixed-effects models using lme4", Journal of
Statistical Software 67:1, section 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, sparse

from visuosyn.errors import UserError

NEGLIGIBLE = 1e-9  # residuals smaller than this share of the values are rounding, not variance
DENSE = 3000  # levels of all factors but the largest: one evaluation factorises a matrix of this size

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fit:
    """Estimates: ``coefficients`` with their ``covariance``, standard deviations ``sd`` per factor, ``sd_rest`` of
    the residuals, the REML ``criterion`` (-2 log likelihood), and whether the search ``converged``.

    >>> import numpy as np
    >>> units = np.array([0, 0, 1, 1])
    >>> fit = fit_reml(np.array([0.0, 2.0, 4.0, 6.0]), np.ones((4, 1)), {"unit": units})
    >>> fit.converged, fit.coefficients.round(2), round(fit.sd_rest, 2)
    (True, array([3.]), 1.41)
    """

    coefficients: Floats
    covariance: Floats
    sd: dict[str, float]
    sd_rest: float
    criterion: float
    residuals: Floats
    converged: bool
    message: str


def fit_reml(y: Floats, x: Floats, factors: Mapping[str, NDArray[np.intp]]) -> Fit:
    """Fit y (row,) on x (row, coefficient) with a random intercept for each level of each factor, codes (row,).

    Raises UserError where the factors without the largest have more than 3,000 levels, where x has linearly dependent
    columns, or where it explains every value.

    >>> import numpy as np
    >>> units = np.array([0, 0, 1, 1])  # means 1 and 5, variance 2 within both, so (16 - 2) / 2 = 7 between
    >>> fit = fit_reml(np.array([0.0, 2.0, 4.0, 6.0]), np.ones((4, 1)), {"unit": units})
    >>> round(fit.sd["unit"] ** 2, 2), round(fit.sd_rest**2, 2)
    (7.0, 2.0)
    """
    if np.linalg.matrix_rank(x) < x.shape[1] or len(y) <= x.shape[1]:
        raise UserError(f"{x.shape[1]} coefficients cannot be told apart on {len(y)} rows: leave some out")
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    if np.abs(residual).max() <= NEGLIGIBLE * max(np.abs(y).max(), NEGLIGIBLE):
        raise UserError("the values do not vary beyond what the coefficients explain: nothing is left to divide")
    names = sorted(factors, key=lambda name: -len(np.unique(factors[name])))
    system = _System.build(y, x, [np.unique(factors[name], return_inverse=True)[1] for name in names])
    if (small := sum(system.levels[1:])) > DENSE:
        raise UserError(
            f"the mixed model has {small} levels besides its largest factor; at most {DENSE} fit: take fewer units"
        )
    search = optimize.minimize(
        lambda theta: system.solve(theta).criterion,
        np.full(len(names), 0.5),
        method="L-BFGS-B",
        bounds=[(0, None)] * len(names),
    )
    found = system.solve(search.x)
    return Fit(
        coefficients=found.coefficients,
        covariance=np.multiply(np.linalg.inv(found.precision), found.variance, dtype=np.float64),
        sd={name: float(theta * np.sqrt(found.variance)) for name, theta in zip(names, search.x, strict=True)},
        sd_rest=float(np.sqrt(found.variance)),
        criterion=float(found.criterion),
        residuals=y - x @ found.coefficients - sum(found.effects[at] for at in system.places),
        converged=bool(search.success),
        message=str(search.message),
    )


@dataclass(frozen=True, eq=False)
class _Solution:
    """What the profiled criterion yields at one theta (standard deviations relative to the residuals')."""

    criterion: float
    coefficients: Floats
    precision: Floats
    variance: float
    effects: Floats


@dataclass(frozen=True, eq=False)
class _System:
    """Cross products of the rows. Levels of all factors share one axis, the largest factor's ``levels[0]`` first;
    no row has two levels of one factor, so that block is diagonal and is eliminated without a factorisation."""

    places: list[NDArray[np.intp]]  # of each factor: the rows' levels
    levels: list[int]
    own: Floats  # rows of each level of the largest factor
    across: sparse.csr_array  # largest factor x others
    others: Floats  # others x others
    right: Floats  # Z'[X y]
    inner: Floats  # [X y]'[X y]
    rows: int

    @classmethod
    def build(cls, y: Floats, x: Floats, codes: list[NDArray[np.intp]]) -> _System:
        levels = [int(code.max()) + 1 for code in codes]
        places = [code + offset for code, offset in zip(codes, np.cumsum([0, *levels[:-1]]), strict=True)]
        at = (np.tile(np.arange(len(y)), len(codes)), np.concatenate(places))
        z = sparse.csr_array((np.ones(len(at[0])), at), (len(y), sum(levels)))
        known, cross, cut = np.column_stack([x, y]), (z.T @ z).tocsr(), levels[0]
        across, others = cross[:cut, cut:], cross[cut:, cut:].toarray()
        return cls(places, levels, cross.diagonal()[:cut], across, others, z.T @ known, known.T @ known, len(y))

    def solve(self, theta: Floats) -> _Solution:
        cut, scale = self.levels[0], np.repeat(theta[1:], self.levels[1:])
        diagonal = theta[0] ** 2 * self.own + 1
        weighted = sparse.diags_array(theta[0] ** 2 / diagonal) @ self.across
        block = scale[:, None] * (self.others - (self.across.T @ weighted).toarray()) * scale + np.eye(len(scale))
        root = linalg.cholesky(block, lower=True, check_finite=False)
        first = theta[0] * self.right[:cut]
        second = scale[:, None] * (self.right[cut:] - weighted.T @ self.right[:cut])
        second = linalg.solve_triangular(root, second, lower=True, check_finite=False)
        schur = self.inner - first.T @ (first / diagonal[:, None]) - second.T @ second
        precision, mixed = schur[:-1, :-1], schur[:-1, -1]
        coefficients = np.linalg.solve(precision, mixed)
        free = self.rows - len(coefficients)
        variance = (schur[-1, -1] - mixed @ coefficients) / free
        logs = np.log(diagonal).sum() + 2 * np.log(np.diagonal(root)).sum() + np.linalg.slogdet(precision)[1]
        criterion = logs + free * (1 + np.log(2 * np.pi * variance))
        contrast = np.append(-coefficients, 1.0)  # [X y] times this: residuals of the fixed part
        small = linalg.solve_triangular(root, second @ contrast, lower=True, trans="T", check_finite=False)
        large = (first @ contrast - theta[0] * (self.across @ (scale * small))) / diagonal
        effects = np.concatenate([theta[0] * large, scale * small])
        return _Solution(criterion, coefficients, precision, variance, effects)
