"""All statistics of a study at once."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from visuosyn.stats.controls import chance_controls, control_table, matched_controls
from visuosyn.stats.dominance import difference_table, verdict_table
from visuosyn.stats.relations import relation_table


def study_tables(
    pairs: pd.DataFrame,
    *,
    controls: Mapping[str, pd.DataFrame] | None = None,
    draws: int = 10_000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, pd.DataFrame]:
    """From a pair table to every table that a report of relations shows, by name.

    ``relations`` (means and intervals), ``differences`` (tests of mIoD - mIoH), ``verdicts`` (over mask rules),
    ``chance`` (pairs minus areas placed at random), ``matched`` (pairs minus unrelated pairs of the same kind and
    distance) and, for each of ``controls`` by name, pairs minus that control table (``visuosyn.measure.controls``). A
    control that answers for no pair, for want of unrelated pairs or seeds, has no table.
    """
    differences = difference_table(pairs, draws=draws, seed=seed, level=level)
    tables = {
        "relations": relation_table(pairs, draws=draws, seed=seed, level=level),
        "differences": differences,
        "verdicts": verdict_table(differences),
    }
    known = {"chance": chance_controls(pairs), "matched": matched_controls(pairs)} | dict(controls or {})
    for name, control in known.items():
        if control[["iou", "iod", "ioh"]].notna().any(axis=None):
            tables[name] = control_table(pairs, control, draws=draws, seed=seed, level=level)
    return tables
