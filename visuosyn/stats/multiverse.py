"""Does a finding hang on a choice of the analysis? mIoD - mIoH in every universe of one tracing run.

Source: Steegen, Tuerlinckx, Gelman & Vanpaemel 2016, "Increasing transparency through a multiverse analysis"; the curve
of sorted estimates is Simonsohn, Simmons & Nelson's specification curve (2020).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from visuosyn.errors import UserError
from visuosyn.stats.bootstrap import bootstrap_means, effective_number, percentile_interval
from visuosyn.stats.results import FEW, POINTS
from visuosyn.stats.sums import ALL, UNRELATED, ratio

UNIVERSE = ["normalisation", "layers", "third", "mask"]
SUMS = ["iod", "n_iod", "ioh", "n_ioh"]


def multiverse_table(sums: pd.DataFrame, *, draws: int = 2000, seed: int = 0, level: float = 0.95) -> pd.DataFrame:
    """MIoD - mIoH with its interval per relation and universe, from ``measure.multiverse.multiverse_sums``.

    Columns: relation, normalisation, layers, third, mask, estimate, low, high (percentage points), n (prompts), few.
    ``verdict_table`` of it says in how many universes each direction holds. How to read: a finding worth its name
    keeps its sign across the universes that someone would defend. Caveat: universes share images; k of n is no
    probability, and a bad universe counts as much as a good one.
    """
    if sums.empty:
        raise UserError("the multiverse holds no rows: there is nothing to compute statistics of")
    related = sums[sums["kind"] == "related"]
    label = sums["relation"].where(sums["kind"] == "related", UNRELATED)
    rows = pd.concat([sums.assign(relation=label), related.assign(relation=ALL)], ignore_index=True)
    prompts = np.sort(rows["caption_id"].unique())
    tables = [
        _differences(part, prompts, draws=draws, seed=seed, level=level)
        for _, part in rows.groupby(UNIVERSE[:-1], sort=True)
    ]
    table = pd.concat(tables, ignore_index=True)
    return table.assign(few=table["n"] < FEW)


def _differences(part: pd.DataFrame, prompts: np.ndarray, *, draws: int, seed: int, level: float) -> pd.DataFrame:
    """All relations and mask rules of one normalisation, choice of layers and third."""
    keys = ["relation", *UNIVERSE]
    wide = part.pivot_table(index="caption_id", columns=keys, values=SUMS, aggfunc="sum", fill_value=0.0)
    wide = wide.reindex(prompts, fill_value=0.0)
    cells = wide["iod"].columns
    iod, n_iod, ioh, n_ioh = (wide[name][cells].to_numpy(dtype=np.float64) for name in SUMS)
    total, count = np.stack([iod, ioh], axis=-1), np.stack([n_iod, n_ioh], axis=-1)
    drawn = bootstrap_means(total, count, draws=draws, seed=seed)
    means = ratio(total.sum(axis=0), count.sum(axis=0))
    effective = np.minimum(*np.moveaxis(effective_number(count), -1, 0))
    low, high = percentile_interval(drawn[:, :, 0] - drawn[:, :, 1], effective, level=level)
    return cells.to_frame(index=False).assign(
        estimate=(means[:, 0] - means[:, 1]) * POINTS,
        low=low * POINTS,
        high=high * POINTS,
        n=np.minimum((n_iod > 0).sum(axis=0), (n_ioh > 0).sum(axis=0)),
    )
