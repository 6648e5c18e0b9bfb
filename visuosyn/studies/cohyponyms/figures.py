"""Figures of a cohyponym study: axes from tables, pictures from maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from visuosyn.data import HeatMaps
from visuosyn.studies.cohyponyms.statistics.tables import PAPER
from visuosyn.view.marks import interval_marks, legend_above, mark, named_rows
from visuosyn.view.overlays import overlay
from visuosyn.view.styles import BLUE, GREY, INK, MILLIMETRES, VERMILLION, canvas, width_of

KINDS = {"cohyponyms": (VERMILLION, "o"), "others": (BLUE, "s")}
SHIFT = 0.16


def rate_forest(table: pd.DataFrame, by: str, *, ax: Axes | None = None) -> Axes:
    """The share of pictures with both nouns, one row per pair or hypernym, with 95% intervals; kinds by colour
    and marker.

    The lines are the means of the kinds. ``table`` as ``tables/pair_rates.csv`` or
    ``tables/hypernyms.csv`` of a study has it; the number of pairs stands in brackets where it is not one.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"pair": ["cat dog", "cat box"], "kind": ["cohyponyms", "others"], "rate": [40.0, 90.0],
    ...                       "low": [20.0, 70.0], "high": [60.0, 98.0], "n_pairs": 1})
    >>> [tick.get_text() for tick in rate_forest(table, "pair").get_yticklabels()]
    ['cat dog', 'cat box']
    """
    rows = table.sort_values(["rate", by], ignore_index=True)
    ax = canvas(height=22 + 3.6 * max(len(rows), 4))[1] if ax is None else ax
    for kind, (colour, marker) in KINDS.items():
        mine = rows[rows["kind"] == kind]
        if len(mine):
            ax.axvline(mine["rate"].mean(), color=colour, linewidth=0.8, linestyle="--", zorder=1)
            interval_marks(ax, mine["rate"], mine.index, mine["low"], mine["high"], colour=colour, marker=marker)
    single = rows["n_pairs"].eq(1).all()
    names = [f"{n}" if single else f"{n} ({p})" for n, p in zip(rows[by], rows["n_pairs"], strict=True)]
    ax.set_xlim(-3, 103)
    _legend(ax)
    return named_rows(ax, names, xlabel="pictures with both nouns (%)", ylim=(-0.7, max(len(rows), 1) - 0.3))


def kind_means(table: pd.DataFrame, labels: dict[str, str], *, ax: Axes | None = None) -> Axes:
    """Means of both kinds with 95% intervals, one row per outcome; upright bars are the paper's shares of "both".

    ``table`` as ``tables/outcomes.csv`` of a study has it; ``labels`` says which outcomes are shown, and their names.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"outcome": ["both"], "cohyponyms": [40.0], "cohyponyms_low": [30.0],
    ...     "cohyponyms_high": [50.0], "others": [60.0], "others_low": [50.0], "others_high": [70.0]})
    >>> [tick.get_text() for tick in kind_means(table, {"both": "both nouns"}).get_yticklabels()]
    ['both nouns']
    """
    rows = table[table["outcome"].isin(labels)].iloc[::-1].reset_index(drop=True)
    ax = canvas(height=24 + 9 * max(len(rows), 2))[1] if ax is None else ax
    for kind, (colour, marker) in KINDS.items():
        shift = SHIFT if kind == "cohyponyms" else -SHIFT
        at = rows.index.to_numpy(dtype=float) + shift
        low, high = rows[f"{kind}_low"], rows[f"{kind}_high"]
        interval_marks(ax, rows[kind], at, low, high, colour=colour, marker=marker)
        for place in at[(rows["outcome"] == "both").to_numpy()]:
            ax.plot(PAPER[kind], place, linestyle="none", marker="|", markersize=9, color=INK, zorder=4)
    ax.axvline(0, color=GREY, linewidth=0.6, zorder=0)
    bar = mark("paper", colour=INK, marker="|", markersize=9)
    _legend(ax, [bar] if "both" in set(rows["outcome"]) else [])
    names = [labels[name] for name in rows["outcome"]]
    return named_rows(ax, names, xlabel="per cent", ylim=(-0.6, max(len(rows), 1) - 0.4))


def difference_forest(table: pd.DataFrame, by: str, *, ax: Axes | None = None) -> Axes:
    """Cohyponyms minus others with 95% intervals, one row per subset.

    The thin line is the interval if pairs that share a noun depend on each other. ``table`` as ``tables/subsets.csv``
    of a study has it.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"subset": ["all"], "difference": [-20.0], "difference_low": [-35.0],
    ...     "difference_high": [-5.0], "dyadic_low": [-40.0], "dyadic_high": [0.0], "n_cohyponyms": 24, "n_others": 24})
    >>> [tick.get_text() for tick in difference_forest(table, "subset").get_yticklabels()]
    ['all  (24 and 24)']
    """
    rows = table.iloc[::-1].reset_index(drop=True)
    ax = canvas("page", 22 + 5 * max(len(rows), 3))[1] if ax is None else ax
    ax.axvline(0, color=GREY, linewidth=0.8, zorder=1)
    ax.hlines(rows.index, rows["dyadic_low"], rows["dyadic_high"], color=INK, linewidth=0.5, zorder=2)
    low, high = rows["difference_low"], rows["difference_high"]
    interval_marks(ax, rows["difference"], rows.index, low, high, colour=INK, marker="D")
    names = [
        f"{name}  ({a} and {b})" for name, a, b in zip(rows[by], rows["n_cohyponyms"], rows["n_others"], strict=True)
    ]
    xlabel = "cohyponyms − others (percentage points)"
    return named_rows(ax, names, xlabel=xlabel, ylim=(-0.7, max(len(rows), 1) - 0.3))


def link_forest(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Odds ratio of both nouns being drawn for ten points more overlap within a pair, by mask rule and kind.

    ``table`` as ``tables/link.csv`` of a study has it.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"mask": "relative:0.4", "kind": ["cohyponyms", "others"], "odds_ratio": [0.6, 0.8],
    ...                       "low": [0.4, 0.6], "high": [0.9, 1.1]})
    >>> link_forest(table).get_xlabel()
    'odds ratio of both, for ten points of IoU'
    """
    masks = list(dict.fromkeys(table["mask"]))[::-1]
    ax = canvas(height=24 + 7 * max(len(masks), 2))[1] if ax is None else ax
    ax.axvline(1, color=GREY, linewidth=0.8, zorder=1)
    for kind, (colour, marker) in KINDS.items():
        mine = table[(table["kind"] == kind) & np.isfinite(table["odds_ratio"])]
        at = mine["mask"].map(masks.index).to_numpy(dtype=float) + (SHIFT if kind == "cohyponyms" else -SHIFT)
        interval_marks(ax, mine["odds_ratio"], at, mine["low"], mine["high"], colour=colour, marker=marker)
    ax.set_xscale("log")
    ax.minorticks_off()
    low, high = ax.get_xlim()
    ticks = [tick for tick in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10) if low <= tick <= high]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    _legend(ax)
    xlabel = "odds ratio of both, for ten points of IoU"
    return named_rows(ax, masks, xlabel=xlabel, ylim=(-0.6, max(len(masks), 1) - 0.4))


def pair_sheet(rows: Sequence[tuple[str, Sequence[tuple[HeatMaps, NDArray[np.float32]]]]]) -> Figure:
    """Pictures of pairs, one row per pair: for each picture the picture itself, then either noun's map over it.

    Each map is scaled by its own maximum. ``rows``: title, and the row's pictures with the two nouns' maps (2, row,
    column) in the order of the text.

    >>> import numpy as np
    >>> from visuosyn.testing import heat_maps
    >>> maps = heat_maps("cat dog", np.eye(2).reshape(2, 1, 2))
    >>> len(pair_sheet([("cat + dog", [(maps, maps.array)])]).axes)
    3
    """
    columns = 3 * max(len(pictures) for _, pictures in rows)
    width = width_of("page") / MILLIMETRES
    figure = Figure(figsize=(width, len(rows) * (width / columns + 0.3)), layout="constrained")
    grid = figure.subplots(len(rows), columns, squeeze=False)
    for axes, (title, pictures) in zip(grid, rows, strict=True):
        for axis in axes:
            axis.set_axis_off()
        for number, (maps, both) in enumerate(pictures):
            for offset, array in enumerate((None, *both)):
                _show(axes[3 * number + offset], maps, array)
            axes[3 * number].set_title(maps.prompt, fontsize="x-small", loc="left", parse_math=False)
        axes[0].text(-0.06, 0.5, title, transform=axes[0].transAxes, rotation=90, ha="right", va="center", fontsize=6,
                     parse_math=False)  # fmt: skip
    return figure


def _show(axis: Axes, maps: HeatMaps, array: NDArray[np.float32] | None) -> None:
    if array is not None:
        axis.imshow(np.asarray(overlay(maps.image, array)))
    elif maps.image is not None:
        axis.imshow(np.asarray(maps.image))


def _legend(ax: Axes, more: Sequence[Line2D] = ()) -> None:
    kinds = [
        mark(kind, colour=colour, marker=marker, linestyle="-", markersize=4)
        for kind, (colour, marker) in KINDS.items()
    ]
    legend_above(ax, [*kinds, *more], columns=3, right=True)
