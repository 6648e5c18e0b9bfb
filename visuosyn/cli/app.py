"""The command ``visuosyn`` and the table of its subcommands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

import visuosyn
from visuosyn.cli import entanglement, planning, single, studies, web, world
from visuosyn.cli.console import Commands

app = typer.Typer(
    name="visuosyn",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"visuosyn {visuosyn.__version__}")
        raise typer.Exit


@app.callback()
def visuosyn_command(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, metavar="", help="Print the version.")
    ] = False,
) -> None:
    """What the syntax of a prompt does in the picture that a model draws of it."""


for _panel, _commands in {
    "Studies": (studies.study, studies.parse, studies.trace, studies.measure, studies.report, planning.power),
    "Entangled words": (entanglement.cohyponyms, entanglement.adjectives, entanglement.judge, entanglement.lexicon),
    "Single things": (single.validate, single.explain, single.score_parse, single.models, web.app),
}.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(_command)
app.add_typer(world.app, rich_help_panel="Single things")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: ``arguments``, or those of the process. Always ends with SystemExit.

    >>> try:
    ...     main(["lexicon", "giraffe", "zebra"])
    ... except SystemExit as end:
    ...     print("exit code", end.code)
    giraffe, zebra: cohyponyms
      lowest common hypernym: ungulate (depth 11, 3 and 3 steps above, similarity 0.79)
    ...
    exit code 0
    """
    app(arguments)
