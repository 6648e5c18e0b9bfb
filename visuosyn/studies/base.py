"""What every study is: design, draw, measure, statistics, report, over one run folder.

A kind of study says what only it knows (``StudyKind``); the order of the stages, what is skipped since it is there, and
what is made again since something before it changed, are decided here alone, by content.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

import visuosyn
from visuosyn.data import Dropped
from visuosyn.errors import UserError
from visuosyn.judge import Judge, load_judge
from visuosyn.run import Measurement, RunFolder, digest, locked
from visuosyn.run.artifacts import Content
from visuosyn.run.files import remove_leftovers
from visuosyn.run.folder import dropped_table
from visuosyn.run.shards import checksum

Progress = Callable[[str, int, int], None]  # stage, units done, units in all
INPUTS_OF_PAGES = ("run.json", "drawn.json", "judge.json", "tables/vocabulary.csv", "tables/planted.csv")


@dataclass(frozen=True)
class Measured:
    """What was measured of one unit: a table for each of the kind's ``rows``, and what could not be measured."""

    tables: Mapping[str, Content]
    dropped: Sequence[Dropped]


class StudyKind(ABC):
    """A kind of study, such as that of relations. ``judge`` stands for the one that a measurement names.

    ``name``: as ``run.json`` has it; ``rows``: the tables of rows that it measures; ``design``: the files in the run
    folder that say what it drew, beside the trees; ``left_out``: what of ``left_out.csv``'s kinds a folder of format 1
    lists in its ``dropped.csv``.
    """

    name: ClassVar[str]
    rows: ClassVar[tuple[str, ...]]
    design: ClassVar[tuple[str, ...]] = ()
    left_out: ClassVar[tuple[str, ...]] = ("caption",)

    def __init__(self, judge: Judge | None = None) -> None:
        self._judge = judge
        self._loaded: tuple[str, Judge] | None = None

    @abstractmethod
    def open(self, folder: RunFolder) -> Any:
        """What was found, as the public function of the study returns it."""

    @abstractmethod
    def units(self, folder: RunFolder) -> list[tuple[Path, ...]]:
        """The units that are measured one by one, each by the shards it rests on. UserError if a shard is missing."""

    @abstractmethod
    def measurer(self, folder: RunFolder, measurement: Measurement) -> Callable[[int], Measured]:
        """A function that measures the unit of a number."""

    @abstractmethod
    def compute(self, folder: RunFolder) -> dict[str, pd.DataFrame]:
        """All tables of statistics, from the measured rows."""

    @abstractmethod
    def write_page(self, folder: RunFolder, statistics: Mapping[str, pd.DataFrame]) -> Path:
        """Write tables, figures and the page from what was computed; computes nothing."""

    def measured_facts(self, measurement: Measurement) -> list[str]:
        """What the measured rows depend on, beside shards, trees, design and measurement."""
        return []

    def unmeasurable(self, folder: RunFolder) -> Iterable[Dropped]:
        """What can be measured in no image."""
        return ()

    def at_last(self, folder: RunFolder, measurement: Measurement) -> Mapping[str, Content]:
        """Files to write when all units are measured, by their names in the folder."""
        return {}

    def judge_of(self, measurement: Measurement) -> Judge:
        """The judge of a measurement. Raises UserError where the folder does not say how to load it again."""
        if self._judge is not None:
            return self._judge
        if not measurement.judge:
            raise UserError(
                "the judge of this study was given as an object, or to visuosyn 0.1, and cannot be loaded again: call "
                "the study's function with it again"
            )
        if self._loaded is None or self._loaded[0] != measurement.judge:
            self._loaded = measurement.judge, load_judge(measurement.judge)
        return self._loaded[1]

    def measure(
        self, folder: RunFolder, measurement: Measurement | None = None, *, progress: Progress | None = None
    ) -> None:
        """Measure all images: ``measured/``, and ``dropped.csv`` with what could not be measured.

        Units that were measured from the same are kept. ``measurement`` replaces that of the folder once everything is
        measured. Raises UserError for a folder of another kind of study, and where images are still missing.
        """
        self.require_own(folder)
        wanted = folder.measurement if measurement is None else measurement
        self._loaded = None  # what people say may have changed since the last time
        with locked(folder.path):
            remove_leftovers(folder.path)
            units, whole = self.units(folder), folder.artifact("measured")
            drawn, judged = self._drawn_from(folder, wanted), digest(*self.measured_facts(wanted))
            inputs = digest(drawn, judged, *(checksum(shard) for shards in units for shard in shards))
            if whole.is_current(inputs) and self._is_finished(folder, wanted):
                return
            measure = self.measurer(folder, wanted)
            whole.forget()  # from here on the rows may be a mixture
            folder.artifact("report").outdate()
            files: list[Path] = []
            for number, shards in enumerate(units):
                files += self._measure_unit(folder, number, digest(drawn, judged, *map(checksum, shards)), measure)
                if progress:
                    progress("measure", number + 1, len(units))
            files += self._finish(folder, wanted, len(units))
            whole.record(files, inputs)

    def statistics(self, folder: RunFolder) -> dict[str, pd.DataFrame]:
        """The tables of statistics at full precision; computed where they were not, from the same measured rows.

        Raises UserError for a folder that is not measured to the end.
        """
        self.require_own(folder)
        with locked(folder.path):
            artifact, inputs = folder.artifact("statistics"), self._computed_from(folder)
            if not artifact.is_current(inputs):
                tables = self.compute(folder)
                for old in artifact.files:
                    (folder.path / old).unlink(missing_ok=True)
                artifact.write({f"statistics/{name}.parquet": table for name, table in tables.items()}, inputs)
            return {name: pd.read_parquet(folder.path / file) for name, file in self._computed(folder).items()}

    def report(self, folder: RunFolder, *, rebuild: bool = False) -> Path:
        """Tables, figures and the page, made where they are not current, or in any case with ``rebuild``."""
        self.require_own(folder)
        with locked(folder.path):
            computed = self._computed_from(folder)
            artifact = folder.artifact("report")
            known = [folder.path / name for name in (*INPUTS_OF_PAGES, "dropped.csv", *self.design)]
            inputs = digest(computed, folder.measurement, folder.parses, *known)
            if rebuild or not artifact.is_current(inputs):
                statistics = self.statistics(folder)
                for old in artifact.files:  # files that only an earlier report had
                    if old.startswith(("tables/", "figures/")):
                        (folder.path / old).unlink(missing_ok=True)
                before = _report_files(folder)
                self.write_page(folder, statistics)
                after = _report_files(folder)
                made = [file for file in after if after[file] != before.get(file) or file.parent.name == "images"]
                artifact.record(made, inputs)
            return folder.page

    def finish(self, folder: RunFolder, measurement: Measurement, *, progress: Progress | None = None) -> Any:
        """Measure, compute and report a drawn folder, and open it."""
        self.measure(folder, measurement, progress=progress)
        self.report(folder)
        return self.open(folder)

    def require_own(self, folder: RunFolder) -> None:
        """Raise UserError where a folder holds another kind of study."""
        if folder.facts.study != self.name:
            raise UserError(f"{folder.path} holds a study of {folder.facts.study}, not of {self.name}")

    def _drawn_from(self, folder: RunFolder, measurement: Measurement) -> str:
        """What every unit depends on, beside its shards and what the judge says."""
        design = (folder.path / name for name in self.design)
        return digest(
            visuosyn.__version__,
            folder.parses,
            *design,
            *self.rows,
            measurement.edges,
            measurement.judge,
            *measurement.masks,
        )

    def _measured_from(self, folder: RunFolder, measurement: Measurement) -> str:
        """What all rows depend on, whoever judged: that is known once the rows are there, and needs no judge."""
        shards = (checksum(shard) for unit in self.units(folder) for shard in unit)
        return digest(self._drawn_from(folder, measurement), folder.left_out_file, *shards)

    def _is_finished(self, folder: RunFolder, measurement: Measurement) -> bool:
        """Is what is made of all units there, and the measurement noted?"""
        current = folder.artifact("measured/whole").is_made_from(self._measured_from(folder, measurement))
        return current and folder.measurement == measurement

    def _computed_from(self, folder: RunFolder) -> str:
        """What the statistics depend on. Raises UserError where the rows are not those of the images that are there."""
        measured = folder.artifact("measured")
        if not measured.is_whole() or not self._is_finished(folder, folder.measurement):
            raise UserError(
                f"{folder.path} is not measured to the end, or not by this visuosyn: run visuosyn measure "
                f"{folder.path} first"
            )
        return digest(visuosyn.__version__, measured.content)

    def _computed(self, folder: RunFolder) -> dict[str, str]:
        """The files of the statistics by the names of their tables, in the order in which they were computed."""
        files = folder.artifact("statistics").files
        return {Path(file).stem: file for file in files}

    def _measure_unit(
        self, folder: RunFolder, number: int, inputs: str, measure: Callable[[int], Measured]
    ) -> list[Path]:
        """The files of a unit, measured if they are not there."""
        artifact = folder.artifact(f"measured/{number:05d}")
        if not artifact.is_current(inputs):
            found = measure(number)
            files = {f"measured/{name}/{number:05d}.parquet": found.tables[name] for name in self.rows}
            artifact.write(files | {_dropped(number): dropped_table(found.dropped)}, inputs)
        return [folder.path / file for file in artifact.files]

    def _finish(self, folder: RunFolder, measurement: Measurement, units: int) -> list[Path]:
        """Write what is made of all units together; gives its files."""
        extra = self.at_last(folder, measurement)
        whole = folder.artifact("measured/whole")
        first = [*self._left_out(folder), *self.unmeasurable(folder)]
        rest = [pd.read_csv(folder.path / _dropped(at), dtype=str, keep_default_na=False) for at in range(units)]
        every = pd.concat(
            [dropped_table(first).astype({"seed": object}).fillna({"seed": ""}), *rest], ignore_index=True
        )
        whole.write({**extra, "dropped.csv": every}, self._measured_from(folder, measurement))
        measurement.save(folder.path)
        return [folder.path / file for file in whole.files]

    def _left_out(self, folder: RunFolder) -> list[Dropped]:
        """What was left out before anything was drawn."""
        path = folder.left_out_file if folder.left_out_file.exists() else folder.dropped_file
        if not path.exists():
            raise UserError(f"{path} is not there: repeat the study's command")
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        if path == folder.dropped_file:  # of format 1, which lists all in one file
            table = table[table["what"].isin(self.left_out) & (table["seed"] == "")]
        rows = table[["what", "caption_id", "text", "reason"]].to_numpy().tolist()
        return [Dropped(str(what), str(id), str(text), str(reason)) for what, id, text, reason in rows]


def _report_files(folder: RunFolder) -> dict[Path, int]:
    """The files where a report's own lie, each with what changes when it is written; one that was not is not ours."""
    places = [folder.tables, folder.figures, folder.path / "images"]
    found = [*(file for place in places for file in place.glob("*")), folder.page, folder.path / "summary.json"]
    return {file: file.stat().st_ino for file in found if file.is_file()}


def _dropped(number: int) -> str:
    return f"measured/dropped/{number:05d}.csv"
