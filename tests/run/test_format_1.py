"""A run that visuosyn 0.1 drew and measured (``tests/data/run_of_format_1``) is read, measured again and reported."""

from __future__ import annotations

import json
import shutil
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import visuosyn as vs
from visuosyn import __version__
from visuosyn.errors import UserError
from visuosyn.run import RunFolder
from visuosyn.studies.registry import kind
from visuosyn.testing import tiny_pipeline

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


def test_a_finished_one_is_not_drawn_again_and_an_unfinished_one_cannot_go_on(run, tmp_path):
    (tmp_path / "captions.txt").write_text("a red cat\n\na dog in a hat\nthe ball\n")
    options = {"steps": 1, "seeds": "0-1", "batch_size": 3, "storage": "total", "masks": "soft"}
    values = json.loads((run.path / "run.json").read_text())  # as if these libraries had drawn it
    values["software"] = {name: __version__ if name == "visuosyn" else version(name) for name in values["software"]}
    (run.path / "run.json").write_text(json.dumps(values))
    facts = run.facts
    shards = {path: path.read_bytes() for path in (run.path / "traces").iterdir()}
    found = vs.study(tmp_path / "captions.txt", out=run.path, model=tiny_pipeline(), **options)
    assert found.facts == facts
    assert {path: path.read_bytes() for path in shards} == shards
    run.shard(1).unlink()
    with pytest.raises(UserError, match=r"is not drawn to the end \(1 of 2 shards\)"):
        vs.study(tmp_path / "captions.txt", out=run.path, model=tiny_pipeline(), **options)
