"""The kinds of studies: those of this package, and those that other packages bring."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visuosyn.errors import UserError

if TYPE_CHECKING:  # the command line asks for names and commands, which must not take a second
    from visuosyn.run import RunFolder
    from visuosyn.studies.base import StudyKind
    from visuosyn.studies.command import StudyCommand

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
    return tuple(_places())


@cache
def kind(name: str) -> StudyKind:
    """A kind of study by its name. Raises UserError for one that is not known, or cannot be loaded.

    >>> kind("relations").rows
    ('pairs', 'controls', 'multiverse')
    """
    from visuosyn.studies.base import StudyKind

    place = _places().get(name)
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


def commands() -> list[StudyCommand]:
    """How the command line runs the kinds of studies: the ``COMMAND`` in the module ``command`` beside each kind's own.

    A kind without that module is a study for Python alone.

    >>> [command.name for command in commands()][:3]
    ['study', 'cohyponyms', 'adjectives']
    """
    return [command for place in _places().values() if (command := _command_beside(place)) is not None]


def _command_beside(place: str) -> StudyCommand | None:
    module = place.partition(":")[0].rpartition(".")[0] + ".command"
    try:
        command: StudyCommand = import_module(module).COMMAND
    except (ImportError, AttributeError):
        return None
    return command


def _places() -> dict[str, str]:
    """Where each kind stands, by its name; this package's own come first, and nobody replaces them."""
    return BUILT_IN | {point.name: point.value for point in entry_points(group=GROUP) if point.name not in BUILT_IN}


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
    from visuosyn.run import RunFolder

    run = RunFolder.open(folder)
    return kind_of(run).open(run)
