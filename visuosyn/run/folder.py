"""The run folder: one place that knows where everything of a study lies.

========================  =============================================================================================
``run.json``              facts: what was drawn; ``measurement.json``: what is measured; ``drawn.json``: known then
``parses.conllu``         the trees used; ``left_out.csv``: what was left out before anything was drawn
``traces/00000.parquet``  shards: a part of the captions each, all seeds of a caption in one
``measured/NAME/``        the rows of each table, a file a part; ``dropped.csv``: what could not be measured
``statistics/``           the tables of statistics as they were computed
``tables/, figures/``     with ``images/`` and ``index.html`` the report
``stamps/``               what each of these was made from (``visuosyn.run.artifacts``)
========================  =============================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from visuosyn.corpus import conllu
from visuosyn.data import Dropped, HeatMaps, Sentence
from visuosyn.errors import UserError
from visuosyn.run import measurement as measurements
from visuosyn.run.artifacts import Artifact
from visuosyn.run.facts import FILE, RunFacts
from visuosyn.run.files import remove_leftovers, write_text
from visuosyn.run.locks import LOCK
from visuosyn.run.measurement import Measurement
from visuosyn.run.shards import read_shard

DROPPED = ["what", "caption_id", "seed", "text", "reason"]


@dataclass(frozen=True)
class RunFolder:
    """A run folder by its path; nothing is read before it is asked for.

    >>> from visuosyn.testing import tiny_run
    >>> run = RunFolder.open(tiny_run())
    >>> [sentence.text for sentence in run.sentences()], len(run.rows("pairs"))
    (['a red cat', 'a dog in a hat'], 80)
    >>> [(maps.caption_id, maps.seed, maps.array.shape) for maps in run.heat_maps("1")]
    [('1', 0, (3, 16, 16)), ('1', 1, (3, 16, 16))]
    """

    path: Path

    @classmethod
    def open(cls, path: str | Path) -> RunFolder:
        """The folder of a study that was begun; UserError if there is none, or only what was exported of one."""
        folder = cls(Path(path))
        _ = folder.facts
        if is_exported(path):
            raise UserError(f"{path} is an exported report, to be read as it is: its run folder can be opened")
        return folder

    @classmethod
    def claim(cls, path: str | Path, facts: RunFacts, measurement: Measurement) -> RunFolder:
        """The folder for a study with these facts: a new or empty one, or one where the same study was begun.

        To be called under ``locked(path)``. What a killed process left half-written is removed. ``measurement`` is
        noted where nothing was measured yet. Raises UserError if the folder holds anything else.
        """
        folder = cls(Path(path))
        folder.check_free()
        if (folder.path / FILE).exists():
            folder.facts.require_same(facts, path)
            remove_leftovers(folder.path)
        else:
            facts.save(folder.path)
        if folder.facts.format > 1 and not (folder.path / measurements.FILE).exists():
            measurement.save(folder.path)
        return folder

    def check_free(self) -> None:
        """Raise UserError if the path holds something that is no run folder."""
        if self.path.exists() and not self.path.is_dir():
            raise UserError(f"{self.path} is a file: a study needs a folder of its own")
        others = (one for one in self.path.iterdir() if one.name != LOCK) if self.path.is_dir() else iter(())
        if is_exported(self.path) or (not (self.path / FILE).exists() and any(others)):
            raise UserError(f"{self.path} is not empty and no run folder: choose another folder")

    @property
    def facts(self) -> RunFacts:
        """What was drawn."""
        return RunFacts.load(self.path)

    @property
    def measurement(self) -> Measurement:
        """What was measured, or is to be."""
        return Measurement.load(self.path)

    @property
    def drawn(self) -> dict[str, Any]:
        """What is known once all is drawn: ``drawn.json``; empty before. For format 1, taken from ``run.json``."""
        path = self.path / "drawn.json"
        if path.exists():
            known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return known
        return {**self.facts.counts, **self.facts.host} if self.facts.format == 1 else {}

    def note(self, **known: Any) -> None:
        """Add to ``drawn.json``."""
        if (new := self.drawn | known) != self.drawn:
            write_text(self.path / "drawn.json", json.dumps(new, indent=2, ensure_ascii=False) + "\n")

    @property
    def parses(self) -> Path:
        """The file of the trees that were used."""
        return self.path / "parses.conllu"

    @property
    def left_out_file(self) -> Path:
        """The file of what was left out before anything was drawn."""
        return self.path / "left_out.csv"

    @property
    def dropped_file(self) -> Path:
        """The file of what could not be measured, what was left out before included."""
        return self.path / "dropped.csv"

    @property
    def tables(self) -> Path:
        """The folder of the tables."""
        return self.path / "tables"

    @property
    def figures(self) -> Path:
        """The folder of the figures."""
        return self.path / "figures"

    @property
    def page(self) -> Path:
        """The report."""
        return self.path / "index.html"

    def require_report(self) -> None:
        """Raise UserError where tables, figures and page are of an earlier measurement than the rows."""
        if self.artifact("report").outdated:
            raise UserError(f"the report in {self.path} is of an earlier measurement: run visuosyn report {self.path}")

    def artifact(self, name: str) -> Artifact:
        """Something that is made from the run, by name."""
        return Artifact(self.path, name)

    def shard(self, number: int) -> Path:
        """Where a shard lies, by its number."""
        return self.path / "traces" / f"{number:05d}.parquet"

    def part(self, number: int) -> tuple[Path, ...]:
        """The shards of a part of the captions: one, or in a run of format 1 several."""
        facts = self.facts
        if facts.format > 1:
            return (self.shard(number),)
        each = facts.captions_per_part * len(facts.seeds) // facts.batch_size
        last = -(-facts.images // facts.batch_size)
        return tuple(self.shard(at) for at in range(number * each, min((number + 1) * each, last)))

    def parts(self) -> list[tuple[Path, ...]]:
        """The shards of every part. Raises UserError if one is missing."""
        found = [self.part(number) for number in range(self.facts.parts)]
        every = [shard for part in found for shard in part]
        there = sum(shard.is_file() for shard in every)
        if there < len(every):
            raise UserError(
                f"{self.path} is not drawn to the end ({there} of {len(every)} shards): repeat the study's command"
            )
        return found

    def sentences(self) -> tuple[Sentence, ...]:
        """The trees that were used, in the order of the corpus."""
        if not self.parses.exists():
            raise UserError(f"{self.path} was not begun to be drawn: repeat the study's command")
        return tuple(conllu.read(self.parses.read_text(encoding="utf-8"), source=str(self.parses)))

    def heat_maps(
        self, caption: str | None = None, *, seed: int | None = None, sentences: Sequence[Sentence] = ()
    ) -> Iterator[HeatMaps]:
        """Image after image, one shard in memory at a time; their words know the tree.

        ``caption`` and ``seed`` choose those of one caption id, of one seed; other captions' shards are not opened.
        ``sentences`` saves reading the trees again.
        """
        sentences = sentences or self.sentences()
        by_id = {sentence.id: sentence for sentence in sentences}
        facts = self.facts
        numbers = (
            range(facts.parts)
            if caption is None
            else [
                place // facts.captions_per_part for place, sentence in enumerate(sentences) if sentence.id == caption
            ]
        )
        wanted = [("caption_id", "==", caption)] * (caption is not None) + [("seed", "==", seed)] * (seed is not None)
        for number in numbers:
            for shard in self.part(number):
                for maps in read_shard(shard, where=wanted or None) if shard.is_file() else ():
                    yield with_tree(maps, by_id[maps.caption_id])

    def rows(self, name: str) -> pd.DataFrame:
        """The measured rows of a name, such as "pairs". Raises UserError where the run is not measured to the end.

        A run of format 1 that was not measured since has them in one file.
        """
        old, measured = self.path / f"{name}.parquet", self.artifact("measured").files
        if not measured and old.exists() and not (self.path / measurements.FILE).exists():
            return pd.read_parquet(old)
        found = [self.path / file for file in measured if file.endswith(".parquet")]
        if not measured or not all(file.is_file() for file in found):
            raise UserError(f"{self.path} is not measured to the end: run visuosyn measure {self.path} first")
        files = [file for file in found if file.parent.name == name]
        if not files:
            there = ", ".join(dict.fromkeys(file.parent.name for file in found))
            raise UserError(f"{self.path} has no measured rows {name!r}: there are {there}")
        tables = [pq.read_table(file) for file in files]
        rows: pd.DataFrame = pa.concat_tables(tables, promote_options="permissive").to_pandas()
        return rows

    def table(self, name: str) -> pd.DataFrame:
        """A table of the report, ``tables/NAME.csv``; UserError where it is not there."""
        path = self.tables / f"{name}.csv"
        if not path.exists() and self.page.exists():
            there = ", ".join(sorted(one.stem for one in self.tables.glob("*.csv")))
            raise UserError(f"{self.path} has no table {name!r}: there are {there}")
        return pd.read_csv(self._there(path, "report"))

    def dropped(self) -> pd.DataFrame:
        """What could not be measured, with the reason; no seed: dropped for every seed."""
        path = self.dropped_file if self.dropped_file.exists() else self.left_out_file
        table = pd.read_csv(self._there(path, "measure"), dtype=str, keep_default_na=False)
        return table.assign(seed=pd.to_numeric(table["seed"]).astype("Int64"))

    def _there(self, path: Path, command: str) -> Path:
        if not path.exists():
            raise UserError(f"{path} is not there: run visuosyn {command} {self.path} first")
        return path


def is_exported(path: str | Path) -> bool:
    """Does a folder hold what ``visuosyn.report.export`` leaves of a run: what was drawn, without trees and shards?"""
    path = Path(path)
    return (path / FILE).is_file() and (path / "README.md").is_file() and not (path / "parses.conllu").exists()


def dropped_table(dropped: Iterable[Dropped]) -> pd.DataFrame:
    """What was dropped as a table, with the columns of ``dropped.csv``.

    >>> dropped_table([Dropped("word", "1", "umbrella", "past the model's limit", seed=0)])["seed"].tolist()
    [0]
    """
    table = pd.DataFrame([[getattr(one, name) for name in DROPPED] for one in dropped], columns=DROPPED)
    return table.astype({"seed": "Int64"})


def read_rows(path: str | Path, name: str = "pairs", *, columns: Iterable[str] = ()) -> pd.DataFrame:
    """The measured rows of a run folder, or of a Parquet file or a folder of them; UserError if it is none of these, or
    lacks one of ``columns``.

    >>> from visuosyn.testing import tiny_run
    >>> pairs = read_rows(tiny_run())
    >>> pairs.loc[pairs["kind"] == "related", "relation"].unique().tolist()
    ['det', 'amod', 'case', 'nmod:in']
    """
    if (Path(path) / FILE).is_file():
        return RunFolder.open(path).rows(name)
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is no run folder and no table of {name}: {error}") from None
    if missing := set(columns) - set(table.columns):
        raise UserError(f"{path} is no table of {name}: it lacks {', '.join(sorted(missing))}")
    return table


def with_tree(maps: HeatMaps, sentence: Sentence) -> HeatMaps:
    """The same maps with the words of the tree, which know their lemma, part of speech and head."""
    positions = maps.extra["positions"]
    words = tuple(replace(sentence.words[at], index=row) for row, at in enumerate(positions))
    return maps.with_facts(words=words)
