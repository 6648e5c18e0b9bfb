"""All figures of a study: drawn, written to files, and described in words for the page."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from visuosyn.data import HeatMaps
from visuosyn.report.tables import MIN_PROMPTS, SUMMARY_ROWS, one_rule
from visuosyn.studies.relations import figures
from visuosyn.view import contact_sheets as sheets
from visuosyn.view.styles import save_figure, style


@dataclass(frozen=True)
class Drawn:
    """A figure as the page shows it. ``kind`` is "chart", "chart wide" or "photo"; ``source`` is a data URI, for a
    photo a path; ``size`` (width, height) lets the page keep its place before it is loaded."""

    name: str
    title: str
    kind: str
    source: str
    size: tuple[int, int]
    alt: str
    caption: str


def draw_figures(table: pd.DataFrame, mask: str, sheet: Sequence[HeatMaps], folder: Path) -> list[Drawn]:
    """Draw every figure of a study from its reader table into ``folder`` as PDF, SVG and PNG."""
    rows = one_rule(table, mask)
    plane, forest = figures.shown_relations(rows), figures.shown_relations(rows, most=figures.FOREST, summary=False)
    plans: list[tuple[str, str, str, Callable[[], Axes], str, str]] = [
        (
            "plane",
            "relations in the plane",
            "chart",
            lambda: figures.relation_plane(rows),
            _told(plane),
            f"mIoD against mIoH by relation under {mask}, with 95% intervals. Above the dashed line the head’s area "
            "is the larger where the two overlap, below it the dependent’s. Squares: unrelated pairs, and all "
            f"head-dependent ones.{_notes(plane, rows)}",
        ),
        (
            "forest",
            "differences by relation",
            "chart",
            lambda: figures.relation_forest(rows),
            _told(forest),
            f"The difference mIoD − mIoH under {mask} with its 95% interval; in brackets the number of pairs. In the "
            f"grey band the paper speaks of no dominance; upright bars are the paper’s own values.{_notes(forest)}",
        ),
        (
            "overlap_by_rule",
            "overlap by mask rule",
            "chart wide",
            lambda: figures.overlap_by_rule(table),
            "Lines of mIoU over the mask rules; the numbers stand in the table of relations.",
            "mIoU under every mask rule. How much maps overlap is first of all a matter of the threshold.",
        ),
        (
            "difference_by_rule",
            "differences by mask rule",
            "chart wide",
            lambda: figures.difference_by_rule(table),
            "Lines of mIoD − mIoH over the mask rules; the numbers stand in the table of relations.",
            "mIoD − mIoH under every mask rule, for the commonest relations: a direction that turns with the rule is "
            "a finding about the rule. Rules of kind area make all areas equal, so the difference is 0 there.",
        ),
        (
            "contact_sheet",
            "pictures and maps",
            "photo",
            lambda: sheets.contact_sheet(sheet)[0],
            f"Pictures and the heat maps of their words, for: {'; '.join(maps.prompt for maps in sheet)}",
            "Pictures with the heat maps of their words over them, each map scaled by its own maximum, which is given "
            "in thousandths of the attention. Of a long caption seven words are shown, content words first.",
        ),
    ]
    wanted = [plan for plan in plans if (sheet if plan[0] == "contact_sheet" else len(table))]
    return [drawn(folder, *plan) for plan in wanted]


def _notes(shown: pd.DataFrame, rows: pd.DataFrame | None = None) -> str:
    """What a caption must add: that points rest on little, that not all rows are shown."""
    few = f" Hollow: fewer than {MIN_PROMPTS} prompts." if shown["few"].any() else ""
    more = 0 if rows is None else len(rows) - len(shown)
    return few + (f" Relations that had no room or a single prompt: {more}; they stand in the table." if more else "")


def drawn(
    folder: Path, name: str, title: str, kind: str, figure: Callable[[], Axes | Figure], alt: str, caption: str
) -> Drawn:
    """Draw a figure in the paper's style and write it as PDF, SVG and PNG; gives what the page shows of it."""
    with style("paper"):
        made = figure()
        whole = made if isinstance(made, Figure) else made.figure.get_figure(root=True)
        assert whole is not None
        save_figure(whole, folder / name)
    with Image.open(folder / f"{name}.png") as picture:
        size = picture.size
    if kind == "photo":
        return Drawn(name, title, kind, f"{folder.name}/{name}.png", size, alt, caption)
    content = base64.b64encode((folder / f"{name}.svg").read_bytes()).decode("ascii")
    return Drawn(name, title, kind, f"data:image/svg+xml;base64,{content}", size, alt, caption)


def _told(rows: pd.DataFrame) -> str:
    """The points of a figure in words, for those who cannot see it."""
    told = [
        f"{row.relation}: mIoD {row.mIoD:.0f}, mIoH {row.mIoH:.0f}"
        for row in rows.sort_values("relation", key=lambda names: ~names.isin(SUMMARY_ROWS)).itertuples()
    ]
    return "Points: " + "; ".join(told) if told else "No relation has an estimate to show."
