"""Draw sentences from noise that depends on nothing but a name and a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import torch

from visuosyn.data import HeatMaps, Sentence
from visuosyn.errors import UserError
from visuosyn.tracing.tracer import trace


def generator(noise_id: str, seed: int, *, plain: bool = False) -> torch.Generator:
    """A CPU generator of noise that depends only on ``noise_id`` and ``seed``, on every machine.

    Give a pipeline a list of them, one an image: the picture then is the same at any batch size. ``plain`` uses
    ``manual_seed(seed)`` alone, as the paper's notebooks do.

    >>> a, b = (generator("caption 7", seed) for seed in (0, 1))
    >>> a.initial_seed() == b.initial_seed(), a.initial_seed() == generator("caption 7", 0).initial_seed()
    (False, True)
    """
    digest = hashlib.sha256(f"{noise_id}\0{seed}".encode()).digest()
    return torch.Generator("cpu").manual_seed(seed if plain else int.from_bytes(digest[:8], "big") >> 1)


def draw(
    pipeline: Any,
    sentences: Sequence[Sentence],
    generators: Sequence[torch.Generator],
    *,
    steps: int | None = None,
    guidance: float | None = None,
    size: tuple[int, int] | None = None,
    detail: Iterable[str] = (),
    **options: Any,
) -> list[HeatMaps]:
    """Draw one image a sentence in one call of the pipeline and return its heat maps.

    ``generators``: one an image; ``size``: (rows, columns) in pixels; ``options`` go to the pipeline. What is not
    given is left to the pipeline's own defaults. Raises UserError where sentences and generators are not equally many.

    >>> from visuosyn.data import Sentence
    >>> from visuosyn.testing import tiny_pipeline
    >>> from visuosyn.tracing import split_words
    >>> sentence = Sentence("1", "a cat", split_words("a cat"))
    >>> maps, = draw(tiny_pipeline("sd1"), [sentence], [generator("1", 0)], steps=1)
    >>> maps.caption_id, len(maps)
    ('1', 2)
    """
    if len(sentences) != len(generators):
        raise UserError(f"{len(sentences)} sentences, but {len(generators)} generators: give one for each")
    given = {"num_inference_steps": steps, "guidance_scale": guidance}
    if size is not None:
        given |= {"height": size[0], "width": size[1]}
    options |= {name: value for name, value in given.items() if value is not None}
    with trace(pipeline, detail=detail) as tracer:
        pipeline([sentence.text for sentence in sentences], generator=list(generators), **options)
    return tracer.heat_maps(sentences)
