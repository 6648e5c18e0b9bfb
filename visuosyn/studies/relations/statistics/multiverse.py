"""Does a finding depend on a choice of the analysis? Every universe of one tracing run.

Source: Steegen, Tuerlinckx, Gelman & Vanpaemel 2016, "Increasing transparency through a multiverse analysis"; the curve
of sorted estimates is Simonsohn, Simmons & Nelson's specification curve (2020).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.errors import UserError
from visuosyn.stats.bootstrap import bootstrap_means, effective_number, percentile_interval, ratio
from visuosyn.stats.corrections import FEW, POINTS
from visuosyn.studies.relations.statistics.dominance import DIFFERENCE
from visuosyn.studies.relations.statistics.sums import ALL, KEPT, UNRELATED
from visuosyn.studies.relations.statistics.verdicts import OVERLAP

UNIVERSE = ["normalisation", "layers", "third", "mask"]
SUMS = ["iod", "n_iod", "ioh", "n_ioh", "iou", "n_iou"]


def multiverse_table(sums: pd.DataFrame, *, draws: int = 2000, seed: int = 0, level: float = 0.95) -> pd.DataFrame:
    """Findings with their intervals per relation and universe, from ``measure.multiverse.multiverse_sums``.

    Measures: mIoD - mIoH, and mIoU minus that of unrelated pairs in the same universe (where there are any). Columns:
    relation, normalisation, layers, third, mask, measure, estimate, low, high (percentage points), n (prompts), few.
    ``verdict_table`` of it says in how many universes each finding holds. How to read: a finding worth its name
    keeps its sign across the universes that someone would defend. Caveat: universes share images; k of n is no
    probability, and a bad universe counts as much as a good one.

    >>> import pandas as pd
    >>> facts = {"kind": "related", "relation": "amod", "layers": "all", "third": "all", "mask": "soft"}
    >>> sums = pd.DataFrame({"caption_id": ["1", "2"] * 2, "normalisation": ["none", "none", "words", "words"]})
    >>> sums = sums.assign(iod=[0.9, 0.7, 0.5, 0.5], ioh=[0.5, 0.4, 0.6, 0.7], iou=0.3, **facts)
    >>> sums[["n_iod", "n_ioh", "n_iou"]] = 1  # how many values each sum has
    >>> table = multiverse_table(sums).query("relation == 'amod'")
    >>> table[["normalisation", "measure", "estimate", "n"]].round(1)
      normalisation      measure  estimate  n
    1          none  mIoD - mIoH      35.0  2
    3         words  mIoD - mIoH     -15.0  2
    """
    sums = sums[sums["kind"].isin(KEPT)]
    if sums.empty:
        raise UserError("the multiverse holds no rows: there is nothing to compute statistics of")
    related = sums[sums["kind"] == "related"]
    label = sums["relation"].where(sums["kind"] == "related", UNRELATED)
    rows = pd.concat([sums.assign(relation=label), related.assign(relation=ALL)], ignore_index=True)
    prompts = np.sort(rows["caption_id"].unique())
    tables = [
        _universes(some, prompts, draws=draws, seed=seed, level=level)
        for _, some in rows.groupby(UNIVERSE[:-1], sort=True)
    ]
    table = pd.concat(tables, ignore_index=True)
    return table.assign(few=table["n"] < FEW)


def _universes(
    rows: pd.DataFrame, prompts: NDArray[np.object_], *, draws: int, seed: int, level: float
) -> pd.DataFrame:
    """All relations and mask rules of one normalisation, choice of layers and phase of the steps."""
    keys = ["relation", *UNIVERSE]
    wide = rows.pivot_table(index="caption_id", columns=keys, values=SUMS, aggfunc="sum", fill_value=0.0)
    wide = wide.reindex(prompts, fill_value=0.0)
    cells = wide["iod"].columns.to_frame(index=False)
    iod, n_iod, ioh, n_ioh, iou, n_iou = (wide[name][wide["iod"].columns].to_numpy(dtype=np.float64) for name in SUMS)
    total, count = np.stack([iod, ioh, iou], axis=-1), np.stack([n_iod, n_ioh, n_iou], axis=-1)
    samples = bootstrap_means(total, count, draws=draws, seed=seed)
    means, rests_on = ratio(total.sum(axis=0), count.sum(axis=0)), effective_number(count)
    here = (count > 0).sum(axis=0)
    unrelated = (cells["relation"] == UNRELATED).to_numpy()
    places = {mask: at for at, mask in enumerate(cells["mask"]) if unrelated[at]}
    with_control = np.array(
        [at for at, mask in enumerate(cells["mask"]) if mask in places and not unrelated[at]], dtype=np.intp
    )
    against = np.array([places[mask] for mask in cells["mask"].iloc[with_control]], dtype=np.intp)
    whole = np.arange(len(cells))
    tables: list[pd.DataFrame] = []
    for measure, first, second in ((DIFFERENCE, (whole, 0), (whole, 1)), (OVERLAP, (with_control, 2), (against, 2))):
        low, high = percentile_interval(
            samples[:, *first] - samples[:, *second], np.minimum(rests_on[first], rests_on[second]), level=level
        )
        tables.append(
            cells.iloc[first[0]].assign(
                measure=measure,
                estimate=(means[first] - means[second]) * POINTS,
                low=low * POINTS,
                high=high * POINTS,
                n=np.minimum(here[first], here[second]),
            )
        )
    return pd.concat(tables)
