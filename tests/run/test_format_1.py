"""A run that visuosyn 0.1 drew and measured (``tests/data/run_of_format_1``) is read, measured again and reported."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import visuosyn as vs
from visuosyn.errors import UserError
from visuosyn.run import RunFolder
from visuosyn.studies.drawing import design_file
from visuosyn.studies.registry import kind
from visuosyn.testing import tiny_pipeline, tiny_run

OLD = Path(__file__).parents[1] / "data" / "run_of_format_1"


@pytest.fixture
def run(tmp_path):
    return RunFolder(Path(shutil.copytree(OLD, tmp_path / "run")))


def test_it_is_opened_as_it_is(run):
    found = vs.open_run(run.path)
    assert (found.facts.study, found.facts.storage, found.folder.measurement.masks) == (
        "relations", "total", ("relative:0.4", "soft"),
    )  # fmt: skip
    assert [(m.caption_id, m.seed) for m in found.heat_maps()] == [(c, s) for c in ("1", "3", "4") for s in (0, 1)]
    assert found.dropped["what"].tolist() == ["caption"]
    pd.testing.assert_frame_equal(found.pairs, pd.read_parquet(OLD / "pairs.parquet"))


def test_measured_again_it_says_the_same(run):
    relations, before = kind("relations"), vs.open_run(run.path).pairs
    facts = (run.path / "run.json").read_bytes()
    relations.measure(run)
    after = run.rows("pairs")
    assert len(before) == len(after) > 0
    for name in ("caption_id", "seed", "pair", "mask", "relation"):
        assert before[name].tolist() == after[name].tolist()
    np.testing.assert_array_equal(before["iou"], after["iou"])
    assert run.dropped()["what"].tolist() == ["caption"]
    assert relations.report(run).exists()
    assert (run.path / "run.json").read_bytes() == facts


def test_no_study_goes_on_in_it(run, tmp_path):
    """Another visuosyn drew it: its facts differ, whether it is finished or not."""
    (tmp_path / "captions.txt").write_text("a red cat\n\na dog in a hat\nthe ball\n")
    options = {"steps": 1, "seeds": "0-1", "batch_size": 3, "storage": "total", "masks": "soft"}
    run.shard(1).unlink()
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    with pytest.raises(UserError, match=r"holds another study: .*software visuosyn: '0.1"):
        vs.study(tmp_path / "captions.txt", out=run.path, model=tiny_pipeline(), **options)
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file() and path in before} == before


def test_a_missing_design_is_called_what_it_is(run, tmp_path):
    """Format 1 had none; in a newer folder it was lost, and the study's command writes it again."""
    with pytest.raises(UserError, match=r"visuosyn 0\.1 drew it and did not keep templates\.csv"):
        design_file(run, "templates.csv")
    newer = RunFolder(Path(shutil.copytree(tiny_run(), tmp_path / "newer")))
    with pytest.raises(UserError, match=r"holds no templates\.csv, which says what was drawn: repeat"):
        design_file(newer, "templates.csv")
