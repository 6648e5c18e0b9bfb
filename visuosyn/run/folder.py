"""The run folder: one place that knows where everything of a study lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from visuosyn.corpus import conllu
from visuosyn.data import HeatMaps, Sentence
from visuosyn.errors import UserError
from visuosyn.run.facts import FILE, RunFacts
from visuosyn.run.files import remove_leftovers
from visuosyn.run.shards import is_complete, read_shard


@dataclass(frozen=True)
class RunFolder:
    """A run folder by its path; nothing is read before it is asked for.

    >>> from visuosyn.testing import tiny_run
    >>> run = RunFolder.open(tiny_run())
    >>> [sentence.text for sentence in run.sentences()], len(run.pairs())
    (['a red cat', 'a dog in a hat'], 80)
    >>> [(maps.caption_id, maps.seed, maps.array.shape) for maps in run.heat_maps("1")]
    [('1', 0, (3, 16, 16)), ('1', 1, (3, 16, 16))]
    """

    path: Path

    @classmethod
    def open(cls, path: str | Path) -> RunFolder:
        """The folder of a study that was begun; UserError if there is none."""
        folder = cls(Path(path))
        _ = folder.facts
        return folder

    @classmethod
    def claim(cls, path: str | Path, facts: RunFacts) -> RunFolder:
        """The folder for a study with these facts: a new or empty one, or one where the same study was begun.

        Raises UserError if the folder holds anything else. What a killed process left half-written is removed.
        """
        folder = cls(Path(path))
        folder.check_free()
        if (folder.path / FILE).exists():
            begun = folder.facts
            begun.require_same(facts, path)
            remove_leftovers(folder.path)
            if (begun.masks, begun.edges) != (facts.masks, facts.edges):
                begun.with_facts(masks=facts.masks, edges=facts.edges).save(folder.path)
        else:
            facts.save(folder.path)
        return folder

    def check_free(self) -> None:
        """Raise UserError if the path holds something that is no run folder."""
        if self.path.exists() and not self.path.is_dir():
            raise UserError(f"{self.path} is a file: a study needs a folder of its own")
        if self.path.is_dir() and not (self.path / FILE).exists() and any(self.path.iterdir()):
            raise UserError(f"{self.path} is not empty and no run folder: choose another folder")

    @property
    def facts(self) -> RunFacts:
        """What was run."""
        return RunFacts.load(self.path)

    @property
    def parses(self) -> Path:
        """The file of the trees that were used."""
        return self.path / "parses.conllu"

    @property
    def pairs_file(self) -> Path:
        """The measurement table's file."""
        return self.path / "pairs.parquet"

    @property
    def controls_file(self) -> Path:
        """The file of what the pairs are compared with: moved maps, other images."""
        return self.path / "controls.parquet"

    @property
    def multiverse_file(self) -> Path:
        """The file of the overlaps in every universe, as sums."""
        return self.path / "multiverse.parquet"

    @property
    def dropped_file(self) -> Path:
        """The file of what could not be measured."""
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

    def shard(self, number: int) -> Path:
        """Where the images of a batch lie, by the batch's number."""
        return self.path / "traces" / f"{number:05d}.parquet"

    @property
    def shards(self) -> tuple[Path, ...]:
        """The complete shards that are there, in the order of the corpus; each is checked against its checksum."""
        return tuple(path for path in sorted(self.shard(0).parent.glob("*.parquet")) if is_complete(path))

    def sentences(self) -> tuple[Sentence, ...]:
        """The trees that were used, in the order of the corpus."""
        return tuple(conllu.read(_text(self.parses, "parse"), source=str(self.parses)))

    def heat_maps(self, caption: str | None = None, *, seed: int | None = None) -> Iterator[HeatMaps]:
        """Image after image, one shard in memory at a time; their words know the tree.

        ``caption`` and ``seed`` choose those of one caption id, of one seed; other shards are not decoded.
        """
        sentences = {sentence.id: sentence for sentence in self.sentences()}
        wanted = [("caption_id", "==", caption)] * (caption is not None) + [("seed", "==", seed)] * (seed is not None)
        for shard in self.shards:
            for maps in read_shard(shard, where=wanted or None):
                yield with_tree(maps, sentences[maps.caption_id])

    def pairs(self) -> pd.DataFrame:
        """The measurement table: a row per image, pair and mask rule."""
        return pd.read_parquet(_there(self.pairs_file, "measure"))

    def controls(self) -> dict[str, pd.DataFrame]:
        """The control tables by name, see ``visuosyn.measure.controls``; none in a run measured without them."""
        table = pd.read_parquet(self.controls_file) if self.controls_file.exists() else pd.DataFrame({"control": []})
        return {str(name): rows.drop(columns="control") for name, rows in table.groupby("control")}

    def multiverse(self) -> pd.DataFrame | None:
        """Sums of the overlaps in every universe, see ``visuosyn.measure.multiverse``, if they were measured."""
        return pd.read_parquet(self.multiverse_file) if self.multiverse_file.exists() else None

    def dropped(self) -> pd.DataFrame:
        """What could not be measured, with the reason; the seed is missing where it is lost for all."""
        table = pd.read_csv(_there(self.dropped_file, "measure"), dtype=str, keep_default_na=False)
        return table.assign(seed=pd.to_numeric(table["seed"]).astype("Int64"))

    def relations(self) -> pd.DataFrame:
        """The relation table, in percentage points."""
        return pd.read_csv(_there(self.tables / "relations.csv", "report"))


def read_pairs(path: str | Path) -> pd.DataFrame:
    """The measurement table of a run folder, or of such a table's file; UserError if it is neither.

    >>> from visuosyn.testing import tiny_run
    >>> pairs = read_pairs(tiny_run())
    >>> pairs.loc[pairs["kind"] == "related", "relation"].unique().tolist()
    ['det', 'amod', 'case', 'nmod:in']
    """
    if Path(path).is_dir():
        return RunFolder.open(path).pairs()
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is no run folder and no pairs.parquet: {error}") from None
    if missing := {"caption_id", "seed", "pair", "kind", "relation", "mask", "iod", "ioh"} - set(table.columns):
        raise UserError(f"{path} is no table of pairs: it lacks {', '.join(sorted(missing))}")
    return table


def with_tree(maps: HeatMaps, sentence: Sentence) -> HeatMaps:
    """The same maps with the words of the tree, which know their lemma, part of speech and head."""
    positions = maps.extra["positions"]
    words = tuple(replace(sentence.words[at], index=row) for row, at in enumerate(positions))
    return maps.with_facts(words=words)


def _there(path: Path, stage: str) -> Path:
    if not path.exists():
        raise UserError(f"{path} is not there: run the stage {stage!r} first")
    return path


def _text(path: Path, stage: str) -> str:
    return _there(path, stage).read_text(encoding="utf-8")
