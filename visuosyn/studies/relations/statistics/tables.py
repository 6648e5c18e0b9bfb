"""All statistics of a study at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from visuosyn.measure.pair_table import OVERLAPS
from visuosyn.studies.relations.statistics.controls import chance_controls, control_table, matched_controls
from visuosyn.studies.relations.statistics.dominance import difference_table
from visuosyn.studies.relations.statistics.means import relation_table, resampled
from visuosyn.studies.relations.statistics.multiverse import multiverse_table
from visuosyn.studies.relations.statistics.verdicts import verdict_table

CHANCE, MATCHED = "random areas", "matched unrelated pairs"


def study_tables(
    pairs: pd.DataFrame,
    *,
    controls: Mapping[str, pd.DataFrame] | None = None,
    multiverse: pd.DataFrame | None = None,
    draws: int = 10_000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, pd.DataFrame]:
    """From a pair table to the tables that a report of relations shows, by name, but for those of the mixed model.

    ``relations`` (means and intervals), ``differences`` (tests of mIoD - mIoH), ``verdicts`` (of these over mask
    rules), ``contrasts`` (pairs minus what they are compared with, named by ``control``: areas placed at random,
    matched unrelated pairs, and ``controls`` by name) and ``contrast_verdicts`` (over mask rules). With ``multiverse``
    (``multiverse_sums``) also ``multiverse`` and ``multiverse_verdicts``. A control that answers for no pair, for lack
    of unrelated pairs or seeds, has no rows.

    >>> from visuosyn.testing import pair_rows
    >>> pairs = pair_rows({"amod": [(1.0, 0.5), (0.8, 0.4)], "unrelated": [(0.5, 0.5), (0.3, 0.4)]})
    >>> tables = study_tables(pairs, draws=500)
    >>> list(tables)
    ['relations', 'differences', 'verdicts', 'contrasts', 'contrast_verdicts']
    >>> wanted = "relation == 'amod' and measure == 'mIoD'"
    >>> tables["contrasts"].query(wanted)[["control", "estimate"]].round(1)
                        control  estimate
    3              random areas      40.0
    11  matched unrelated pairs      50.0
    """
    options: dict[str, Any] = {"seed": seed, "level": level}
    bootstrap = resampled(pairs, draws=draws, seed=seed)
    differences = difference_table(pairs, draws=draws, bootstrap=bootstrap, **options)
    known = {CHANCE: chance_controls(pairs), MATCHED: matched_controls(pairs)} | dict(controls or {})
    contrasts = {
        name: control_table(pairs, control, draws=draws, **options)
        for name, control in known.items()
        if control[list(OVERLAPS)].notna().any(axis=None)
    }
    tables = {
        "relations": relation_table(pairs, draws=draws, bootstrap=bootstrap, **options),
        "differences": differences,
        "verdicts": verdict_table(differences),
    }
    if contrasts:
        tables["contrasts"] = _named(contrasts)
        overlaps = {name: table[table["measure"] == "mIoU"] for name, table in contrasts.items()}
        tables["contrast_verdicts"] = _named({name: verdict_table(table) for name, table in overlaps.items()})
    if multiverse is not None and not multiverse.empty:
        tables["multiverse"] = multiverse_table(multiverse, draws=min(draws, 2000), **options)
        tables["multiverse_verdicts"] = verdict_table(tables["multiverse"])
    return tables


def _named(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Tables under each other, with their names in the column ``control``."""
    frames = []
    for name, table in tables.items():
        frame = table.copy()
        frame.insert(0, "control", name)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)
