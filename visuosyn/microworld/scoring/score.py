"""Scoring of a model of this world: draw the prompts, judge the pictures, measure the attention, write a report.

The pictures are kept in the folder as they are drawn, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from visuosyn.errors import UserError
from visuosyn.microworld.judge.segmenter import load_segmenter
from visuosyn.microworld.judge.silhouette import load_silhouettes
from visuosyn.microworld.scoring import outcomes, truth
from visuosyn.microworld.scoring.drawing import DEFAULT, OnProgress, Plan, draw, pictures
from visuosyn.microworld.scoring.prompts import ScoringPrompt, prompts
from visuosyn.microworld.scoring.score_report import write_report
from visuosyn.microworld.scoring.teacher import FIRST_SEED, teacher_forced
from visuosyn.microworld.world import scenes
from visuosyn.run.files import atomic_write, write_text
from visuosyn.stats.proportions import share
from visuosyn.tracing import load_pipeline, model_facts, vocabulary

PICTURES, FACTS, SCORES, OUTCOMES, ATTENTION = "pictures", "score.json", "scores.csv", "outcomes.csv", "attention.csv"

COSTS = ("processor seconds an image (median of five; least and most)", "model folder, MB")
HELD_OUT = "held-out combinations"


def score(model: Any = "micro", *, out: Path, plan: Plan = DEFAULT, progress: OnProgress | None = None) -> pd.DataFrame:
    """All figures of a model: ``measure, group, value, low, high, n``; also written to the folder, with pictures.

    Args:
        model: "micro", a pipeline folder of this world, or a pipeline.
        out: a folder: new, or of an earlier run with the same model and plan, which is then finished.
        plan: what is drawn and measured; by default 1,000 prompts.
        progress: called with stage, done, total.

    Raises:
        UserError: a model that does not know this world's words; a folder of another run.
    """
    pipeline = load_pipeline(model)
    require_world(pipeline)
    plan = plan.of(pipeline)
    claim(out, {"model": model_facts(pipeline), "plan": asdict(plan)})
    asked = prompts(plan.count, seed=plan.seed)
    images = pictures(pipeline, asked, out / PICTURES, plan, progress)
    table = outcomes.outcomes(asked, images, load_segmenter(), load_silhouettes())
    table.to_csv(out / OUTCOMES, index=False)
    parts = [outcomes.figures(table), attention(pipeline, out, plan, progress), pd.DataFrame(costs(pipeline, plan))]
    figures = pd.concat(parts, ignore_index=True)
    with atomic_write(out / SCORES) as path:
        figures.to_csv(path, index=False, float_format="%.6g")
    write_report(out, figures, table, images)
    return figures


def require_world(pipeline: Any) -> None:
    """Refuse a model that was not trained on this world's captions."""
    known = vocabulary(pipeline)
    if known is None or not known.issuperset(scenes.vocabulary()):
        raise UserError(
            "world score measures models of the microworld, whose words.json holds the words of its captions"
        )


def claim(out: Path, facts: dict[str, Any]) -> None:
    """Take a folder for a run, or check that it is this run's."""
    path = out / FACTS
    if path.is_file() and json.loads(path.read_text(encoding="utf-8")) != json.loads(json.dumps(facts)):
        raise UserError(f"{out} holds the scores of another model or plan: choose another folder or remove it")
    write_text(path, json.dumps(facts, indent=1) + "\n")


def attention(pipeline: Any, out: Path, plan: Plan, progress: OnProgress | None) -> pd.DataFrame:
    """The figures of `truth.summary`, and its main ones on a third as many held-out scenes.

    A row a unit is kept in the folder.
    """
    path, held = out / ATTENTION, -(-plan.scenes // 3)
    if not path.is_file():
        counts: dict[scenes.Split, int] = {"train": plan.scenes, "held-out": held}
        counted = _counted(plan.scenes + held, progress)
        tables = [
            truth.score(counted(teacher_forced(pipeline, _seeds(count), split=split))).assign(split=split)
            for split, count in counts.items()
        ]
        with atomic_write(path) as temporary:
            pd.concat(tables).to_csv(temporary, index=False, float_format="%.6g")
    table = pd.read_csv(path, dtype={"scene": str})
    figures, unseen = (truth.summary(table[table.split == split]) for split in ("train", "held-out"))
    unseen = unseen[(unseen.group == truth.EVERY_LAYER) & ~unseen.measure.str.contains("whole|disc")]
    return pd.concat([figures, unseen.assign(group=HELD_OUT)], ignore_index=True)


def _seeds(count: int) -> range:
    return range(FIRST_SEED, FIRST_SEED + count)


def _counted(total: int, progress: OnProgress | None) -> Callable[[Iterable[Any]], Iterator[Any]]:
    """Lets things through and reports how many have passed."""
    done = itertools.count(1)

    def through(some: Iterable[Any]) -> Iterator[Any]:
        for one in some:
            yield one
            if progress:
                progress("attend", next(done), total)

    return through


def costs(pipeline: Any, plan: Plan) -> list[dict[str, Any]]:
    """Seconds an image, size of the folder, and how good the judges are, in the rows of `outcomes.figures`.

    An image is drawn alone, five times: the median of the processor seconds (of all cores), with the least and most.
    """
    (prompt,) = prompts(25)[:1]
    seconds = [_seconds(pipeline, prompt, plan) for _ in range(5)]
    folder = Path(pipeline.name_or_path)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    threads = f"{plan.steps} steps with guidance, {torch.get_num_threads()} threads"
    rows: list[tuple[Any, ...]] = [
        (COSTS[0], threads, float(np.median(seconds)), min(seconds), max(seconds), len(seconds)),
        (COSTS[1], "all files", size, np.nan, np.nan, 1),
    ]
    judges = {"segmenter": load_segmenter().facts, "silhouette": load_silhouettes().facts}
    rows += [
        (f"judge, {name}", judge, *share(*counts), counts[1])
        for judge, facts in judges.items()
        for name, counts in facts["counts"].items()
    ]
    return [dict(zip(outcomes.COLUMNS, row, strict=True)) for row in rows]


def _seconds(pipeline: Any, prompt: ScoringPrompt, plan: Plan) -> float:
    started = time.process_time()
    list(draw(pipeline, [prompt], plan))
    return time.process_time() - started
