"""The studies as commands, each made of what the registry knows of it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from visuosyn.cli import panels
from visuosyn.cli.console import note
from visuosyn.cli.derived import Derived
from visuosyn.errors import UserError
from visuosyn.studies.options import declared
from visuosyn.studies.registry import StudyEntry, entry, names


def study_command(study: StudyEntry) -> Derived:
    """The command of a study.

    >>> [one.name for one in study_command(entry("cohyponyms")).options()][:4]
    ['out', 'pairs', 'nouns', 'per_class']
    """

    def run(**options: Any) -> Iterable[str]:
        return study.summary(study.run(**options))

    return Derived(study.command, study.help, study.panel, lambda: declared(study.run), run, resumes=True)


def commands() -> list[Derived]:
    """The commands of all studies that are known here. One that cannot be loaded is noted, and the others work.

    >>> [command.name for command in commands()][:3]
    ['study', 'cohyponyms', 'adjectives']
    """
    found = []
    for name in names():
        try:
            found.append(study_command(entry(name)))
        except UserError as error:
            note(f"Warning: {error}")
    return found


def _explain(**options: Any) -> Iterable[str]:
    from visuosyn.studies.prompt.study import explain  # takes seconds to load

    return [f"Page: {explain(**options)}"]


def _explain_options() -> list[inspect.Parameter]:
    from visuosyn.studies.prompt.study import explain  # takes seconds to load

    return declared(explain)


EXPLAIN = Derived(
    name="explain",
    panel=panels.SINGLE,
    help="""
    Draw one prompt: its picture, an overlay a word, the tree, all overlaps.

    **Example**

        visuosyn explain "a monkey with a hat walking" --out monkey
    """,
    options=_explain_options,
    run=_explain,
)
