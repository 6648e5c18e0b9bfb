"""The small part of a report that a repository keeps: a README.md, tables, figures as PNG.

    python -m visuosyn.report.export runs/adjectives reports/adjectives

Run folders hold every picture and every map; this is what remains readable without them. Pages that can be kept leave
a ``summary.json`` in their folder: title, sentence, command, findings, figures (name, title, caption) and tables (name,
title).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from visuosyn.errors import UserError
from visuosyn.report.gallery import Drawn
from visuosyn.report.render import environment
from visuosyn.run import RunFolder, atomic_write, write_text

SUMMARY = "summary.json"
LARGEST = 300_000  # bytes of a kept table; larger ones stay in the run folder
COLOURS = 128  # of a kept figure: charts lose nothing, photos little


def write_summary(
    run: RunFolder,
    *,
    title: str,
    sentence: str,
    command: str,
    findings: Sequence[str],
    figures: Sequence[Drawn],
    tables: Sequence[tuple[str, str]],
    sections: Sequence[tuple[str, str]] = (),
) -> None:
    """Write what ``keep`` needs; ``tables`` are (name, title), ``sections`` (title, text in Markdown)."""
    shown = [{"name": one.name, "title": one.title, "caption": one.caption} for one in figures]
    listed = [{"name": name, "title": name_of} for name, name_of in tables]
    told: dict[str, Any] = {"title": title, "sentence": sentence, "command": command, "findings": list(findings)}
    told["sections"] = [{"title": name, "text": text} for name, text in sections]
    write_text(run.path / SUMMARY, json.dumps(told | {"figures": shown, "tables": listed}, indent=2) + "\n")


def keep(folder: str | Path, into: str | Path) -> Path:
    """Write README.md, tables/, figures/ and run.json of a reported run into a folder of their own; gives the README.

    What was kept there before is replaced. Raises UserError for a run without a report that can be kept.
    """
    run, into = RunFolder.open(folder), Path(into)
    path = run.path / SUMMARY
    if not path.exists():
        raise UserError(f"{folder} has no report that can be kept: there is no {SUMMARY} in it")
    summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for part in ("tables", "figures"):
        shutil.rmtree(into / part, ignore_errors=True)
    for table in (path for path in sorted(run.tables.glob("*.csv")) if path.stat().st_size <= LARGEST):
        write_text(into / "tables" / table.name, table.read_text(encoding="utf-8"))
    for figure in summary["figures"]:
        _small(run.figures / f"{figure['name']}.png", into / "figures" / f"{figure['name']}.png")
    write_text(into / "run.json", (run.path / "run.json").read_text(encoding="utf-8"))
    for table in summary["tables"]:
        table["kept"] = (into / "tables" / f"{table['name']}.csv").exists()
    text = environment().get_template("keep.md").render(summary=summary, facts=run.facts)
    write_text(into / "README.md", text)
    return into / "README.md"


def _small(source: Path, path: Path) -> None:
    """A PNG with a palette."""
    with Image.open(source) as picture, atomic_write(path) as temporary:
        picture.convert("RGB").quantize(COLOURS).save(temporary, format="PNG", optimize=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Keep the report of a run; ends with code 2 and one line for a user's mistake."""
    parser = argparse.ArgumentParser(prog="python -m visuosyn.report.export", description="Keep what a report says.")
    parser.add_argument("run", type=Path, help="run folder with a report")
    parser.add_argument("into", type=Path, help="folder to write; tables and figures that it holds are replaced")
    options = parser.parse_args(arguments)
    try:
        keep(options.run, options.into)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
