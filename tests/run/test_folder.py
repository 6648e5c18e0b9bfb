from __future__ import annotations

import pandas as pd
import pytest

from tests.run.test_facts import FACTS
from visuosyn.errors import UserError
from visuosyn.run import RunFolder


def test_a_folder_is_claimed_once_and_found_again(tmp_path):
    folder = RunFolder.claim(tmp_path / "new" / "run", FACTS)
    assert RunFolder.open(folder.path).facts == FACTS
    assert RunFolder.claim(folder.path, FACTS.with_facts(host={"device": "mps"})).facts == FACTS
    with pytest.raises(UserError, match="holds another study: steps: 20 there, 9 now"):
        RunFolder.claim(folder.path, FACTS.with_facts(steps=9))
    assert folder.facts == FACTS


def test_leftovers_are_removed_when_a_study_goes_on(tmp_path):
    folder = RunFolder.claim(tmp_path, FACTS)
    (tmp_path / "traces").mkdir()
    (tmp_path / "traces" / ".unfinished-77-00000.parquet").write_text("half")
    RunFolder.claim(tmp_path, FACTS)
    assert not list(folder.shard(0).parent.iterdir())


def test_a_file_and_a_folder_of_something_else_are_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is a file"):
        RunFolder.claim(tmp_path / "file", FACTS)
    with pytest.raises(UserError, match="not empty and no run folder"):
        RunFolder.claim(tmp_path, FACTS)
    with pytest.raises(UserError, match="is no run folder"):
        RunFolder.open(tmp_path)


def test_what_is_not_there_yet_is_told_with_its_stage(tmp_path):
    folder = RunFolder.claim(tmp_path, FACTS)
    for read, stage in ((folder.pairs, "measure"), (folder.relations, "report"), (folder.sentences, "parse")):
        with pytest.raises(UserError, match=f"run the stage '{stage}' first"):
            read()
    assert folder.shards == ()


def test_dropped_keeps_ids_and_texts_as_they_are(tmp_path):
    folder = RunFolder.claim(tmp_path, FACTS)
    folder.dropped_file.write_text("what,caption_id,seed,text,reason\ncaption,007,,NA,empty\nword,1,3,null,far\n")
    found = folder.dropped()
    assert found["caption_id"].tolist() == ["007", "1"]
    assert found["text"].tolist() == ["NA", "null"]
    assert found["seed"].tolist() == [pd.NA, 3]
