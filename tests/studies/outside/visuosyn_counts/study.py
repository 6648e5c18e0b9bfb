"""The study, of the parts that every study is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from visuosyn.corpus import read_corpus
from visuosyn.parse import load_parser
from visuosyn.run import Measurement, RunFolder, locked, read_shard, write_text
from visuosyn.studies import options as o
from visuosyn.studies.base import Measured, Progress, StudyKind
from visuosyn.studies.drawing import draw_study
from visuosyn.studies.gather import gather
from visuosyn.studies.results import StudyResult
from visuosyn.studies.settings import settings_of
from visuosyn.tracing import load_pipeline


class Counts(StudyKind):
    name = "counts"
    rows = ("counts",)

    def open(self, folder: RunFolder) -> StudyResult:
        return StudyResult(folder)

    def units(self, folder: RunFolder) -> list[tuple[Path, ...]]:
        return folder.parts()

    def measurer(self, folder: RunFolder, measurement: Measurement) -> Callable[[int], Measured]:
        def measure(number: int) -> Measured:
            images = [maps for shard in folder.part(number) for maps in read_shard(shard)]
            rows = [(maps.caption_id, maps.seed, len(maps)) for maps in images]
            return Measured({"counts": pd.DataFrame(rows, columns=["caption_id", "seed", "words"])}, [])

        return measure

    def compute(self, folder: RunFolder) -> dict[str, pd.DataFrame]:
        return {"means": folder.rows("counts").groupby("caption_id", as_index=False)["words"].mean()}

    def write_page(self, folder: RunFolder, statistics: Mapping[str, pd.DataFrame]) -> Path:
        write_text(folder.tables / "means.csv", statistics["means"].to_csv(index=False))
        write_text(folder.page, statistics["means"].to_html())
        return folder.page


COUNTS = Counts()


def counts(
    corpus: o.Corpus,
    *,
    out: o.Out,
    model: o.Model = "micro",
    seeds: o.Seeds = "0",
    steps: o.Steps = None,
    progress: Progress | None = None,
) -> StudyResult:
    """Count."""
    settings = settings_of(model=model, seeds=seeds, steps=steps)
    captions, parser, pipeline = read_corpus(corpus), load_parser(), load_pipeline(model)
    facts = gather(COUNTS.name, settings, captions, parser=parser, pipeline=pipeline)
    with locked(out):
        folder = RunFolder.claim(out, facts, settings.measurement)
        draw_study(folder, captions, parser, pipeline, progress=progress)
        found: StudyResult = COUNTS.finish(folder, settings.measurement, progress=progress)
    return found
