from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from tests.run.test_facts import FACTS, RULES
from visuosyn.errors import UserError
from visuosyn.report.export import export, write_summary
from visuosyn.report.figures import ReportFigure
from visuosyn.run import RunFolder, write_text


@pytest.fixture
def run(tmp_path):
    FACTS.save(tmp_path / "run")
    RULES.save(tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    write_text(folder.tables / "one.csv", "measure,estimate\nleakage,1.0\n")
    folder.figures.mkdir()
    Image.fromarray(np.full((60, 80, 3), 200, np.uint8)).save(folder.figures / "chart.png")
    figure = ReportFigure("chart", "A chart", "chart", "data:", (80, 60), "alt", "What it’s about & more.")
    write_summary(
        folder, title="A study", sentence="Of things.", command="visuosyn things", findings=["p < .001 for 'a'"],
        figures=[figure], tables=[("one", "The one")],
    )  # fmt: skip
    return folder


def test_what_is_exported(run, tmp_path):
    export(run.path, tmp_path / "exported")
    write_text(tmp_path / "exported" / "tables" / "old.csv", "gone")
    readme = export(run.path, tmp_path / "exported")
    files = sorted(
        str(path.relative_to(tmp_path / "exported")) for path in (tmp_path / "exported").rglob("*") if path.is_file()
    )
    assert files == ["README.md", "figures/chart.png", "measurement.json", "run.json", "tables/one.csv"]
    text = readme.read_text()
    assert text.startswith("# A study\n\nOf things.\n")
    assert "- p < .001 for 'a'" in text
    assert "What it’s about & more." in text
    assert "[The one](tables/one.csv)" in text
    assert json.loads((tmp_path / "exported" / "run.json").read_text())["model"] == "micro"
    with Image.open(tmp_path / "exported" / "figures" / "chart.png") as picture:
        assert picture.mode == "P"
        assert np.asarray(picture.convert("RGB")).mean() == 200


def test_exported_again_it_is_the_same_bytes(run, tmp_path):
    export(run.path, tmp_path / "a")
    export(run.path, tmp_path / "b")
    for path in (tmp_path / "a").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_replaces_nothing_but_an_earlier_export(run, tmp_path):
    write_text(tmp_path / "paper" / "figures" / "mine.png", "precious")
    write_text(tmp_path / "paper" / "README.md", "precious")
    write_text(tmp_path / "notes.txt", "precious")
    another = RunFolder(tmp_path / "another")
    FACTS.save(another.path)
    write_text(another.parses, "")
    write_text(another.path / "README.md", "notes on a run")
    before = contents(tmp_path)
    for into, message in (
        (tmp_path / "paper", "not empty and no earlier export"),
        (tmp_path / "notes.txt", "is a file"),
        (another.path, "not empty and no earlier export"),
        (run.path, "not empty and no earlier export"),
    ):
        with pytest.raises(UserError, match=message):
            export(run.path, into)
    assert contents(tmp_path) == before


def test_an_export_is_no_run_folder_to_open_or_to_draw_in(run, tmp_path):
    export(run.path, tmp_path / "exported")
    before = contents(tmp_path / "exported")
    with pytest.raises(UserError, match="is an exported report"):
        RunFolder.open(tmp_path / "exported")
    with pytest.raises(UserError, match="not empty and no run folder"):
        RunFolder.claim(tmp_path / "exported", FACTS, RULES)
    assert contents(tmp_path / "exported") == before


def test_a_report_of_an_earlier_measurement_is_not_exported(run, tmp_path):
    run.artifact("report").write({"index.html": "of other masks"}, "other masks")
    run.artifact("report").outdate()
    with pytest.raises(UserError, match=r"is of an earlier measurement: run visuosyn report"):
        export(run.path, tmp_path / "exported")
    assert not (tmp_path / "exported").exists()


def test_a_run_without_a_summary(tmp_path):
    FACTS.save(tmp_path)
    RULES.save(tmp_path)
    with pytest.raises(UserError, match=r"no report that can be exported"):
        export(tmp_path, tmp_path / "exported")
