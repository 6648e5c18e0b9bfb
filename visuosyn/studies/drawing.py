"""The stage that draws: batches of prompts under the tracer, into shards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

from visuosyn.corpus import Corpus
from visuosyn.data import Caption, HeatMaps, Sentence, Word
from visuosyn.errors import UserError
from visuosyn.parse import Parser
from visuosyn.run import RunFacts, RunFolder, write_shard
from visuosyn.run.shards import halved, is_complete
from visuosyn.studies.base import Progress
from visuosyn.studies.gather import now
from visuosyn.studies.parsing import parse_stage, write_vocabulary

NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


def design_file(folder: RunFolder, name: str) -> Path:
    """A file that says what a study drew. Raises UserError where it is missing: 0.1 did not write it."""
    path = folder.path / name
    if path.exists():
        return path
    if folder.facts.format == 1:
        raise UserError(f"{folder.path} cannot be measured again: visuosyn 0.1 drew it and did not keep {name}")
    raise UserError(f"{folder.path} holds no {name}, which says what was drawn: repeat the study's command")


@dataclass(frozen=True)
class Job:
    """One image to draw."""

    caption: Caption
    sentence: Sentence
    seed: int


def draw_study(
    folder: RunFolder,
    corpus: Corpus,
    parser: Parser | None,
    pipeline: Any,
    *,
    more: Callable[[], int] | None = None,
    progress: Progress | None = None,
) -> None:
    """Parse, draw and trace what a claimed folder's facts say, and note what is known afterwards.

    ``more`` draws what only some studies draw beside, and gives how many images that were.
    """
    from visuosyn.tracing import vocabulary  # loads torch, which measuring does without

    started = monotonic()
    sentences = parse_stage(folder, corpus, parser)
    write_vocabulary(folder, sentences, vocabulary(pipeline))
    drawn = trace_stage(folder, corpus.captions, sentences, pipeline, progress=progress)
    drawn += more() if more else 0
    if drawn or "finished" not in folder.drawn:
        facts = folder.facts
        smaller = sum(halved(shard, facts.batch_size) for part in folder.parts() for shard in part)
        seconds = round(folder.drawn.get("seconds", 0) + monotonic() - started, 1)
        folder.note(images=facts.images, images_in_smaller_batches=smaller, seconds=seconds, finished=now())


def trace_stage(
    folder: RunFolder,
    captions: Sequence[Caption],
    sentences: Sequence[Sentence],
    pipeline: Any,
    *,
    progress: Progress | None = None,
) -> int:
    """Draw and trace every caption with every seed, a shard a few captions; gives how many images had to be drawn.

    Shards that are there and whole are kept. Batches depend on the corpus and the facts alone, so a resumed study draws
    each image together with the same others.

    >>> import shutil
    >>> from pathlib import Path
    >>> from visuosyn.testing import tiny_pipeline, tiny_run
    >>> run = RunFolder(Path(shutil.copytree(tiny_run(), "run")))
    >>> captions = [Caption(s.id, s.text, noise_id=s.id) for s in run.sentences()]
    >>> run.shard(0).unlink()  # as if the study had been stopped
    >>> [trace_stage(run, captions, run.sentences(), tiny_pipeline()) for _ in range(2)]
    [4, 0]
    """
    facts, drawn, done = folder.facts, 0, 0
    for number in range(facts.parts):
        part = slice(number * facts.captions_per_part, (number + 1) * facts.captions_per_part)
        both = zip(captions[part], sentences[part], strict=True)
        jobs = [Job(caption, sentence, seed) for caption, sentence in both for seed in facts.seeds]
        if not is_complete(folder.shard(number)):
            batches = (jobs[at : at + facts.batch_size] for at in range(0, len(jobs), facts.batch_size))
            maps = [one for batch in batches for one in draw_batch(pipeline, batch, facts)]
            write_shard(folder.shard(number), maps, storage=facts.storage)
            drawn += len(jobs)
        done += len(jobs)
        if progress:
            progress("trace", done, facts.images)
    return drawn


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
