"""The commands that remake what the repository holds."""

from __future__ import annotations

import lzma

import pandas as pd
import pytest
from typer.testing import CliRunner

from visuosyn.cli import app
from visuosyn.lexicon import build
from visuosyn.testing import tiny_run

NOUNS = "  1 Keep this notice.\n00000001 03 n 01 entity 0 000 | that which is\n"


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refused(result, said):
    assert result.exit_code == 2, result.output
    assert said in result.stderr and len(result.stderr.splitlines()) == 1


def test_a_report_is_exported(tmp_path):
    folder = tiny_run("adjectives")
    found = run("export", folder, tmp_path / "kept")
    assert (found.exit_code, found.stdout) == (0, f"Exported: {tmp_path / 'kept' / 'README.md'}\n")
    assert list((tmp_path / "kept" / "tables").glob("*.csv"))
    refused(run("export", tmp_path / "nothing", tmp_path / "kept"), "nothing")


def test_the_lexicon_is_made_of_wordnets_files(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "DATA", tmp_path / "nouns.txt.xz")
    monkeypatch.setattr(build, "NOTICE", tmp_path / "LICENSE")
    (tmp_path / "data.noun").write_text(NOUNS)
    refused(run("lexicon-data", tmp_path), "holds no index.noun")
    (tmp_path / "index.noun").write_text("  1 notice\nentity n 1 0 1 0 00000001\n")
    assert run("lexicon-data", tmp_path, "-q").exit_code == 0
    assert lzma.decompress((tmp_path / "nouns.txt.xz").read_bytes()) == b"3  entity\n\n"
    assert (tmp_path / "LICENSE").read_text() == "Keep this notice.\n"


def test_calibration_goes_to_two_files(tmp_path):
    out = tmp_path / "new" / "calibration.csv"
    found = run("calibrate", "--out", out, "--studies", 1, "--sizes", "20,30", "--draws", 20)
    assert found.exit_code == 0, found.output
    table, beside = pd.read_csv(out), pd.read_csv(out.with_name("calibration_not_chosen.csv"))
    assert set(table["prompts"]) == {20, 30} and "type1" in table
    assert set(beside["test"].str.startswith("not chosen: ")) == {True}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--studies", "0"], "studies 0 is out of range"),
        (["--sizes", "many"], "sizes 'many' are not readable"),
        (["--sizes", "0,40"], "sizes 0 is out of range"),
        (["--out", "."], "cannot write .: it is a folder"),
    ],
)
def test_mistakes_before_a_calibration(options, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(run("calibrate", *options), said)
    assert list(tmp_path.iterdir()) == []


def test_the_world_writes_its_corpus_and_what_its_maps_hold(tmp_path):
    assert run("world", "corpus", tmp_path / "corpus").exit_code == 0
    written = sorted(path.name for path in (tmp_path / "corpus").iterdir())
    assert written == ["captions.conllu", "held_out.csv", "metadata.json"]
    found = run("world", "planted", "--out", tmp_path / "planted.csv", "--scenes", 2)
    assert found.exit_code == 0, found.output
    assert set(pd.read_csv(tmp_path / "planted.csv")["words"]) <= {"drawn things", "masks by convention"}
    refused(run("world", "planted", "--out", tmp_path / "planted.csv", "--scenes", 0), "scenes 0 is out of range")
