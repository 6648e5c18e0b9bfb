"""Named results: every test ends in the same columns.

``relation, mask, measure, estimate, low, high, p, p_holm, p_bh, effect, effect_low, effect_high, n, n_pairs, few``:
estimates and intervals in percentage points, ``n`` the prompts that the estimate rests on, ``n_pairs`` the
(caption, pair) measured, ``few`` marks n < 20.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from visuosyn.stats.bootstrap import percentile_interval
from visuosyn.stats.permutation import Contrast, sign_flip

FEW = 20  # below so many prompts intervals and tests are reported, but marked: calibration shows them off their level
POINTS = 100  # tables print percentage points

Floats = NDArray[np.float64]


def named_results(
    cells: pd.DataFrame, found: Mapping[str, tuple[Contrast, Floats]], *, draws: int, seed: int, level: float
) -> pd.DataFrame:
    """One row a measure and cell, corrected; ``found`` gives each measure's contrast and the bootstrap's draws of it,
    (draw, cell). All tests see the same sign patterns.

    >>> from visuosyn.stats.bootstrap import bootstrap_means
    >>> from visuosyn.stats.permutation import contrast
    >>> from visuosyn.studies.relations.statistics.sums import prompt_sums
    >>> from visuosyn.testing import pair_rows
    >>> found = prompt_sums(pair_rows({"amod": [(0.9, 0.5), (0.7, 0.5)]}))
    >>> sums, counts = found.of("iod")
    >>> own = {"mIoD": (contrast(sums, counts), bootstrap_means(sums, counts, draws=99))}
    >>> table = named_results(found.cells, own, draws=99, seed=0, level=0.95)
    >>> table[["relation", "measure", "estimate", "low", "high", "n"]].round(2)
                 relation measure  estimate   low  high  n
    0  all head-dependent    mIoD      80.0  70.0  90.0  2
    1                amod    mIoD      80.0  70.0  90.0  2
    """
    p = sign_flip(np.concatenate([contrast.null for contrast, _ in found.values()], axis=1), draws=draws, seed=seed)
    tables = []
    for at, (measure, (contrast, drawn)) in enumerate(found.items()):
        low, high = percentile_interval(drawn, contrast.effective, level=level)
        effect_low, effect_high = contrast.effect_interval(level)
        table = cells[["relation", "mask"]].assign(
            measure=measure,
            estimate=contrast.estimate * POINTS,
            low=low * POINTS,
            high=high * POINTS,
            p=np.where(contrast.n > 1, p[at * len(cells) : (at + 1) * len(cells)], np.nan),
            effect=contrast.effect,
            effect_low=effect_low,
            effect_high=effect_high,
            n=contrast.n,
            n_pairs=cells["n_pairs"],
            few=contrast.n < FEW,
        )
        tables.append(table)
    return corrected(pd.concat(tables, ignore_index=True))


def corrected(table: pd.DataFrame) -> pd.DataFrame:
    """Add ``p_holm`` and ``p_bh`` after ``p``: corrections over relations and measures, mask rule by mask rule.

    Holm (1979) bounds the chance of any false finding in the family, Benjamini and Hochberg (1995) the expected share
    of false ones among the findings. The family is all tests of one mask rule in this table; another rule is another
    analysis of the same question, see ``verdict_table``. Missing p stay missing and do not count.

    >>> import pandas as pd
    >>> corrected(pd.DataFrame({"mask": ["soft", "soft", "area:0.1"], "p": [0.01, 0.04, 0.03]}))
           mask     p  p_holm  p_bh
    0      soft  0.01    0.02  0.02
    1      soft  0.04    0.04  0.04
    2  area:0.1  0.03    0.03  0.03
    """
    after = list(table.columns).index("p") + 1
    adjusted = table[["p", "p"]].to_numpy(dtype=np.float64, copy=True)
    for rows in table.groupby("mask", sort=False).indices.values():
        there = rows[np.isfinite(adjusted[rows, 0])]
        adjusted[there] = np.stack([holm(adjusted[there, 0]), stats.false_discovery_control(adjusted[there, 1])], -1)
    table = table.copy()
    table.insert(after, "p_holm", adjusted[:, 0])
    table.insert(after + 1, "p_bh", adjusted[:, 1])
    return table


def holm(p: Floats) -> Floats:
    """Holm's adjusted p: the k-th smallest of n times n - k + 1, never below a smaller one's, at most 1.

    >>> import numpy as np
    >>> holm(np.array([0.01, 0.04, 0.03]))
    array([0.03, 0.06, 0.06])
    """
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1)
    return adjusted
