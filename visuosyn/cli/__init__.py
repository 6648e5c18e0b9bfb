"""The command line: ``visuosyn`` or ``python -m visuosyn``. Heavy libraries are loaded inside the commands only.

``app`` holds the commands, ``main`` runs one of them. In a test, Typer's runner tells what a command said:

>>> from typer.testing import CliRunner
>>> told = CliRunner().invoke(app, ["lexicon", "giraffe", "bicycle"])
>>> told.exit_code, told.output.splitlines()[0]
(0, 'giraffe, bicycle: not cohyponyms: ...')
"""

from visuosyn.cli.app import app, main

__all__ = ["app", "main"]
