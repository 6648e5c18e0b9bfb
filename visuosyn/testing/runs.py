"""Small run folders, drawn by a tiny random pipeline."""

from __future__ import annotations

import atexit
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from visuosyn.errors import UserError
from visuosyn.testing.pipelines import tiny_pipeline


@cache
def tiny_run(kind: str = "relations") -> Path:
    """The folder of a small study drawn by a tiny random pipeline, made once a process and removed when it ends.

    ``kind``: "relations" (two captions, two seeds; measured, but without a report), "adjectives" (one scene) or
    "cohyponyms" (two pairs of nouns). All files are real, the numbers mean nothing. Copy the folder to change it.

    >>> sorted(path.name for path in (tiny_run() / "measured").iterdir())
    ['controls', 'dropped', 'multiverse', 'pairs']
    """
    from visuosyn.studies.adjectives.study import adjectives
    from visuosyn.studies.cohyponyms.study import cohyponyms
    from visuosyn.studies.relations.study import RELATIONS, trace_corpus
    from visuosyn.studies.settings import settings_of

    held = tempfile.TemporaryDirectory(prefix="visuosyn-")
    atexit.register(held.cleanup)
    run, given = Path(held.name, "run"), Path(held.name, f"{kind}.txt")
    options: dict[str, Any] = {"model": tiny_pipeline(), "steps": 1, "masks": ["relative:0.4", "soft"]}
    if kind == "relations":
        given.write_text("a red cat\na dog in a hat\n")
        folder = trace_corpus(given, out=run, settings=settings_of(**options, seeds="0-1"))
        RELATIONS.measure(folder)
    elif kind == "adjectives":
        given.write_text("template,adjectives,swap\na {} [hat] and a [dog],red|blue,ball\n")
        adjectives(out=run, templates=given, size="96x96", seeds=[0], **options)
    elif kind == "cohyponyms":
        cohyponyms(out=run, nouns=["cat", "dog", "car"], per_class=1, size="96x96", seeds=[0], **options)
    else:
        raise UserError(f"{kind!r} is no kind of study: use relations, adjectives or cohyponyms")
    return run
