"""Which column of a table holds the captions, and which one their ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from visuosyn.corpus.source import CorpusFile, Entry, Fault
from visuosyn.errors import UserError

CAPTIONS = ("caption", "captions", "text", "prompt", "prompts", "sentence")
IDS = ("id", "caption_id", "sent_id", "sentence_id", "prompt_id")


@dataclass(frozen=True)
class Columns:
    """Names of the columns to read; "" where the table has no such column."""

    caption: str
    id: str = ""
    noise_id: str = ""
    image_id: str = ""


def choose(names: Sequence[str], source: CorpusFile) -> Columns:
    """The caption column asked for, else the only one with a usual name; raises UserError that lists the columns."""
    return Columns(
        _caption(names, source), _first(names, IDS), _first(names, ("noise_id",)), _first(names, ("image_id",))
    )


def named(names: Sequence[str], wanted: str) -> list[str]:
    """The columns of that name: the exact ones, else those that differ in case or outer blanks only."""
    exact = [name for name in names if name == wanted]
    return exact or [name for name in names if name.strip().casefold() == wanted.strip().casefold()]


def has_captions(names: Sequence[str], source: CorpusFile) -> bool:
    """Whether these can be the column names of a table of captions (``source.column`` or a usual name is there)."""
    wanted = CAPTIONS if source.column is None else (source.column,)
    return any(named(names, name) for name in wanted)


def _caption(names: Sequence[str], source: CorpusFile) -> str:
    there = f"there are: {', '.join(names) or 'none'}"
    if source.column is not None:
        found = named(names, source.column)
        if len(found) == 1:
            return found[0]
        what = "stands more than once" if found else "is not there"
        raise UserError(f"{source.path}: column {source.column!r} {what}; {there}")
    found = [name for usual in CAPTIONS for name in named(names, usual)]
    if len(found) == 1:
        return found[0]
    what = (
        f"several columns could hold the captions ({', '.join(found)})"
        if found
        else "no column is named " + ("/".join(CAPTIONS))
    )
    raise UserError(f"{source.path}: {what}; say which with column=... (--column); {there}")


def _first(names: Sequence[str], usual: Sequence[str]) -> str:
    return next((name for wanted in usual for name in named(names, wanted)), "")


def entry(row: Mapping[str, Any], columns: Columns, source: CorpusFile, line: int) -> Entry | Fault:
    """A row of a table as an entry; a caption that is not text is a fault, a missing one an empty entry."""
    text = row.get(columns.caption)
    if text is not None and not isinstance(text, str):
        return source.fault(line, f"{columns.caption!r} is {type(text).__name__} {text!r:.40}, not text")
    if text and not _encodable(text):
        return source.fault(line, f"{columns.caption!r} holds half a surrogate pair, which is no character")
    return Entry(
        text or "",
        line,
        id=_label(row.get(columns.id)),
        noise_id=_label(row.get(columns.noise_id)),
        image_id=_label(row.get(columns.image_id)),
    )


def _encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _label(value: object) -> str:
    """An id as text: 7, 7.0 (a column of integers with gaps) and " 7 " are all "7"."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None or value != value else " ".join(str(value).split())
