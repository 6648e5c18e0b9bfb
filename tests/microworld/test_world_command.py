"""`visuosyn world`: mistakes are one line, before the work."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from visuosyn.cli import app
from visuosyn.microworld.scoring import drawing
from visuosyn.microworld.scoring import score as scoring
from visuosyn.microworld.world import render_set


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["render", "2", "--out", "taken.txt"], "taken.txt is a file: give a new folder"),
        (["render", "2", "--out", "set", "--processes", "0"], "processes 0 is out of range"),
        (["draw", "a cat", "--out", "cat"], "'cat' is no name of a picture: end it in .png"),
        (["draw", "a cat", "--out", "cat.psd"], "'cat.psd' is no name of a picture"),
        (["draw", "a cat", "--out", "taken.txt/cat.png"], "taken.txt is a file"),
        (["draw", "a cat", "--out", "cat.png", "--steps", "0"], "steps 0 is out of range: use a whole number from 1"),
        (["score", "--out", "scores", "--scenes", "0"], "scenes 0 is out of range"),
        (["score", "--out", "scores", "--batch-size", "0"], "batch size 0 is out of range"),
        (["score", "--out", "scores", "--prompts", "0"], "prompts 0 is out of range"),
        (["score", "--out", "scores", "--csv", "."], "cannot write .: it is a folder"),
        (["score", "--out", "scores", "--csv", "taken.txt/scores.csv"], "taken.txt is a file"),
    ],
)
def test_mistakes_are_reported_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], reason: str
) -> None:
    def work(*_: object, **__: object) -> None:
        raise AssertionError("the work was begun")

    monkeypatch.chdir(tmp_path)
    Path("taken.txt").touch()
    for module, name in ((render_set, "_rendered"), (drawing, "draw_prompt"), (scoring, "score")):
        monkeypatch.setattr(module, name, work)
    result = CliRunner().invoke(app, ["world", *command])
    assert result.exit_code == 2, result.output
    assert reason in result.stderr and len(result.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["taken.txt"]


def test_folders_of_the_csv_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = scoring.pd.DataFrame({"measure": ["m"], "value": [0.5]})
    monkeypatch.setattr(scoring, "score", lambda *_, **__: figures)
    file = tmp_path / "new" / "folder" / "scores.csv"
    result = CliRunner().invoke(app, ["world", "score", "--out", str(tmp_path / "scores"), "--csv", str(file)])
    assert result.exit_code == 0, result.output
    assert file.read_text() == "measure,value\nm,0.5\n"
