"""The command ``visuosyn`` and the table of its subcommands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

import visuosyn
from visuosyn.cli import judging, lexicon, panels, planning, single, stages, studies, upkeep, world
from visuosyn.cli.console import group
from visuosyn.cli.derived import Derived, add

app = group(
    "visuosyn",
    "What the syntax of a prompt does in the picture that a model draws of it.",
    add_completion=False,
    pretty_exceptions_enable=False,
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
    """The command without a subcommand."""


for _study in studies.commands():
    add(app, _study)
for _panel, _commands in {
    panels.STUDIES: (stages.PARSE, stages.TRACE, stages.measure, stages.report, planning.power),
    panels.WORDS: (judging.judge, lexicon.lexicon),
    panels.SINGLE: (single.validate, studies.EXPLAIN, single.score_parse, single.models, single.APP),
    panels.UPKEEP: (upkeep.export, upkeep.calibrate, upkeep.lexicon_data),
}.items():
    for _command in _commands:
        if isinstance(_command, Derived):
            add(app, _command)
        else:
            app.command(rich_help_panel=_panel)(_command)
    if _panel == panels.SINGLE:
        app.add_typer(world.app, rich_help_panel=_panel)


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
