"""All statistics of a measured relation study, from its run folder."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from visuosyn.data.masks import MaskRule
from visuosyn.measure.controls import swapped_controls
from visuosyn.report.tables import first_mask
from visuosyn.run import RunFolder
from visuosyn.studies.relations.reference import published_table
from visuosyn.studies.relations.statistics.controls import control_table
from visuosyn.studies.relations.statistics.means import class_table
from visuosyn.studies.relations.statistics.mixed import mixed_tables
from visuosyn.studies.relations.statistics.power import power_table
from visuosyn.studies.relations.statistics.sums import KEPT
from visuosyn.studies.relations.statistics.tables import study_tables

DRAWS = 10_000  # sign patterns and bootstrap samples


def compute_statistics(folder: RunFolder) -> dict[str, pd.DataFrame]:
    """All tables of a study by name, at full precision; nothing is written.

    Those of ``statistic_tables``, and ``published`` (our figures beside published ones), ``classes`` (pairs between
    relations and unrelated ones) and, of a study with swapped captions, ``swapped`` (pairs minus the same words
    exchanged). Empty for a study without a measured pair.

    >>> from visuosyn.testing import tiny_run
    >>> tables = compute_statistics(RunFolder(tiny_run()))
    >>> list(tables)[:3], "swapped" in tables
    (['relations', 'differences', 'verdicts'], False)
    """
    every = folder.rows("pairs")
    pairs = every[every["kind"].isin(KEPT)]
    if pairs.empty:
        return {}
    facts, classes = folder.facts, class_table(every)
    mask = first_mask(pairs, wanted=folder.measurement.masks[0])
    controls = {str(name): rows.drop(columns="control") for name, rows in folder.rows("controls").groupby("control")}
    tables = statistic_tables(pairs, mask=mask, controls=controls, multiverse=folder.rows("multiverse"))
    means = tables["relations"]
    beside = means if classes.empty else pd.concat([means, classes], ignore_index=True)
    tables |= {"published": published_table(beside, scheme=facts.scheme), "classes": classes}
    swapped = swapped_controls(every, folder.sentences())
    return tables | ({"swapped": control_table(pairs, swapped)} if len(swapped) else {})


def statistic_tables(
    pairs: pd.DataFrame,
    *,
    mask: str,
    controls: Mapping[str, pd.DataFrame],
    multiverse: pd.DataFrame | None,
    draws: int = DRAWS,
) -> dict[str, pd.DataFrame]:
    """The tables of ``study_tables``, the mixed models and, under ``mask``, ``power``.

    >>> from visuosyn.testing import pair_rows
    >>> pairs = pair_rows({"amod": [(1.0, 0.5), (0.8, 0.4)], "unrelated": [(0.5, 0.5), (0.3, 0.4)]})
    >>> tables = statistic_tables(pairs, mask="relative:0.4", controls={}, multiverse=None, draws=99)
    >>> list(tables)[5:]
    ['mixed_diagnostics', 'power']
    """
    tables = study_tables(pairs, controls=controls, multiverse=multiverse, draws=draws)
    tables |= mixed_tables(pairs, mask=mask)
    if MaskRule.parse(mask).kind != "area":
        tables["power"] = power_table(pairs, mask=mask)
    return tables
