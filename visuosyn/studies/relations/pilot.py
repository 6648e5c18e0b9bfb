"""The measured pairs of a pilot, from which a study is planned."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from visuosyn.errors import UserError
from visuosyn.run import RunFolder, read_rows
from visuosyn.run.facts import FILE
from visuosyn.studies.relations.entry import ENTRY

COLUMNS = ("caption_id", "seed", "pair", "kind", "relation", "mask", "iod", "ioh")


def read_pilot(path: str | Path) -> pd.DataFrame:
    """All measured pairs of a run folder, also named by its ``measured/pairs``, or those of a table as Parquet.

    Raises UserError for a file that holds one part of a run's pairs alone, for a folder of another kind of study, and
    for what holds no pairs.

    >>> from visuosyn.testing import tiny_run
    >>> folder = tiny_run()
    >>> len(read_pilot(folder)) == len(read_pilot(folder / "measured" / "pairs"))
    True
    >>> try:
    ...     read_pilot(folder / "measured" / "pairs" / "00000.parquet")
    ... except UserError as error:
    ...     print(str(error).replace(str(folder), "RUN"))
    RUN/measured/pairs/00000.parquet holds one part of the pairs of a run: name its folder, RUN
    """
    path = Path(path)
    if not path.exists():
        raise UserError(f"{path} is not there: name the run folder of a pilot")
    folder = _run_of(path)
    if folder is None:
        return read_rows(path, columns=COLUMNS)
    if path.is_file():
        raise UserError(f"{path} holds one part of the pairs of a run: name its folder, {folder}")
    run = RunFolder.open(folder)
    if run.facts.study != ENTRY.name:
        raise UserError(
            f"{folder} holds a study of {run.facts.study}: a study of {ENTRY.name} is planned from a pilot of the "
            "same kind"
        )
    return run.rows("pairs")


def _run_of(path: Path) -> Path | None:
    """The run folder that a path names, or whose measured pairs it names."""
    if (path / FILE).is_file():
        return path
    pairs = path.absolute() if path.is_dir() else path.absolute().parent
    folder = pairs.parent.parent
    return folder if pairs == folder / "measured" / "pairs" and (folder / FILE).is_file() else None
