"""Tables of text with a header: CSV, TSV, and the TSV of PartiPrompts, in which quotes are part of the text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from visuosyn.corpus import columns
from visuosyn.corpus.source import CorpusFile, Entry, Fault, Reader, first_lines, lines
from visuosyn.errors import UserError

PARTI_HEADER = ["Prompt", "Category", "Challenge", "Note"]
Row = tuple[int, list[str]]  # first line, fields


def read_csv(source: CorpusFile) -> Iterator[Entry | Fault]:
    """Comma-separated, or semicolon-separated if the header is."""
    return _entries(source, _quoted(source, _separator(source)))


def read_tsv(source: CorpusFile) -> Iterator[Entry | Fault]:
    """Tab-separated, with the quoting of CSV."""
    return _entries(source, _quoted(source, "\t"))


def read_parti(source: CorpusFile) -> Iterator[Entry | Fault]:
    """Tab-separated without quoting, as PartiPrompts.tsv (Yu et al. 2022)."""
    return _entries(source, ((n, line.split("\t") if line else []) for n, line in enumerate(lines(source.text), 1)))


def _entries(source: CorpusFile, rows: Iterator[Row | Fault]) -> Iterator[Entry | Fault]:
    header: list[str] = []
    chosen = columns.Columns("")
    for row in rows:
        if isinstance(row, Fault):
            yield row
            continue
        line, fields = row
        if not header:
            header = [" ".join(name.split()) for name in fields]
            chosen = columns.choose(header, source) if header else chosen
        elif not fields:
            yield Entry("", line)
        elif len(fields) != len(header):
            yield source.fault(line, f"{len(fields)} fields, but the header has {len(header)}: {', '.join(header)}")
        else:
            yield columns.entry(dict(zip(header, fields, strict=True)), chosen, source, line)
    if not header:
        raise UserError(f"{source.path} has no header that names its columns")


def _quoted(source: CorpusFile, separator: str) -> Iterator[Row | Fault]:
    """The rows of a CSV file; a row that breaks the rules of quoting is a fault, and reading goes on after it."""
    rows = csv.reader(io.StringIO(source.text, newline=""), delimiter=separator, strict=True)
    while True:
        line = rows.line_num + 1
        try:
            yield line, next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            hint = "; if the quotes are part of the text, use format parti" if separator == "\t" else ""
            yield source.fault(line, f"malformed row ({error}){hint}")


def _separator(source: CorpusFile) -> str:
    header = _header(source)
    return ";" if header.count(";") > header.count(",") else ","


def _header(source: CorpusFile) -> str:
    return next(iter(first_lines(source.text, 1)), "")[:10_000]


def _fits_parti(source: CorpusFile) -> bool:
    return _header(source).split("\t") == PARTI_HEADER


def _fits_tsv(source: CorpusFile) -> bool:
    """The header has tabs, and names a caption column or has as many tabs as all lines; or the file is named so."""
    suffix = source.path.suffix.lower() in (".tsv", ".tab")
    header, *rest = first_lines(source.text) or [""]
    tabs = header.count("\t")
    if not tabs:
        return suffix and not _names_in_csv(source)
    if suffix or columns.has_captions(header.split("\t"), source):
        return True
    return bool(rest) and all(line.count("\t") == tabs for line in rest)


def _fits_csv(source: CorpusFile) -> bool:
    """Named .csv, or the header names a caption column beside others and half of the lines have as many fields."""
    return source.path.suffix.lower() == ".csv" or _names_in_csv(source)


def _names_in_csv(source: CorpusFile) -> bool:
    sample = [line[:10_000] for line in first_lines(source.text)] or [""]
    names, *rest = csv.reader(sample, delimiter=_separator(source))
    regular = sum(len(row) == len(names) for row in rest)
    return len(names) > 1 and 2 * regular >= len(rest) and columns.has_captions(names, source)


CSV = Reader(read_csv, _fits_csv, columns=True)
TSV = Reader(read_tsv, _fits_tsv, columns=True)
PARTI = Reader(read_parti, _fits_parti, columns=True)
