"""The command line: ``visuosyn`` or ``python -m visuosyn``. Heavy libraries are loaded inside the commands only."""

from visuosyn.cli.app import app, main

__all__ = ["app", "main"]
