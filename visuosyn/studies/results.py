"""A finished study, read from its folder."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import ClassVar

import pandas as pd

from visuosyn.data import HeatMaps, Sentence
from visuosyn.errors import UserError
from visuosyn.run import RunFacts, RunFolder


class Study:
    """What a study found. Everything is read from the run folder when it is asked for.

    ``pairs``: one row per (image, pair, mask rule), fractions; ``relations``: one row per (relation, mask rule),
    percentage points; ``dropped``: what could not be measured, and why.

    >>> from visuosyn.testing import tiny_run
    >>> found = open_run(tiny_run())
    >>> [sentence.text for sentence in found.sentences], found.facts.seeds, len(found.pairs), len(found.dropped)
    (['a red cat', 'a dog in a hat'], (0, 1), 80, 0)
    >>> (maps,) = found.heat_maps("1", seed=1)
    >>> maps["cat"].array.shape, maps["cat"].word.upos
    ((16, 16), 'NOUN')
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @cached_property
    def facts(self) -> RunFacts:
        """What was run."""
        return self.folder.facts

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The captions with their trees, in the order of the corpus."""
        return self.folder.sentences()

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """The measurements, see ``visuosyn.measure.pair_table``."""
        return self.folder.pairs()

    @cached_property
    def relations(self) -> pd.DataFrame:
        """Means and intervals per dependency relation, see ``visuosyn.stats``."""
        return self.folder.relations()

    @cached_property
    def dropped(self) -> pd.DataFrame:
        """What could not be measured: what, caption_id, seed, text, reason."""
        return self.folder.dropped()

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
        return list(self.folder.heat_maps(caption, seed=seed))

    def __repr__(self) -> str:
        f = self.facts
        seeds = f"{len(f.seeds)} seed{'s'[: len(f.seeds) != 1]}"
        return f"Study({str(self.path)!r}: {f.captions} captions of {f.corpus}, {seeds} each, drawn by {f.model})"

    def _repr_html_(self) -> str:
        from visuosyn.studies.relations.notebook import study_html  # takes seconds to load

        return study_html(self)


def open_run(folder: str | Path) -> Study:
    """Open the folder of a study again; UserError if it is none.

    >>> from visuosyn.errors import UserError
    >>> try:
    ...     open_run("nowhere")
    ... except UserError as error:
    ...     print(error)
    nowhere ...
    """
    return Study(RunFolder.open(folder))


class PromptStudy:
    """What a study of prompts of its own making found; all is read from the run folder when it is asked for.

    ``main``: the table that a notebook shows first, and its columns; a column's interval stands with it.
    """

    main: ClassVar[tuple[str, tuple[str, ...]]]

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder

    def rows(self, name: str) -> pd.DataFrame:
        """The measurements of a name, as shares: ``NAME.parquet`` of the run folder."""
        return pd.read_parquet(self.folder.path / f"{name}.parquet")

    def table(self, name: str) -> pd.DataFrame:
        """One of the tables of statistics, in percentage points: ``tables/NAME.csv``."""
        return pd.read_csv(self.folder.tables / f"{name}.csv")

    def __repr__(self) -> str:
        f = self.folder.facts
        told = f"{f.captions} prompts, {len(f.seeds)} seed{'s'[: len(f.seeds) != 1]} each, drawn by {f.model}"
        return f"{type(self).__name__}({str(self.folder.path)!r}: {told})"

    def _repr_html_(self) -> str:
        from visuosyn.studies.glance import prompt_study_html  # takes seconds to load

        return prompt_study_html(self)
