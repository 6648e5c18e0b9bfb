"""The report of a model's scores: the figures as a page, and sheets of the worst nouns, adjectives and relations."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.microworld.scoring.contact_sheet import contact_sheet
from visuosyn.microworld.scoring.outcomes import worst
from visuosyn.run.files import atomic_write, write_text

WORST = 4
PICTURES = 24
"""At most this many pictures on a sheet, wrong ones first."""
SELECTED = {
    "nouns": ("noun", "named", ("one",)),
    "nouns in pairs": ("noun", "there", ("pair",)),
    "colours": ("colour", "coloured", ("one", "one, held out", "count")),
    "sizes and patterns": ("described", "exact", ("one, described", "one, held out")),
    "relations": ("relation", "placed", ("relation",)),
}
"""For each kind of group: the column that holds it, the outcome, and the kinds of prompts."""

PAGE = """\
<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Scores</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#222}}
table{{border-collapse:collapse}}td,th{{padding:.15rem .8rem;text-align:right;border-bottom:1px solid #ddd}}
td:first-child,td:nth-child(2),th:first-child,th:nth-child(2){{text-align:left}}img{{max-width:100%}}
@media(prefers-color-scheme:dark){{body{{background:#1b1b1d;color:#ddd}}td,th{{border-color:#444}}}}</style>
<h1>Scores</h1>
<p>Shares from 0 to 1 with intervals of 95%. <code>scores.csv</code> holds the same; <code>outcomes.csv</code> has a row
a prompt, its picture is in <code>pictures/</code>. Under each picture: the prompt, then what the judge saw.</p>
{sheets}
<h2>All figures</h2>
<table><tr><th>measure<th>group<th>value<th>low<th>high<th>n</tr>
{rows}
</table></html>
"""


def write_report(out: Path, figures: pd.DataFrame, table: pd.DataFrame, images: NDArray[np.uint8]) -> Path:
    """Write ``index.html`` and ``sheets/*.png`` into a folder; gives the page.

    Args:
        out: the folder.
        figures: of `outcomes.figures` and others like it.
        table: of `outcomes.outcomes`.
        images: its pictures, (n, 96, 96, 3).
    """
    sections = []
    for kind, groups in worst(figures).items():
        sections.append(f"<h2>The worst {kind}</h2>" if groups else f"<h2>All {kind} are right</h2>")
        for group in groups[:WORST]:
            shown = chosen(table, kind, group)
            if not len(shown):
                continue
            name = f"sheets/{kind}-{group}.png".replace(" ", "-")
            captions = [caption(row) for row in shown.itertuples()]
            with atomic_write(out / name) as path:
                contact_sheet([images[place] for place in shown.index], captions).save(path)
            sections.append(f'<h3>{html.escape(group)}</h3><img src="{name}" alt="pictures of {html.escape(group)}">')
    write_text(out / "index.html", PAGE.format(sheets="\n".join(sections), rows="\n".join(_lines(figures))))
    return out / "index.html"


def chosen(table: pd.DataFrame, kind: str, group: str) -> pd.DataFrame:
    """The rows of a group's sheet: those that were asked for the outcome, wrong ones first."""
    column, outcome, sorts = SELECTED[kind]
    of_it = table[column] == group
    if kind == "nouns in pairs":
        of_it |= table.other == group
    if kind == "colours":
        of_it &= table.asked == 1
    rows = table[of_it & table["sort"].isin(sorts) & table[outcome].notna()]
    return rows.sort_values(outcome, key=lambda right: right.astype(bool), kind="stable").head(PICTURES)


def caption(row: Any) -> str:
    """The prompt in the first line's place, what was seen in the second's (see `contact_sheet`)."""
    outline = row.outline if isinstance(row.outline, str) else "no noun"
    seen = (row.seen or "nothing") + (f" (outline: {outline})" if row.asked == 1 else "")
    return f"{row.text[:32]:<32}{seen}"


def _lines(figures: pd.DataFrame) -> list[str]:
    cells = figures.astype({"n": str}).map(lambda value: f"{value:.3f}" if isinstance(value, float) else str(value))
    return ["<tr><td>" + "<td>".join(html.escape(cell) for cell in row) for row in cells.itertuples(index=False)]
