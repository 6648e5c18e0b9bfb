"""Scenes as a data set for others: pictures, masks, captions with gold trees, and what is where."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from visuosyn.errors import UserError
from visuosyn.microworld.world import corpus
from visuosyn.microworld.world.scenes import Scene, Split, sample
from visuosyn.run.files import write_text

CHUNK = 64
GROUND = 255
LAYOUT = """\
images/000000.png   the picture, 96x96 RGB
masks/000000.png    8 bits a pixel: 0 sky, 1, 2, ... the things in the order of scenes.jsonl, 255 the ground
captions.conllu     each caption with its gold tree; sent_id is the number
scenes.jsonl        a line a scene: number, seed, caption, kind, ground, things (noun, colour, size, pattern, box,
                    visible pixels), words (what each word of the caption shows: things from 1 up, 255 the ground)
"""


def render(
    count: int,
    out: Path,
    *,
    seed: int = 0,
    split: Split = "any",
    processes: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> None:
    """Write the scenes of the seeds ``seed``, ``seed`` + 1, ... into a folder; its README.txt says what is where.

    Args:
        count: scenes, from 1 up.
        out: a new or empty folder.
        seed: of the first scene.
        split: ``train``, ``held-out`` or ``any``, see `scenes.sample`.
        processes: workers, by default one a core; they change nothing in the files.
        progress: called with stage, done, total.

    Raises:
        UserError: no scenes, an unknown split, a file, a folder that holds something.
    """
    if count < 1:
        raise UserError(f"cannot render {count} scenes: ask for at least 1")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} is {'not empty' if out.is_dir() else 'a file'}: give a new folder")
    sample(seed, split=split)
    for name in ("images", "masks"):
        (out / name).mkdir(parents=True, exist_ok=True)
    trees, lines = [], []
    for tree, line in _rendered(range(seed, seed + count), out, split, processes or os.cpu_count() or 1):
        trees.append(tree)
        lines.append(line)
        if progress:
            progress("render", len(lines), count)
    write_text(out / "captions.conllu", "".join(trees))
    write_text(out / "scenes.jsonl", "".join(f"{line}\n" for line in lines))
    write_text(out / "README.txt", LAYOUT)


def _rendered(seeds: range, out: Path, split: Split, processes: int) -> Iterator[tuple[str, str]]:
    """Tree and line of each scene, in order; few scenes are rendered here, as starting processes takes longer."""
    work = partial(_write, out=out, split=split)
    jobs = list(enumerate(seeds))
    if processes == 1 or len(jobs) <= CHUNK:
        yield from map(work, jobs)
        return
    with multiprocessing.get_context("forkserver").Pool(processes) as pool:
        yield from pool.imap(work, jobs, chunksize=CHUNK)


def _write(job: tuple[int, int], *, out: Path, split: Split) -> tuple[str, str]:
    """One scene's picture and masks to files, its tree and its line to the caller."""
    number, seed = job
    scene, name = sample(seed, split=split), f"{number:06}"
    Image.fromarray(scene.image).save(out / "images" / f"{name}.png")
    Image.fromarray(numbered(scene)).save(out / "masks" / f"{name}.png")
    tree = corpus.conllu(scene.sentence, {"sent_id": name, "scene": f"{split}/{seed}", "kind": scene.kind})
    return tree, json.dumps({"number": number, "seed": seed, "split": split, **_facts(scene)})


def numbered(scene: Scene) -> np.ndarray:
    """Which thing each pixel shows, (96, 96) uint8: 0 the sky, 1, 2, ... the things, 255 the ground."""
    mask = np.where(scene.ground_mask, GROUND, 0).astype(np.uint8)
    for number, thing in enumerate(scene.objects, start=1):
        mask[thing.mask] = number
    return mask


def _facts(scene: Scene) -> dict[str, Any]:
    things = [
        {
            "noun": thing.noun,
            "colour": thing.colour,
            "size": thing.size,
            "pattern": thing.pattern,
            "box": thing.box,
            "pixels": int(thing.mask.sum()),
        }
        for thing in scene.objects
    ]
    shows = [sorted(GROUND if number < 0 else number + 1 for number in shown) for shown in scene.sentence.shows]
    return {
        "caption": scene.caption, "kind": scene.kind, "ground": scene.ground, "things": things, "words": shows,
    }  # fmt: skip
