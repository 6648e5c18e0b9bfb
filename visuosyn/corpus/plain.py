"""Plain text: one caption a line."""

from __future__ import annotations

from collections.abc import Iterator

from visuosyn.corpus.source import CorpusFile, Entry, Fault, Reader, lines


def read(source: CorpusFile) -> Iterator[Entry | Fault]:
    """Every line, blank ones too: ids are line numbers, so blanking a line does not shift them."""
    for number, line in enumerate(lines(source.text), 1):
        yield Entry(line, number)


TEXT = Reader(read, fits=lambda source: True)
