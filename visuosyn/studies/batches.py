"""Drawing batches of prompts under the tracer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from visuosyn.data import Caption, HeatMaps, Sentence, Word
from visuosyn.errors import UserError
from visuosyn.run import RunFacts

NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


@dataclass(frozen=True)
class Job:
    """One image to draw."""

    caption: Caption
    sentence: Sentence
    seed: int


def draw_batch(pipeline: Any, jobs: Sequence[Job], facts: RunFacts) -> list[HeatMaps]:
    """Draw a batch and trace it; where it does not fit in memory, half of it at a time.

    The maps carry caption, noise and seed, the image, and as ``extra`` the "positions" of their words in the
    sentence and how many images were drawn at once ("batch"). Raises UserError if not even one image fits.
    """
    from visuosyn.tracing import draw, generator  # loads torch, which measuring does without

    try:
        maps = draw(
            pipeline,
            [job.sentence for job in jobs],
            [generator(*_noise(job, facts.noise), plain=facts.noise != "caption") for job in jobs],
            steps=facts.steps,
            guidance=facts.guidance,
            size=(facts.height, facts.width),
        )
        return [_labelled(*each, batch=len(jobs)) for each in zip(maps, jobs, strict=True)]
    except (RuntimeError, MemoryError) as error:
        if not _is_memory(error):
            raise
        if len(jobs) == 1:
            raise UserError(
                f"an image of {facts.width}x{facts.height} does not fit in memory: "
                "use a smaller --size, --dtype float16 or another --device"
            ) from error
    middle = (len(jobs) + 1) // 2  # outside of the handler, whose traceback keeps the failed batch alive
    return draw_batch(pipeline, jobs[:middle], facts) + draw_batch(pipeline, jobs[middle:], facts)


def _noise(job: Job, kind: str) -> tuple[str, int]:
    """What an image's noise depends on: its noise id and seed; of kind "image" the id of its image plus the seed."""
    return job.caption.noise_id, job.seed + (int(job.caption.image_id) if kind == "image" else 0)


def _labelled(maps: HeatMaps, job: Job, *, batch: int) -> HeatMaps:
    """The maps with all that says which image they belong to."""
    return maps.with_facts(
        caption_id=job.caption.id,
        noise_id=job.caption.noise_id,
        seed=job.seed,
        dropped=tuple(replace(one, caption_id=job.caption.id, seed=job.seed) for one in maps.dropped),
        extra={"positions": positions(maps.words, job.sentence.words), "batch": batch},
    )


def positions(traced: Sequence[Word], words: Sequence[Word]) -> tuple[int, ...]:
    """The position in the sentence of each traced word; both stand in the same order, some words are not traced.

    >>> a, b, c = (Word(text, start, start + 1) for start, text in enumerate("abc"))
    >>> positions([a, c], [a, b, c])
    (0, 2)
    """
    rest = iter(enumerate(words))
    return tuple(next(at for at, w in rest if (w.start, w.end) == (word.start, word.end)) for word in traced)


def _is_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in NO_MEMORY)
