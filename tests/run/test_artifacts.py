from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa
import pytest

from visuosyn.errors import UserError
from visuosyn.run import Artifact, digest

TABLE = pd.DataFrame({"relation": ["amod", "obj"], "mIoU": [40.0, 30.5]})


@pytest.fixture
def made(tmp_path):
    artifact = Artifact(tmp_path, "part/00003")
    files = {
        "measured/pairs/00003.parquet": TABLE,
        "measured/00003.csv": pa.Table.from_pandas(TABLE),
        "note.txt": "café\n",
    }
    artifact.write(files, "inputs")
    return artifact


def test_what_is_written_is_read_back(made, tmp_path):
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / made.files[0]), TABLE, check_dtype=False)
    assert (tmp_path / made.files[1]).read_text() == "relation,mIoU\namod,40.0\nobj,30.5\n"
    assert (tmp_path / made.files[2]).read_text(encoding="utf-8") == "café\n"


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("change", ["gone", "cut", "flipped", "same length"])
def test_a_changed_file_is_noticed(made, tmp_path, number, change):
    path = tmp_path / made.files[number]
    content = path.read_bytes()
    assert made.is_current("inputs")
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes(
            {"cut": content[:-1], "flipped": bytes([content[0] ^ 1]) + content[1:]}.get(change, b"x" * len(content))
        )
    assert not made.is_current("inputs")
    assert made.is_made_from("inputs")  # the stamp alone
    path.write_bytes(content)
    assert made.is_current("inputs")  # by content, whenever it was written


def test_other_inputs_and_a_lost_or_damaged_stamp(made):
    assert not made.is_current("other inputs")
    made.stamp.write_text(made.stamp.read_text()[:-9])
    assert not made.is_current("inputs")
    made.forget()
    made.forget()
    assert not made.is_current("inputs")
    with pytest.raises(UserError, match="holds no part/00003: run the stage before it first"):
        _ = made.content


def test_content_stands_for_the_files_alone(made, tmp_path):
    before = made.content
    made.record((tmp_path / name for name in reversed(made.files)), "made of something else")
    assert made.content == before
    made.write({"note.txt": "cafe\n"}, "inputs")
    assert made.content != before


def test_nothing_about_time_is_kept(made):
    assert set(json.loads(made.stamp.read_text())) == {"inputs", "files"}


def test_digest_tells_content_from_name_and_order(tmp_path):
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").write_text("x")
    assert digest(tmp_path / "a") == digest(tmp_path / "b") != digest("x")
    assert digest("a", "b") != digest("b", "a")
    assert digest(tmp_path / "none") == digest("")
