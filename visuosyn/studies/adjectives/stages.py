"""The stages that only the adjectival study has: drawing with re-used attention, and measuring."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from visuosyn.data import HeatMaps
from visuosyn.judge import Judge, as_image
from visuosyn.run import RunFolder, atomic_write, read_shard, write_shard, write_text
from visuosyn.run.shards import checksum, is_complete
from visuosyn.studies.adjectives.design import Template, prompts_of
from visuosyn.studies.adjectives.measure import COLUMNS, TABLES, Rows, Scene, Seen, alternatives, look, measure_scene
from visuosyn.studies.stages import Progress, corpus_drops, write_dropped

INPUTS = b"visuosyn inputs"


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


def measure_adjectives(
    folder: RunFolder, templates: Sequence[Template], judge: Judge, *, progress: Progress | None = None
) -> None:
    """Judge all pictures and write the four tables, ``dropped.csv`` and ``judge.json``, unless they are there."""
    inputs = _inputs(folder, judge)
    if all(_made_from(folder.path / f"{name}.parquet", inputs) for name in TABLES):
        return
    rows: dict[str, Rows] = {name: [] for name in TABLES}
    groups = alternatives(templates)
    dropped = corpus_drops(folder)
    for number, scene in enumerate(_scenes(folder, templates, judge, groups)):
        found, lost = measure_scene(scene, judge, folder.facts.masks)
        dropped += lost
        for name in TABLES:
            rows[name] += found[name]
        if progress:
            progress("measure", number + 1, len(templates))
    write_dropped(folder, dropped)
    write_text(folder.path / "judge.json", json.dumps({"name": judge.name} | dict(judge.facts), indent=2) + "\n")
    for name in TABLES:
        table = pa.Table.from_pandas(pd.DataFrame(rows[name], columns=COLUMNS[name]), preserve_index=False)
        with atomic_write(folder.path / f"{name}.parquet") as temporary:
            pq.write_table(table.replace_schema_metadata({INPUTS: inputs}), temporary)


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


def _scenes(
    folder: RunFolder, templates: Sequence[Template], judge: Judge, groups: Mapping[str, tuple[str, ...]]
) -> Iterator[Scene]:
    """Template after template, so that the pictures of one alone are in memory."""
    traced = groupby(folder.heat_maps(), key=lambda maps: maps.noise_id)
    for number, (template, (name, images)) in enumerate(zip(templates, traced, strict=True)):
        if template.id != name:
            raise ValueError(f"the pictures of {name} stand where those of {template.id} should")
        asked = {prompt.caption.id: prompt.asked for prompt in prompts_of(template)}
        choice = groups[template.adjectives[0]]

        def see(maps: HeatMaps, asked: Any = asked, choice: Any = choice) -> Seen:
            return look(judge, as_image(maps.image), asked[maps.caption_id], choice)

        free = {_key(maps): maps for maps in images if not any(one.what == "image" for one in maps.dropped)}
        again = read_shard(reused_shard(folder, number)) if len(template.nouns) == 1 else []
        yield Scene(
            template,
            folder.facts.seeds,
            maps=free,
            free={key: see(maps) for key, maps in free.items()},
            reused={_key(maps): see(maps) for maps in again},
        )


def _key(maps: HeatMaps) -> tuple[str, int]:
    return maps.caption_id, int(maps.seed or 0)


def _inputs(folder: RunFolder, judge: Judge) -> bytes:
    """What the measurements depend on, as one checksum."""
    paths = [*folder.shards, *sorted((folder.path / "reused").glob("*.parquet"))]
    parts = [*folder.facts.masks, judge.name, json.dumps(dict(judge.facts), sort_keys=True), *map(checksum, paths)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest().encode()


def _made_from(path: Path, inputs: bytes) -> bool:
    try:
        return (pq.read_metadata(path).metadata or {}).get(INPUTS) == inputs
    except (OSError, pa.ArrowInvalid):
        return False
