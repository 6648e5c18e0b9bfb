"""The small part of a report that a repository holds: a README.md, tables, figures as PNG.

Run folders hold every picture and every map; this is what remains readable without them. Pages that can be exported
leave a ``summary.json`` in their folder: title, sentence, command, findings, figures (name, title, caption) and tables
(name, title).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from visuosyn.errors import UserError
from visuosyn.report.figures import ReportFigure
from visuosyn.report.render import environment
from visuosyn.run import RunFolder, atomic_write, write_text
from visuosyn.run.folder import is_exported

SUMMARY = "summary.json"
LARGEST = 300_000  # bytes of an exported table; larger ones stay in the run folder
COLOURS = 128  # of an exported figure: charts lose nothing, photos little


def write_summary(
    run: RunFolder,
    *,
    title: str,
    sentence: str,
    command: str,
    findings: Sequence[str],
    figures: Sequence[ReportFigure],
    tables: Sequence[tuple[str, str]],
    sections: Sequence[tuple[str, str]] = (),
) -> None:
    """Write what :func:`export` needs; ``tables`` are (name, title), ``sections`` (title, text in Markdown)."""
    shown = [{"name": one.name, "title": one.title, "caption": one.caption} for one in figures]
    listed = [{"name": name, "title": name_of} for name, name_of in tables]
    summary: dict[str, Any] = {"title": title, "sentence": sentence, "command": command, "findings": list(findings)}
    summary["sections"] = [{"title": name, "text": text} for name, text in sections]
    write_text(run.path / SUMMARY, json.dumps(summary | {"figures": shown, "tables": listed}, indent=2) + "\n")


def export(folder: str | Path, into: str | Path) -> Path:
    """Write the part of a reported run that is read without its pictures into a folder of its own; gives the README.md.

    Beside it: tables/, figures/, run.json and measurement.json.

    What was exported there before is replaced. Raises UserError for a run without a current report that can be
    exported, and for a folder that holds anything but an earlier export.

    >>> from visuosyn.testing import tiny_run
    >>> run = RunFolder.open(shutil.copytree(tiny_run(), "run"))
    >>> texts = {"title": "A study", "sentence": "Of two captions.", "command": "visuosyn study"}
    >>> write_summary(run, **texts, findings=[], figures=[], tables=[])
    >>> export("run", "report").read_text().splitlines()[0]
    '# A study'
    """
    run, into = RunFolder.open(folder), Path(into)
    path = run.path / SUMMARY
    if not path.exists():
        raise UserError(f"{folder} has no report that can be exported: there is no {SUMMARY} in it")
    run.require_report()
    _require_free(into)
    summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for name in ("tables", "figures"):
        shutil.rmtree(into / name, ignore_errors=True)
    for table in (one for one in sorted(run.tables.glob("*.csv")) if one.stat().st_size <= LARGEST):
        write_text(into / "tables" / table.name, table.read_text(encoding="utf-8"))
    for figure in summary["figures"]:
        _small(run.figures / f"{figure['name']}.png", into / "figures" / f"{figure['name']}.png")
    write_text(into / "run.json", (run.path / "run.json").read_text(encoding="utf-8"))
    run.measurement.save(into)
    for table in summary["tables"]:
        table["exported"] = (into / "tables" / f"{table['name']}.csv").exists()
    text = environment().get_template("export.md").render(summary=summary, facts=run.facts)
    write_text(into / "README.md", text)
    return into / "README.md"


def _require_free(into: Path) -> None:
    """Raise UserError for a folder in which an export would replace what is no earlier export."""
    if into.exists() and not into.is_dir():
        raise UserError(f"{into} is a file: an export needs a folder of its own")
    if into.is_dir() and any(into.iterdir()) and not is_exported(into):
        raise UserError(f"{into} is not empty and no earlier export: choose another folder")


def _small(source: Path, path: Path) -> None:
    """A PNG with a palette."""
    with Image.open(source) as picture, atomic_write(path) as temporary:
        picture.convert("RGB").quantize(COLOURS).save(temporary, format="PNG", optimize=True)
