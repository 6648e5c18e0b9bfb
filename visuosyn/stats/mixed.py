"""Around a mixed model: which columns and factors it can hold, and its coefficients and variances as tables."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from visuosyn.stats.reml import Fit

FLAT = 1e-3  # standard deviations below this share of the residual one count as none

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


def standardised(values: ArrayLike) -> Floats:
    """Values minus their mean, over their standard deviation, (row,): a coefficient is for one standard deviation.

    >>> standardised([1.0, 3.0])
    array([-1.,  1.])
    """
    numbers = np.asarray(values, dtype=np.float64)
    return np.asarray((numbers - numbers.mean()) / numbers.std())


def independent(fixed: Floats, columns: Mapping[str, Floats]) -> dict[str, Floats]:
    """The columns (row,) that add something to the fixed ones (row, column) and to those before them.

    >>> import numpy as np
    >>> fixed, length = np.ones((3, 1)), np.array([1.0, 2.0, 4.0])
    >>> list(independent(fixed, {"length": length, "twice": 2 * length}))
    ['length']
    """
    kept: dict[str, Floats] = {}
    for name, column in columns.items():
        whole = np.column_stack([fixed, *kept.values(), column])
        if np.linalg.matrix_rank(whole) > fixed.shape[1] + len(kept):
            kept[name] = column
    return kept


def random_factors(columns: Mapping[str, pd.Series]) -> dict[str, Codes]:
    """Codes (row,) of the factors that differ from the residual and from each other: those of more than one level, of
    fewer levels than rows, and not equal to one before them.

    >>> import pandas as pd
    >>> unit = pd.Series(["a", "a", "b"])
    >>> list(random_factors({"unit": unit, "copy": unit.str.upper(), "row": pd.Series([1, 2, 3])}))
    ['unit']
    """
    found: dict[str, Codes] = {}
    for name, column in columns.items():
        codes, levels = pd.factorize(column)
        same = any(np.array_equal(codes, other) for other in found.values())
        if 1 < len(levels) < len(codes) and not same:
            found[name] = codes
    return found


def fitting_units(
    units: pd.Series, factors: Callable[[NDArray[np.bool_]], Mapping[str, Codes]], most: int, *, seed: int = 0
) -> NDArray[np.bool_]:
    """Which rows to fit: those of as many units, in a random order, as keep all factors but the largest at or below
    ``most`` levels together. ``factors`` gives the codes of the factors among some rows.

    >>> import numpy as np
    >>> import pandas as pd
    >>> unit, word = pd.Series(np.arange(8) // 2), pd.Series(np.arange(8) % 4)
    >>> rows = fitting_units(unit, lambda some: random_factors({"unit": unit[some], "word": word[some]}), 3)
    >>> unit[rows].nunique()  # three units with four words: three levels beside the largest factor
    3
    """
    order = np.random.default_rng(seed).permutation(np.sort(units.unique()))

    def rows(number: int) -> NDArray[np.bool_]:
        return units.isin(order[:number]).to_numpy()

    def levels(number: int) -> int:
        counts = sorted(int(codes.max()) + 1 for codes in factors(rows(number)).values())
        return sum(counts[:-1])

    if not len(order) or levels(len(order)) <= most:
        return np.ones(len(units), dtype=bool)
    return rows(bisect_right(range(1, len(order)), most, key=levels))


def coefficient_table(
    names: Sequence[str], estimate: Floats, error: Floats, free: int, *, level: float = 0.95
) -> pd.DataFrame:
    """Coefficients with intervals and p from t with ``free`` degrees of freedom: name, estimate, low, high, p.

    >>> import numpy as np
    >>> coefficient_table(["slope"], np.array([2.0]), np.array([1.0]), 30).round(2)
        name  estimate   low  high     p
    0  slope       2.0 -0.04  4.04  0.05
    """
    half = stats.t.ppf((1 + level) / 2, max(free, 1)) * error
    columns = {"estimate": estimate, "low": estimate - half, "high": estimate + half}
    p = 2 * stats.t.sf(np.abs(estimate / error), max(free, 1))
    return pd.DataFrame({"name": list(names)} | columns | {"p": p})


def group_table(
    names: Sequence[str], fit: Fit, n: NDArray[np.integer], reference: str, *, level: float = 0.95
) -> pd.DataFrame:
    """Means of groups, and each minus the ``reference`` group, from a fit whose first coefficients are the groups'.

    ``n`` are the units (group,) that a mean rests on; intervals and p use t with n - 1 degrees of freedom, and are
    missing where n is 1. Columns: name, mean, mean_low, mean_high, estimate, low, high, p, effect (the difference over
    the standard deviation of a value, all variances together). Without the reference group (it stands first where it
    is there) there are means alone.

    >>> import numpy as np
    >>> from visuosyn.stats.reml import fit_reml
    >>> y, groups = np.array([1.0, 3.0, 6.0, 8.0]), np.repeat(np.eye(2), 2, axis=0)
    >>> fit = fit_reml(y, groups, {"unit": np.array([0, 1, 0, 1])})
    >>> table = group_table(["plain", "other"], fit, np.array([2, 2]), "plain")
    >>> table[["name", "mean", "estimate"]].round(1)
        name  mean  estimate
    0  plain   2.0       NaN
    1  other   7.0       5.0
    """
    groups, free = len(names), np.maximum(n - 1, 1)
    means, covariance = fit.coefficients[:groups], fit.covariance[:groups, :groups]
    t = np.where(n > 1, stats.t.ppf((1 + level) / 2, free), np.nan)
    error = np.sqrt(np.diag(covariance))
    difference = means - means[0]
    spread = np.sqrt(np.maximum(np.diag(covariance) + covariance[0, 0] - 2 * covariance[0], 0))
    tested = (np.array(names) != reference) & (names[0] == reference) & (n > 1)
    score = np.divide(difference, spread, out=np.full(groups, np.nan), where=tested & (spread > 0))
    total = np.sqrt(fit.sd_rest**2 + sum(sd**2 for sd in fit.sd.values()))
    columns = {
        "estimate": difference,
        "low": difference - t * spread,
        "high": difference + t * spread,
        "p": 2 * stats.t.sf(np.abs(score), free),
        "effect": difference / total,
    }
    table = pd.DataFrame(
        {"name": list(names), "mean": means, "mean_low": means - t * error, "mean_high": means + t * error}
    )
    return table.assign(**{name: np.where(tested, values, np.nan) for name, values in columns.items()})


def component_table(fit: Fit, factors: Mapping[str, Codes]) -> pd.DataFrame:
    """Where the variance lies: factor, levels, sd, and its share of the variance; the residual ("rest") stands last.

    >>> import numpy as np
    >>> from visuosyn.stats.reml import fit_reml
    >>> unit = np.array([0, 0, 1, 1])
    >>> fit = fit_reml(np.array([0.0, 2.0, 4.0, 6.0]), np.ones((4, 1)), {"unit": unit})
    >>> component_table(fit, {"unit": unit}).round(2)
      factor  levels    sd  share
    0   unit       2  2.65   0.78
    1   rest       4  1.41   0.22
    """
    sd = np.array([*(fit.sd[name] for name in factors), fit.sd_rest])
    levels = [*(int(codes.max()) + 1 for codes in factors.values()), len(fit.residuals)]
    return pd.DataFrame({"factor": [*factors, "rest"], "levels": levels, "sd": sd, "share": sd**2 / np.sum(sd**2)})


def diagnostics(fit: Fit) -> dict[str, object]:
    """How the search ended and what the residuals look like: converged, message, criterion, residual_skew,
    residual_kurtosis (0 for a normal one) and residual_largest (in residual standard deviations).

    >>> import numpy as np
    >>> from visuosyn.stats.reml import fit_reml
    >>> fit = fit_reml(np.array([0.0, 2.0, 4.0, 6.0]), np.ones((4, 1)), {"unit": np.array([0, 0, 1, 1])})
    >>> diagnostics(fit)["message"]
    'converged'
    """
    return {
        "converged": fit.converged,
        "message": _message(fit),
        "criterion": fit.criterion,
        "residual_skew": float(stats.skew(fit.residuals)),
        "residual_kurtosis": float(stats.kurtosis(fit.residuals)),
        "residual_largest": float(np.abs(fit.residuals).max() / fit.sd_rest),
    }


def _message(fit: Fit) -> str:
    """What a reader must know of how the search ended."""
    if not fit.converged:
        return f"did not converge ({fit.message}): the figures of this model are not to be trusted"
    flat = [name for name, sd in fit.sd.items() if sd < FLAT * fit.sd_rest]
    return "converged" + (f", with no variance left for {', '.join(flat)}" if flat else "")
