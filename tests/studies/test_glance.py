"""What a notebook shows of a study: its main table, escaped, and where its report is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.builder import study, write_run
from visuosyn.report.tables import write_csv
from visuosyn.run import RunFolder
from visuosyn.studies.adjectives.study import AdjectiveStudy
from visuosyn.studies.cohyponyms.study import CohyponymStudy
from visuosyn.studies.registry import open_run
from visuosyn.studies.relations.notebook import relations_html
from visuosyn.studies.relations.statistics.means import relation_table
from visuosyn.studies.settings import MASKS
from visuosyn.testing import tiny_run
from visuosyn.view.notebook import Shown


def test_a_study_shows_its_relations_and_where_its_report_is(tmp_path) -> None:
    sentences, images, pairs = study(copies=1, seeds=(0,))
    folder = write_run(tmp_path / "run", sentences, images, pairs)
    html = open_run(folder)._repr_html_()
    assert "4 captions of captions.conllu" in html and "No report yet: visuosyn report" in html
    write_csv(relation_table(pairs, draws=50), folder / "tables" / "relations.csv")
    html = open_run(folder)._repr_html_()
    assert html.index("unrelated") < html.index("all head-dependent") < html.index(">det")


@pytest.mark.parametrize("kind", [CohyponymStudy, AdjectiveStudy])
def test_a_study_of_prompts_shows_its_main_table_and_where_its_report_is(kind: Any, tmp_path: Path) -> None:
    folder = tmp_path / "a <b>"
    shutil.copytree(tiny_run(kind.__name__.removesuffix("Study").lower() + "s"), folder)
    evil = {"adjective": "all adjectives", "measure": "<i>leakage", "estimate": 12.34, "low": 1.0, "high": 20.0}
    rows = [evil | {"mask": "soft", "estimate": 1.0}, evil | {"mask": MASKS[0]}]
    write_csv(pd.DataFrame(rows), folder / "tables" / "leakage.csv")
    found = kind(RunFolder.open(folder))
    text, html = repr(Shown(found._repr_html_())), found._repr_html_()
    first = {CohyponymStudy: "both 0.0 [0.0, 79.3] 0.0 [0.0, 79.3] +0.0 [−79.3, +79.3]",
             AdjectiveStudy: "all adjectives <i>leakage 12.3 [1.0, 20.0]"}[kind]  # fmt: skip
    assert f"\n{first}\n" in text and "<i>" not in html and "<b>/" not in html and len(html) < 10_000
    assert f"{found.folder.facts.captions} prompts of " in text
    assert ", 1 seed each, drawn by" in text and ", 1 seed each, drawn by" in repr(found)
    assert f"The report: {folder}/index.html" in text
    (folder / "index.html").unlink()
    (folder / "tables" / f"{kind.main[0]}.csv").unlink()  # as where nothing could be measured
    text = repr(Shown(found._repr_html_()))
    assert f"No report yet: visuosyn report {folder}" in text and "Percentage points" not in text


def test_relations_are_shown_for_one_rule_with_daggers() -> None:
    _, _, pairs = study(copies=2, seeds=(0,))
    table = relation_table(pairs, draws=50)
    html = relations_html(table, mask="soft")._repr_html_()
    assert "Per cent under soft" in html and "det†" in html and "unrelated†" in html
    one = table[(table["mask"] == "soft") & (table["relation"] == "det")].iloc[0]
    assert f"{one['mIoU']:.1f}<br>" in html
    few = relations_html(table, mask="soft", most=1)
    assert "rarer relations are left out" in str(few) and "rarer" not in html
    assert isinstance(table, pd.DataFrame)
