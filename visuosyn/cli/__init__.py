"""The command line: ``visuosyn`` or ``python -m visuosyn``. Heavy libraries are loaded inside the commands only.

``app`` holds the commands, ``main`` runs one of them. In a test, Typer's runner shows what a command printed:

>>> from typer.testing import CliRunner
>>> found = CliRunner().invoke(app, ["lexicon", "giraffe", "bicycle"])
>>> found.exit_code, found.output.splitlines()[0]
(0, 'giraffe, bicycle: not cohyponyms: ...')
"""

from visuosyn.cli.app import app, main

__all__ = ["app", "main"]
