"""JSON: one object a line (JSONL), and the captions file of COCO."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from visuosyn.corpus import columns
from visuosyn.corpus.source import CorpusFile, Entry, Fault, Reader, first_lines, lines
from visuosyn.errors import UserError

SAMPLE = 20  # lines by which the format is recognised


def read_jsonl(source: CorpusFile) -> Iterator[Entry | Fault]:
    """One object a line; objects may have different keys, the caption column is chosen among all of them."""
    rows = [(number, _object(source, number, line)) for number, line in enumerate(lines(source.text), 1)]
    names = list(dict.fromkeys(key for _, row in rows if isinstance(row, dict) for key in row))
    if not names:
        yield from (row for _, row in rows if isinstance(row, Fault))
        return
    chosen = columns.choose(names, source)
    for number, row in rows:
        if isinstance(row, Fault):
            yield row
        else:
            yield columns.entry(row or {}, chosen, source, number)


def _object(source: CorpusFile, number: int, line: str) -> dict[str, Any] | Fault | None:
    """The object of a line, None for a blank line."""
    if not line.strip():
        return None
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return source.fault(number, f"malformed JSON: {_reason(error)}")
    return row if isinstance(row, dict) else source.fault(number, f"{type(row).__name__}, but an object is needed")


def read_coco(source: CorpusFile) -> Iterator[Entry | Fault]:
    """The ``annotations`` of a COCO captions file: ``id``, ``image_id``, ``caption`` (Chen et al. 2015)."""
    try:
        document = json.loads(source.text)
    except (ValueError, RecursionError) as error:
        yield source.fault(getattr(error, "lineno", 1), f"malformed JSON: {_reason(error)}")
        return
    records = document.get("annotations") if isinstance(document, dict) else None
    if not isinstance(records, list):
        raise UserError(
            f"{source.path} is JSON, but neither COCO captions (an object with a list 'annotations') "
            "nor one object a line"
        )
    if records and not any(isinstance(record, dict) and "caption" in record for record in records):
        raise UserError(f"{source.path} has annotations without captions: is it another file of COCO?")
    for number, record in enumerate(records, 1):
        if isinstance(record, dict) and "caption" in record:
            yield columns.entry(record, columns.Columns("caption", "id", "noise_id", "image_id"), source, number)
        else:
            yield source.fault(number, f"annotation {number} has no caption")


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, column {error.colno}"
    return "nested too deep" if isinstance(error, RecursionError) else str(error)


def _shape(source: CorpusFile) -> str:
    """Whether it is "lines" of objects, one "document" or no JSON (""): by content; by suffix where that is open."""
    sample = [line.strip() for line in first_lines(source.text, SAMPLE)]
    objects = [line for line in sample if line.startswith("{") and line.endswith("}")]
    if len(sample) > 1 and 2 * len(objects) > len(sample):
        return "lines"
    if source.text.lstrip().startswith("{") and '"annotations"' in source.text:
        return "document"
    if objects and len(sample) == 1:
        return "lines"
    return {".jsonl": "lines", ".ndjson": "lines", ".json": "document"}.get(source.path.suffix.lower(), "")


JSONL = Reader(read_jsonl, lambda source: _shape(source) == "lines", columns=True)
COCO = Reader(read_coco, lambda source: _shape(source) == "document")
