"""How a training starts, goes on and is handed over: budgets, kills, mistakes, the facts and figures of an export."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from shutil import rmtree
from threading import Event
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from training import checkpoints, decoder, keeper, network, start, train
from training.__main__ import app
from training.export import export, training_facts
from training.keeper import Progress, TrainingJob
from training.learner import Examples, Learner, Texts
from training.tokenizer import build, encode
from visuosyn.errors import UserError
from visuosyn.microworld import MODEL_DIR
from visuosyn.microworld.scoring.card import model_card
from visuosyn.microworld.scoring.recipe import COARSE, Recipe
from visuosyn.microworld.world import scenes

UNET = "diffusion_pytorch_model.safetensors"
SMALL = Recipe(channels=(16, 32, 32), batch=4, scenes=64, warmup=5)


@pytest.fixture(autouse=True)
def small_side_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper.samples, "PROMPTS", ("a cat",))


def job(out: Path, *, steps: int | None = None, minutes: float | None = None, resume: bool = False) -> TrainingJob:
    return TrainingJob(out, SMALL, minutes, steps, ranks=1, device="cpu", resume=resume)


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A run at its very start, with a decoder."""
    out = tmp_path / "run"
    projection, _ = start.begin(job(out, steps=8))
    save_file(network.autoencoder(projection).decoder.state_dict(), out / decoder.FILE)
    return out


def refused(*command: str) -> str:
    """What a command that fails on a user's mistake writes: one line."""
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1 and result.stderr.startswith("Error: ")
    return result.stderr


def state(out: Path) -> dict[str, Any]:
    found = checkpoints.latest(out)
    assert found is not None
    return checkpoints.read_state(found)


class StopAfter(Event):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def is_set(self) -> bool:
        self.count -= 1
        return self.count < 0


# --- budgets --------------------------------------------------------------------------------------------------------


def test_a_stopped_run_keeps_its_budget(tmp_path: Path) -> None:
    train.train(job(tmp_path, steps=4), StopAfter(2))
    assert state(tmp_path)["step"] == 2
    train.train(job(tmp_path, resume=True), StopAfter(9))
    assert (state(tmp_path)["step"], state(tmp_path)["progress"]["finished"]) == (4, True)


def test_a_budget_is_that_of_the_job_or_of_the_run_or_the_usual_one(tmp_path: Path) -> None:
    asked = Progress(step=7, seconds=600, minutes=20).started(job(tmp_path))
    assert (asked.minutes, asked.steps, asked.fraction) == (20, None, 0.5)
    assert Progress(step=7, seconds=600, minutes=20).started(job(tmp_path, minutes=40)).fraction == 0.25
    assert Progress(step=7, steps=9).started(job(tmp_path, minutes=40)).steps is None
    assert Progress(step=7, minutes=20).started(job(tmp_path, steps=14)).fraction == 0.5
    done = Progress(step=7, seconds=600, steps=7, finished=True, devices=("cuda",)).started(job(tmp_path))
    assert done == Progress(
        step=7, seconds=600, budget_step=7, budget_seconds=600, warm_step=7, fresh=False, devices=("cuda", "cpu")
    )


def test_checkpoints_of_older_versions_are_read() -> None:
    facts = {"step": 9, "views": 288, "seconds": 50.0, "budget_step": 4, "budget_seconds": 20.0, "history": ["one"]}
    read = Progress.read({**facts, "fresh": False, "finished": False})
    assert (read.warm_step, read.devices, read.history) == (4, ("cpu",), ("one",))
    assert read.fraction == pytest.approx(30 / 6000)
    shares = {"drop_qualities": 0.0, "coarse_share": 0.0, "rare_share": 0.0}
    older = Recipe.read({name: value for name, value in asdict(SMALL).items() if name not in shares})
    assert older == replace(SMALL, **shares)
    assert read.changed(older, older).history == ("one",)
    sentence = "from step 9 on batch 8 (before: 4), coarse_share 0.3 (before: 0.0)"
    assert read.changed(older, replace(older, batch=8, coarse_share=0.3)).history == ("one", sentence)


# --- kills ----------------------------------------------------------------------------------------------------------


class Killed(Exception):
    """The end of a process."""


def test_a_run_killed_while_its_scenes_are_rendered_starts_from_its_own_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(train, "open_cache", kill)
        train.train(job(tmp_path, steps=1), Event())
    assert start.recipe_of(tmp_path, True) == SMALL
    train.train(job(tmp_path, resume=True), Event())
    assert (state(tmp_path)["progress"]["views"], state(tmp_path)["progress"]["fresh"]) == (SMALL.batch, True)


def test_a_code_without_a_checkpoint_is_not_resumed_with_other_weights(tmp_path: Path) -> None:
    (tmp_path / "latents.safetensors").write_bytes((MODEL_DIR / "latents.safetensors").read_bytes())
    errors = refused("train", "--out", str(tmp_path), "--resume", "--steps", "1", "--scenes", "64")
    assert "holds a run without a checkpoint: leave out --resume" in errors


def test_a_checkpoint_of_the_same_step_never_leaves_the_folder_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def save(name: str) -> None:
        checkpoints.save(tmp_path, tensors={"weights": {"x": torch.ones(2)}}, state={"step": 3, "name": name})

    def kill(*_: Any) -> None:
        raise Killed

    def remove(path: Path, **_: Any) -> None:
        if not path.name.startswith("."):
            raise Killed
        rmtree(path, ignore_errors=True)

    save("first")
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Path, "rename", kill)
        save("second")
    assert state(tmp_path)["name"] == "first"
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(checkpoints.shutil, "rmtree", remove)
        save("third")
    assert state(tmp_path)["name"] == "third"
    save("fourth")
    assert state(tmp_path)["name"] == "fourth"
    assert len(list(tmp_path.glob("latest-*"))) == 1


# --- mistakes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["name", "shape"])
def test_weights_of_another_network_are_refused_before_ranks_start(begun: Path, change: str) -> None:
    found = checkpoints.latest(begun)
    assert found is not None
    tensors = load_file(found / "weights.safetensors")
    bias = tensors.pop("unet.conv_in.bias")
    save_file(tensors | ({"unet.conv_in.bias": bias[:-1]} if change == "shape" else {}), found / "weights.safetensors")
    errors = refused("train", "--out", str(begun), "--resume", "--ranks", "2", "--steps", "1")
    assert errors.startswith("Error: the weights are those of another network: 1 tensors")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--minutes", "0"], "--minutes 0.0 is out of range"),
        (["--steps", "0"], "--steps 0 is out of range"),
        (["--ranks", "-1"], "--ranks -1 is out of range"),
        (["--decoder-minutes", "0"], "--decoder-minutes 0.0 is out of range"),
        (["--batch", "0"], "batch '0' cannot be: use a whole number from 1 on"),
        (["--set", "rate=1"], "the recipe has no 'rate': write NAME=VALUE with one of channels, batch, muon_rate"),
        (["--set", "decay"], "decay '' cannot be: use a number from 0 on"),
        (["--set", "muon_rate=nan"], "muon_rate 'nan' cannot be"),
        (["--set", "channels=48,128"], "channels '48,128' cannot be: use three multiples of 8"),
        (["--export", "."], "holds something that is no pipeline"),
    ],
)
def test_options_out_of_range_are_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: Sequence[str], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.txt").touch()
    assert reason in refused("train", "--out", "run", *options)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_every_option_reaches_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs: list[TrainingJob] = []
    monkeypatch.setattr(train, "train", lambda job, stop: jobs.append(job))

    def described(*options: str) -> TrainingJob:
        result = CliRunner().invoke(app, ["train", "--out", str(tmp_path), *options])
        assert result.exit_code == 0, result.output
        return jobs[-1]

    shipped = json.loads((MODEL_DIR / "training.json").read_text())["recipe"]
    settings = [
        f"--set={name}={','.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in shipped.items()
    ]
    assert described(*settings).recipe == Recipe.read(shipped) != Recipe()
    assert described("--batch", "8", "--seed", "0").recipe == Recipe(batch=8)
    resumed = described("--resume", "--minutes", "2.5", "--steps", "7", "--ranks", "1", "--device", "cuda")
    assert resumed == TrainingJob(tmp_path, Recipe.read(shipped), 2.5, 7, 1, "cuda", resume=True)
    usual = described("--device", "cpu")
    assert (usual.minutes, usual.steps, usual.resume) == (None, None, False)


def test_a_training_ends_with_its_export(begun: Path, tmp_path: Path) -> None:
    options = ["--resume", "--steps", "1", "--ranks", "1", "--device", "cpu", "--export", str(tmp_path / "model")]
    result = CliRunner().invoke(app, ["train", "--out", str(begun), *options])
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "model" / "training.json").read_text())["step"] == 1
    result = CliRunner().invoke(app, ["export", "--out", str(begun), "--to", str(tmp_path / "again")])
    assert result.exit_code == 0, result.output
    first, again = (load_file(tmp_path / name / "unet" / UNET) for name in ("model", "again"))
    assert all(torch.equal(first[name], again[name]) for name in first)


# --- what is handed over --------------------------------------------------------------------------------------------


def test_the_schedules_position_is_committed_and_read_back(begun: Path, tmp_path: Path) -> None:
    progress = Progress(
        step=90, views=360, seconds=1600.4, budget_step=50, budget_seconds=400.2, minutes=50, fresh=True
    )
    facts = training_facts(begun, state(begun) | {"progress": vars(progress)})
    facts = json.loads(json.dumps(facts))
    assert (facts["budget_used"], facts["views"], facts["hours"]) == (0.4, 360, 0.44)
    read = start.bundled_progress(facts).started(job(tmp_path))
    assert read.fraction == pytest.approx(0.4, abs=1e-3)
    assert (read.step, read.views, read.warm_step, read.fresh, read.finished) == (90, 360, 90, True, False)
    after = start.bundled_progress(facts | {"finished": True}).started(job(tmp_path))
    assert (after.fraction, after.budget_step, after.fresh) == (0, 90, False)
    old = {name: facts[name] for name in ("step", "views", "seconds", "hours", "finished", "history")}
    assert start.bundled_progress(old).started(job(tmp_path)).fraction == 0


def test_an_export_takes_the_figures_of_its_own_step(
    begun: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "model"
    (begun / "evaluation.json").write_text('{"step": 0, "held-out error": 0.5}')
    export(begun, folder)
    card = (folder / "README.md").read_text()
    assert "| held-out error | 0.5 |" in card and "| step |" not in card
    assert json.loads((folder / "evaluation.json").read_text())["held-out error"] == 0.5
    train.train(job(begun, steps=1, resume=True), Event())
    capsys.readouterr()
    export(begun, folder)  # the training went on, the figures did not
    assert "held-out error" not in (folder / "README.md").read_text()
    assert not (folder / "evaluation.json").exists()
    assert "evaluation.json is left out: it is not of step 1" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "run"]


def test_an_export_replaces_pipelines_alone(begun: Path, tmp_path: Path) -> None:
    mine = tmp_path / "home" / "mine.txt"
    mine.parent.mkdir()
    mine.touch()
    for taken in (mine.parent, mine):
        with pytest.raises(UserError, match="holds something that is no pipeline"):
            export(begun, taken)
    assert [path.name for path in mine.parent.iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    export(begun, tmp_path / "empty")
    assert (tmp_path / "empty" / "model_index.json").is_file()


def test_the_card_follows_the_facts() -> None:
    facts = json.loads((MODEL_DIR / "training.json").read_text())
    changes = {"single_phase": 0.3, "single_share": 0.7, "decay": 0.5, "coarse_share": 0.4}
    facts |= {"devices": ["cpu", "cuda"], "finished": False, "budget_used": 0.25, "recipe": facts["recipe"] | changes}
    card = " ".join(model_card(facts, {}).split())
    for sentence in (
        "hours on CPU and GPU |",
        "| no, 25% of the budget is used |",
        "over the last 50% of the last budget",
        "in the first 30% of the first budget 70% of the examples come from the scenes with one object alone",
        "in 40% of the examples at times below 600 a coarse noise",
    ):
        assert sentence in card
    older = {name: value for name, value in facts.items() if name not in ("devices", "budget_used")}
    assert "hours on CPU |" in model_card(older, {})


def test_the_bundled_card_is_the_one_of_its_facts() -> None:
    training, evaluation = (json.loads((MODEL_DIR / name).read_text()) for name in ("training.json", "evaluation.json"))
    assert (MODEL_DIR / "README.md").read_text() == model_card(training, evaluation)
    assert evaluation.get("step", training["step"]) == training["step"]


@pytest.mark.parametrize("minutes", ["0", "nan", "1"])
def test_a_decoder_that_cannot_be_trained_is_refused(minutes: str, begun: Path, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere" if minutes == "1" else begun
    assert "must be above 0" in refused("decoder", "--out", str(out), "--minutes", minutes)


# --- the learner's part ---------------------------------------------------------------------------------------------


def test_only_the_drawn_examples_are_encoded_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = build(["a", "red", "blue", "cat"])
    recipe = replace(SMALL, drop_caption=0, drop_end=0, drop_context=0.5)
    learner = Learner(recipe, tokenizer, torch.device("cpu"))
    tokens = torch.tensor(encode(tokenizer, ["a red cat", "a blue cat", "cat", "a cat"] * 2))
    chosen = torch.rand(4, len(tokens), generator=torch.Generator().manual_seed(1))[2] < 0.5
    assert 0 < chosen.sum() < len(tokens)
    with torch.no_grad():
        states = learner.texts(tokens, torch.zeros(len(tokens)), torch.Generator().manual_seed(1)).words
        whole = learner.text(input_ids=tokens).last_hidden_state
        expected = torch.where(chosen[:, None, None], learner._each_alone(tokens), whole)
    assert torch.allclose(states, expected, atol=1e-6)
    monkeypatch.setattr(learner, "recipe", replace(recipe, drop_context=0))
    monkeypatch.setattr(learner, "_each_alone", None)  # not asked at all
    learner.texts(tokens, torch.zeros(len(tokens)), torch.Generator().manual_seed(1))


def test_coarse_noise_hides_what_is_wide_and_leaves_outlines() -> None:
    """Under white noise means over 4x4 cells have a variance of 1/16, differences of neighbours one of 2.

    The linear weights between n values, squared and summed, say what coarse noise adds: over 4x4 cells 1 for 1x1, .44
    for 3x3 and .36 for 6x6, to the squared differences 0, .01 and .06.
    """
    learner = Learner(replace(SMALL, coarse_share=0.5), build(["a"]), torch.device("cpu"))
    noise = learner.noise(torch.full((1200,), 599), torch.Generator().manual_seed(0))
    means = torch.nn.functional.avg_pool2d(noise, 4)
    wide = means.pow(2).mean((1, 2, 3))
    steps = noise.diff(dim=-1).pow(2).mean((1, 2, 3))
    coarse = wide > 0.12
    assert coarse.float().mean().item() == pytest.approx(0.5, abs=0.05)
    assert wide[~coarse].mean().item() == pytest.approx(1 / 16, rel=0.03)
    assert steps[~coarse].mean().item() == pytest.approx(2, rel=0.005)
    added = [_coarse(values) for values in COARSE]
    assert wide[coarse].mean().item() == pytest.approx(1 / 16 + np.mean([some[0] for some in added]), rel=0.06)
    assert steps[coarse].mean().item() == pytest.approx(2 + np.mean([some[1] for some in added]), abs=0.012)
    flat = means[coarse].var((2, 3)).mean(1) < 0.12
    assert flat.float().mean().item() == pytest.approx(1 / 3, abs=0.06)
    levels = means[coarse][flat].mean((2, 3))
    assert torch.corrcoef(levels.T).fill_diagonal_(0).abs().max() < 0.35  # each channel has its own


def _coarse(values: int) -> tuple[float, float]:
    """Variances of 4x4 means and of differences along a row, of normal values spread linearly to 24 places."""
    places = np.linspace(0, values - 1, 24)
    weights = np.maximum(0, 1 - np.abs(places[:, None] - np.arange(values)))
    means = (weights.reshape(6, 4, values).mean(1) ** 2).sum(1).mean()
    return means**2, (np.diff(weights, axis=0) ** 2).sum(1).mean() * (weights**2).sum(1).mean()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_training_sees_the_noise_of_its_recipe(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = Learner(replace(SMALL, coarse_share=share), build(["a"]), torch.device("cpu"))
    seen = []
    monkeypatch.setattr(learner, "errors", lambda latents, noise, times, _: seen.append((noise, times)) or noise)
    examples = Examples(torch.zeros(400, 8, 24, 24), torch.zeros(400, 32, dtype=torch.long), torch.ones(400, 1, 24, 24))
    learner.loss(examples, torch.Generator().manual_seed(0))
    ((noise, times),) = seen
    wide = torch.nn.functional.avg_pool2d(noise, 4).pow(2).mean((1, 2, 3))
    assert wide[times >= 600].mean().item() == pytest.approx(1 / 16, rel=0.1)
    added = np.mean([_coarse(values)[0] for values in COARSE])
    assert wide[times < 600].mean().item() == pytest.approx(1 / 16 + share * added, rel=0.1)


@pytest.mark.parametrize(("share", "time", "hidden"), [(0.0, 0, False), (1.0, 0, True), (1.0, 1000, False)])
def test_qualities_reach_the_picture_through_cross_attention_alone(share: float, time: int, hidden: bool) -> None:
    """What two captions that differ in a quality give, where cross attention reads the same for both."""
    tokenizer = build(scenes.vocabulary())
    recipe = replace(SMALL, drop_caption=0, drop_end=0, drop_context=1, drop_qualities=share)
    learner = Learner(recipe, tokenizer, torch.device("cpu"))
    captions = [f"a {adjective} ball" for adjective in ("red", "blue", "small", "striped")]
    captions += [f"a ball on the {ground}" for ground in ("snow", "sand")]
    tokens = torch.tensor(encode(tokenizer, captions))
    with torch.no_grad():
        texts = learner.texts(tokens, torch.full((len(tokens),), time), torch.Generator().manual_seed(0))
        latents, noise = torch.zeros(2, len(tokens), 8, 24, 24)
        times = torch.full((len(tokens),), 500)
        same = Texts(texts.words[:1].expand(texts.words.shape), texts.whole)
        errors = learner.errors(latents, noise, times, same)
        assert not torch.allclose(*learner.errors(latents, noise, times, texts)[:2], rtol=1e-3)
    for first, second in ((0, 1), (0, 2), (0, 3), (4, 5)):
        assert torch.equal(texts.whole[first], texts.whole[second]) == hidden
        assert torch.allclose(errors[first], errors[second], rtol=1e-3) == hidden
    assert not torch.equal(texts.whole[0], texts.whole[4])
    assert not torch.equal(texts.words[0], texts.words[1])
