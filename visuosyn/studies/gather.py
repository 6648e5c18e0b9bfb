"""Gathering the facts of a study before it starts."""

from __future__ import annotations

import hashlib
import inspect
import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import visuosyn
from visuosyn.corpus import Corpus
from visuosyn.data import Caption, Dropped
from visuosyn.errors import UserError
from visuosyn.parse import GIVEN, Parser
from visuosyn.run import RunFacts
from visuosyn.studies.settings import Settings

LIBRARIES = ("torch", "diffusers", "transformers", "tokenizers", "spacy", "numpy", "scipy", "pandas", "pyarrow")


def gather(
    study: str,
    settings: Settings,
    corpus: Corpus,
    *,
    parser: Parser | None,
    pipeline: Any,
    column: str | None = None,
    limit: int | None = None,
    **options: Any,
) -> RunFacts:
    """The facts of a kind of study with these settings, for this corpus and this pipeline.

    ``options``: what only this kind is asked. What was not asked for (steps, guidance, size) is the pipeline's own
    default. Raises UserError for a pipeline that does not draw from text alone, or that cannot draw this size or so
    many steps.
    """
    from visuosyn.tracing import model_facts, own_drawing  # loads torch
    from visuosyn.tracing.families import family_of

    if "image" in inspect.signature(type(pipeline).__call__).parameters:
        raise UserError(f"a study draws from text alone, and {type(pipeline).__name__} needs an image to start from")
    own, family = own_drawing(pipeline), family_of(pipeline)
    width, height = settings.size or family.native_size(pipeline)
    steps = own["steps"] if settings.steps is None else settings.steps
    family.require_drawable(pipeline, size=(width, height), steps=steps)
    model = model_facts(pipeline)
    return RunFacts(
        study=study,
        corpus=Path(corpus.path).name,
        corpus_sha256=corpus.sha256,
        corpus_format=corpus.format,
        column=column,
        limit=limit,
        captions=len(corpus.captions),
        parser=parser.name if parser else GIVEN if settings.parser == GIVEN else "",
        parser_version="" if parser is None else parser.version,
        scheme=settings.scheme,
        model=str(model["id"]),
        model_revision=str(model["revision"] or ""),
        family=str(model["family"]),
        dtype=str(model["dtype"]),
        scheduler=str(model["scheduler"]),
        steps=steps,
        guidance=float(own["guidance"] if settings.guidance is None else settings.guidance),
        width=width,
        height=height,
        seeds=settings.seeds,
        noise=settings.noise,
        batch_size=settings.batch_size,
        storage=settings.storage,
        options=options | ({"preset": settings.preset} if settings.preset else {}),
        collapse_prepositions=settings.collapse_prepositions,
        coreference=settings.coreference,
        swapped=settings.swapped,
        software={"visuosyn": visuosyn.__version__} | {name: version(name) for name in LIBRARIES},
        counts={"duplicates": corpus.duplicates, "captions_dropped": len(corpus.dropped)},
        host={
            "device": str(pipeline.device),
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            "python": platform.python_version(),
            "commit": git_commit(),
            "started": now(),
        },
    )


def corpus_of(
    captions: Iterable[Caption], *, source: str | Path, format: str, content: str, dropped: Iterable[Dropped] = ()
) -> Corpus:
    """A corpus of prompts that a study generates; ``content``: what they are made of, for the checksum.

    >>> corpus_of([Caption("1", "a cat", noise_id="1")], source="nouns.txt", format="nouns", content="cat").sha256[:9]
    '77af778b5'
    """
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    return Corpus(tuple(captions), Path(source), format, sha256, 0, tuple(dropped))


def now() -> str:
    """The time in UTC, to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def git_commit() -> str | None:
    """The commit of the checkout that this package runs from, with "-dirty" if files differ; else ``None``."""
    here = Path(__file__).parent

    def git(*words: str) -> subprocess.CompletedProcess[str]:
        # "describe --dirty" would be one call, but locks the index all the same
        read_only = ["git", "--no-optional-locks", "-C", str(here)]
        return subprocess.run([*read_only, *words], capture_output=True, text=True, check=False)

    try:
        if git("ls-files", "--error-unmatch", Path(__file__).name).returncode:
            return None
        commit = git("rev-parse", "HEAD").stdout.strip()
        changed = git("status", "--porcelain", "--untracked-files=no").stdout.strip()
        return (commit + ("-dirty" if changed else "")) or None
    except FileNotFoundError:  # no git on this machine
        return None
