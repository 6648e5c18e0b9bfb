"""A cache of rendered training examples: latents, tokens and object coverage of the scenes 0, 1, 2, ...

Raw arrays in one folder, read by memory map; it can grow at the end. A fingerprint of the code (projection, tokenizer
and a few probe scenes) says whether a cache still belongs to the world.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import CLIPTokenizer

from training.latents import CHANNELS, PATCH, Projection, coverage
from training.tokenizer import MAX_LENGTH, encode, word_tokens
from visuosyn.microworld.world import scenes, words

GRID = scenes.SIZE // PATCH
CHUNK = 500
FIELDS: dict[str, tuple[type, tuple[int, ...]]] = {
    "latents": (np.float16, (CHANNELS, GRID, GRID)),
    "tokens": (np.uint16, (MAX_LENGTH,)),
    "cover": (np.uint8, (GRID, GRID)),
    "single": (np.bool_, ()),
}


@dataclass(frozen=True)
class Cache:
    """`count` examples: latents (n, 8, 24, 24), tokens (n, 32), cover (n, 24, 24) in 0..16 pixels.

    `single` (n,) are those with one object alone, `rare` (n,) those whose captions name a size or a pattern.
    """

    latents: NDArray[np.float16]
    tokens: NDArray[np.uint16]
    cover: NDArray[np.uint8]
    single: NDArray[np.bool_]
    rare: NDArray[np.bool_]


def open_cache(
    folder: Path, *, count: int, projection: Projection, tokenizer: CLIPTokenizer, processes: int | None = None
) -> Cache:
    """The first `count` training scenes, rendered now as far as the folder lacks them, by one process a core."""
    fingerprint = _fingerprint(projection, tokenizer)
    present = _present(folder, fingerprint)
    if present < count:
        folder.mkdir(parents=True, exist_ok=True)
        arrays = {name: _map(folder, name, count, "r+") for name in FIELDS}
        for start, captions, rendered in _render(range(present, count), projection, processes or os.cpu_count() or 1):
            rendered["tokens"] = np.array(encode(tokenizer, captions), np.uint16)
            for name, values in rendered.items():
                arrays[name][start : start + len(captions)] = values
        for array in arrays.values():
            array.flush()
        facts = {"count": count, "fingerprint": fingerprint}
        (folder / "cache.json").write_text(json.dumps(facts), encoding="utf-8")
    arrays = {name: _map(folder, name, count, "r") for name in FIELDS}
    described = np.isin(arrays["tokens"], word_tokens(tokenizer, (*words.SIZES, *words.PATTERNS)))
    return Cache(**arrays, rare=np.asarray(described.any(axis=1)))


def training_images(count: int, *, start: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Images (n, 96, 96, 3) and foregrounds (n, 96, 96) of the training scenes `start`, `start` + 1, ..."""
    drawn = [scenes.sample(seed) for seed in range(start, start + count)]
    return np.stack([scene.image for scene in drawn]), np.stack([scene.foreground for scene in drawn])


def _render(
    seeds: range, projection: Projection, processes: int
) -> Iterator[tuple[int, list[str], dict[str, NDArray[Any]]]]:
    chunks = [seeds[first : first + CHUNK] for first in range(0, len(seeds), CHUNK)]
    work: Callable[[range], tuple[list[str], dict[str, NDArray[Any]]]] = partial(_examples, projection=projection)
    if len(chunks) == 1:
        yield chunks[0].start, *work(chunks[0])
        return
    with multiprocessing.get_context("forkserver").Pool(processes) as pool:
        for chunk, (captions, arrays) in zip(chunks, pool.imap(work, chunks), strict=True):
            yield chunk.start, captions, arrays


def _examples(seeds: range, *, projection: Projection) -> tuple[list[str], dict[str, NDArray[Any]]]:
    drawn = [scenes.sample(seed) for seed in seeds]
    arrays: dict[str, NDArray[Any]] = {
        "latents": projection.encode(np.stack([scene.image for scene in drawn])).astype(np.float16),
        "cover": coverage(np.stack([scene.foreground for scene in drawn])),
        "single": np.array([scene.kind == "one" for scene in drawn]),
    }
    return [scene.caption for scene in drawn], arrays


def _map(folder: Path, name: str, count: int, mode: Any) -> np.memmap:
    """A memory map of a raw array; opened for writing, a shorter file grows."""
    path = folder / f"{name}.bin"
    if mode == "r+":
        path.touch()
    kind, shape = FIELDS[name]
    return np.memmap(path, kind, mode, shape=(count, *shape))


def _present(folder: Path, fingerprint: str) -> int:
    path = folder / "cache.json"
    if not path.exists():
        return 0
    facts = json.loads(path.read_text(encoding="utf-8"))
    return int(facts["count"]) if facts["fingerprint"] == fingerprint else 0


def _fingerprint(projection: Projection, tokenizer: CLIPTokenizer) -> str:
    digest = hashlib.sha256()
    for array in (projection.mean, projection.basis, projection.scale):
        digest.update(array.tobytes())
    probes = [scenes.sample(seed) for seed in range(32)]
    digest.update(json.dumps(encode(tokenizer, [scene.caption for scene in probes])).encode())
    for scene in probes:
        digest.update(scene.image.tobytes())
    return digest.hexdigest()
