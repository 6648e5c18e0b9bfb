"""A finished study, read from its folder."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import ClassVar

import pandas as pd

from visuosyn.data import HeatMaps, Sentence
from visuosyn.errors import UserError
from visuosyn.run import RunFacts, RunFolder


class StudyResult:
    """What a study found. Everything is read from the run folder when it is asked for."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @cached_property
    def facts(self) -> RunFacts:
        """What was drawn."""
        return self.folder.facts

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The captions with their trees, in the order of the corpus."""
        return self.folder.sentences()

    @cached_property
    def dropped(self) -> pd.DataFrame:
        """What could not be measured: what, caption_id, seed, text, reason."""
        return self.folder.dropped()

    def rows(self, name: str) -> pd.DataFrame:
        """The measurements of a name, as shares: the files in ``measured/NAME`` of the run folder."""
        return self.folder.rows(name)

    def table(self, name: str) -> pd.DataFrame:
        """One of the tables of statistics, in percentage points: ``tables/NAME.csv``.

        Raises UserError where there is none, or where the rows were measured again since.
        """
        self.folder.require_report()
        return self.folder.table(name)

    def heat_maps(self, caption: str | None = None, *, seed: int | None = None) -> list[HeatMaps]:
        """The images with their heat maps, of one caption id or of all, of one seed or of all.

        Without ``caption`` and ``seed`` that is everything: ``folder.heat_maps()`` goes through it one by one.
        Raises UserError if the study has no such caption or seed.
        """
        if caption is not None and caption not in {sentence.id for sentence in self.sentences}:
            raise UserError(f"no caption {caption!r} in {self.path}: the first is {self.sentences[0].id!r}")
        if seed is not None and seed not in self.facts.seeds:
            raise UserError(
                f"seed {seed} was not drawn in {self.path}: there are {', '.join(map(str, self.facts.seeds))}"
            )
        return list(self.folder.heat_maps(caption, seed=seed, sentences=self.sentences))

    def __repr__(self) -> str:
        f = self.facts
        seeds = f"{len(f.seeds)} seed{'s'[: len(f.seeds) != 1]}"
        name = type(self).__name__
        return f"{name}({str(self.path)!r}: {f.captions} captions of {f.corpus}, {seeds} each, drawn by {f.model})"


class PromptStudy(StudyResult):
    """What a study found whose prompts it generates itself.

    ``main``: the table that a notebook shows first, and its columns; a column's interval stands with it.
    """

    main: ClassVar[tuple[str, tuple[str, ...]]]

    def __repr__(self) -> str:
        f = self.facts
        label = f"{f.captions} prompts, {len(f.seeds)} seed{'s'[: len(f.seeds) != 1]} each, drawn by {f.model}"
        return f"{type(self).__name__}({str(self.path)!r}: {label})"

    def _repr_html_(self) -> str:
        from visuosyn.studies.glance import prompt_study_html  # takes seconds to load

        return prompt_study_html(self)
