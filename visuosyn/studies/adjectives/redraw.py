"""Drawing a template again with the attention of its first adjective: what only this study draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from visuosyn.data import HeatMaps
from visuosyn.run import RunFolder, write_shard
from visuosyn.run.shards import is_complete
from visuosyn.studies.adjectives.design import Template, prompts_of
from visuosyn.studies.base import Progress


def redraw_stage(
    folder: RunFolder, templates: Sequence[Template], pipeline: Any, *, progress: Progress | None = None
) -> int:
    """Draw the templates with one place again with re-used attention, a shard a template; gives how many images."""
    single = [(n, t) for n, t in enumerate(templates) if len(t.nouns) == 1]
    facts, drawn = folder.facts, 0
    total = sum(len(t.adjectives) - 1 for _, t in single) * len(facts.seeds)
    done = 0
    for number, template in single:
        path = reused_shard(folder, number)
        images = (len(template.adjectives) - 1) * len(facts.seeds)
        if not is_complete(path):
            found = [one for seed in facts.seeds for one in _redrawn(folder, template, seed, pipeline)]
            write_shard(path, found)
            drawn += images
        done += images
        if progress:
            progress("redraw", done, total)
    return drawn


def reused_shard(folder: RunFolder, number: int) -> Path:
    """Where the pictures of a template with re-used attention lie."""
    return folder.path / "reused" / f"{number:05d}.parquet"


def _redrawn(folder: RunFolder, template: Template, seed: int, pipeline: Any) -> Iterator[HeatMaps]:
    """The pictures of one seed with the attention of the first adjective, without maps (they are the first one's)."""
    from visuosyn.tracing import generator, redraw  # loads torch

    facts = folder.facts
    first, *rest = [prompt.caption for prompt in prompts_of(template) if prompt.role == "adjective"]
    step = max(1, facts.batch_size - 1)
    for start in range(0, len(rest), step):
        batch = [first, *rest[start : start + step]]
        images = redraw(
            pipeline,
            [caption.text for caption in batch],
            [generator(template.id, seed, plain=facts.noise == "plain") for _ in batch],
            cross_share=facts.options["cross_share"],
            self_share=facts.options["self_share"],
            steps=facts.steps,
            guidance=facts.guidance,
            size=(facts.height, facts.width),
        )
        for caption, image in zip(batch[1:], images[1:], strict=True):
            maps = HeatMaps(caption.text, (), (), (1, 1), facts.steps, image=image, seed=seed)
            yield maps.with_facts(caption_id=caption.id, noise_id=caption.noise_id)
