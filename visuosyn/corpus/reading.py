"""From a file to captions: ids, white space, what is left out and why; and the list of all that is wrong."""

from __future__ import annotations

import hashlib
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from os import PathLike
from pathlib import Path

from visuosyn.corpus.formats import FORMATS, open_source
from visuosyn.corpus.source import CONTROLS, CorpusFile, Entry, Fault, squeeze
from visuosyn.data import Caption, Dropped
from visuosyn.errors import UserError


@dataclass(frozen=True)
class Corpus:
    r"""The captions of a file, in file order.

    ``sha256`` is the file's; ``duplicates`` the number of captions whose text occurred before (they are kept);
    ``dropped`` the places without a caption, with the reason.

    >>> from pathlib import Path
    >>> _ = Path("captions.csv").write_text("id,caption\nx1,a cat\nx2,\nx3,a cat\n")
    >>> corpus = read_corpus("captions.csv")
    >>> [(caption.id, caption.text) for caption in corpus], len(corpus), corpus.duplicates
    ([('x1', 'a cat'), ('x3', 'a cat')], 2, 1)
    >>> corpus.dropped[0].reason
    'captions.csv:3: no caption: the place is empty or blank'
    """

    captions: tuple[Caption, ...] = field(repr=False)
    path: Path
    format: str
    sha256: str
    duplicates: int
    dropped: tuple[Dropped, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.captions)

    def __iter__(self) -> Iterator[Caption]:
        return iter(self.captions)


def read_corpus(
    path: str | PathLike[str], *, format: str = "auto", column: str | None = None, limit: int | None = None
) -> Corpus:
    r"""Read a corpus of captions; its format is found from its content unless given.

    ``format``: one of ``FORMATS`` or "auto". ``column``: the column of a table that holds the captions.
    ``limit``: keep only this many captions, from the first on (the whole file is checked all the same).

    A caption's id is the file's own (``id`` column, COCO ``id``, ``# sent_id``), else the number of its line or row;
    ids that repeat get "#2", "#3". White space and control characters are squeezed to single blanks, except in
    CoNLL-U, where the words' spans refer to the text as it is. Raises UserError at a fault;
    ``validate_corpus`` lists all.

    >>> from pathlib import Path
    >>> _ = Path("captions.txt").write_text("a cat\na  red hat\n")
    >>> corpus = read_corpus("captions.txt")
    >>> corpus.format, [caption.text for caption in corpus.captions]
    ('text', ['a cat', 'a red hat'])
    """
    if limit is not None and limit < 1:
        raise UserError(f"limit {limit} leaves no caption: use a number from 1 up")
    source, name = open_source(Path(path), format=format, column=column)
    entries, remarks = _read(source, name)
    faults = [remark for remark in remarks if not remark.note]
    if faults:
        command = f"visuosyn validate {shlex.quote(str(source.path))}"
        more = f" ({len(faults) - 1} more: {command} lists them)" if len(faults) > 1 else ""
        raise UserError(f"{faults[0]}{more}")
    captions: list[Caption] = []
    dropped: list[Dropped] = []
    for entry, id in zip(entries, _ids(entries), strict=True):
        if len(captions) == limit:
            break
        text = _text(entry)
        if text:
            captions.append(_caption(entry, id, text, source))
        else:
            dropped.append(Dropped("caption", id, entry.text, f"{source.path.name}:{entry.line}: {_why_empty(entry)}"))
    if not captions:
        raise UserError(f"{source.path} holds no caption ({len(entries)} places read as {name}, all empty)")
    duplicates = len(captions) - len({caption.text for caption in captions})
    digest = hashlib.sha256(source.data).hexdigest()
    return Corpus(tuple(captions), source.path, name, digest, duplicates, tuple(dropped))


def validate_corpus(
    path: str | PathLike[str], *, format: str = "auto", column: str | None = None, notes: bool = False
) -> list[Fault]:
    r"""Every fault of a corpus, in the order of its lines; an empty list for a corpus that can be read.

    ``notes`` adds what is not a fault but worth knowing (``Fault.note``): empty and repeated captions, ids that repeat,
    control characters, several roots. Raises UserError where the file cannot be read at all.

    >>> from pathlib import Path
    >>> _ = Path("captions.tsv").write_text("id\tcaption\n1\ta cat\n2\n")
    >>> [fault.line for fault in validate_corpus("captions.tsv")]
    [3]
    """
    source, name = open_source(Path(path), format=format, column=column)
    entries, remarks = _read(source, name)
    if not entries and not remarks:
        raise UserError(f"{source.path} holds no caption")
    if notes:
        remarks += _notes(source, entries)
    return sorted((r for r in remarks if notes or not r.note), key=lambda remark: (remark.line, remark.note))


def _read(source: CorpusFile, name: str) -> tuple[list[Entry], list[Fault]]:
    found = [*source.faults, *FORMATS[name].read(source)]
    return [f for f in found if isinstance(f, Entry)], [f for f in found if isinstance(f, Fault)]


def _text(entry: Entry) -> str:
    """The caption as it will be drawn; "" if nothing is left of it."""
    return entry.text if entry.sentence else squeeze(entry.text)


def _caption(entry: Entry, id: str, text: str, source: CorpusFile) -> Caption:
    return Caption(
        id=id,
        text=text,
        source=f"{source.path.name}:{entry.line}",
        noise_id=entry.noise_id or id,
        image_id=entry.image_id,
        sentence=entry.sentence and replace(entry.sentence, id=id),
    )


def _ids(entries: Sequence[Entry]) -> list[str]:
    """The files' own ids or the positions; one that was used before gets the first free "#2", "#3" ..."""
    wanted = [entry.id or str(position) for position, entry in enumerate(entries, 1)]
    taken, seen, ids = set(wanted), Counter[str](), []
    for id in wanted:
        seen[id] += 1
        if seen[id] > 1:
            number = next(n for n in count(seen[id]) if f"{id}#{n}" not in taken)
            seen[id] = number
            id = f"{id}#{number}"
            taken.add(id)
        ids.append(id)
    return ids


def _why_empty(entry: Entry) -> str:
    return "no visible character" if entry.text.strip() else "no caption: the place is empty or blank"


def _notes(source: CorpusFile, entries: Sequence[Entry]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for entry, id in zip(entries, _ids(entries), strict=True):
        text = _text(entry)
        if not text:
            yield source.note(entry.line, f"{_why_empty(entry)}; it will be left out")
        elif first.setdefault(text, entry.line) != entry.line:
            yield source.note(entry.line, f"the same caption as {source.path.name}:{first[text]}; both are kept")
        if entry.id and id != entry.id:
            yield source.note(entry.line, f"id {entry.id!r} stood before; it is read as {id!r}")
        if not entry.sentence and any(not c.isspace() for run in CONTROLS.findall(entry.text) for c in run):
            yield source.note(entry.line, "control characters are read as blanks")
