"""Scoring of a model of this world: draw the prompts, let the judges look, measure the attention, write a report.

The pictures are kept in the folder as they are drawn, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from PIL import Image

from visuosyn.errors import UserError
from visuosyn.microworld import outcomes, scenes, truth
from visuosyn.microworld.card import model_card
from visuosyn.microworld.prompts import RELATIONS, Prompt, prompts
from visuosyn.microworld.score_report import write_report
from visuosyn.microworld.segmenter import load_segmenter
from visuosyn.microworld.silhouette import load_silhouettes
from visuosyn.run.files import atomic_write, write_text
from visuosyn.stats.proportions import share
from visuosyn.tracing import generator, load_pipeline, model_facts, own_drawing, split_words, vocabulary

Progress = Callable[[str, int, int], None]
PICTURES, FACTS, SCORES, OUTCOMES, ATTENTION = "pictures", "score.json", "scores.csv", "outcomes.csv", "attention.csv"

COSTS = ("processor seconds an image (median of five; least and most)", "model folder, MB")
HELD_OUT = "held-out combinations"
ON_CARD = frozenset(
    {"one thing", "one thing with a colour", "one thing with a size or pattern", "held-out size or pattern",
     "trained size or pattern", "two things", "held out", "trained", "numbers", "one", "two", "three", "relations",
     *RELATIONS, "segmenter", "silhouette"}
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What is drawn and measured.

    Attributes:
        count: prompts; ``seed`` chooses them and the noise.
        steps, guidance: of each picture; None: those that the model is meant to be drawn with.
        batch_size: pictures at once; it changes nothing in them beyond rounding.
        scenes: on which attention is measured against exact masks; a third as many of held-out combinations beside.
    """

    count: int = 1000
    seed: int = 0
    steps: int | None = None
    guidance: float | None = None
    batch_size: int = 8
    scenes: int = 300

    def of(self, pipeline: Any) -> Plan:
        """The plan with the steps and guidance of a model where it has none of its own."""
        own = own_drawing(pipeline)
        steps, guidance = own["steps"], own["guidance"]
        return replace(
            self,
            steps=steps if self.steps is None else self.steps,
            guidance=guidance if self.guidance is None else self.guidance,
        )


DEFAULT = Plan()


def draw(pipeline: Any, asked: Sequence[Prompt], plan: Plan = DEFAULT) -> Iterator[tuple[Prompt, NDArray[np.uint8]]]:
    """Each prompt with its picture, (96, 96, 3); the noise depends on the prompt's name and the plan's seed."""
    plan = plan.of(pipeline)
    for start in range(0, len(asked), plan.batch_size):
        some = asked[start : start + plan.batch_size]
        drawn = pipeline(
            [prompt.text for prompt in some],
            generator=[generator(prompt.name, plan.seed) for prompt in some],
            num_inference_steps=plan.steps,
            guidance_scale=plan.guidance,
            output_type="np",
        ).images
        yield from zip(some, (drawn * 255).round().astype(np.uint8), strict=True)


def score(model: Any = "micro", *, out: Path, plan: Plan = DEFAULT, progress: Progress | None = None) -> pd.DataFrame:
    """All figures of a model: ``measure, group, value, low, high, n``; also written to the folder, with pictures.

    Args:
        model: "micro", a pipeline folder of this world, or a pipeline.
        out: a folder: new, or of an earlier run with the same model and plan, which is then finished.
        plan: what is drawn and measured; by default 1,000 prompts.
        progress: told stage, done, total.

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


def pictures(
    pipeline: Any, asked: Sequence[Prompt], folder: Path, plan: Plan, progress: Progress | None
) -> NDArray[np.uint8]:
    """The prompts' pictures (n, 96, 96, 3), drawn as far as the folder lacks them: ``0000.png``, ``0001.png`` ..."""
    paths = [folder / f"{number:04}.png" for number in range(len(asked))]
    left = [number for number, path in enumerate(paths) if not path.is_file()]
    drawn = draw(pipeline, [asked[number] for number in left], plan)
    for done, (number, (_, image)) in enumerate(zip(left, drawn, strict=True), start=1 + len(asked) - len(left)):
        with atomic_write(paths[number]) as path:
            Image.fromarray(image).save(path)
        if progress:
            progress("draw", done, len(asked))
    return np.stack([np.asarray(Image.open(path)) for path in paths])


def attention(pipeline: Any, out: Path, plan: Plan, progress: Progress | None) -> pd.DataFrame:
    """The figures of `truth.summary`, and its main ones on scenes of held-out combinations, a third as many.

    A row a unit is kept in the folder.
    """
    path, held = out / ATTENTION, -(-plan.scenes // 3)
    if not path.is_file():
        counts: dict[scenes.Split, int] = {"train": plan.scenes, "held-out": held}
        told = _told(plan.scenes + held, progress)
        tables = [
            truth.score(told(truth.teacher_forced(pipeline, _seeds(count), split=split))).assign(split=split)
            for split, count in counts.items()
        ]
        with atomic_write(path) as temporary:
            pd.concat(tables).to_csv(temporary, index=False, float_format="%.6g")
    table = pd.read_csv(path, dtype={"scene": str})
    figures, unseen = (truth.summary(table[table.split == split]) for split in ("train", "held-out"))
    unseen = unseen[(unseen.group == truth.EVERY_LAYER) & ~unseen.measure.str.contains("whole|disc")]
    return pd.concat([figures, unseen.assign(group=HELD_OUT)], ignore_index=True)


def _seeds(count: int) -> range:
    return range(truth.FIRST_SEED, truth.FIRST_SEED + count)


def _told(total: int, progress: Progress | None) -> Callable[[Iterable[Any]], Iterator[Any]]:
    """Lets things through and counts them for whoever watches."""
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


def _seconds(pipeline: Any, prompt: Prompt, plan: Plan) -> float:
    started = time.process_time()
    list(draw(pipeline, [prompt], plan))
    return time.process_time() - started


def write_card(model: Path, figures: pd.DataFrame) -> Path:
    """Put the figures into a model's ``evaluation.json``, beside what stands there, and into its card; gives the card.

    The card has the groups that sum up, none of single nouns, colours or grounds; intervals of 95% stand behind values.
    Figures of an earlier scoring (their names have a group behind a colon) go.
    """
    path, training = model / "evaluation.json", model / "training.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    known = {name: value for name, value in known.items() if ": " not in name}
    attended = figures.measure.str.startswith("attention") & figures.group.isin([truth.EVERY_LAYER, HELD_OUT])
    drawn = ~figures.measure.str.startswith("attention") & figures.group.isin(ON_CARD)
    shown = figures[attended | drawn | figures.measure.isin(COSTS)]
    known |= {f"{row.measure}: {row.group}": told(row) for row in shown.itertuples()}
    write_text(path, json.dumps(known, indent=1, ensure_ascii=False) + "\n")
    write_text(model / "README.md", model_card(json.loads(training.read_text(encoding="utf-8")), known))
    return model / "README.md"


def told(row: Any) -> str:
    """A figure as the card has it.

    >>> from types import SimpleNamespace
    >>> told(SimpleNamespace(value=0.8, low=0.49, high=0.943, n=10))
    '0.800 (0.490 to 0.943, n = 10)'
    """
    interval = "" if np.isnan(row.low) else f" ({row.low:.3f} to {row.high:.3f}, n = {row.n})"
    return f"{row.value:.3f}{interval}"


def draw_prompt(
    prompt: str,
    path: Path,
    *,
    model: Any = "micro",
    seed: int = 0,
    steps: int | None = None,
    guidance: float | None = None,
) -> list[str]:
    """Draw one prompt to a picture file; gives the words of it that the model was never taught, where that is known."""
    pipeline = load_pipeline(model)
    plan = Plan(seed=seed, steps=steps, guidance=guidance)
    ((_, image),) = draw(pipeline, [Prompt(prompt, prompt, "", ())], plan)
    with atomic_write(path) as temporary:
        Image.fromarray(image).save(temporary)
    known = vocabulary(pipeline)
    return [word.text for word in split_words(prompt) if known is not None and word.text.lower() not in known]
