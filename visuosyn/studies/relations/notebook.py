"""What a notebook shows of a relation study: its relation table, and the study at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from markupsafe import Markup

from visuosyn.report.tables import first_mask
from visuosyn.stats.corrections import FEW
from visuosyn.studies.glance import ROWS, at_a_glance
from visuosyn.studies.relations.tables import DIRECTIONS, SUMMARY_ROWS, one_rule, reader_table
from visuosyn.view.notebook import Shown, estimate_cell, name_cell, table_html

if TYPE_CHECKING:
    from visuosyn.studies.relations.study import RelationStudy


def relations_html(relations: pd.DataFrame, *, mask: str | None = None, scheme: str = "ud", most: int = ROWS) -> Shown:
    """A relation table as a reader wants to see it: one mask rule, the summary rows, then the commonest relations.

    Percentage points with 95% intervals; a dagger marks relations under 20 prompts. ``mask`` defaults to
    relative:0.4, or to the first rule of the table. Raises UserError for a rule that was not measured.

    >>> import re
    >>> from visuosyn.testing import relation_rows
    >>> shown = relations_html(relation_rows({"obj": 25.0, "amod": -15.0}))
    >>> [re.sub("<[^>]*>", " ", line).split()[:4] for line in str(shown).split("<tr>")[2:]]
    [['obj', '100', '50', '40.0'], ['amod', '100', '50', '40.0']]
    """
    table = reader_table(relations, scheme=scheme)
    mask = first_mask(table) if mask is None else mask
    measured = one_rule(table, mask)
    rows = measured.head(most + len(SUMMARY_ROWS))
    heads = ("relation", "pairs", "prompts", "mIoU", "mIoD", "mIoH", "mIoD − mIoH", "")
    left = len(measured) - len(rows)
    note = f"Per cent under {mask}, 95% intervals over prompts; † fewer than {FEW} prompts." + (
        f" {left} rarer relations are left out." if left else ""
    )
    return Shown(str(table_html(heads, [_cells(row) for _, row in rows.iterrows()], note)))


def _cells(row: pd.Series) -> list[Markup]:
    return [
        name_cell(f"{row['relation']}{'†' if row['few'] else ''}"),
        *(Markup("<td>{:,}</td>").format(row[name]) for name in ("n_pairs", "n_prompts")),
        *(estimate_cell(row, name) for name in ("mIoU", "mIoD", "mIoH", "difference")),
        Markup('<td style="text-align:left">{}</td>').format(DIRECTIONS.get(row["direction"], "")),
    ]


def study_html(study: RelationStudy) -> str:
    """A study at a glance: what was run, its relations under its first mask rule, where its report is.

    >>> import re
    >>> from visuosyn.studies.registry import open_run
    >>> from visuosyn.testing import tiny_run
    >>> re.sub("<[^>]*>", "", study_html(open_run(tiny_run()))).partition(";")[0]
    '2 captions of relations.txt, 2 seeds each, drawn by StableDiffusionPipeline (1 step, guidance 7.5)'
    """
    facts = study.facts
    folder = study.folder
    there = (folder.tables / "relations.csv").exists() and not folder.artifact("report").outdated
    known = there and len(study.relations) > 0
    mask = folder.measurement.masks[0]
    table = relations_html(study.relations, mask=mask, scheme=facts.scheme) if known else ""
    return at_a_glance(study.folder, f"{facts.captions:,} captions of {facts.corpus}", Markup(table))
