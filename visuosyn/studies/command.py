"""What the command line knows of a study before the study is loaded: so that a list of commands is printed at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class StudyCommand:
    """A study as a command, which stands as ``COMMAND`` in the module ``command`` of the study's folder.

    ``home`` is the module and the name of its public function, whose parameters are the options
    (``visuosyn.studies.options``); ``panel`` is where ``visuosyn --help`` lists it; ``help`` is Markdown; ``summary``
    gives the lines to print about what the function returned.

    >>> from visuosyn.studies.prompt.command import COMMAND
    >>> COMMAND.name, COMMAND.run.__module__, COMMAND.summary("page/index.html")
    ('explain', 'visuosyn.studies.prompt.study', ['Page: page/index.html'])
    """

    name: str
    home: str
    panel: str
    help: str
    summary: Callable[[Any], list[str]]

    @property
    def run(self) -> Callable[..., Any]:
        """The public function; its module may take seconds to load."""
        module, _, name = self.home.partition(":")
        function: Callable[..., Any] = getattr(import_module(module), name)
        return function


def report_lines(unused: str, result: Any) -> list[str]:
    """Where the report is; before that how much was not used, in the words of ``unused``, and where the reasons are.

    >>> import visuosyn as vs
    >>> from visuosyn.testing import tiny_run
    >>> [line.rpartition("/")[2] for line in report_lines("Not measured: {} words", vs.open_run(tiny_run()))]
    ['index.html']
    """
    folder = result.folder
    dropped = len(folder.dropped())
    first = [f"{unused.format(dropped)}; the reasons: {folder.dropped_file}"] if dropped else []
    return [*first, f"Report: {folder.page}"]
