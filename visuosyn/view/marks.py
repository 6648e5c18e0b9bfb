"""What charts of many rows have in common: names at the left, marks with intervals, a legend above the axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from visuosyn.view.styles import plain, series_look


def named_rows(ax: Axes, labels: Sequence[str], *, xlabel: str, ylim: tuple[float, float]) -> Axes:
    """Name the rows 0, 1, ... of a chart at its left, without a spine or ticks; gives the axes.

    >>> from visuosyn.view.styles import canvas
    >>> axes = named_rows(canvas()[1], ["det", "amod"], xlabel="overlap (%)", ylim=(-0.6, 1.6))
    >>> [label.get_text() for label in axes.get_yticklabels()], axes.spines["left"].get_visible()
    (['det', 'amod'], False)
    """
    ax.set_yticks(range(len(labels)), labels)
    ax.set(xlabel=xlabel, ylim=ylim)
    return bare_left(ax)


def bare_left(ax: Axes) -> Axes:
    """Take the left spine and its ticks away and show the names there as they are; gives the axes.

    >>> from visuosyn.view.styles import canvas
    >>> bare_left(canvas()[1]).spines["left"].get_visible()
    False
    """
    plain(ax.get_yticklabels())
    sns.despine(ax=ax, left=True)
    ax.tick_params(axis="y", length=0)
    return ax


def interval_marks(
    ax: Axes,
    values: ArrayLike,
    at: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    *,
    colour: str,
    marker: str,
    **look: Any,
) -> None:
    """Marks at their values in the rows ``at``, each with its interval as a line; ``look`` goes to the marks.

    >>> from visuosyn.view.styles import canvas
    >>> axes = canvas()[1]
    >>> interval_marks(axes, [40.0], [0], [30.0], [50.0], colour="black", marker="o")
    >>> axes.lines[0].get_xdata().tolist(), axes.collections[0].get_segments()[0][:, 0].tolist()
    ([40.0], [30.0, 50.0])
    """
    ax.hlines(at, low, high, color=colour, zorder=2)
    ax.plot(values, at, linestyle="none", color=colour, marker=marker, markersize=4, zorder=3, **look)


def mark(label: str, *, colour: str, marker: Any, **look: Any) -> Line2D:
    """A mark for a legend, which says what it stands for.

    >>> entry = mark("published", colour="black", marker="s")
    >>> entry.get_label(), entry.get_linestyle()
    ('published', 'None')
    """
    return Line2D([], [], **{"linestyle": "none", "color": colour, "marker": marker, "label": label} | look)


def series_mark(label: str, number: int) -> Line2D:
    """The legend's entry of the series of this number: its colour and marker on a line.

    >>> series_mark("obj", 0).get_marker()
    'o'
    """
    colour, marker = series_look(number)
    return mark(label, colour=colour, marker=marker, linestyle="-", markersize=4)


def legend_above(ax: Axes, handles: Sequence[Artist], *, columns: int, right: bool = False, **spacing: Any) -> Legend:
    """A legend above the axes, at the left or the ``right``, whose texts are shown as they are.

    >>> from visuosyn.view.styles import canvas
    >>> legend = legend_above(canvas()[1], [mark("$5 or $6", colour="black", marker="o")], columns=2)
    >>> legend.get_texts()[0].get_parse_math()
    False
    """
    place: Literal["outside upper right", "outside upper left"] = (
        "outside upper right" if right else "outside upper left"
    )
    legend: Legend = ax.figure.legend(handles=list(handles), loc=place, ncols=columns, **spacing)
    plain(legend.get_texts())
    return legend
