from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
from functools import cache
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
            [sys.executable, "-m", "tests.studies.killed"], cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
        )  # fmt: skip

    def run(self, command: str, out: str, *, sent: int | None = None, after: float = 0, once: str = "") -> dict:
        arguments = [command, str(self.folder / "captions.txt"), "--out", str(self.folder / out), "--quiet"]
        arguments += ["--model", str(self.model), "--steps", "2", "--batch-size", "2"]
        awaited = str(self.folder / out / once) if once else None
        order = {"arguments": arguments, "signal": sent, "after": after, "once": awaited}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    @cache  # noqa: B019 (there is one of this class)
    def undisturbed(self, command: str) -> tuple[dict[str, bytes], float]:
        """Contents of all files of a run that nothing disturbed, and its seconds."""
        done = self.run(command, f"undisturbed-{command}")
        assert done["code"] == 0, self.told()
        return contents(self.folder / f"undisturbed-{command}"), done["seconds"]

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


def contents(folder: Path) -> dict[str, bytes]:
    """All that must be the same, byte for byte: everything but the facts (which hold times) and what shows them."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and (path.suffix in {".parquet", ".csv", ".tex", ".conllu"} or path.name.startswith(".unfinished"))
    }


def kill_until_done(commands, command: str, *, kills: int, seed: int) -> int:
    """Kill a study at random moments until it ends by itself; again with a new folder until there were enough."""
    want, seconds = commands.undisturbed(command)
    moments, done = random.Random(seed), 0
    while done < kills:
        end = commands.run(command, "killed", sent=signal.SIGKILL, after=moments.uniform(0, seconds))
        done += end["code"] == -signal.SIGKILL
        if end["code"] == 0 or done == kills:
            assert commands.run(command, "killed")["code"] == 0, commands.told()
            assert contents(commands.folder / "killed") == want
            shutil.rmtree(commands.folder / "killed")
    return done


def test_killed_twice_the_traces_are_the_same(commands):
    assert {"traces/00002.parquet", "parses.conllu", "left_out.csv"} <= set(commands.undisturbed("trace")[0])
    assert kill_until_done(commands, "trace", kills=2, seed=1) == 2


@pytest.mark.slow
def test_killed_at_ten_random_moments_a_study_gives_the_same_tables(commands):
    assert {"measured/pairs/00000.parquet", "dropped.csv", "tables/relations.csv"} <= set(
        commands.undisturbed("study")[0]
    )
    assert kill_until_done(commands, "study", kills=10, seed=0) == 10


def test_interrupted_a_study_says_how_to_go_on_and_goes_on(commands):
    want, _ = commands.undisturbed("trace")
    end = commands.run("trace", "interrupted", sent=signal.SIGINT, once="traces/00000.parquet")
    assert end["code"] == 130, commands.told()
    assert "the same command goes on from there" in commands.told()
    assert "Traceback" not in commands.told()
    assert commands.run("trace", "interrupted")["code"] == 0
    assert contents(commands.folder / "interrupted") == want
