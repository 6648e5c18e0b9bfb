"""The studies as commands: those of this package, and those that other packages bring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from visuosyn.cli.derived import Derived
from visuosyn.studies.command import StudyCommand
from visuosyn.studies.options import declared


def study_command(study: StudyCommand, *, resumes: bool = True) -> Derived:
    """The command of a study; one that does not resume has no progress to show either.

    >>> from visuosyn.studies.relations.command import COMMAND
    >>> [one.name for one in study_command(COMMAND).options()][:4]
    ['corpus', 'out', 'preset', 'format']
    """

    def run(**options: Any) -> Iterable[str]:
        return study.summary(study.run(**options))

    return Derived(study.name, study.help, study.panel, lambda: declared(study.run), run, resumes=resumes)
