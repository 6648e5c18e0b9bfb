"""The report of an adjectival study: tables, figures with before/after strips, and one page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from visuosyn.report.citations import bibtex
from visuosyn.report.export import write_summary
from visuosyn.report.prose import amount
from visuosyn.report.render import render
from visuosyn.report.run_text import run_facts
from visuosyn.report.tables import dropped_summary, write_csv
from visuosyn.run import RunFolder, write_text
from visuosyn.studies.adjectives.gallery import draw_figures
from visuosyn.studies.adjectives.prose import findings, methods
from visuosyn.studies.adjectives.sections import TITLES, shown_section


def write_page(folder: RunFolder, statistics: Mapping[str, pd.DataFrame]) -> Path:
    """Write ``tables/``, ``figures/`` and ``index.html`` of a measured adjectival study; returns the page.

    ``statistics`` are the tables of ``compute_statistics``. The same folder gives the same bytes again.

    >>> from visuosyn.studies.adjectives.statistics import compute_statistics
    >>> from visuosyn.testing import tiny_run
    >>> run = RunFolder(tiny_run("adjectives"))
    >>> page = write_page(run, compute_statistics(run))
    >>> page.name, (page.parent / "tables" / "dropped_summary.csv").exists()
    ('index.html', True)
    """
    masks, edges = folder.measurement.masks, folder.measurement.edges
    facts, dropped, mask = folder.facts, folder.dropped(), _headline_mask(masks)
    judge = json.loads((folder.path / "judge.json").read_text(encoding="utf-8"))
    design = pd.read_csv(folder.path / "design.csv", dtype=str, keep_default_na=False)
    for name, table in {**statistics, "dropped_summary": dropped_summary(dropped)}.items():
        write_csv(table, folder.tables / f"{name}.csv")
    sentence, said = _sentence(folder, design), findings(statistics, mask)
    figures = draw_figures(folder, statistics, design, mask)
    shown = [name for name in statistics if name in TITLES]
    context = {
        "facts": facts,
        "sentence": sentence,
        "findings": said,
        "run_facts": [*run_facts(facts, masks=masks, edges=edges), *_more_facts(facts.options, judge)],
        "sections": [shown_section(name, statistics[name]) for name in shown],
        "judge_range": statistics["judge_range"].to_dict("records") if "judge_range" in statistics else [],
        "judge": judge,
        "figures": figures,
        "dropped": dropped_summary(dropped).to_dict("records"),
        "methods": methods(facts, judge, masks=masks, dropped=len(dropped)),
        "bibtex": bibtex(),
    }
    write_summary(
        folder,
        title="Adjectives in pictures",
        sentence=sentence,
        command="visuosyn adjectives",
        findings=said,
        figures=figures,
        tables=[(name, TITLES[name]) for name in shown],
    )
    write_text(folder.page, render("visuosyn.studies.adjectives", masks=masks, mask=mask, **context))
    return folder.page


def _headline_mask(masks: Sequence[str]) -> str:
    """Soft first: a share of the whole map needs no threshold."""
    return "soft" if "soft" in masks else masks[0]


def _sentence(run: RunFolder, design: pd.DataFrame) -> str:
    facts = run.facts
    scenes = amount(design["template"].nunique(), "scene")
    return (
        f"{scenes} under changed adjectives: {amount(facts.captions, 'prompt')}, drawn by {facts.model}, each "
        f"with {amount(len(facts.seeds), 'seed')}; all prompts of a scene start from the same noise."
    )


def _more_facts(options: Mapping[str, Any], judge: Mapping[str, Any]) -> list[tuple[str, str]]:
    plain = {name: value for name, value in judge.items() if name != "name" and isinstance(value, str | int | float)}
    properties = ", ".join(f"{name} {value}" for name, value in plain.items())
    shares = f"to the text {100 * options['cross_share']:g} %, within the picture {100 * options['self_share']:g} %"
    return [("Re-used attention", f"{shares} of the steps"), ("Judge", f"{judge['name']} ({properties})")]
