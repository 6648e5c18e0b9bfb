"""Training of the bundled model: ``python -m training train --minutes 100 --out checkpoints/micro``.

The same on a CPU (single-thread ranks that average their gradients) and a GPU (one rank). The learning rates are
constant after a warm-up and fall over the last part of the budget (`Recipe.decay`); a later ``--resume`` of a finished
run goes on from its end with a new budget. A run that was stopped or killed continues exactly where its last checkpoint
stands, with the budget it had. Every random draw depends only on (seed, step, rank).
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import distributed
from torch.multiprocessing.spawn import start_processes

from training import decoder
from training.cache import open_cache
from training.defaults import DECODER_MINUTES
from training.export import export as export_pipeline
from training.keeper import Keeper, Progress, TrainingJob
from training.learner import Learner, averaging_factor, draw, rate_factor
from training.start import begin, load_newest, prepare


class Flag(Protocol):
    """What a multiprocessing event offers."""

    def is_set(self) -> bool:
        """Whether it was set."""

    def set(self) -> None:
        """Set it."""


def train(job: TrainingJob, stop: Flag) -> None:
    """Run a job to the end of its budget, or until `stop` is set; leaves a checkpoint in either case.

    Raises:
        UserError: see `begin`.
    """
    projection, tokenizer = begin(job)
    open_cache(job.out / "scenes", count=job.recipe.scenes, projection=projection, tokenizer=tokenizer)
    if job.ranks == 1:
        run_rank(0, job, stop)
        return
    meeting = job.out / f".meeting-{os.getpid()}"
    start: Callable[..., Any] = start_processes  # torch has no types for it
    context = start(run_spawned, args=(job, stop, meeting), nprocs=job.ranks, join=False, start_method="spawn")
    while not context.join(timeout=1):
        pass
    meeting.unlink(missing_ok=True)


def run_spawned(rank: int, job: TrainingJob, stop: Flag, meeting: Path) -> None:
    """Join the other ranks and train; an interrupt (also the parent's death) asks for a clean stop."""
    _stop_on_signals(stop)
    distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=job.ranks)
    run_rank(rank, job, stop)
    distributed.barrier()
    distributed.destroy_process_group()


def run_rank(rank: int, job: TrainingJob, stop: Flag) -> None:
    """The loop of one rank, from the checkpoint of `begin`; rank 0 keeps the clock, the log, sheets and checkpoints."""
    if job.device == "cpu":
        torch.set_num_threads(1)
    device = torch.device(job.device)
    projection, tokenizer = prepare(job)
    cache = open_cache(job.out / "scenes", count=job.recipe.scenes, projection=projection, tokenizer=tokenizer)
    learner = Learner(job.recipe, tokenizer, device)
    progress = load_newest(learner, job.out)
    keeper = Keeper(job, learner, tokenizer, projection, progress) if rank == 0 else None
    while True:
        progress, stopped = _agree(progress, stop if rank == 0 else None, keeper)
        fraction = progress.fraction
        if stopped or fraction >= 1:
            break
        since = progress.step - progress.warm_step
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


def run(job: TrainingJob, *, export_to: Path | None = None, decoder_minutes: float = DECODER_MINUTES) -> None:
    """Train until the budget ends or a signal (SIGTERM, SIGINT) asks for a stop; then export, where that is wanted.

    Raises:
        UserError: see `begin` and `export.export`.
    """
    stop = multiprocessing.get_context("spawn").Event()
    _stop_on_signals(stop)
    train(job, stop)
    if export_to:
        decoder.ensure(job.out, minutes=decoder_minutes)
        export_pipeline(job.out, export_to)


def _agree(progress: Progress, stop: Flag | None, keeper: Keeper | None) -> tuple[Progress, bool]:
    """Rank 0's time and wish to stop, made known to all ranks."""
    if keeper:
        progress = keeper.clock(progress)
    news = torch.tensor([progress.seconds, float(stop is not None and stop.is_set())], dtype=torch.float64)
    if distributed.is_initialized():
        distributed.broadcast(news, 0)
    return replace(progress, seconds=news[0].item()), bool(news[1])


def _seed(seed: int, step: int, rank: int) -> int:
    """One number for (seed, step, rank), below 2**63."""
    return ((seed * 64 + rank) << 32) + step


def _stop_on_signals(stop: Flag) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
