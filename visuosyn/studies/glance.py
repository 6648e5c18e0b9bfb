"""A study at a glance, as a notebook shows it: what was run, its main table, where its report is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from visuosyn.run import RunFolder
from visuosyn.view.notebook import estimate_cell, name_cell, table_html

if TYPE_CHECKING:
    from visuosyn.studies.results import PromptStudy

ROWS = 12  # of a table


def at_a_glance(folder: RunFolder, content: str, table: Markup) -> str:
    """The facts of a run in a line (``content``: what was drawn), a table, and where the report is, as HTML.

    >>> import re
    >>> from visuosyn.testing import tiny_run
    >>> html = at_a_glance(RunFolder.open(tiny_run()), "2 captions", Markup(""))
    >>> re.sub("<[^>]*>", "", html).partition(" (")[0]
    '2 captions, 2 seeds each, drawn by StableDiffusionPipeline'
    """
    facts, page = folder.facts, folder.page
    outdated = folder.artifact("report").outdated
    lacking = "The report is of an earlier measurement" if outdated else "No report yet"
    return str(
        Markup(
            "<p><strong>{}</strong>, {} drawn by {} ({}, guidance {:g}); {} dropped with reasons."
            "</p>{}<p><small>{}</small></p>"
        ).format(
            content,
            f"{len(facts.seeds)} seed{'s'[: len(facts.seeds) != 1]} each,",
            facts.model,
            f"{facts.steps} step{'s'[: facts.steps != 1]}",
            facts.guidance,
            f"{len(folder.dropped()):,}",
            table,
            f"The report: {page}" if page.exists() and not outdated else f"{lacking}: visuosyn report {folder.path}",
        )
    )


def prompt_study_html(study: PromptStudy) -> str:
    """A study that generates its prompts, at a glance: what was run, the main table, where its report is.

    >>> import re
    >>> from visuosyn.studies.results import PromptStudy
    >>> from visuosyn.testing import tiny_run
    >>> class Overlaps(PromptStudy):
    ...     main = ("relations", ("relation", "n_pairs"))
    >>> html = prompt_study_html(Overlaps(RunFolder.open(tiny_run())))
    >>> re.sub("<[^>]*>", "", html).partition(",")[0]
    '2 prompts of relations.txt'
    """
    facts = study.folder.facts
    return at_a_glance(study.folder, f"{facts.captions:,} prompts of {facts.corpus}", _main_table(study))


def _main_table(study: PromptStudy) -> Markup:
    """The first rows of the main table under the first mask rule, empty where nothing could be measured."""
    name, columns = study.main
    if not (study.folder.tables / f"{name}.csv").exists() or study.folder.artifact("report").outdated:
        return Markup("")
    table, rule = study.table(name).rename(columns={"low": "estimate_low", "high": "estimate_high"}), ""
    if "mask" in table:
        rule = study.folder.measurement.masks[0]
        table, rule = table[table["mask"] == rule], f" under {rule}"
    rows = [
        [estimate_cell(row, column) if f"{column}_low" in table else name_cell(row[column]) for column in columns]
        for _, row in table.head(ROWS).iterrows()
    ]
    note = (
        f"Percentage points{rule}, 95% intervals; {len(rows)} of {len(table):,} rows, "
        f"the rest and the tests: .table({name!r})"
    )
    return table_html(columns, rows, note)
