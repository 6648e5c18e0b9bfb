"""The table of corpus formats, and how a file's format is found."""

from __future__ import annotations

from pathlib import Path

from visuosyn.corpus.conllu import CONLLU
from visuosyn.corpus.json_files import COCO, JSONL
from visuosyn.corpus.parquet import PARQUET
from visuosyn.corpus.plain import TEXT
from visuosyn.corpus.source import CorpusFile, Reader, load
from visuosyn.corpus.tables import CSV, PARTI, TSV
from visuosyn.errors import UserError

FORMATS: dict[str, Reader] = {  # asked in this order whether a file is theirs; plain text takes any
    "parquet": PARQUET,
    "jsonl": JSONL,
    "coco": COCO,
    "conllu": CONLLU,
    "parti": PARTI,
    "tsv": TSV,
    "csv": CSV,
    "text": TEXT,
}


def open_source(path: Path, *, format: str = "auto", column: str | None = None) -> tuple[CorpusFile, str]:
    """The file with its format's name; raises UserError for a file that cannot be a corpus of that format."""
    if format != "auto" and format not in FORMATS:
        raise UserError(f"format {format!r} is not known: use auto, {', '.join(FORMATS)}")
    source = load(path, column=column)
    binary = PARQUET.fits(source)
    name = next(name for name, reader in FORMATS.items() if reader.fits(source)) if format == "auto" else format
    if binary != (name == "parquet"):
        raise UserError(f"{path} is {'' if binary else 'no '}Parquet, but was to be read as {format}")
    if column is not None and not FORMATS[name].columns:
        raise UserError(
            f"{path} was read as {name}, which has no columns: leave the column {column!r} out, or name the "
            f"format of a table: {', '.join(name for name, reader in FORMATS.items() if reader.columns)}"
        )
    return source, name
