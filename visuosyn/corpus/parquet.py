"""Parquet, as the datasets of the Hugging Face hub come."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from visuosyn.corpus import columns
from visuosyn.corpus.source import CorpusFile, Entry, Fault, Reader
from visuosyn.errors import UserError


def read(source: CorpusFile) -> Iterator[Entry | Fault]:
    """One row an entry; only the columns that are needed are decoded, so pictures in the file cost nothing."""
    try:
        file = pq.ParquetFile(pa.BufferReader(source.data))
        chosen = columns.choose(file.schema_arrow.names, source)
        wanted = [name for name in (chosen.caption, chosen.id, chosen.noise_id, chosen.image_id) if name]
        table = file.read(columns=wanted)
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{source.path} cannot be read as Parquet: {str(error).splitlines()[0]}") from None
    for number, row in enumerate(table.to_pylist(), 1):
        yield columns.entry(row, chosen, source, number)


PARQUET = Reader(read, fits=lambda source: source.data[:4] == b"PAR1", columns=True)
