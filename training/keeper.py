"""A start of the training, how far it is, and rank 0's side work: clock, log, sheets, checkpoints."""

from __future__ import annotations

import csv
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from transformers import CLIPTokenizer

from training import checkpoints, samples
from training.defaults import MINUTES
from training.latents import Projection
from training.learner import Learner, Losses
from visuosyn.microworld.scoring.contact_sheet import contact_sheet
from visuosyn.microworld.scoring.recipe import Recipe

CHECKPOINT_SECONDS = 300
SHEET_SECONDS = 900
LOG_STEPS = 50
COLUMNS = ("step", "views", "seconds", "loss", "object_loss", "rate")


@dataclass(frozen=True)
class TrainingJob:
    """One start of the training: where, how, how long.

    `steps` or else `minutes` make the budget; without both it is that of the resumed run, or `MINUTES`.
    """

    out: Path
    recipe: Recipe
    minutes: float | None
    steps: int | None
    ranks: int
    device: str
    resume: bool


@dataclass(frozen=True)
class Progress:
    """How far the training is: JSON in every checkpoint.

    Attributes:
        step, views, seconds: made, seen and used in all.
        budget_step, budget_seconds: where the present budget began.
        minutes, steps: its length; it counts steps where they are given.
        warm_step: where the present warm-up began.
        fresh: this budget began from random weights (the one-object phase applies).
        finished: its decay is done.
        devices: what the training ran on.
        history: what was changed on the way, a sentence each, for the model card.
    """

    step: int = 0
    views: int = 0
    seconds: float = 0.0
    budget_step: int = 0
    budget_seconds: float = 0.0
    minutes: float = MINUTES
    steps: int | None = None
    warm_step: int = 0
    fresh: bool = True
    finished: bool = False
    devices: tuple[str, ...] = ()
    history: tuple[str, ...] = ()

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Progress:
        """Progress from JSON. What older versions did not write: one warm-up a budget, everything on the CPU."""
        older = {"warm_step": facts.get("budget_step", 0), "devices": ("cpu",)}
        lists = {name: tuple(facts[name]) for name in ("devices", "history") if name in facts}
        return cls(**{**older, **facts, **lists})

    def changed(self, before: Recipe, after: Recipe) -> Progress:
        """With a sentence on what a resumed run changes in the recipe it began with."""
        old, new = asdict(before), asdict(after)
        changes = [f"{name} {new[name]} (before: {old[name]})" for name in new if old[name] != new[name]]
        sentence = f"from step {self.step:,} on {', '.join(changes)}"
        return replace(self, history=(*self.history, sentence)) if changes else self

    def started(self, job: TrainingJob) -> Progress:
        """At the start of a job: a finished budget is followed by a new one; the job may give its length."""
        progress = self
        if self.finished:
            progress = replace(
                self, budget_step=self.step, budget_seconds=self.seconds, minutes=MINUTES, steps=None,
                warm_step=self.step, fresh=False, finished=False,
            )  # fmt: skip
        if job.minutes is not None or job.steps is not None:
            progress = replace(progress, minutes=job.minutes or progress.minutes, steps=job.steps)
        return replace(progress, devices=tuple(dict.fromkeys((*self.devices, job.device))))

    @property
    def fraction(self) -> float:
        """The used share of the budget, which counts steps if it is given in steps, else training time."""
        if self.steps is not None:
            return (self.step - self.budget_step) / self.steps
        return (self.seconds - self.budget_seconds) / (60 * self.minutes)


class Keeper:
    """Rank 0's side work: clock, log, sample sheets, checkpoints."""

    def __init__(
        self, job: TrainingJob, learner: Learner, tokenizer: CLIPTokenizer, projection: Projection, progress: Progress
    ) -> None:
        self.job, self.learner, self.tokenizer, self.projection = job, learner, tokenizer, projection
        self.before, self.started = progress.seconds, time.monotonic()
        self.saved = self.drawn = self.started
        self.losses: list[Losses] = []
        self.log = job.out / "log.csv"
        _cut_log(self.log, progress.step)

    def clock(self, progress: Progress) -> Progress:
        """Progress with the present training time."""
        return replace(progress, seconds=self.before + time.monotonic() - self.started)

    def note(self, progress: Progress, losses: Losses, factor: float) -> None:
        """Log, write a checkpoint and draw a sheet after a step, where they are due."""
        self.losses.append(losses)
        if progress.step % LOG_STEPS == 0:
            self._write_log(progress, factor)
        if time.monotonic() - self.saved > CHECKPOINT_SECONDS:
            self.saved = time.monotonic()
            self._save(progress)
        if time.monotonic() - self.drawn > SHEET_SECONDS:
            self.drawn = time.monotonic()
            self._draw(progress)

    def close(self, progress: Progress) -> None:
        """The last checkpoint, and a sheet if the budget is used up."""
        self._save(progress)
        if progress.finished:
            self._draw(progress)

    def _save(self, progress: Progress) -> None:
        save_checkpoint(self.job, self.learner, progress)

    def _write_log(self, progress: Progress, factor: float) -> None:
        count = len(self.losses)
        plain = sum(losses.plain for losses in self.losses) / count
        objects = sum(losses.objects for losses in self.losses) / count
        self.losses.clear()
        fresh = not self.log.exists()
        with self.log.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if fresh:
                writer.writerow(COLUMNS)
            row = (progress.step, progress.views, f"{progress.seconds:.1f}", f"{plain:.5f}", f"{objects:.5f}")
            writer.writerow((*row, f"{factor:.4f}"))

    def _draw(self, progress: Progress) -> None:
        with self.learner.with_averages():
            latents = samples.draw_latents(self.learner.unet, self.learner.text, self.tokenizer, samples.PROMPTS)
        sheet = contact_sheet(list(self.projection.decode(latents)), samples.PROMPTS)
        sheet.save(self.job.out / f"sheet-{progress.step:08d}.png")


def save_checkpoint(job: TrainingJob, learner: Learner, progress: Progress) -> None:
    """Write a checkpoint of a learner into a job's folder."""
    state = {"step": progress.step, "progress": asdict(progress), "recipe": asdict(job.recipe)}
    checkpoints.save(job.out, tensors=learner.tensors(), state=state)


def _cut_log(log: Path, step: int) -> None:
    """Drop the rows after `step`, which a killed run wrote after its last checkpoint."""
    if log.exists():
        rows = log.read_text(encoding="utf-8").splitlines()
        kept = rows[:1] + [row for row in rows[1:] if int(row.split(",")[0]) <= step]
        log.write_text("\n".join(kept) + "\n", encoding="utf-8")
