"""The charts of the statistics, one function each: a table of them in, Axes out.

Call inside ``style(...)``; without ``axes`` a new figure is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.markers import TICKDOWN, TICKUP

from visuosyn.data.masks import MaskRule
from visuosyn.studies.relations.statistics.dominance import DIFFERENCE
from visuosyn.studies.relations.statistics.multiverse import UNIVERSE
from visuosyn.view.marks import legend_above, mark, named_rows
from visuosyn.view.styles import BLUE, GREY, INK, VERMILLION, blank, canvas, series_look, stacked

SIDES: dict[int, tuple[str, Any, str]] = {  # of an interval to 0: colour, marker, words
    1: (BLUE, TICKUP, "interval above 0"),
    -1: (VERMILLION, TICKDOWN, "below 0"),
    0: (GREY, ".", "neither"),
}
CHOICES = {"normalisation": "maps", "layers": "layers", "third": "steps", "mask": "mask rule"}


def specification_curve(rows: pd.DataFrame, *, axes: Sequence[Axes] | None = None) -> list[Axes]:
    """One finding in every universe: sorted estimates with their 95% intervals, and below what was chosen in each.

    ``rows`` are those of one relation and measure of a multiverse table. Blue, ticks up: the interval lies above 0;
    vermillion, ticks down: below; grey dots: neither. Rules that make all areas equal are left out for
    mIoD - mIoH. Source: Simonsohn, Simmons & Nelson 2020.

    >>> import pandas as pd
    >>> from visuosyn.view.styles import style
    >>> rows = pd.DataFrame({"mask": ["relative:0.3", "relative:0.4", "soft"], "estimate": [12.0, 6.0, -1.0]})
    >>> rows = rows.assign(low=rows["estimate"] - 4, high=rows["estimate"] + 4, measure="mIoD - mIoH")
    >>> rows = rows.assign(normalisation="none", layers="all", third="all")  # as multiverse_table gives them
    >>> with style("paper"):
    ...     upper, lower = specification_curve(rows)
    >>> [label.get_text() for label in lower.get_yticklabels()], lower.get_xlabel()
    (['mask rule:  relative:0.3', 'relative:0.4', 'soft'], '3 analyses, sorted')
    """
    free = np.array([MaskRule.parse(mask).kind != "area" for mask in rows["mask"]], dtype=bool)
    free |= (rows["measure"] != DIFFERENCE).to_numpy()
    table = rows[free & rows["estimate"].notna()].sort_values(["estimate", *UNIVERSE]).reset_index(drop=True)
    choices = [(name, value) for name in UNIVERSE for value in _values(table, name)]
    upper, lower = _two_panels(len(choices)) if axes is None else axes
    place, side = np.arange(len(table)), np.where(table["low"] > 0, 1, np.where(table["high"] < 0, -1, 0))
    handles = []
    for sign, (colour, marker, words) in SIDES.items():
        at = side == sign
        mine = table[at]
        upper.vlines(place[at], mine["low"], mine["high"], color=colour, alpha=0.35, linewidth=0.6)
        upper.plot(place[at], mine["estimate"], linestyle="none", marker=".", markersize=2.2, color=colour)
        for row, (name, value) in enumerate(choices):
            chosen = place[at & (table[name] == value).to_numpy()]
            lower.plot(chosen, np.full(len(chosen), row), linestyle="none", marker=marker, markersize=3, color=colour)
        if at.any():
            handles.append(mark(words, colour=colour, marker=marker))
    upper.axhline(0, color=INK, linewidth=0.6)
    upper.set(ylabel=f"{str(rows['measure'].iloc[0]).replace('-', '−')}\n(points)", xlim=(-1, max(len(table), 1)))
    upper.tick_params(axis="x", length=0, labelbottom=False)
    lower.set_xlim(upper.get_xlim())
    labels = [_label(name, value, choices) for name, value in choices]
    named_rows(lower, labels, xlabel=f"{len(table)} analyses, sorted", ylim=(len(choices) - 0.4, -0.6))
    legend_above(upper, handles, columns=3, handletextpad=0.2, borderpad=0.1)
    sns.despine(ax=upper, bottom=True)
    return [upper, lower]


def _values(table: pd.DataFrame, name: str) -> list[str]:
    """The values of a choice in the order of the table's rules, those that were not varied left out."""
    found = list(dict.fromkeys(table[name]))
    if name == "mask":
        found.sort(key=lambda mask: (MaskRule.parse(mask).kind, MaskRule.parse(mask).level or 0))
    else:
        found.sort(key=lambda value: (value not in ("all", "none"), value))
    return found if len(found) > 1 else []


def _label(name: str, value: str, choices: Sequence[tuple[str, str]]) -> str:
    """The value, with the name of the choice before the first of its values."""
    first = next(other for other in choices if other[0] == name) == (name, value)
    return f"{CHOICES[name]}:  {value}" if first else value


def _two_panels(rows: int) -> tuple[Axes, Axes]:
    upper, lower = blank("page", 42 + 3.0 * rows).subplots(2, 1, height_ratios=(34, max(3.0 * rows, 6)))
    return upper, lower


def beside_published(rows: pd.DataFrame, *, axes: Sequence[Axes] | None = None) -> list[Axes]:
    """Our mIoU and mIoD - mIoH with 95% intervals beside published ones, one line per relation, joined by a grey bar.

    ``rows`` are those of one source of a published table. Hollow circles: fewer than 20 prompts.

    >>> from visuosyn.view.styles import style
    >>> from visuosyn.studies.relations.reference import published_table
    >>> from visuosyn.testing import relation_rows
    >>> rows = published_table(relation_rows({"obj": 25.0, "amod": -15.0, "advmod": 3.0}))
    >>> with style("paper"):
    ...     overlap, difference = beside_published(rows)
    >>> [label.get_text() for label in overlap.get_yticklabels()]  # no figure was published for advmod
    ['amod', 'obj']
    """
    rows = rows.sort_values(["paper_difference", "relation"], kind="stable").reset_index(drop=True)
    if axes is None:
        axes = list(blank("page", 20 + 4.6 * max(len(rows), 3)).subplots(1, 2, sharey=True))
    for ax, measure, label in zip(axes, ("mIoU", "difference"), ("mIoU (%)", "mIoD − mIoH (points)"), strict=True):
        ours, theirs, place = rows[measure], rows[f"paper_{measure}"], np.arange(len(rows))
        ax.hlines(place, ours, theirs, color="#D4D4D4", linewidth=2.2, zorder=1)
        ax.hlines(place, rows[f"{measure}_low"], rows[f"{measure}_high"], color=BLUE, linewidth=0.9, zorder=2)
        for few, fill in ((False, BLUE), (True, "white")):
            at = (rows["few"] == few).to_numpy()
            ax.plot(ours[at], place[at], "o", color=BLUE, markerfacecolor=fill, markersize=4, zorder=3)
        ax.plot(theirs, place, "D", color=VERMILLION, markersize=4, zorder=3)
        named_rows(ax, list(rows["relation"]), xlabel=label, ylim=(-0.7, max(len(rows), 1) - 0.3))
    axes[1].axvline(0, color=GREY, linewidth=0.8, zorder=0)
    handles = [
        mark("this study, 95% interval", colour=BLUE, marker="o"),
        mark("published", colour=VERMILLION, marker="D"),
    ]
    legend_above(axes[0], handles, columns=2, handletextpad=0.2, borderpad=0.1)
    return list(axes)


def control_forest(contrasts: pd.DataFrame, *, ax: Axes | None = None, most: int = 14) -> Axes:
    """Pairs minus each control in mIoU with 95% intervals, for the relations with most pairs.

    ``contrasts`` are the rows of one mask rule of a contrast table. To the right of 0 the pair overlaps more than
    its control.

    >>> import pandas as pd
    >>> from visuosyn.view.styles import style
    >>> rows = pd.DataFrame({"relation": ["obj", "obj", "amod"], "control": ["chance", "rolled maps", "chance"]})
    >>> rows = rows.assign(estimate=[20.0, 15.0, 8.0], measure="mIoU", n_pairs=[90, 90, 40], few=False)
    >>> with style("paper"):
    ...     ax = control_forest(rows.assign(low=rows["estimate"] - 3, high=rows["estimate"] + 3))
    >>> [label.get_text() for label in ax.get_yticklabels()], ax.get_legend_handles_labels()[1]
    (['obj', 'amod'], ['chance', 'rolled maps'])
    """
    rows = contrasts[(contrasts["measure"] == "mIoU") & contrasts["estimate"].notna()]
    enough = rows[~rows["few"]]
    rows = rows if enough.empty else enough
    order = rows.groupby("relation", sort=False)["n_pairs"].max().sort_values(ascending=False, kind="stable")
    names, controls = list(order.index[:most]), list(dict.fromkeys(rows["control"]))
    if ax is None:
        ax = canvas("page", 24 + 2.4 * len(controls) * max(len(names), 2))[1]
    ax.axvline(0, color=GREY, linewidth=0.8, zorder=0)
    for number, control in enumerate(controls):
        mine = rows[(rows["control"] == control) & rows["relation"].isin(names)]
        place = mine["relation"].map(names.index).to_numpy() + 0.8 * ((number + 0.5) / len(controls) - 0.5)
        colour, marker = series_look(number)
        ax.hlines(place, mine["low"], mine["high"], color=colour, linewidth=1)
        ax.plot(mine["estimate"], place, linestyle="none", marker=marker, color=colour, markersize=4, label=control)
    for line in np.arange(len(names) - 1) + 0.5:
        ax.axhline(line, color="#EBEBEB", linewidth=0.6, zorder=0)
    legend_above(ax, ax.get_legend_handles_labels()[0], columns=2, borderpad=0.1)
    xlabel = "mIoU of the pairs minus that of the control (points)"
    return named_rows(ax, names, xlabel=xlabel, ylim=(len(names) - 0.45, -0.55))


def variance_bars(components: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Shares of variance of a mixed model's factors, one bar per measure.

    >>> import pandas as pd
    >>> from visuosyn.view.styles import style
    >>> rows = pd.DataFrame({"measure": "mIoU", "factor": ["prompt", "pair", "rest"], "share": [0.25, 0.25, 0.5]})
    >>> with style("paper"):
    ...     ax = variance_bars(rows)
    >>> [(float(bar.get_x()), float(bar.get_width())) for bar in ax.patches]
    [(0.0, 25.0), (25.0, 25.0), (50.0, 50.0)]
    """
    measures, factors = (list(dict.fromkeys(components[name])) for name in ("measure", "factor"))
    if ax is None:
        ax = canvas("page", 20 + 7 * len(measures))[1]
    shares = 100 * components.pivot(index="measure", columns="factor", values="share").loc[measures, factors].fillna(0)
    stacked(ax, shares.rename(columns=lambda factor: factor.replace("_", " ")), remainder="rest")
    legend_above(ax, ax.get_legend_handles_labels()[0], columns=6, borderpad=0.1)
    xlabel = "share of the variance that relations and covariates do not explain (%)"
    return named_rows(ax, measures, xlabel=xlabel, ylim=(len(measures) - 0.4, -0.6))
