"""The kinds of studies: those of this package, and those that other packages bring. Loads none of them itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visuosyn.errors import UserError

if TYPE_CHECKING:
    from visuosyn.run import RunFolder
    from visuosyn.studies.base import StudyKind

GROUP = "visuosyn.studies"
BUILT_IN = {  # name -> where its entry stands
    "relations": "visuosyn.studies.relations.entry:ENTRY",
    "cohyponyms": "visuosyn.studies.cohyponyms.entry:ENTRY",
    "adjectives": "visuosyn.studies.adjectives.entry:ENTRY",
}


@dataclass(frozen=True)
class StudyEntry:
    """A study as it is known before it is loaded. ``kind`` and ``function`` are places, as "module:name".

    ``name``: as ``run.json`` has it; ``kind``: its ``StudyKind``; ``function``: the public one that makes a study;
    ``command``, ``panel`` and ``help`` (Markdown): as the command line has it; ``summary``: the lines to print about
    what the function returned.
    """

    name: str
    kind: str
    function: str
    command: str
    panel: str
    help: str
    summary: Callable[[Any], list[str]]

    @property
    def run(self) -> Callable[..., Any]:
        """The public function; loading it takes a second."""
        function: Callable[..., Any] = _found(self.function, self.name)
        return function


def names() -> tuple[str, ...]:
    """The names of all kinds of studies that are known here.

    Another package brings its own by an entry point of the group "visuosyn.studies", which names a ``StudyEntry``.

    >>> names()[:3]
    ('relations', 'cohyponyms', 'adjectives')
    """
    return tuple(_places())


@cache
def entry(name: str) -> StudyEntry:
    """What is known of a kind of study before it is loaded. Raises UserError for an unknown one, or a broken entry.

    >>> entry("relations").command
    'study'
    """
    place = _places().get(name)
    if place is None:
        raise UserError(f"a study of {name!r} is not known to this visuosyn: known are {', '.join(names())}")
    found = _found(place, name)
    if not isinstance(found, StudyEntry) or found.name != name:
        raise UserError(f"{place} is no StudyEntry of the name {name!r}")
    return found


@cache
def kind(name: str) -> StudyKind:
    """A kind of study by its name. Raises UserError for one that is not known, or cannot be loaded.

    >>> kind("relations").rows
    ('pairs', 'controls', 'multiverse')
    """
    from visuosyn.studies.base import StudyKind

    place = entry(name).kind
    found = _found(place, name)
    if not isinstance(found, StudyKind) or found.name != name:
        raise UserError(f"{place} is no StudyKind of the name {name!r}")
    return found


def kind_of(folder: RunFolder) -> StudyKind:
    """The kind of study that a folder holds. Raises UserError for an unknown one."""
    return kind(folder.facts.study)


def open_run(folder: str | Path) -> Any:
    """Open the folder of a study again, whatever kind of study it is; UserError if it is none.

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


def report_lines(lost: str, result: Any) -> list[str]:
    """Where a study's report is, and first how much was not used, with the file of the reasons."""
    folder = result.folder
    dropped = len(folder.dropped())
    note = [lost.format(dropped) + f"; the reasons: {folder.dropped_file}"] if dropped else []
    return [*note, f"Report: {folder.page}"]


def _places() -> dict[str, str]:
    found = {point.name: point.value for point in entry_points(group=GROUP)}
    return BUILT_IN | found | BUILT_IN  # ours come first, and nobody else's takes their place


def _found(place: str, name: str) -> Any:
    module, _, attribute = place.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UserError(f"the study of {name!r} cannot be loaded from {place}: {error}") from error
