"""How a training starts: from new weights, its own checkpoint or the bundled weights; what a command asks of it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from training import checkpoints, decoder
from training.cache import training_images
from training.defaults import DECODER_MINUTES
from training.export import require_replaceable
from training.keeper import Progress, TrainingJob, save_checkpoint
from training.latents import Projection, fit
from training.learner import Learner
from training.tokenizer import build
from visuosyn.errors import UserError
from visuosyn.microworld import MODEL_DIR
from visuosyn.microworld.scoring.recipe import Recipe
from visuosyn.microworld.world import scenes

CODE = "latents.safetensors"


def describe(
    out: Path,
    *,
    minutes: float | None = None,
    steps: int | None = None,
    ranks: int | None = None,
    device: str = "auto",
    resume: bool = False,
    settings: Sequence[str] = (),
    export: Path | None = None,
    decoder_minutes: float = DECODER_MINUTES,
) -> TrainingJob:
    """The job that the options of the command describe; nothing is written.

    Args:
        out: folder of the run.
        minutes: the budget in training time; None: that of the resumed run, or the usual one.
        steps: the budget in steps, in place of minutes.
        ranks: processes; None: 2 on a CPU of several cores, else 1.
        device: auto, cpu or cuda.
        resume: continue the run in ``out``, or the bundled weights.
        settings: changes of the recipe, each ``NAME=VALUE``.
        export: the pipeline folder that will be written, checked here before the work.
        decoder_minutes: training of a missing decoder, checked here.

    Raises:
        UserError: numbers out of range; an ``out`` or ``export`` that holds something else.

    >>> describe(Path("run"), steps=10, ranks=1, device="cpu", settings=["batch=8"]).recipe.batch
    8
    """
    numbers = {"minutes": minutes, "steps": steps, "ranks": ranks, "decoder-minutes": decoder_minutes}
    for name, value in numbers.items():
        if value is not None and not value > 0:
            raise UserError(f"--{name} {value} is out of range: use a number above 0")
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    ranks = ranks or (2 if device == "cpu" and (os.cpu_count() or 1) > 1 else 1)
    recipe = recipe_of(out, resume).changed(settings)
    if recipe.batch % ranks:
        raise UserError(f"a batch of {recipe.batch} cannot be shared by {ranks} ranks; choose a multiple")
    if not resume and checkpoints.latest(out):
        raise UserError(f"{out} already holds a run; add --resume or choose another --out")
    if export:
        require_replaceable(export)
    return TrainingJob(out, recipe, minutes, steps, ranks, device, resume)


def prepare(job: TrainingJob) -> tuple[Projection, CLIPTokenizer]:
    """The latent code and the tokenizer of a run: its own, the bundled ones on a resume without them, or new ones.

    Both are written to the run's folder together with `words.json`, the words that the model is trained on.
    """
    code, words = job.out / CODE, job.out / "tokenizer"
    if code.exists() and words.exists():
        return Projection.load(code), CLIPTokenizer.from_pretrained(words)
    job.out.mkdir(parents=True, exist_ok=True)
    if job.resume:
        projection = Projection.load(MODEL_DIR / CODE)
        tokenizer = CLIPTokenizer.from_pretrained(MODEL_DIR / "tokenizer")
        decoder.take_bundled(job.out, MODEL_DIR)
    else:
        projection = fit(*training_images(min(2000, job.recipe.scenes)))
        tokenizer = build(scenes.vocabulary())
    (job.out / "words.json").write_text(json.dumps(scenes.vocabulary(), indent=1) + "\n", encoding="utf-8")
    tokenizer.save_pretrained(words)
    projection.save(code)
    return projection, tokenizer


def begin(job: TrainingJob) -> tuple[Projection, CLIPTokenizer]:
    """Leave the checkpoint that every rank starts from; gives what `prepare` gives.

    It is written before any scene is rendered, so that a resume after a kill cannot start from other weights.

    Raises:
        UserError: a resumed run of another network; one that was killed before it had a checkpoint.
    """
    if job.resume and (job.out / CODE).exists() and not checkpoints.latest(job.out):
        raise UserError(f"{job.out} holds a run without a checkpoint: leave out --resume, or choose another --out")
    projection, tokenizer = prepare(job)
    learner = Learner(job.recipe, tokenizer, torch.device("cpu"))
    save_checkpoint(job, learner, restore(learner, job).started(job))
    return projection, tokenizer


def restore(learner: Learner, job: TrainingJob) -> Progress:
    """Load what a run starts from: random weights, its newest checkpoint, or the bundled weights; gives how far it was.

    Raises:
        UserError: the weights are those of another network.
    """
    if not job.resume:
        return Progress()
    if latest := checkpoints.latest(job.out):
        return load_newest(learner, job.out).changed(Recipe.read(checkpoints.read_state(latest)["recipe"]), job.recipe)
    unet = UNet2DConditionModel.from_pretrained(MODEL_DIR / "unet", torch_dtype=torch.float32)
    text = CLIPTextModel.from_pretrained(MODEL_DIR / "text_encoder", dtype=torch.float32)
    weights: dict[str, Tensor] = {f"unet.{name}": value for name, value in unet.named_parameters()}
    weights |= {f"text.{name}": value for name, value in text.named_parameters()}
    learner.load({"weights": weights, "averaged": weights})
    facts = bundled_facts()
    return bundled_progress(facts).changed(Recipe.read(facts["recipe"]), job.recipe)


def bundled_progress(facts: Mapping[str, Any]) -> Progress:
    """How far a `training.json` is; its optimiser is not kept, so a new warm-up begins, also inside a budget."""
    known = {field.name: facts[field.name] for field in fields(Progress) if field.name in facts}
    progress = Progress.read(known)
    # an older one does not say how much of its budget was used
    return replace(progress, warm_step=progress.step, finished=progress.finished or "minutes" not in facts)


def bundled_facts() -> dict[str, Any]:
    """The facts of the bundled model's training (`training.json`)."""
    return checkpoints.read_json(MODEL_DIR / "training.json")


def recipe_of(out: Path, resume: bool) -> Recipe:
    """The recipe of the run that is resumed, or a new one."""
    if not resume:
        return Recipe()
    latest = checkpoints.latest(out)
    facts = checkpoints.read_state(latest)["recipe"] if latest else bundled_facts()["recipe"]
    return Recipe.read(facts)


def load_newest(learner: Learner, out: Path) -> Progress:
    """Take over the newest checkpoint of a run."""
    latest = checkpoints.latest(out)
    if latest is None:
        raise UserError(f"{out} has no checkpoint")
    parts = ("weights", "averaged", "muon", "adam")
    learner.load({part: checkpoints.read_tensors(latest, part, learner.device) for part in parts})
    return Progress.read(checkpoints.read_state(latest)["progress"])
