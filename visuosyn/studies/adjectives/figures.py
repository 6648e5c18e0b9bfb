"""The charts and picture strips of an adjectival study: tables or pictures in, Axes out. Call inside ``style(...)``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from PIL import Image

from visuosyn.view.marks import legend_above, mark, named_rows
from visuosyn.view.overlays import backdrop, overlay
from visuosyn.view.styles import (
    BLUE,
    GREY,
    INK,
    PALETTE,
    VERMILLION,
    canvas,
    series_look,
    stacked,
    tight,
    width_of,
)

SIDE = 192  # pixels of a picture in a strip
BINDINGS = ("right", "swapped", "leaked", "other", "missing")
REGIONS = {"inside": "the noun", "outside": "all else", "others": "other objects"}


@dataclass(frozen=True, eq=False)
class Cell:
    """A picture of a strip, with the map that lies over it, if any."""

    title: str
    image: Image.Image | None
    array: NDArray[np.float32] | None = None


def leakage_forest(table: pd.DataFrame, *, mask: str, ax: Axes | None = None) -> Axes:
    """Share of each adjective's attention outside of its noun, with its interval; the noun's own beside.

    The tick is what attention spread evenly would give. Hollow: fewer than 20 clusters. ``table`` as
    ``tables/leakage.csv`` of a study has it.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"adjective": "red", "mask": "relative:0.4", "n": 30, "few": False, "low": 40.0,
    ...     "measure": ["leakage", "noun_leakage", "chance"], "estimate": [55.0, 50.0, 80.0], "high": 60.0})
    >>> [tick.get_text() for tick in leakage_forest(table, mask="relative:0.4").get_yticklabels()]
    ['red  (30)']
    """
    rows = table[table["mask"] == mask]
    names = list(dict.fromkeys(rows["adjective"]))[::-1]
    ax = canvas(height=24 + 6.5 * len(names))[1] if ax is None else ax
    shown = {"leakage": (VERMILLION, "o", "the adjective"), "noun_leakage": (BLUE, "s", "its noun")}
    for shift, (measure, (colour, marker, _)) in zip((0.14, -0.14), shown.items(), strict=True):
        _points(ax, rows[rows["measure"] == measure], "adjective", names, shift, colour, marker)
    chance = rows[rows["measure"] == "chance"].set_index("adjective")["estimate"]
    ax.plot(chance[names], range(len(names)), linestyle="none", marker="|", markersize=11, color=INK, zorder=1)
    counts = rows[rows["measure"] == "leakage"].set_index("adjective")["n"]
    _rows(ax, [f"{name}  ({counts[name]})" for name in names], "outside of the noun’s mask (%)")
    handles = [_key(label, colour, marker) for colour, marker, label in shown.values()]
    _legend(ax, [*handles, mark("spread evenly", colour=INK, marker="|", markersize=9)])
    return ax


def leakage_by_rule(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Leakage of all adjectives minus that of their nouns, under every mask rule: does it outlive the rule?

    ``table`` as ``tables/leakage.csv`` of a study has it.

    >>> import pandas as pd
    >>> row = {"adjective": "all", "measure": "leakage - noun_leakage", "estimate": 5.0, "low": 1.0, "high": 9.0}
    >>> table = pd.DataFrame([row | {"mask": mask, "few": False} for mask in ("relative:0.4", "soft")])
    >>> [tick.get_text() for tick in leakage_by_rule(table).get_yticklabels()]
    ['soft', 'relative:0.4']
    """
    rows = table[(table["adjective"] == table["adjective"].iloc[0]) & (table["measure"] == "leakage - noun_leakage")]
    names = list(rows["mask"])[::-1]
    ax = canvas(height=22 + 5 * len(names))[1] if ax is None else ax
    ax.axvline(0, color=GREY, linewidth=0.8, zorder=0)
    _points(ax, rows, "mask", names, 0, VERMILLION, "o")
    _rows(ax, names, "adjective minus noun (points)")
    return ax


def change_forest(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """How much a picture changes where the noun is, elsewhere, and on other objects, comparison by comparison.

    ``table`` as ``tables/changes.csv`` of a study has it.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"comparison": "another adjective", "few": False, "low": 1.0, "high": 30.0,
    ...     "measure": ["rgb_inside", "rgb_outside", "rgb_others"], "estimate": [25.0, 4.0, 6.0]})
    >>> axes = change_forest(table)
    >>> axes.get_xlabel(), [tick.get_text() for tick in axes.get_yticklabels()]
    ('mean absolute change of RGB (% of the range)', ['another adjective'])
    """
    names = list(dict.fromkeys(table["comparison"]))[::-1]
    ax = canvas("page", 24 + 9 * len(names))[1] if ax is None else ax
    handles = []
    for number, (region, label) in enumerate(REGIONS.items()):
        colour, marker = series_look(number)
        rows = table[table["measure"] == f"rgb_{region}"]
        _points(ax, rows, "comparison", names, 0.22 - 0.22 * number, colour, marker)
        handles.append(_key(label, colour, marker))
    _rows(ax, names, "mean absolute change of RGB (% of the range)")
    ax.set_xlim(left=0)
    _legend(ax, handles)
    return ax


def tint_forest(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Share of pictures in which another object takes the adjective's colour, and has it without any adjective.

    ``table`` as ``tables/other_colours.csv`` of a study has it.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"adjective": "red", "few": False, "low": 0.0, "high": 9.0, "estimate": [6.0, 2.0, 0.0],
    ...     "measure": ["tinted", "tinted", "without adjective"], "reused": [False, True, False]})
    >>> axes = tint_forest(table)
    >>> axes.get_xlabel(), [tick.get_text() for tick in axes.get_yticklabels()]
    ('in the adjective’s colour (%)', ['red'])
    """
    names = list(dict.fromkeys(table["adjective"]))[::-1]
    ax = canvas(height=26 + 7 * len(names))[1] if ax is None else ax
    shown = (
        ("tinted", False, VERMILLION, "o", "with the adjective"),
        ("tinted", True, PALETTE[2], "^", "with it, attention re-used"),
        ("without adjective", False, GREY, "s", "without any adjective"),
    )
    for number, (measure, reused, colour, marker, _) in enumerate(shown):
        rows = table[(table["measure"] == measure) & (table["reused"] == reused)]
        _points(ax, rows, "adjective", names, 0.22 - 0.22 * number, colour, marker)
    _rows(ax, names, "in the adjective’s colour (%)")
    right = max(5.0, ax.get_xlim()[1])
    ax.set_xlim(-0.03 * right, right)  # markers at 0 stand clear of the names
    _legend(ax, [_key(label, colour, marker) for *_, colour, marker, label in shown], columns=2)
    return ax


def binding_bars(table: pd.DataFrame, *, names: dict[str, str], ax: Axes | None = None) -> Axes:
    """Shares of the outcomes of prompts with two adjectives; ``names`` are what the scenes are called.

    ``table`` as ``tables/bindings.csv`` of a study has it.

    >>> import pandas as pd
    >>> outcomes = {"right": 70.0, "swapped": 10.0, "leaked": 10.0, "other": 5.0, "missing": 5.0}
    >>> table = pd.DataFrame([{"scene": "s", "measure": name, "estimate": e} for name, e in outcomes.items()])
    >>> axes = binding_bars(table, names={"s": "a red cat and a blue ball"})
    >>> len(axes.patches), [tick.get_text() for tick in axes.get_yticklabels()]
    (5, ['a red cat and a blue ball'])
    """
    scenes = list(dict.fromkeys(table["scene"]))[::-1]
    ax = canvas("page", 24 + 7 * len(scenes))[1] if ax is None else ax
    shares = table.pivot(index="scene", columns="measure", values="estimate").loc[scenes, list(BINDINGS)]
    stacked(ax, shares, remainder="missing")
    _rows(ax, [names.get(scene, scene) for scene in scenes], "pictures (%)")
    _legend(ax, ax.get_legend_handles_labels()[0])
    return ax


def strip(rows: Sequence[tuple[str, Sequence[Cell | None]]], *, title: str = "") -> Figure:
    """Pictures in named rows, one column per adjective; ``None`` leaves a gap. A map lies over its picture.

    >>> from PIL import Image
    >>> figure = strip([("free", [Cell("red", Image.new("RGB", (8, 8))), None])])
    >>> [len(axes.images) for axes in figure.axes]
    [1, 0]
    """
    columns = max(len(cells) for _, cells in rows)
    width = width_of("page")
    figure = tight(width, (width * 0.9 / columns) * len(rows) + 12, padding=0.01, spacing=0.02)
    figure.suptitle(title, parse_math=False, ha="left", x=0.01)
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for line, (name, cells) in zip(axes, rows, strict=True):
        for place, ax in enumerate(line):
            ax.set(xticks=[], yticks=[])
            sns.despine(ax=ax, left=True, bottom=True)
            cell = cells[place] if place < len(cells) else None
            if cell is not None:
                ax.imshow(_picture(cell))
                ax.set_title(cell.title, parse_math=False, loc="center", pad=2, fontsize="medium")
        line[0].set_ylabel(name, parse_math=False)
    return figure


def _picture(cell: Cell) -> NDArray[np.uint8]:
    width, height = (SIDE, SIDE) if cell.image is None else cell.image.size
    size = SIDE * width // max(width, height), SIDE * height // max(width, height)
    return np.asarray(backdrop(cell.image, size) if cell.array is None else overlay(cell.image, cell.array, size=size))


def _points(
    ax: Axes, rows: pd.DataFrame, key: str, names: Sequence[str], shift: float, colour: str, marker: str
) -> None:
    """Estimates with intervals at the places of their names; hollow where few clusters stand behind them."""
    for row in rows.to_dict("records"):
        place = names.index(row[key]) + shift
        ax.plot([row["low"], row["high"]], [place] * 2, color=colour, alpha=0.7, solid_capstyle="butt", zorder=2)
        fill = "white" if row["few"] else colour
        ax.plot(row["estimate"], place, linestyle="none", marker=marker, color=colour, markerfacecolor=fill, zorder=3,
                clip_on=False)  # fmt: skip


def _rows(ax: Axes, labels: Sequence[str], xlabel: str) -> None:
    named_rows(ax, labels, xlabel=xlabel, ylim=(-0.6, max(len(labels), 1) - 0.4))


def _key(label: str, colour: str, marker: str) -> Line2D:
    """An entry of the legend: a mark on its interval."""
    return mark(label, colour=colour, marker=marker, linestyle="-")


def _legend(ax: Axes, handles: Sequence[Artist], *, columns: int = 5) -> None:
    columns = min(columns, len(handles))
    legend_above(ax, handles, columns=columns, handletextpad=0.4, columnspacing=1.0, borderpad=0.1)
