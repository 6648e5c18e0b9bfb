"""The command that has people judge pictures, and compares judges."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visuosyn.cli.console import say
from visuosyn.cli.options import Folder, Quiet
from visuosyn.errors import UserError


def judge(
    folder: Folder,
    out: Annotated[Path | None, typer.Option(help="Page to write. (judge.html in the folder)")] = None,
    seed: Annotated[int, typer.Option(help="Fixes the order of pictures and nouns.")] = 0,
    limit: Annotated[int | None, typer.Option(help="Only N pictures, chosen at random.", metavar="N")] = None,
    foils: Annotated[int, typer.Option(help="Nouns of other prompts to ask about each picture.")] = 1,
    compare: Annotated[
        list[Path] | None,
        typer.Option(help="A person's CSV file; repeat it. Then agreement is printed and no page written."),
    ] = None,
    machine: Annotated[
        str | None, typer.Option("--with", help="A judge to compare people with, such as micro.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write a page on which a person judges the pictures of a run, or compare what people said.

    The page is one file: open it in a browser, answer with the keys Y and N, save the CSV. A study takes the file with
    --judge person:FILE.csv.

    **Examples**

        visuosyn judge runs/cohyponyms --limit 100
        visuosyn judge runs/cohyponyms --compare ada.csv --compare ben.csv --with micro
    """
    from visuosyn.judge import load_judge
    from visuosyn.judge.person_page import compare as agree
    from visuosyn.judge.person_page import write_judge_page

    if not compare:
        if machine:
            raise UserError("--with compares a judge with people: name their files with --compare")
        say(f"Page: {write_judge_page(folder, out=out, seed=seed, limit=limit, foils=foils)}", quiet=quiet)
        return
    if out or limit is not None:
        raise UserError("--compare prints the agreement and writes no page: leave --out and --limit out")
    table, _ = agree(folder, compare, judge=load_judge(machine) if machine else None)
    say(table.to_string(index=False, float_format="{:.3f}".format, na_rep="-"), quiet=quiet)
