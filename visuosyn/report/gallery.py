"""All figures of a study: drawn, written to files, and described in words for the page."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from visuosyn.records import HeatMaps
from visuosyn.report import figures
from visuosyn.report.styles import save_figure, style
from visuosyn.report.tables import MIN_PROMPTS, SUMMARY_ROWS, one_rule


@dataclass(frozen=True)
class Drawn:
    """A figure as the page shows it. ``kind`` is "chart", "chart wide" or "photo"; ``source`` is a data URI, for a
    photo a path."""

    name: str
    title: str
    kind: str
    source: str
    alt: str
    caption: str


def draw_figures(table: pd.DataFrame, mask: str, sheet: Sequence[HeatMaps], folder: Path) -> list[Drawn]:
    """Draw every figure of a study from its reader table into ``folder`` as PDF, SVG and PNG."""
    rows = one_rule(table, mask)
    shown = figures.shown_relations(rows)
    left_out = len(rows) - len(shown)
    more = f" {left_out} further rows stand in the table." if left_out > 0 else ""
    hollow = f" Hollow points rest on fewer than {MIN_PROMPTS} prompts." if shown["few"].any() else ""
    drawn = [
        _draw(folder, "plane", "relations in the plane", "chart", lambda: figures.relation_plane(rows), _told(shown),
              f"mIoD against mIoH by relation under {mask}, with 95% intervals. Above the dashed line the head\u2019s map "
              f"contains the dependent\u2019s, below it the dependent\u2019s the head\u2019s; squares are all pairs.{hollow}{more}"),
        _draw(folder, "forest", "differences by relation", "chart", lambda: figures.relation_forest(rows),
              _told(figures.shown_relations(rows, summary=False, most=figures.FOREST)),
              f"The difference mIoD \u2212 mIoH under {mask} with its 95% interval, and the number of pairs. In the grey band "
              f"the paper speaks of no dominance; bars are the paper\u2019s own values.{hollow}"),
        _draw(folder, "overlap_by_rule", "overlap by mask rule", "chart wide", lambda: figures.overlap_by_rule(table),
              "Lines of mIoU over the mask rules; the numbers stand in the table of relations.",
              "mIoU under every mask rule. How much maps overlap depends on the threshold first."),
        _draw(folder, "difference_by_rule", "differences by mask rule", "chart wide",
              lambda: figures.difference_by_rule(table),
              "Lines of the difference over the mask rules; the numbers stand in the table of relations.",
              "mIoD \u2212 mIoH under every mask rule, for the commonest relations: a line that crosses 0 is a finding "
              "about the rule. Rules of kind area make all areas equal, so the difference is 0 there."),
    ]  # fmt: skip
    if sheet:
        names = "; ".join(maps.prompt for maps in sheet)
        drawn.append(
            _draw(folder, "contact_sheet", "pictures and maps", "photo", lambda: figures.contact_sheet(sheet)[0],
                  f"Pictures and the heat maps of their words, for the captions: {names}",
                  "Pictures with the heat maps of their words over them, each scaled by its own maximum (given in "
                  "thousandths of the attention).")  # fmt: skip
        )
    return drawn


def _draw(
    folder: Path,
    name: str,
    title: str,
    kind: str,
    figure: Callable[[], Axes],
    alt: str,
    caption: str,
) -> Drawn:
    with style("paper"):
        whole = figure().figure.get_figure(root=True)
        assert whole is not None
        save_figure(whole, folder / name)
    if kind == "photo":
        return Drawn(name, title, kind, f"{folder.name}/{name}.png", alt, caption)
    content = base64.b64encode((folder / f"{name}.svg").read_bytes()).decode("ascii")
    return Drawn(name, title, kind, f"data:image/svg+xml;base64,{content}", alt, caption)


def _told(rows: pd.DataFrame) -> str:
    """The points of a figure in words, for those who cannot see it."""
    told = [
        f"{row.relation}: mIoD {row.mIoD:.0f}, mIoH {row.mIoH:.0f}"
        for row in rows.sort_values("relation", key=lambda names: ~names.isin(SUMMARY_ROWS)).itertuples()
    ]
    return "Points: " + "; ".join(told) if told else "No relation has an estimate to show."
