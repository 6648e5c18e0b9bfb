"""The report of a cohyponym study: tables, figures with paired overlays, and one page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from visuosyn.report.citations import bibtex
from visuosyn.report.export import write_summary
from visuosyn.report.prose import amount
from visuosyn.report.render import render
from visuosyn.report.run_text import run_facts
from visuosyn.report.tables import dropped_summary, write_csv
from visuosyn.run import RunFolder, write_text
from visuosyn.studies.cohyponyms.gallery import draw_figures
from visuosyn.studies.cohyponyms.latex import outcomes_latex
from visuosyn.studies.cohyponyms.prose import findings, judge_sentence, methods
from visuosyn.studies.cohyponyms.sections import SECTIONS, shown_section


def write_page(folder: RunFolder, statistics: Mapping[str, pd.DataFrame]) -> Path:
    """Write ``tables/``, ``figures/`` and ``index.html`` of a measured cohyponym study; returns the page.

    ``statistics`` are the tables of ``compute_statistics``. The same folder gives the same bytes again.

    >>> from visuosyn.studies.cohyponyms.statistics.compute import compute_statistics
    >>> from visuosyn.testing import tiny_run
    >>> run = RunFolder(tiny_run("cohyponyms"))
    >>> page = write_page(run, compute_statistics(run))
    >>> page.name, (page.parent / "tables" / "outcomes.tex").exists()
    ('index.html', True)
    """
    masks, edges = folder.measurement.masks, folder.measurement.edges
    facts, dropped, mask = folder.facts, folder.dropped(), masks[0]
    judge = json.loads((folder.path / "judge.json").read_text(encoding="utf-8"))
    pairs = pd.read_csv(folder.path / "pairs.csv")
    images = folder.rows("images")
    for name, table in {**statistics, "dropped_summary": dropped_summary(dropped)}.items():
        write_csv(table, folder.tables / f"{name}.csv")
    write_text(folder.tables / "outcomes.tex", outcomes_latex(statistics["outcomes"], model=facts.model))
    sentence = _sentence(folder, pairs, len(images))
    said = [*findings(statistics, mask), judge_sentence(judge, statistics["judge"])]
    figures = draw_figures(folder, statistics, mask)
    sections = [section for section in SECTIONS if len(statistics[section.name])]
    crowded = "crowd" in set(images["template"])
    context = {
        "facts": facts,
        "sentence": sentence,
        "findings": said,
        "run_facts": run_facts(facts, masks=masks, edges=edges),
        "sections": [shown_section(section, statistics[section.name]) for section in sections],
        "figures": figures,
        "dropped": dropped_summary(dropped).to_dict("records"),
        "methods": methods(facts, judge, pairs, dropped=len(dropped), crowded=crowded),
        "bibtex": bibtex(),
    }
    write_summary(
        folder,
        title="Cohyponyms in pictures",
        sentence=sentence,
        command="visuosyn cohyponyms",
        findings=said,
        figures=figures,
        tables=[(section.name, section.title) for section in sections],
    )
    write_text(folder.page, render("visuosyn.studies.cohyponyms", masks=masks, mask=mask, **context))
    return folder.page


def _sentence(run: RunFolder, pairs: pd.DataFrame, images: int) -> str:
    facts, cohyponyms = run.facts, int((pairs["cohyponyms"].astype(str) == "True").sum())
    return (
        f"{amount(cohyponyms, 'pair')} of cohyponyms and {amount(len(pairs) - cohyponyms, 'pair')} of other nouns, "
        f"drawn by {facts.model} in both orders with {amount(len(facts.seeds), 'seed')}: {amount(images, 'picture')}."
    )
