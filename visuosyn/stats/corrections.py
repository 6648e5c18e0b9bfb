"""Named results: every test ends in the same columns.

The columns of the cell, then ``measure, estimate, low, high, p, p_holm, p_bh, effect, effect_low, effect_high, n``,
counts of the cell, and ``few``: estimates and intervals in percentage points, ``n`` the clusters that the estimate
rests on, ``few`` marks n < 20.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from visuosyn.stats.bootstrap import percentile_interval
from visuosyn.stats.permutation import Contrast, sign_flip

FEW = 20  # below so many clusters intervals and tests are reported, but marked: calibration shows them off their level
POINTS = 100  # tables print percentage points

Floats = NDArray[np.float64]


def named_results(
    cells: pd.DataFrame,
    found: Mapping[str, tuple[Contrast, Floats]],
    *,
    keys: Sequence[str],
    counts: Sequence[str] = (),
    by: Sequence[str] = (),
    draws: int,
    seed: int,
    level: float,
) -> pd.DataFrame:
    """One row a measure and cell, corrected; ``found`` gives each measure's contrast and its bootstrap samples,
    (draw, cell). All tests see the same sign patterns.

    ``keys`` and ``counts`` are the columns of ``cells`` that name a cell and that count something in it; ``by`` those
    of the keys that separate families of tests (``corrected``).

    >>> import numpy as np
    >>> import pandas as pd
    >>> from visuosyn.stats.bootstrap import bootstrap_means
    >>> from visuosyn.stats.permutation import contrast
    >>> sums, counts = np.array([[0.9], [0.7]]), np.ones((2, 1))
    >>> found = {"share": (contrast(sums, counts), bootstrap_means(sums, counts, draws=99))}
    >>> cells = pd.DataFrame({"cell": ["a"], "n_rows": [2]})
    >>> table = named_results(cells, found, keys=["cell"], counts=["n_rows"], draws=99, seed=0, level=0.95)
    >>> table[["cell", "measure", "estimate", "low", "high", "n", "n_rows"]].round(2)
      cell measure  estimate   low  high  n  n_rows
    0    a   share      80.0  70.0  90.0  2       2
    """
    p = sign_flip(np.concatenate([contrast.null for contrast, _ in found.values()], axis=1), draws=draws, seed=seed)
    tables = []
    for at, (measure, (contrast, samples)) in enumerate(found.items()):
        low, high = percentile_interval(samples, contrast.effective, level=level)
        columns = result_columns(contrast, low, high, p[at * len(cells) : (at + 1) * len(cells)], level=level)
        tables.append(
            cells[list(keys)].assign(
                measure=measure, **columns, **{name: cells[name] for name in counts}, few=contrast.n < FEW
            )
        )
    return corrected(pd.concat(tables, ignore_index=True), by=by)


def result_columns(
    contrast: Contrast, low: Floats, high: Floats, p: Floats, *, level: float = 0.95
) -> dict[str, NDArray[np.generic]]:
    """The columns estimate, low, high (in points), p, effect, effect_low, effect_high, n, each (cell,).

    One cluster cannot be tested: p is missing there.

    >>> import numpy as np
    >>> from visuosyn.stats.permutation import contrast
    >>> one = contrast(np.array([[0.9]]), np.array([[1.0]]))
    >>> columns = result_columns(one, np.array([0.8]), np.array([1.0]), np.array([1.0]))
    >>> columns["estimate"], columns["p"]
    (array([90.]), array([nan]))
    """
    effect_low, effect_high = contrast.effect_interval(level)
    return {
        "estimate": contrast.estimate * POINTS,
        "low": low * POINTS,
        "high": high * POINTS,
        "p": np.where(contrast.n > 1, p, np.nan),
        "effect": contrast.effect,
        "effect_low": effect_low,
        "effect_high": effect_high,
        "n": contrast.n,
    }


def corrected(table: pd.DataFrame, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Add ``p_holm`` and ``p_bh`` after ``p``: corrections over the table, or over each part that ``by`` columns name.

    Holm (1979) bounds the chance of any false finding in the family, Benjamini and Hochberg (1995) the expected share
    of false ones among the findings. The family is all tests of one part; another part is another analysis of the same
    question. Missing p stay missing and do not count.

    >>> import pandas as pd
    >>> corrected(pd.DataFrame({"rule": ["one", "one", "other"], "p": [0.01, 0.04, 0.03]}), by=["rule"])
        rule     p  p_holm  p_bh
    0    one  0.01    0.02  0.02
    1    one  0.04    0.04  0.04
    2  other  0.03    0.03  0.03
    """
    families = list(table.groupby(list(by), sort=False).indices.values()) if by else [np.arange(len(table))]
    p = table["p"].to_numpy(dtype=np.float64)
    after = list(table.columns).index("p") + 1
    table = table.copy()
    for place, (name, adjust) in enumerate({"p_holm": holm, "p_bh": benjamini_hochberg}.items(), start=after):
        values = np.full(len(p), np.nan)
        for rows in families:
            values[rows] = adjust(p[rows])
        table.insert(place, name, values)
    return table


def holm(p: Floats) -> Floats:
    """Holm's adjusted p of one family of tests, (test,): the k-th smallest of n times n - k + 1, never below a smaller
    one's, at most 1. Missing p stay missing and do not count.

    >>> import numpy as np
    >>> holm(np.array([0.01, 0.04, np.nan, 0.03]))
    array([0.03, 0.06,  nan, 0.06])
    """
    # Written out, since statsmodels' multipletests collects garbage in every call: a third of a second beside torch.
    order = np.argsort(p, kind="stable")[: np.isfinite(p).sum()]  # NaN to the end
    found = np.full(p.shape, np.nan)
    found[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)), 1)
    return found


def benjamini_hochberg(p: Floats) -> Floats:
    """Benjamini and Hochberg's adjusted p of one family of tests, (test,). Missing p stay missing and do not count.

    >>> import numpy as np
    >>> benjamini_hochberg(np.array([0.01, 0.04, np.nan, 0.03]))
    array([0.03, 0.04,  nan, 0.04])
    """
    there, found = np.isfinite(p), np.full(p.shape, np.nan)
    found[there] = stats.false_discovery_control(p[there])
    return found
