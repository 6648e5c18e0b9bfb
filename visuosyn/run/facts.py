"""What was run: the facts that travel with the data of a study."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from visuosyn.errors import UserError
from visuosyn.run.files import write_text

FILE = "run.json"
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """Everything that decides the numbers of a study, and, apart from it, what only happened to be so.

    Two studies whose facts differ are two studies. ``counts`` (results) and ``host`` (machine, times, git commit)
    are left out of that comparison; so are ``masks`` and ``edges``, since other rules are measured on the same maps,
    and ``format``, which is the file's and is checked when it is read.

    ``corpus``: file name; ``captions``: how many were read; ``column``, ``limit``: as asked for; ``parser``: empty
    where every caption brought its tree, "given" where the graphs of given trees were made anew.
    ``coreference``: the model that found coreferent words, if any; ``swapped``: the relations whose pairs were also
    drawn with their words exchanged; ``edges``: which pairs are measured, "enhanced" or "basic".
    ``width``, ``height``: pixels; ``noise``: "caption" or "plain"; ``storage``: "parts" or "total".
    ``software``: versions of the libraries that the numbers depend on. ``options``: what only some kinds of studies are
    asked, by name; empty for the study of relations.

    >>> from visuosyn.testing import tiny_run
    >>> facts = RunFacts.load(tiny_run())
    >>> facts.corpus, facts.seeds, facts.steps
    ('relations.txt', (0, 1), 1)
    >>> facts.differences(facts.with_facts(steps=50, masks=("soft",)))  # other rules are no other study
    {'steps': (1, 50)}
    """

    corpus: str
    corpus_sha256: str
    corpus_format: str
    column: str | None = None
    limit: int | None = None
    captions: int
    parser: str
    parser_version: str
    scheme: str
    model: str
    model_revision: str = ""
    family: str
    dtype: str
    scheduler: str
    steps: int
    guidance: float
    width: int
    height: int
    seeds: tuple[int, ...]
    noise: str
    batch_size: int
    storage: str
    masks: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    host: Mapping[str, Any] = field(default_factory=dict)
    format: int = FORMAT
    collapse_prepositions: bool = False
    coreference: str = ""
    swapped: tuple[str, ...] = ()
    edges: str = "enhanced"

    def save(self, folder: str | Path, *, name: str = FILE) -> None:
        """Write ``run.json``, atomically; under another ``name`` where the folder is no run folder."""
        write_text(Path(folder) / name, json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, folder: str | Path) -> RunFacts:
        """Read ``run.json``; UserError where there is none, or one of another format version."""
        path = Path(folder) / FILE
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise UserError(f"{folder} is no run folder: it holds no {FILE}") from None
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise UserError(f"{path} is damaged: {error}") from None
        version = values.get("format") if isinstance(values, dict) else None
        if version != FORMAT:
            raise UserError(f"{path} has format version {version}: this visuosyn reads version {FORMAT}")
        names = {f.name for f in fields(cls)}
        values = YOUNGER | values
        if "keep" in values:  # its name of version 1
            values["storage"] = values.pop("keep")
        if set(values) != names:
            raise UserError(f"{path} is damaged: unknown or missing {', '.join(sorted(set(values) ^ names))}")
        return cls(**values | {name: tuple(values[name]) for name in ("seeds", "masks", "swapped")})

    def differences(self, other: RunFacts) -> dict[str, tuple[Any, Any]]:
        """The facts that differ, by name: (here, there). Libraries are compared one by one, as "software torch"."""
        mine, theirs = _compared(self), _compared(other)
        names = mine | theirs
        return {name: (mine.get(name), theirs.get(name)) for name in names if mine.get(name) != theirs.get(name)}

    def require_same(self, asked: RunFacts, folder: str | Path) -> None:
        """Raise UserError naming what differs, if ``asked`` is another study than this one in ``folder``."""
        differing = self.differences(asked)
        if differing:
            told = "; ".join(f"{name}: {here!r} there, {now!r} now" for name, (here, now) in differing.items())
            raise UserError(f"{folder} holds another study: {told}. Choose another folder, or the same options")

    def with_facts(self, **facts: Any) -> RunFacts:
        """A copy with other facts; ``counts`` and ``host`` are added to what is there."""
        for name in ("counts", "host"):
            if name in facts:
                facts[name] = {**getattr(self, name), **facts[name]}
        return replace(self, **facts)


# Facts that older runs may lack.
YOUNGER = {"options": {}, "collapse_prepositions": False, "coreference": "", "swapped": (), "edges": "enhanced"}


def _compared(facts: RunFacts) -> dict[str, Any]:
    values = asdict(facts)
    libraries, options = values.pop("software"), values.pop("options")
    for name in ("masks", "edges", "counts", "host", "format"):
        del values[name]
    return values | options | {f"software {name}": version for name, version in libraries.items()}
