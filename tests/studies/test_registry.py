"""A study of another package (``tests/studies/outside``) is known by its entry point: functions, commands, folders."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import visuosyn as vs
from visuosyn.errors import UserError
from visuosyn.studies.registry import entry, kind, names

OUTSIDE = Path(__file__).with_name("outside")


def entry_point(folder: Path, name: str, place: str) -> None:
    """A package in ``folder`` that says to bring a study."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[visuosyn.studies]\n{name} = {place}\n")


@pytest.fixture
def outside(monkeypatch):
    monkeypatch.syspath_prepend(OUTSIDE)


@pytest.mark.usefixtures("outside")
def test_it_is_made_opened_measured_and_reported_as_ours_are(tiny_model, tmp_path):
    assert {"counts", "relations", "cohyponyms", "adjectives"} <= set(names())
    (tmp_path / "captions.txt").write_text("a red cat\na dog in a hat\n")
    options = {"model": str(tiny_model), "seeds": "0-1", "steps": 1}
    found = entry("counts").run(tmp_path / "captions.txt", out=tmp_path / "run", **options)
    assert found.facts.study == "counts"
    assert found.rows("counts")["words"].tolist() == [3, 3, 5, 5]
    again = vs.open_run(tmp_path / "run")
    assert again.table("means").to_numpy().tolist() == [[1, 3.0], [2, 5.0]]
    (tmp_path / "run" / "index.html").write_text("lost")
    kind("counts").report(again.folder)
    assert "<td>5.0</td>" in again.folder.page.read_text()
    with pytest.raises(UserError, match="holds a study of counts, not of relations"):
        kind("relations").report(again.folder)


def visuosyn(*arguments: str, path: Path) -> str:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(path), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, "-m", "visuosyn", *arguments], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_it_has_a_command_with_its_options():
    assert "Count the words that have a heat map." in visuosyn("--help", path=OUTSIDE)
    told = visuosyn("counts", "--help", path=OUTSIDE)
    assert "--seeds" in told
    assert "--masks" not in told


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("nowhere:ENTRY", "the study of 'broken' cannot be loaded from nowhere:ENTRY: No module named 'nowhere'"),
        ("visuosyn.studies.registry:nothing", "cannot be loaded from visuosyn.studies.registry:nothing"),
        ("visuosyn.studies.registry:GROUP", "visuosyn.studies.registry:GROUP is no StudyEntry of the name 'broken'"),
        ("visuosyn.studies.relations.entry:ENTRY", "is no StudyEntry of the name 'broken'"),
    ],
)
def test_a_broken_entry_point_is_named_and_ours_still_work(tmp_path, monkeypatch, place, message):
    entry_point(tmp_path, "broken", place)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=message):
        entry("broken")
    assert "study" in visuosyn("--help", path=tmp_path)


def test_nobody_takes_the_place_of_ours(tmp_path, monkeypatch):
    entry_point(tmp_path, "relations", "nowhere:ENTRY")
    monkeypatch.syspath_prepend(tmp_path)
    assert entry("relations").kind == "visuosyn.studies.relations.study:RELATIONS"
