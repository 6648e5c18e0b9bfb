"""The training: same seed, same weights; killed and resumed, same weights; schedules; mistakes."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from training import checkpoints, keeper, train
from training.__main__ import app
from training.cache import Cache, open_cache
from training.latents import Projection
from training.learner import Learner, Recipe, averaging_factor, draw, rate_factor
from training.tokenizer import build, encode
from visuosyn.errors import UserError
from visuosyn.microworld.world.scenes import sample, vocabulary

SMALL = Recipe(channels=(16, 32, 32), batch=4, scenes=64, warmup=5)


def job(out: Path, *, steps: int, resume: bool = False) -> keeper.TrainingJob:
    return keeper.TrainingJob(out, SMALL, minutes=1, steps=steps, ranks=1, device="cpu", resume=resume)


@pytest.fixture(scope="module", autouse=True)
def small_side_work() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeper.samples, "PROMPTS", ("a cat",))
        patch.setattr(keeper, "LOG_STEPS", 5)
        yield


class StopAfter:
    """A flag that is set once it was asked `count` times."""

    def __init__(self, count: int) -> None:
        self.count = count

    def is_set(self) -> bool:
        self.count -= 1
        return self.count < 0

    def set(self) -> None:
        self.count = 0


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("straight")
    train.train(job(out, steps=12), Event())
    return out


def newest(out: Path) -> Path:
    found = checkpoints.latest(out)
    assert found is not None
    return found


def weights(out: Path, part: str = "weights") -> dict[str, torch.Tensor]:
    return load_file(newest(out) / f"{part}.safetensors")


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_two_runs_give_identical_weights(straight: Path, tmp_path: Path) -> None:
    train.train(job(tmp_path, steps=12), Event())
    assert all(
        same(weights(tmp_path, part), weights(straight, part)) for part in ("weights", "averaged", "muon", "adam")
    )


def test_a_stopped_run_continues_to_the_same_weights(straight: Path, tmp_path: Path) -> None:
    train.train(job(tmp_path, steps=12), StopAfter(5))
    state = checkpoints.read_state(newest(tmp_path))
    assert (state["progress"]["step"], state["progress"]["finished"]) == (5, False)
    train.train(job(tmp_path, steps=12, resume=True), Event())
    assert all(
        same(weights(tmp_path, part), weights(straight, part)) for part in ("weights", "averaged", "muon", "adam")
    )


class Killed(Exception):
    """The end of a process, which has no time to save."""


class KillAfter(StopAfter):
    def is_set(self) -> bool:
        if super().is_set():
            raise Killed
        return False


def test_a_killed_and_resumed_run_continues_its_loss_curve(
    straight: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "CHECKPOINT_SECONDS", -1)  # after every step
    with pytest.raises(Killed):
        train.train(job(tmp_path, steps=12), KillAfter(5))
    train.train(job(tmp_path, steps=12, resume=True), Event())
    curves = [list(csv.DictReader((out / "log.csv").read_text().splitlines())) for out in (tmp_path, straight)]
    first, second = ([(row["step"], row["loss"], row["object_loss"]) for row in rows] for rows in curves)
    assert first == second and [step for step, *_ in first] == ["5", "10"]
    assert same(weights(tmp_path), weights(straight))


@pytest.mark.slow
def test_a_hundred_steps_twice_give_identical_weights(tmp_path: Path) -> None:
    outs = [tmp_path / name for name in ("first", "second")]
    for out in outs:
        train.train(job(out, steps=100), Event())
    for part in ("weights", "averaged", "muon", "adam"):
        assert same(*(weights(out, part) for out in outs)), part


def test_a_finished_run_goes_on_from_its_end_with_a_new_budget(straight: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    subprocess.run(["cp", "-r", straight, out], check=True)
    before = weights(out)
    train.train(job(out, steps=3, resume=True), StopAfter(1))
    progress = checkpoints.read_state(newest(out))["progress"]
    assert (progress["step"], progress["budget_step"], progress["fresh"], progress["finished"]) == (
        13,
        12,
        False,
        False,
    )
    assert progress["views"] == 13 * SMALL.batch
    changed = [name for name, value in weights(out).items() if not torch.allclose(value, before[name], atol=0.02)]
    assert not changed  # the first step of the warm-up is small: it went on from there


def test_a_change_of_recipe_is_noted(straight: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    subprocess.run(["cp", "-r", straight, out], check=True)
    for steps in (1, 2):  # the second start changes nothing and notes nothing
        changed = replace(job(out, steps=steps, resume=True), recipe=replace(SMALL, batch=8))
        train.train(changed, Event())
    history = checkpoints.read_state(newest(out))["progress"]["history"]
    assert history == ["from step 12 on batch 8 (before: 4)"]


def test_weights_of_another_network_are_refused(straight: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    subprocess.run(["cp", "-r", straight, out], check=True)
    file = newest(out) / "weights.safetensors"
    kept = load_file(file)
    save_file({name: value for name, value in kept.items() if name != "unet.conv_in.bias"}, file)
    with pytest.raises(UserError, match=r"another network: 1 tensors .* unet\.conv_in\.bias; start a new run"):
        train.train(job(out, steps=1, resume=True), Event())


def test_the_log_of_a_resumed_run_has_every_row_once(straight: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    subprocess.run(["cp", "-r", straight, out], check=True)
    with (out / "log.csv").open("a") as log:
        log.write("15,60,9.9,1,1,1\n")  # written after the checkpoint by a run that was killed
    train.train(job(out, steps=5, resume=True), Event())
    rows = list(csv.DictReader((out / "log.csv").read_text().splitlines()))
    steps = [int(row["step"]) for row in rows]
    assert steps == [5, 10, 15]


def test_the_time_budget_ends(tmp_path: Path) -> None:
    short = keeper.TrainingJob(tmp_path, SMALL, minutes=0.05, steps=None, ranks=1, device="cpu", resume=False)
    train.train(short, Event())
    progress = checkpoints.read_state(newest(tmp_path))["progress"]
    assert progress["finished"] and 3 <= progress["seconds"] < 9
    assert (tmp_path / f"sheet-{progress['step']:08d}.png").exists()


@pytest.mark.slow
def test_two_ranks_stop_cleanly_on_a_signal_and_resume(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "training", "train", "--out", str(tmp_path), "--ranks", "2"]
    process = subprocess.Popen([*command, "--scenes", "64", "--batch", "4", "--minutes", "30"])
    while not (tmp_path / "log.csv").exists():
        time.sleep(0.2)
        assert process.poll() is None
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    step = checkpoints.read_state(newest(tmp_path))["step"]
    assert step >= 50
    subprocess.run([*command, "--resume", "--steps", str(step + 2)], check=True)
    assert checkpoints.read_state(newest(tmp_path))["step"] == step + 2


def test_the_cache_grows_and_is_made_again_for_another_code(tmp_path: Path) -> None:
    tokenizer = build(vocabulary())
    code = Projection(np.zeros(48, np.float32), np.eye(48, 8, dtype=np.float32), np.ones(8, np.float32))

    def opened(count: int, projection: Projection) -> Cache:
        return open_cache(tmp_path, count=count, projection=projection, tokenizer=tokenizer, processes=1)

    few = np.array(opened(20, code).latents)
    more = opened(30, code)
    assert np.array_equal(more.latents[:20], few) and more.latents[20:].any()
    assert 0 < more.rare.sum() < 30 and more.rare.tolist() == [
        any(thing.size or thing.pattern for thing in sample(seed).objects) for seed in range(30)
    ]
    doubled = opened(20, Projection(code.mean, code.basis, 2 * code.scale))
    assert np.array_equal(doubled.latents, 2 * few)


def test_draws_depend_on_seed_step_and_rank_only() -> None:
    random = np.random.default_rng(0)
    cache = Cache(
        latents=random.normal(size=(50, 8, 24, 24)).astype(np.float16),
        tokens=np.arange(50, dtype=np.uint16)[:, None].repeat(32, 1),
        cover=np.full((50, 24, 24), 16, np.uint8),
        single=np.arange(50) < 3,
        rare=np.arange(50) >= 45,
    )
    recipe = replace(SMALL, rare_share=0.0)

    def drawn(**changes: int | bool) -> list[int]:
        given = {"step": 7, "rank": 0, "ranks": 2, "single": False} | changes
        return draw(cache, recipe, device=torch.device("cpu"), **given).tokens[:, 0].tolist()

    assert drawn() == drawn() != drawn(step=8)
    assert drawn() != drawn(rank=1)
    ones = [token for step in range(200) for token in drawn(step=step, single=True)]
    assert np.mean([token < 3 for token in ones]) == pytest.approx(0.85 + 0.15 * 3 / 50, abs=0.05)
    recipe = replace(SMALL, rare_share=0.4)
    rare = [token for step in range(200) for token in drawn(step=step)]
    assert np.mean([token >= 45 for token in rare]) == pytest.approx(0.4 + 0.6 * 5 / 50, abs=0.06)


@pytest.mark.parametrize("alone", [False, True])
def test_a_token_encoded_alone_knows_its_place_and_no_other_token(alone: bool) -> None:
    tokenizer = build(["a", "red", "blue", "cat"])
    recipe = replace(SMALL, drop_caption=0, drop_end=0, drop_context=float(alone))
    learner = Learner(recipe, tokenizer, torch.device("cpu"))
    tokens = torch.tensor(encode(tokenizer, ["a red cat", "a blue cat", "cat"]))
    with torch.no_grad():
        states = learner.texts(tokens, torch.zeros(3), torch.Generator().manual_seed(0)).words
        whole = learner.text(input_ids=tokens).last_hidden_state
    cats = [states[row, (tokens[row] == tokens[2, 1]).nonzero().item()] for row in range(3)]
    assert torch.allclose(cats[0], cats[1], atol=1e-5) == alone  # what stands before them
    assert not torch.allclose(cats[0], cats[2], atol=1e-2)  # their place
    assert torch.allclose(states, whole, atol=1e-5) != alone
    assert torch.allclose(states[:, 0], whole[:, 0], atol=1e-5)  # nothing stands before the first


def test_rates_rise_stay_and_fall() -> None:
    recipe = Recipe(warmup=10, decay=0.2)
    assert [rate_factor(0, steps, recipe) for steps in (0, 4, 9, 100)] == pytest.approx([0.1, 0.5, 1, 1])
    assert [rate_factor(share, 100, recipe) for share in (0.5, 0.8, 0.9, 1.0)] == pytest.approx([1, 1, 0.5, 0.02])


def test_the_average_forgets_the_start() -> None:
    assert averaging_factor(0, Recipe()) == pytest.approx(0.1)
    assert averaging_factor(10**6, Recipe()) == Recipe.ema


def test_half_written_checkpoints_are_not_found(tmp_path: Path) -> None:
    checkpoints.save(tmp_path, tensors={"weights": {"x": torch.ones(2)}}, state={"step": 3})
    (tmp_path / "latest-00000009").mkdir()
    (tmp_path / ".latest-00000009.new").mkdir()
    assert newest(tmp_path).name == "latest-00000003"
    checkpoints.save(tmp_path, tensors={"weights": {"x": torch.ones(2)}}, state={"step": 4})
    assert newest(tmp_path).name == "latest-00000004" and not (tmp_path / "latest-00000003").exists()


@pytest.mark.parametrize(
    ("options", "reason"), [(["--batch", "5", "--ranks", "2"], "cannot be shared"), ([], "already holds a run")]
)
def test_mistakes_are_one_line(tmp_path: Path, options: list[str], reason: str) -> None:
    if not options:
        (tmp_path / "latest-00000001").mkdir()
        (tmp_path / "latest-00000001" / "state.json").write_text(json.dumps({"step": 1}))
    result = CliRunner().invoke(app, ["train", "--out", str(tmp_path), *options])
    assert result.exit_code == 2
    assert reason in result.stderr and result.stderr.count("\n") == 1
