"""Training of the bundled model: ``python -m visuosyn.microworld.train --minutes 100 --out checkpoints/micro``.

One script for CPU (single-thread ranks that average their gradients) and GPU (one rank). The learning rates are
constant after a warm-up and fall over the last three fifths of the time budget; a later ``--resume`` of a finished run
goes on from its end with a new budget. A run that was stopped or killed continues exactly where its last checkpoint
stands. Every random draw depends only on (seed, step, rank).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, distributed
from torch.multiprocessing.spawn import start_processes
from transformers import CLIPTextModel, CLIPTokenizer

from visuosyn.errors import UserError
from visuosyn.microworld import MODEL_DIR, checkpoints, decoder, scenes
from visuosyn.microworld.cache import open_cache, training_images
from visuosyn.microworld.export import export
from visuosyn.microworld.keeper import Job, Keeper, Progress
from visuosyn.microworld.latents import Projection, fit
from visuosyn.microworld.learner import Learner, Recipe, averaging_factor, draw, rate_factor
from visuosyn.microworld.tokenizer import build


class Flag(Protocol):
    """What a multiprocessing event offers."""

    def is_set(self) -> bool:
        """Whether it was set."""

    def set(self) -> None:
        """Set it."""


def prepare(job: Job) -> tuple[Projection, CLIPTokenizer]:
    """The latent code and the tokenizer of a run: its own, the bundled ones on a resume without them, or new ones.

    Both are written to the run's folder together with `words.json`, the words that the model is trained on.
    """
    code, words = job.out / "latents.safetensors", job.out / "tokenizer"
    if code.exists() and words.exists():
        return Projection.load(code), CLIPTokenizer.from_pretrained(words)
    job.out.mkdir(parents=True, exist_ok=True)
    if job.resume:
        projection = Projection.load(MODEL_DIR / "latents.safetensors")
        tokenizer = CLIPTokenizer.from_pretrained(MODEL_DIR / "tokenizer")
        decoder.take_bundled(job.out, MODEL_DIR)
    else:
        projection = fit(*training_images(min(2000, job.recipe.scenes)))
        tokenizer = build(scenes.vocabulary())
    (job.out / "words.json").write_text(json.dumps(scenes.vocabulary(), indent=1) + "\n", encoding="utf-8")
    tokenizer.save_pretrained(words)
    projection.save(code)
    return projection, tokenizer


def train(job: Job, stop: Flag) -> None:
    """Run a job to the end of its budget, or until `stop` is set; leaves a checkpoint in either case."""
    projection, tokenizer = prepare(job)
    open_cache(job.out / "scenes", count=job.recipe.scenes, projection=projection, tokenizer=tokenizer)
    if job.ranks == 1:
        run_rank(0, job, stop)
        return
    meeting = job.out / f".meeting-{os.getpid()}"
    context = start_processes(
        run_spawned, args=(job, stop, meeting), nprocs=job.ranks, join=False, start_method="spawn"
    )
    while not context.join(timeout=1):
        pass
    meeting.unlink(missing_ok=True)


def run_spawned(rank: int, job: Job, stop: Flag, meeting: Path) -> None:
    """Join the other ranks and train; an interrupt (also the parent's death) asks for a clean stop."""
    _stop_on_signals(stop)
    distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=job.ranks)
    run_rank(rank, job, stop)
    distributed.barrier()
    distributed.destroy_process_group()


def run_rank(rank: int, job: Job, stop: Flag) -> None:
    """The training loop of one rank; rank 0 keeps the clock, the log, the sheets and the checkpoints."""
    if job.device == "cpu":
        torch.set_num_threads(1)
    device = torch.device(job.device)
    projection, tokenizer = prepare(job)
    cache = open_cache(job.out / "scenes", count=job.recipe.scenes, projection=projection, tokenizer=tokenizer)
    learner = Learner(job.recipe, tokenizer, device)
    progress = restore(learner, job)
    keeper = Keeper(job, learner, tokenizer, projection, progress) if rank == 0 else None
    while True:
        progress, fraction, stopped = _agree(progress, job, stop if rank == 0 else None, keeper)
        if stopped or fraction >= 1:
            break
        since = progress.step - progress.budget_step
        single = progress.fresh and fraction < job.recipe.single_phase
        examples = draw(cache, job.recipe, step=progress.step, rank=rank, ranks=job.ranks, single=single, device=device)
        factor = rate_factor(fraction, since, job.recipe)
        losses = learner.step(
            examples,
            rates=factor,
            generator=torch.Generator(device).manual_seed(_seed(job.recipe.seed, progress.step, rank)),
            averaging=averaging_factor(since, job.recipe),
        )
        progress = replace(progress, step=progress.step + 1, views=progress.views + job.recipe.batch)
        if keeper:
            keeper.note(progress, losses, factor)
    if keeper:
        keeper.close(replace(progress, finished=not stopped))


def restore(learner: Learner, job: Job) -> Progress:
    """Load what a resumed run starts from: its checkpoint, or the bundled weights; a finished one gets a new budget."""
    if not job.resume:
        return Progress()
    if latest := checkpoints.latest(job.out):
        learner.load(_read(latest, learner.device))
        state = checkpoints.read_state(latest)
        progress = Progress.read(state["progress"]).changed(state["recipe"], job.recipe)
        return _new_budget(progress) if progress.finished else progress
    unet = UNet2DConditionModel.from_pretrained(MODEL_DIR / "unet", torch_dtype=torch.float32)
    text = CLIPTextModel.from_pretrained(MODEL_DIR / "text_encoder", dtype=torch.float32)
    weights: dict[str, Tensor] = {f"unet.{name}": value for name, value in unet.named_parameters()}
    weights |= {f"text.{name}": value for name, value in text.named_parameters()}
    learner.load({"weights": weights, "averaged": weights})
    facts = bundled_facts()
    known = {name: facts[name] for name in ("step", "views", "seconds", "history")}
    return _new_budget(Progress.read(known).changed(facts["recipe"], job.recipe))


def bundled_facts() -> dict[str, Any]:
    """The facts of the bundled model's training (`training.json`)."""
    return checkpoints.read_json(MODEL_DIR / "training.json")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of a command line."""
    parser = argparse.ArgumentParser(prog="python -m visuosyn.microworld.train", description="Train the bundled model.")
    parser.add_argument("--out", type=Path, default=Path("checkpoints/micro"), help="checkpoints, log, sheets, scenes")
    parser.add_argument("--minutes", type=float, default=100.0, help="training time of the whole budget")
    parser.add_argument("--steps", type=int, help="count the budget in steps instead (the same on any machine)")
    parser.add_argument("--resume", action="store_true", help="continue the run in --out, else the bundled weights")
    parser.add_argument("--ranks", type=int, help="processes; 2 on a CPU of several cores, else 1")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--export", type=Path, help="write the pipeline folder there when the training ends")
    parser.add_argument("--decoder-minutes", type=float, default=8.0, help="training of a missing decoder before it")
    parser.add_argument("--batch", type=int, help=f"examples a step over all ranks ({Recipe.batch})")
    parser.add_argument("--scenes", type=int, help=f"training scenes to render ({Recipe.scenes})")
    parser.add_argument("--seed", type=int, help="of weights and random draws (0)")
    return parser.parse_args(arguments)


def describe(options: argparse.Namespace) -> Job:
    """The job that the options describe."""
    device = options.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    ranks = options.ranks or (2 if device == "cpu" and (os.cpu_count() or 1) > 1 else 1)
    changes = {name: getattr(options, name) for name in ("batch", "scenes", "seed")}
    recipe = replace(_recipe(options.out, options.resume), **{k: v for k, v in changes.items() if v is not None})
    if recipe.batch % ranks:
        raise UserError(f"a batch of {recipe.batch} cannot be shared by {ranks} ranks; choose a multiple")
    if not options.resume and checkpoints.latest(options.out):
        raise UserError(f"{options.out} already holds a run; add --resume or choose another --out")
    return Job(options.out, recipe, options.minutes, options.steps, ranks, device, options.resume)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; ends with code 2 and one line for a user's mistake."""
    try:
        options = parse(arguments)
        job = describe(options)
        stop = multiprocessing.get_context("spawn").Event()
        _stop_on_signals(stop)
        train(job, stop)
        if options.export:
            decoder.ensure(job.out, minutes=options.decoder_minutes)
            export(job.out, options.export)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _agree(progress: Progress, job: Job, stop: Flag | None, keeper: Keeper | None) -> tuple[Progress, float, bool]:
    """Rank 0's time, share of the budget and wish to stop, made known to all ranks."""
    if keeper:
        progress = keeper.clock(progress)
    news = torch.tensor([progress.seconds, float(stop is not None and stop.is_set())], dtype=torch.float64)
    if distributed.is_initialized():
        distributed.broadcast(news, 0)
    progress = replace(progress, seconds=news[0].item())
    return progress, progress.fraction(job), bool(news[1])


def _recipe(out: Path, resume: bool) -> Recipe:
    """The recipe of the run that is resumed, or a new one."""
    if not resume:
        return Recipe()
    latest = checkpoints.latest(out)
    facts = checkpoints.read_state(latest)["recipe"] if latest else bundled_facts()["recipe"]
    return Recipe(**(facts | {"channels": tuple(facts["channels"])}))


def _read(checkpoint: Path, device: torch.device) -> dict[str, dict[str, Tensor]]:
    parts = ("weights", "averaged", "muon", "adam")
    return {part: checkpoints.read_tensors(checkpoint, part, device) for part in parts}


def _new_budget(progress: Progress) -> Progress:
    return replace(progress, budget_step=progress.step, budget_seconds=progress.seconds, fresh=False, finished=False)


def _seed(seed: int, step: int, rank: int) -> int:
    """One number for (seed, step, rank), below 2**63."""
    return ((seed * 64 + rank) << 32) + step


def _stop_on_signals(stop: Flag) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())


if __name__ == "__main__":
    sys.exit(main())
