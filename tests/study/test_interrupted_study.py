from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

CAPTIONS = "a cat in a red hat\na dog and a cat\n\nthe ball\na red ball\na skateboarder with the dog\n"


class Commands:
    """``visuosyn`` commands in processes that can be killed."""

    def __init__(self, folder: Path, model: Path) -> None:
        (folder / "captions.txt").write_text(CAPTIONS)
        self.folder, self.model = folder, model
        self.errors = (folder / "errors.txt").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("killed.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
        )  # fmt: skip

    def study(self, out: str, *, sent: int | None = None, after: float = 0) -> dict:
        arguments = ["study", str(self.folder / "captions.txt"), "--out", str(self.folder / out)]
        arguments += ["--model", str(self.model), "--steps", "2", "--batch-size", "2", "--mask", "soft", "--quiet"]
        self.process.stdin.write(json.dumps({"arguments": arguments, "signal": sent, "after": after}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def told(self) -> str:
        self.errors.seek(0)
        return self.errors.read()


@pytest.fixture(scope="module")
def commands(tmp_path_factory, tiny_model):
    made = Commands(tmp_path_factory.mktemp("killed"), tiny_model)
    yield made
    made.process.stdin.close()
    made.process.wait()
    made.process.stdout.close()
    made.errors.close()


@pytest.fixture(scope="module")
def undisturbed(commands):
    """Contents of all files of a run that nothing disturbed, and its seconds."""
    done = commands.study("undisturbed")
    assert done["code"] == 0, commands.told()
    return contents(commands.folder / "undisturbed"), done["seconds"]


def contents(folder: Path) -> dict[str, bytes]:
    """All that must be the same, byte for byte: everything but the facts (which hold times) and what shows them."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and (path.suffix in {".parquet", ".csv", ".tex", ".conllu"} or path.name.startswith("."))
    }


def kill_until_done(commands, undisturbed, kills: int, seed: int) -> int:
    """Kill a study at random moments until it ends by itself; again with a new folder until there were enough."""
    want, seconds = undisturbed
    moments, done = random.Random(seed), 0
    while done < kills:
        end = commands.study("killed", sent=signal.SIGKILL, after=moments.uniform(0, seconds))
        done += end["code"] == -signal.SIGKILL
        if end["code"] == 0 or done == kills:
            assert commands.study("killed")["code"] == 0, commands.told()
            assert contents(commands.folder / "killed") == want
            shutil.rmtree(commands.folder / "killed")
    return done


def test_killed_twice_a_study_gives_the_same_tables(commands, undisturbed):
    assert {"pairs.parquet", "dropped.csv", "tables/relations.csv", "traces/00002.parquet"} <= set(undisturbed[0])
    assert kill_until_done(commands, undisturbed, kills=2, seed=1) == 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_killed_at_ten_random_moments_a_study_gives_the_same_tables(commands, undisturbed, seed):
    assert kill_until_done(commands, undisturbed, kills=10, seed=seed) == 10


def test_interrupted_a_study_says_how_to_go_on_and_goes_on(commands, undisturbed):
    want, seconds = undisturbed
    end = commands.study("interrupted", sent=signal.SIGINT, after=seconds / 2)
    assert end["code"] == 130, commands.told()
    assert "the same command goes on from there" in commands.told()
    assert "Traceback" not in commands.told()
    assert commands.study("interrupted")["code"] == 0
    assert contents(commands.folder / "interrupted") == want
