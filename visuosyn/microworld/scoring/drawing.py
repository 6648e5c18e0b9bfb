"""Drawing of the prompts that a model is scored by: the plan, the pictures of a folder, a single picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from visuosyn.microworld.scoring.prompts import ScoringPrompt
from visuosyn.run.files import atomic_write
from visuosyn.tracing import generator, load_pipeline, own_drawing, split_words, vocabulary

OnProgress = Callable[[str, int, int], None]
"""Called with stage, done, total."""


@dataclass(frozen=True)
class Plan:
    """What is drawn and measured.

    Attributes:
        count: prompts; ``seed`` chooses them and the noise.
        steps, guidance: of each picture; None: those that the model is meant to be drawn with.
        batch_size: pictures at once; it changes nothing in them beyond rounding.
        scenes: on which attention is measured against exact masks; besides, on a third as many held-out scenes.
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


def draw(
    pipeline: Any, asked: Sequence[ScoringPrompt], plan: Plan = DEFAULT
) -> Iterator[tuple[ScoringPrompt, NDArray[np.uint8]]]:
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


def pictures(
    pipeline: Any, asked: Sequence[ScoringPrompt], folder: Path, plan: Plan, progress: OnProgress | None
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
    ((_, image),) = draw(pipeline, [ScoringPrompt(prompt, prompt, "", ())], plan)
    with atomic_write(path) as temporary:
        Image.fromarray(image).save(temporary)
    known = vocabulary(pipeline)
    return [word.text for word in split_words(prompt) if known is not None and word.text.lower() not in known]
