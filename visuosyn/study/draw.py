"""Drawing batches of prompts under the tracer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from visuosyn.errors import UserError
from visuosyn.records import Caption, Dropped, HeatMaps, Sentence, Word
from visuosyn.run import RunFacts
from visuosyn.trace import generator, trace

NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


@dataclass(frozen=True)
class Job:
    """One image to draw."""

    caption: Caption
    sentence: Sentence
    seed: int


def draw(pipeline: Any, jobs: Sequence[Job], facts: RunFacts) -> list[HeatMaps]:
    """Draw a batch and trace it; where it does not fit in memory, half of it at a time.

    The maps carry caption, noise and seed, the image, and as ``extra`` the "positions" of their words in the
    sentence and how many images were drawn at once ("batch").
    Raises UserError if not even a single image fits.
    """
    try:
        with _silent(pipeline):
            return _draw(pipeline, jobs, facts)
    except (RuntimeError, MemoryError) as error:
        if not _is_memory(error):
            raise
        if len(jobs) == 1:
            raise UserError(
                f"an image of {facts.width}x{facts.height} does not fit in memory: "
                "use a smaller --size, --dtype float16 or another --device"
            ) from error
    middle = (len(jobs) + 1) // 2  # outside of the handler, whose traceback keeps the failed batch alive
    return draw(pipeline, jobs[:middle], facts) + draw(pipeline, jobs[middle:], facts)


def _draw(pipeline: Any, jobs: Sequence[Job], facts: RunFacts) -> list[HeatMaps]:
    plain = facts.noise == "plain"
    with trace(pipeline) as tracer:
        result = pipeline(
            [job.sentence.text for job in jobs],
            num_inference_steps=facts.steps,
            guidance_scale=facts.guidance,
            height=facts.height,
            width=facts.width,
            generator=[generator(job.caption.noise_id, job.seed, plain=plain) for job in jobs],
        )
    maps = tracer.heat_maps([job.sentence for job in jobs])
    flagged = getattr(result, "nsfw_content_detected", None) or [False] * len(jobs)
    return [_labelled(*each, batch=len(jobs)) for each in zip(maps, jobs, result.images, flagged, strict=True)]


def _labelled(maps: HeatMaps, job: Job, image: Any, flagged: bool, *, batch: int) -> HeatMaps:
    """The maps with all that says which image they belong to."""
    lost = tuple(replace(one, caption_id=job.caption.id, seed=job.seed) for one in maps.dropped)
    if flagged:
        reason = "the pipeline's safety checker blacked the image out; its heat maps are measured"
        lost += (Dropped("image", job.caption.id, job.sentence.text, reason, job.seed),)
    return maps.with_facts(
        caption_id=job.caption.id,
        noise_id=job.caption.noise_id,
        seed=job.seed,
        image=image,
        dropped=lost,
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


@contextmanager
def _silent(pipeline: Any) -> Iterator[None]:
    """The pipeline without its own progress bar, which is given back as it was."""
    before = dict(getattr(pipeline, "_progress_bar_config", {}))
    pipeline.set_progress_bar_config(**before | {"disable": True})
    try:
        yield
    finally:
        pipeline.set_progress_bar_config(**before)


def _is_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in NO_MEMORY)
