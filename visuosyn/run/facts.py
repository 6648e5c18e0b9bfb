"""What was drawn: the facts that travel with the data of a study."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from visuosyn.errors import UserError
from visuosyn.run.files import write_text

FILE = "run.json"
FORMAT = 2
READ = (1, FORMAT)  # versions that can be read; only runs of the newest are drawn


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """What is drawn, decided before it is drawn and never changed: ``run.json``.

    Two studies whose facts differ are two studies. ``counts`` (of captions that were left out before drawing) and
    ``host`` (machine, time of the start, git commit) only happened to be so and are left out of that comparison; so is
    ``format``, the version of the folder's layout. What is measured on the drawn maps may change: ``Measurement``.

    ``study``: the kind of study by its name. ``corpus``: file name; ``captions``: how many were read; ``column``,
    ``limit``: as asked for; ``parser``: empty where every caption brought its tree, "given" where the graphs of given
    trees were rebuilt. ``coreference``: the model that found coreferent words, if any; ``swapped``: the relations whose
    pairs were also drawn with their words exchanged. ``width``, ``height``: pixels; ``noise``: "caption", "plain" or
    "image"; ``storage``: "parts" or "total". ``software``: versions of the libraries that the numbers depend on.
    ``options``: what only some kinds of studies are asked, by name.

    >>> from visuosyn.testing import tiny_run
    >>> facts = RunFacts.load(tiny_run())
    >>> facts.study, facts.corpus, facts.seeds, facts.steps
    ('relations', 'relations.txt', (0, 1), 1)
    >>> facts.differences(facts.with_facts(steps=50))
    {'steps': (1, 50)}
    """

    study: str = "relations"
    corpus: str
    corpus_sha256: str
    corpus_format: str
    column: str | None = None
    limit: int | None = None
    captions: int
    parser: str
    parser_version: str
    scheme: str
    collapse_prepositions: bool = False
    coreference: str = ""
    swapped: tuple[str, ...] = ()
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
    options: Mapping[str, Any] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    host: Mapping[str, Any] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def images(self) -> int:
        """How many images are drawn: every caption with every seed."""
        return self.captions * len(self.seeds)

    @property
    def captions_per_part(self) -> int:
        """How many captions, with all their seeds, lie together. In format 1 shards hold a batch, wherever it ends, so
        a part is the fewest shards that end at a caption boundary."""
        if self.format == 1:
            return math.lcm(len(self.seeds), self.batch_size) // len(self.seeds)
        return max(1, self.batch_size // len(self.seeds))

    @property
    def parts(self) -> int:
        """How many parts a run has."""
        return -(-self.captions // self.captions_per_part)

    def save(self, folder: str | Path, *, name: str = FILE) -> None:
        """Write ``run.json``, atomically; under another ``name`` where the folder is no run folder."""
        write_text(Path(folder) / name, json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, folder: str | Path) -> RunFacts:
        """Read ``run.json``, of this format version or of version 1; UserError where there is none."""
        path = Path(folder) / FILE
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise UserError(f"{folder} is no run folder: it holds no {FILE}") from None
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise UserError(f"{path} is damaged: {error}") from None
        version = values.get("format") if isinstance(values, dict) else None
        if version not in READ:
            raise UserError(
                f"{path} has format version {version}: this visuosyn reads versions {' and '.join(map(str, READ))}"
            )
        values = _of_version_1(values) if version == 1 else values
        names = {f.name for f in fields(cls)}
        if set(values) != names:
            raise UserError(f"{path} is damaged: unknown or missing {', '.join(sorted(set(values) ^ names))}")
        return cls(**values | {name: tuple(values[name]) for name in ("seeds", "swapped")})

    def differences(self, other: RunFacts) -> dict[str, tuple[Any, Any]]:
        """The facts that differ, by name: (here, there). Libraries are compared one by one, as "software torch"."""
        mine, theirs = _compared(self), _compared(other)
        names = mine | theirs
        return {name: (mine.get(name), theirs.get(name)) for name in names if mine.get(name) != theirs.get(name)}

    def require_same(self, asked: RunFacts, folder: str | Path) -> None:
        """Raise UserError naming what differs, if ``asked`` is another study than this one in ``folder``."""
        differing = self.differences(asked)
        if "study" in differing:
            raise UserError(f"{folder} holds a study of {self.study}, not of {asked.study}: choose another folder")
        if differing:
            labels = "; ".join(f"{name}: {here!r} there, {now!r} now" for name, (here, now) in differing.items())
            raise UserError(f"{folder} holds another study: {labels}. Choose another folder, or the same options")

    def with_facts(self, **facts: Any) -> RunFacts:
        """A copy with other facts; ``counts`` and ``host`` are added to what is there."""
        for name in ("counts", "host"):
            if name in facts:
                facts[name] = {**getattr(self, name), **facts[name]}
        return replace(self, **facts)


def _of_version_1(values: dict[str, Any]) -> dict[str, Any]:
    """The facts of a ``run.json`` of version 1, which also held what was measured, and may lack younger facts."""
    younger: dict[str, Any] = {"options": {}, "collapse_prepositions": False, "coreference": "", "swapped": ()}
    values = younger | {name: value for name, value in values.items() if name not in ("masks", "edges")}
    options = dict(values["options"])
    values |= {"study": options.pop("study", "relations"), "options": options}
    return values | ({"storage": values.pop("keep")} if "keep" in values else {})


def _compared(facts: RunFacts) -> dict[str, Any]:
    values = asdict(facts)
    libraries, options = values.pop("software"), values.pop("options")
    for name in ("counts", "host", "format"):
        del values[name]
    software = {f"software {name}": version for name, version in libraries.items()}
    return dict(values | options | software)
