"""What every reader gets and gives: a file's bytes in, entries and faults out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from visuosyn.data import Sentence
from visuosyn.errors import UserError

LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
LINE_BYTES = re.compile(LINE.pattern.encode())
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ufeff]+")
ODD_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, order=True)
class Fault:
    """Something wrong in a corpus file; ``str`` of it is ``file:line: reason``.

    ``line`` counts from 1; in Parquet and in COCO's JSON, which have no lines, it is the number of the record.
    A ``note`` does not keep the file from being read: it says how the reader deals with something odd.

    >>> fault = Fault("captions.tsv", 3, "1 fields, but the header has 2: id, caption")
    >>> str(fault)
    'captions.tsv:3: 1 fields, but the header has 2: id, caption'
    """

    file: str
    line: int
    reason: str
    note: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {'note: ' if self.note else ''}{self.reason}"


@dataclass(frozen=True)
class Entry:
    """One place of the file where a caption stands or should stand; empty strings where the file says nothing."""

    text: str
    line: int
    id: str = ""
    noise_id: str = ""
    image_id: str = ""
    sentence: Sentence | None = None


@dataclass(frozen=True)
class CorpusFile:
    """A file to read: its bytes, its text (empty for a binary format) and the column that was asked for."""

    path: Path
    data: bytes
    text: str
    column: str | None = None
    faults: tuple[Fault, ...] = ()

    def fault(self, line: int, reason: str) -> Fault:
        """A fault in this file."""
        return Fault(str(self.path), line, reason)

    def note(self, line: int, reason: str) -> Fault:
        """A note on this file."""
        return Fault(str(self.path), line, reason, note=True)


@dataclass(frozen=True)
class Reader:
    """A corpus format: ``read`` yields entries and faults in file order; ``fits`` recognises it by content."""

    read: Callable[[CorpusFile], Iterator[Entry | Fault]]
    fits: Callable[[CorpusFile], bool]
    columns: bool = False


def lines(text: str) -> list[str]:
    r"""The lines of a text without their ends, which may be LF, CRLF or CR (and nothing else, unlike splitlines).

    >>> lines("a cat\r\n\na dog")
    ['a cat', '', 'a dog']
    """
    return [line.rstrip("\r\n") for line in LINE.findall(text)]


def first_lines(text: str, number: int = 100) -> list[str]:
    """The first lines of a text that are not blank, stripped of CR and LF only: by them a format is recognised."""
    found = (match.group().rstrip("\r\n") for match in LINE.finditer(text))
    return list(islice((line for line in found if line.strip()), number))


def squeeze(text: str) -> str:
    r"""Runs of white space and control characters as one blank, none at the ends; "" if nothing visible is left.

    >>> squeeze("  a  cat\tand\x07 a\n dog ")
    'a cat and a dog'
    """
    text = " ".join(CONTROLS.sub(" ", text).split())
    return text if any(c.isprintable() for c in text) else ""


def load(path: Path, *, column: str | None = None) -> CorpusFile:
    """Read a file's bytes and decode them; raises UserError for what cannot be a corpus at all."""
    try:
        if path.is_dir():
            raise UserError(f"{path} is a directory: name a file in it")
        data = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not data:
        raise UserError(f"{path} is empty")
    if data[:4] == b"PAR1":
        return CorpusFile(path, data, "", column)
    if data[:2] in UTF16:
        raise UserError(f"{path} is UTF-16 text: save it as UTF-8")
    if (at := data.find(b"\0")) >= 0:
        line = len(LINE_BYTES.findall(data[: at + 1]))
        raise UserError(f"{path} is a binary file, not text (NUL byte at byte {at}, line {line})")
    text, faults = _decode(path, data)
    return CorpusFile(path, data, text.removeprefix("\ufeff"), column, faults)


def _decode(path: Path, data: bytes) -> tuple[str, tuple[Fault, ...]]:
    """The text, and a fault for every line that is not UTF-8."""
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError:
        if len(ODD_CONTROLS.findall(data[:4096])) > min(len(data), 4096) // 50:
            raise UserError(f"{path} is a binary file, not text") from None
    faults, offset = [], 0
    for number, line in enumerate(LINE_BYTES.findall(data), 1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            at = offset + error.start
            reason = f"not UTF-8: byte 0x{line[error.start]:02x} at byte {at} of the file; save the file as UTF-8"
            faults.append(Fault(str(path), number, reason))
        offset += len(line)
    return data.decode("utf-8", errors="replace"), tuple(faults)
