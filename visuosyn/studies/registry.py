"""The kinds of studies that a run folder can hold, where a command is given only the folder."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from visuosyn.errors import UserError
from visuosyn.run import RunFolder
from visuosyn.studies.stages import report_stage

WRITERS = {  # kind of study -> what writes its report, loaded when it is needed
    "adjectives": ("visuosyn.studies.adjectives.page", "write_adjectives"),
    "cohyponyms": ("visuosyn.studies.cohyponyms.page", "write_cohyponyms"),
}


def kind_of(folder: RunFolder) -> str:
    """The kind by its command, such as "adjectives"; empty for the study of relations."""
    return str(folder.facts.options.get("study", ""))


def remake_report(folder: RunFolder) -> Path:
    """Write tables, figures and the page anew, whatever kind of study it is. Raises UserError for an unknown kind."""
    kind = kind_of(folder)
    if not kind:
        return report_stage(folder, again=True)
    if kind not in WRITERS:
        raise UserError(f"{folder.path} holds a study of {kind!r}, which this visuosyn does not know")
    module, name = WRITERS[kind]
    page: Path = getattr(import_module(module), name)(folder.path)
    return page


def require_relations(folder: RunFolder) -> None:
    """Raise UserError where a folder holds another study than one of relations."""
    if kind := kind_of(folder):
        raise UserError(
            f"{folder.path} holds a study of {kind}, which measures by itself: run visuosyn {kind} --out"
            f" {folder.path} again, with --mask for other rules"
        )
