"""The kinds of studies: those of this package, and those that other packages bring."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from visuosyn.errors import UserError
from visuosyn.run import RunFolder
from visuosyn.studies.base import StudyKind

GROUP = "visuosyn.studies"
BUILT_IN = {  # name -> where its StudyKind stands, loaded when it is needed
    "relations": "visuosyn.studies.relations.study:RELATIONS",
    "cohyponyms": "visuosyn.studies.cohyponyms.study:COHYPONYMS",
    "adjectives": "visuosyn.studies.adjectives.study:ADJECTIVES",
}


def names() -> tuple[str, ...]:
    """The names of all kinds of studies that are known here.

    Another package brings its own by an entry point of the group "visuosyn.studies", which names a ``StudyKind``.

    >>> names()[:3]
    ('relations', 'cohyponyms', 'adjectives')
    """
    return (*BUILT_IN, *(point.name for point in entry_points(group=GROUP) if point.name not in BUILT_IN))


@cache
def kind(name: str) -> StudyKind:
    """A kind of study by its name. Raises UserError for one that is not known, or cannot be loaded.

    >>> kind("relations").rows
    ('pairs', 'controls', 'multiverse')
    """
    points = {point.name: point.value for point in entry_points(group=GROUP)}
    place = BUILT_IN.get(name) or points.get(name)
    if place is None:
        raise UserError(f"a study of {name!r} is not known to this visuosyn: known are {', '.join(names())}")
    module, _, attribute = place.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UserError(f"the study of {name!r} cannot be loaded from {place}: {error}") from error
    if not isinstance(found, StudyKind) or found.name != name:
        raise UserError(f"{place} is no StudyKind of the name {name!r}")
    return found


def kind_of(folder: RunFolder) -> StudyKind:
    """The kind of study that a folder holds. Raises UserError for an unknown one."""
    return kind(folder.facts.study)


def open_run(folder: str | Path) -> Any:
    """Open the folder of a study again; UserError if it is none.

    >>> from visuosyn.testing import tiny_run
    >>> type(open_run(tiny_run())).__name__
    'RelationStudy'
    >>> from visuosyn.errors import UserError
    >>> try:
    ...     open_run("nowhere")
    ... except UserError as error:
    ...     print(error)
    nowhere ...
    """
    run = RunFolder.open(folder)
    return kind_of(run).open(run)
