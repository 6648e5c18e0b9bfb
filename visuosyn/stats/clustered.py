"""Means of rows that come in clusters, cell by cell: sums per cluster, then intervals and tests over clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.stats.bootstrap import bootstrap_means, effective_number, percentile_interval
from visuosyn.stats.corrections import FEW, POINTS, corrected, result_columns
from visuosyn.stats.permutation import contrast, sign_flip

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Measures = Mapping[str, tuple[str, str | None]]


def sums_at(
    place: Codes, shape: tuple[int, int], values: Floats, *, quantum: float | None = None
) -> tuple[Floats, Floats]:
    """Sums and counts, each of ``shape``, of the values (row,) that are not missing, at their flat ``place`` (row,).

    With a ``quantum`` (a power of 2) values are rounded to multiples of it before they are added. While the sums stay
    below 2^53 of it they are exact in float64, so the order of the rows does not matter, bit for bit.

    >>> import numpy as np
    >>> sums_at(np.array([0, 0, 1]), (1, 2), np.array([0.5, 0.25, np.nan]))
    (array([[0.75, 0.  ]]), array([[2., 0.]]))
    """
    there = ~np.isnan(values)
    place, values, size = place[there], values[there], shape[0] * shape[1]
    counts = np.bincount(place, minlength=size).astype(np.float64)
    unit = 1.0 if quantum is None else quantum
    wholes = values if quantum is None else np.rint(values / unit)
    sums = np.bincount(place, weights=wholes, minlength=size) * unit
    return sums.astype(np.float64).reshape(shape), counts.reshape(shape)


def clustered(
    rows: pd.DataFrame,
    cells: Sequence[str],
    measures: Measures,
    *,
    cluster: str,
    wider: str | None = None,
    by: Sequence[str] = (),
    counted: str = "n_rows",
    draws: int = 10_000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Means of columns, or of differences of two columns, per cell, in percentage points with clustered intervals.

    ``rows`` have the columns of ``cells``, ``cluster`` and ``wider``, and those of ``measures``, which name (column,
    None) or (column, column to take off); values are shares. Rows where a value is missing are left out of that
    measure. Columns: those of ``cells``, then measure, estimate, low, high, p, p_holm, p_bh, effect, effect_low,
    effect_high, n (clusters), ``counted`` (rows), few (n < 20). Intervals: bootstrap over clusters; p: sign flips by
    cluster, of differences alone, since a level has nothing to be tested against; corrections over the table, or
    over each part of it that the cell columns ``by`` name. Where clusters share something in turn, ``wider`` names the
    column of what they share: the interval over these is added as low_by_WIDER and high_by_WIDER.

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"author": ["ann", "ann", "bob"], "group": "x", "hits": [0.5, 0.3, 0.4]})
    >>> rows = rows.assign(chance=[0.2, 0.2, 0.3])
    >>> measures = {"hits": ("hits", None), "hits - chance": ("hits", "chance")}
    >>> table = clustered(rows, ["group"], measures, cluster="author", draws=99)
    >>> table[["measure", "estimate", "n", "n_rows"]].round(1)
             measure  estimate  n  n_rows
    0           hits      40.0  2       3
    1  hits - chance      16.7  2       3
    """
    code = np.asarray(rows.groupby(list(cells), sort=False).ngroup(), dtype=np.intp)
    names = rows.drop_duplicates(list(cells))[list(cells)].reset_index(drop=True)
    found = []
    for measure, (column, other) in measures.items():
        values = rows[column].to_numpy(dtype=np.float64)
        if other is not None:
            values = values - rows[other].to_numpy(dtype=np.float64)
        places = {name: _sums(rows[name], values, code, len(names)) for name in (cluster, wider) if name is not None}
        table = _measure(places[cluster], counted, draws=draws, seed=seed, level=level)
        if wider is not None:
            low, high = _interval(places[wider], draws=draws, seed=seed, level=level)
            table = table.assign(**{f"low_by_{wider}": low * POINTS, f"high_by_{wider}": high * POINTS})
        if other is None:
            table = table.assign(p=np.nan, effect=np.nan, effect_low=np.nan, effect_high=np.nan)
        table.insert(0, "measure", measure)
        found.append(pd.concat([names, table], axis=1))
    table = pd.concat(found).sort_index(kind="stable")  # cell by cell, in the order of measures
    return corrected(table[table["n"] > 0].reset_index(drop=True), by=by)


def _measure(sums: tuple[Floats, Floats], counted: str, *, draws: int, seed: int, level: float) -> pd.DataFrame:
    """Estimate, interval, test and effect of one measure in every cell."""
    found = contrast(*sums)
    low, high = _interval(sums, draws=draws, seed=seed, level=level)
    columns = result_columns(found, low, high, sign_flip(found.null, draws=draws, seed=seed), level=level)
    return pd.DataFrame(columns | {counted: sums[1].sum(axis=0).astype(int), "few": found.n < FEW})


def _sums(clusters: pd.Series, values: Floats, code: Codes, cells: int) -> tuple[Floats, Floats]:
    """Sums and counts of the values that are not missing, (cluster, cell) each; clusters are sorted by name."""
    numbers, names = pd.factorize(clusters, sort=True)
    return sums_at(numbers * cells + code, (len(names), cells), values)


def _interval(sums: tuple[Floats, Floats], *, draws: int, seed: int, level: float) -> tuple[Floats, Floats]:
    samples = bootstrap_means(*sums, draws=draws, seed=seed)
    return percentile_interval(samples, effective_number(sums[1]), level=level)
