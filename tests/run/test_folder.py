from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pandas as pd
import pytest

import visuosyn.run.folder
from tests.run.test_facts import FACTS, RULES
from visuosyn.errors import UserError
from visuosyn.run import RunFolder, locked, write_shard
from visuosyn.run.shards import read_shard
from visuosyn.testing import heat_maps, tiny_run


def test_a_folder_is_claimed_once_and_found_again(tmp_path):
    folder = RunFolder.claim(tmp_path / "new" / "run", FACTS, RULES)
    assert RunFolder.open(folder.path).facts == FACTS
    assert RunFolder.claim(folder.path, FACTS.with_facts(host={"device": "mps"}), RULES).facts == FACTS
    with pytest.raises(UserError, match="holds another study: steps: 20 there, 9 now"):
        RunFolder.claim(folder.path, FACTS.with_facts(steps=9), RULES)
    assert folder.facts == FACTS


def test_leftovers_are_removed_when_a_study_goes_on(tmp_path):
    folder = RunFolder.claim(tmp_path, FACTS, RULES)
    (tmp_path / "traces").mkdir()
    (tmp_path / "traces" / ".unfinished-77-00000.parquet").write_text("half")
    RunFolder.claim(tmp_path, FACTS, RULES)
    assert not list(folder.shard(0).parent.iterdir())


def test_a_file_and_a_folder_of_something_else_are_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is a file"):
        RunFolder.claim(tmp_path / "file", FACTS, RULES)
    with pytest.raises(UserError, match="not empty and no run folder"):
        RunFolder.claim(tmp_path, FACTS, RULES)
    with pytest.raises(UserError, match="is no run folder"):
        RunFolder.open(tmp_path)


def test_what_is_not_there_yet_is_named_with_its_command(tmp_path):
    folder = RunFolder.claim(tmp_path, FACTS, RULES)
    reads = {
        f"run visuosyn measure {tmp_path} first": lambda: folder.rows("pairs"),
        f"run visuosyn report {tmp_path} first": lambda: folder.table("relations"),
        "repeat the study's command": folder.sentences,
    }
    for message, read in reads.items():
        with pytest.raises(UserError, match=message):
            read()
    with pytest.raises(UserError, match=r"is not drawn to the end \(0 of 1 shards\)"):
        folder.parts()


def test_dropped_keeps_ids_and_texts_as_they_are(tmp_path):
    folder = RunFolder.claim(tmp_path, FACTS, RULES)
    folder.dropped_file.write_text("what,caption_id,seed,text,reason\ncaption,007,,NA,empty\nword,1,3,null,far\n")
    found = folder.dropped()
    assert found["caption_id"].tolist() == ["007", "1"]
    assert found["text"].tolist() == ["NA", "null"]
    assert found["seed"].tolist() == [pd.NA, 3]


def test_maps_of_one_caption_open_no_shard_but_its_own(tmp_path, monkeypatch):
    """Neither are the other shards checked: they may be broken."""
    run = RunFolder(Path(shutil.copytree(tiny_run(), tmp_path / "run")))
    facts = run.facts.with_facts(batch_size=2)  # a caption a shard
    facts.save(run.path)
    every = read_shard(run.shard(0))
    write_shard(run.shard(0), every[:2])
    write_shard(run.shard(1), every[2:])
    run.shard(0).write_bytes(b"broken")
    opened = []
    monkeypatch.setattr(
        visuosyn.run.folder, "read_shard", lambda path, **where: opened.append(path) or read_shard(path, **where)
    )
    assert [(maps.caption_id, maps.seed) for maps in run.heat_maps("2", seed=1)] == [("2", 1)]
    assert opened == [run.shard(1)]
    with pytest.raises(UserError, match=r"00000\.parquet cannot be read"):
        list(run.heat_maps("1"))


def test_a_run_of_format_1_is_read_whatever_its_batches_cut(tmp_path):
    """Three captions with two seeds, cut by three: the second caption's images lie in two shards."""
    facts = FACTS.with_facts(format=1, batch_size=3)
    run = RunFolder(tmp_path)
    facts.save(tmp_path)
    run.parses.write_text(
        "".join(f"# sent_id = {i}\n# text = cat\n1\tcat\tcat\tNOUN\t_\t_\t0\troot\t_\t_\n\n" for i in "123")
    )
    images = [
        heat_maps("cat", [[[1.0, 0.5]]], caption_id=caption, seed=seed, extra={"positions": (0,)})
        for caption in "123"
        for seed in (0, 1)
    ]
    write_shard(run.shard(0), images[:3])
    write_shard(run.shard(1), images[3:])
    assert run.parts() == [(run.shard(0), run.shard(1))]
    assert [m.seed for m in run.heat_maps("2")] == [0, 1]
    assert [(m.caption_id, m.seed) for m in run.heat_maps()] == [(c, s) for c in "123" for s in (0, 1)]


def test_one_process_at_a_time(tmp_path):
    """A second process is refused, and what the first one is writing stays; when the first is killed, all is free."""
    script = """
        import sys, time
        from pathlib import Path
        from visuosyn.run import atomic_write, locked
        with locked(sys.argv[1]), atomic_write(Path(sys.argv[1], "pairs.parquet")) as temporary:
            temporary.write_text("half")
            print("ready", flush=True)
            time.sleep(60)
    """
    first = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "run")], stdout=subprocess.PIPE, text=True
    )
    try:
        assert first.stdout.readline() == "ready\n"
        with (
            pytest.raises(UserError, match="run is in use by another visuosyn process"),
            locked(tmp_path / "run"),
        ):
            RunFolder.claim(tmp_path / "run", FACTS, RULES)
        assert [path.read_text() for path in (tmp_path / "run").glob(".unfinished*")] == ["half"]
    finally:
        first.kill()
        first.wait()
        first.stdout.close()
    with locked(tmp_path / "run"), locked(tmp_path / "run"):  # and who holds it may enter again
        pass


def test_a_file_cannot_be_locked(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(UserError, match="is a file"), locked(tmp_path / "a"):
        pass
