"""The charts of the relation table, one function each: a table in, Axes out.

Tables are reader tables (:func:`visuosyn.studies.relations.tables.reader_table`). Call inside ``style(...)``; without
``ax`` a new figure of the style's column is made. ``ax.figure`` is then saved with
:func:`visuosyn.view.styles.save_figure`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from visuosyn.data.masks import MaskRule
from visuosyn.errors import UserError
from visuosyn.stats.corrections import FEW
from visuosyn.studies.relations.statistics.verdicts import TEN_POINTS
from visuosyn.studies.relations.tables import DIRECTIONS, SUMMARY_ROWS
from visuosyn.view.labels import place_labels
from visuosyn.view.marks import legend_above, mark, named_rows, series_mark
from visuosyn.view.styles import BLUE, GREY, INK, VERMILLION, canvas, plain, series_look

LOOKS = {  # of a direction: colour, marker, words
    "head": (BLUE, "^", DIRECTIONS["head"]),
    "dependent": (VERMILLION, "v", DIRECTIONS["dependent"]),
    "": (GREY, "o", "interval includes 0"),
}
FOREST = 24  # relations that a forest has room for


def shown_relations(table: pd.DataFrame, *, most: int = 16, summary: bool = True) -> pd.DataFrame:
    """The rows that a figure has room for: at most ``most`` relations, those with most pairs; with ``summary`` also
    the rows "unrelated" and "all head-dependent".

    Relations under ``FEW`` prompts are left to the table, unless no relation has more: then half as many of
    them are shown, hollow. Rows without an estimate or with a single prompt are never shown."""
    if table["mask"].nunique() > 1:
        raise UserError(f"this figure shows one mask rule, the table has {table['mask'].nunique()}: choose one first")
    overall = table["relation"].isin(SUMMARY_ROWS)
    known = table["mIoD"].notna() & table["mIoH"].notna() & (table["n_prompts"] > 1)
    relations = table[known & ~overall].sort_values("n_pairs", ascending=False, kind="stable")
    enough = relations[~relations["few"]]
    chosen = relations.head(max(most // 2, 1)) if enough.empty else enough.head(most)
    return pd.concat([table[known & overall & summary], chosen])


def relation_plane(table: pd.DataFrame, *, ax: Axes | None = None, most: int = 16) -> Axes:
    """Plane of mIoD against mIoH by relation under one mask rule, with 95% intervals.

    Above the diagonal the head's area is the larger where the two overlap, below it the dependent's. Hollow:
    fewer than ``FEW`` prompts. The squares are the rows "unrelated" and "all head-dependent".

    >>> from visuosyn.studies.relations.tables import reader_table
    >>> from visuosyn.view.styles import style
    >>> from visuosyn.testing import relation_rows
    >>> table = reader_table(relation_rows({"obj": 25.0, "det": 1.0, "amod": -15.0}))
    >>> with style("paper"):
    ...     ax = relation_plane(table)
    >>> [text.get_text() for text in ax.texts if text.get_text()], ax.get_xlabel(), ax.get_ylabel()
    (['obj', 'det', 'amod'], 'mIoH (%)', 'mIoD (%)')
    """
    rows = shown_relations(table, most=most)
    ax = canvas()[1] if ax is None else ax
    limits = _limits(rows)
    ax.set(xlim=limits, ylim=limits, xlabel="mIoH (%)", ylabel="mIoD (%)")
    ax.set_aspect("equal", adjustable="box")
    ax.axline((limits[0], limits[0]), slope=1, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    lines = [(x, x) for x in np.linspace(*limits, 40)]
    for row in _each(rows):
        colour = LOOKS[row.direction][0]
        ax.plot([row.mIoH_low, row.mIoH_high], [row.mIoD] * 2, color=colour, alpha=0.45, linewidth=0.9, zorder=2)
        ax.plot([row.mIoH] * 2, [row.mIoD_low, row.mIoD_high], color=colour, alpha=0.45, linewidth=0.9, zorder=2)
        _point(ax, row.mIoH, row.mIoD, row)
        if np.isfinite(row.mIoD_low) and np.isfinite(row.mIoH_low):
            lines += [(x, row.mIoD) for x in np.linspace(row.mIoH_low, row.mIoH_high, 9)]
            lines += [(row.mIoH, y) for y in np.linspace(row.mIoD_low, row.mIoD_high, 9)]
    _direction_legend(ax, rows)
    sns.despine(ax=ax)
    size = float(ax.xaxis.get_ticklabels()[0].get_fontsize()) * 0.95
    place_labels(
        ax,
        list(zip(rows["mIoH"], rows["mIoD"], strict=True)),
        list(rows["relation"]),
        lines=lines,
        colours=[LOOKS[d][0] for d in rows["direction"]],
        size=size,
    )
    return ax


def _limits(rows: pd.DataFrame) -> tuple[float, float]:
    """The same limits for both axes of the plane: room for all points and names, and for intervals that rest on enough
    prompts; others may be cut."""
    points = rows[["mIoD", "mIoH"]].to_numpy(dtype=float)
    bounds = rows.loc[~rows["few"], ["mIoD_low", "mIoH_low", "mIoD_high", "mIoH_high"]].to_numpy(dtype=float)
    values = np.concatenate([points.ravel() - 5, points.ravel() + 5, bounds.ravel()])
    values = values[np.isfinite(values)]
    return (max(-3.0, values.min() - 3), min(103.0, values.max() + 3)) if len(values) else (0.0, 100.0)


def _each(table: pd.DataFrame) -> Iterator[Any]:
    """Row after row, with the columns as attributes."""
    return table.itertuples(index=False)


def _point(ax: Axes, x: float, y: float, row: Any) -> None:
    """The point of a relation: colour and marker show its direction, a hollow one rests on few prompts."""
    colour, marker, _ = LOOKS[row.direction]
    marker = "s" if row.relation in SUMMARY_ROWS else marker
    fill = "white" if row.few else colour
    ax.plot(x, y, linestyle="none", marker=marker, markeredgecolor=colour, markerfacecolor=fill, zorder=3)


def _direction_legend(ax: Axes, rows: pd.DataFrame, *, paper: bool = False) -> None:
    """Say above the axes what colour and marker mean, of those that occur."""
    handles = [
        mark(words, colour=colour, marker=marker)
        for name, (colour, marker, words) in LOOKS.items()
        if (rows["direction"] == name).any()
    ]
    if rows["few"].any():
        few = f"hollow: under {FEW} prompts"
        handles.append(mark(few, colour=GREY, marker="o", markerfacecolor="white"))
    if paper:
        handles.append(mark("Tang et al. (2023)", colour=INK, marker="|"))
    legend_above(ax, handles, columns=2, handletextpad=0.2, columnspacing=1.0, labelspacing=0.3, borderpad=0.1)


def relation_forest(table: pd.DataFrame, *, ax: Axes | None = None, most: int = FOREST) -> Axes:
    """The difference mIoD - mIoH by relation with its 95% interval, the largest on top; the paper's value beside.

    The grey band is the paper's rule: within 10 points it speaks of no dominance.

    >>> from visuosyn.studies.relations.tables import reader_table
    >>> from visuosyn.view.styles import style
    >>> from visuosyn.testing import relation_rows
    >>> table = reader_table(relation_rows({"obj": 25.0, "det": 1.0, "amod": -15.0}))
    >>> with style("paper"):
    ...     ax = relation_forest(table)
    >>> [label.get_text() for label in ax.get_yticklabels()]  # from below, with the number of pairs
    ['amod  (100)', 'det  (100)', 'obj  (100)']
    """
    rows = shown_relations(table, most=most, summary=False)
    rows = rows.sort_values(["difference", "relation"], kind="stable").reset_index(drop=True)
    ax = canvas(height=22 + 4.2 * max(len(rows), 3))[1] if ax is None else ax
    ax.axvspan(-TEN_POINTS, TEN_POINTS, color="#EFEFEF", linewidth=0, zorder=0)
    ax.axvline(0, color=GREY, linewidth=0.8, zorder=1)
    for place, row in enumerate(_each(rows)):
        colour = LOOKS[row.direction][0]
        ax.plot([row.difference_low, row.difference_high], [place] * 2, color=colour, solid_capstyle="butt", zorder=2)
        _point(ax, row.difference, place, row)
        if np.isfinite(row.paper_difference):
            ax.plot(row.paper_difference, place, linestyle="none", marker="|", markersize=9, color=INK, zorder=4)
    _direction_legend(ax, rows, paper=bool(rows["paper_difference"].notna().any()))
    names = [f"{row.relation}  ({row.n_pairs:,})" for row in _each(rows)]
    return named_rows(ax, names, xlabel="mIoD − mIoH (percentage points)", ylim=(-0.7, max(len(rows), 1) - 0.3))


def _rule_places(masks: Sequence[str]) -> dict[str, float]:
    """A place on the x axis for each mask rule, sorted by kind and level, with a gap between kinds."""
    rules = sorted({MaskRule.parse(m) for m in masks}, key=lambda r: (KINDS.index(r.kind), r.level or 0))
    places, at, before = {}, 0.0, None
    for rule in rules:
        at += 0 if before is None else (1.0 if rule.kind == before else 1.5)
        places[str(rule)], before = at, rule.kind
    return places


KINDS = ("relative", "absolute", "summed", "area", "soft")


def _by_rule(table: pd.DataFrame, relations: Sequence[str], measure: str, ax: Axes, *, ylabel: str) -> dict[str, float]:
    """Lines of ``measure`` over the mask rules, broken between kinds of rule; returns the rules' places."""
    places = _rule_places(list(table["mask"]))
    shift = 0.12 if len(relations) > 1 else 0.0
    for number, relation in enumerate(relations):
        colour, marker = series_look(number)
        mine = table[table["relation"] == relation].assign(
            place=lambda t: t["mask"].map(places), kind=lambda t: t["mask"].str.partition(":")[0]
        )
        offset = shift * (number - (len(relations) - 1) / 2)
        for _, own in mine.sort_values("place").groupby("kind", sort=False):
            x = own["place"] + offset
            ax.plot(x, own[measure], color=colour, marker=marker, markersize=4, zorder=3)
            ax.vlines(x, own[f"{measure}_low"], own[f"{measure}_high"], color=colour, alpha=0.5, linewidth=1, zorder=2)
    _name_rules(ax, places)
    ax.set(ylabel=ylabel)
    handles = [series_mark(name, number) for number, name in enumerate(relations)]
    legend = ax.figure.legend(handles=handles, loc="outside right upper", labelspacing=0.35, handletextpad=0.5)
    plain(legend.get_texts())
    sns.despine(ax=ax)
    return places


def _name_rules(ax: Axes, places: dict[str, float]) -> None:
    """Levels as tick labels, and the kind of rule once below its levels."""
    kinds = [rule.partition(":")[0] for rule in places]
    ax.set_xticks(list(places.values()), [rule.partition(":")[2] or "–" for rule in places])
    for kind in dict.fromkeys(kinds):
        at = [place for place, k in zip(places.values(), kinds, strict=True) if k == kind]
        ax.annotate(kind, (float(np.mean(at)), 0), xytext=(0, -2.6), xycoords=("data", "axes fraction"),
                    textcoords="offset fontsize", ha="center", va="top")  # fmt: skip
    ax.set_xlabel("mask rule and its level", labelpad=4 + 1.6 * float(ax.xaxis.label.get_fontsize()))


def _commonest(table: pd.DataFrame, most: int) -> list[str]:
    """The relations with the most pairs, of those with enough prompts if there are any."""
    rows = table[~table["relation"].isin(SUMMARY_ROWS)].drop_duplicates("relation")
    enough = rows[~rows["few"]]
    chosen = rows if enough.empty else enough
    return list(chosen.sort_values("n_pairs", ascending=False, kind="stable")["relation"][:most])


def overlap_by_rule(table: pd.DataFrame, *, ax: Axes | None = None, most: int = 4) -> Axes:
    """Mean IoU under every mask rule that was measured, for the summary rows and the commonest relations.

    Overlap falls as the threshold rises: a figure of overlap means nothing without its rule.

    >>> from visuosyn.studies.relations.tables import reader_table
    >>> from visuosyn.view.styles import style
    >>> from visuosyn.testing import relation_rows
    >>> rows = relation_rows({"obj": 25.0, "amod": -15.0}, masks=["relative:0.3", "relative:0.4", "soft"])
    >>> with style("paper"):
    ...     ax = overlap_by_rule(reader_table(rows))
    >>> [label.get_text() for label in ax.get_xticklabels()], [text.get_text() for text in ax.texts]
    (['0.3', '0.4', '–'], ['relative', 'soft'])
    """
    ax = canvas("page", 70)[1] if ax is None else ax
    overall = [name for name in SUMMARY_ROWS if (table["relation"] == name).any()]
    _by_rule(table, [*overall, *_commonest(table, most)], "mIoU", ax, ylabel="mIoU (%)")
    ax.set_ylim(bottom=0)
    return ax


def difference_by_rule(table: pd.DataFrame, *, ax: Axes | None = None, most: int = 6) -> Axes:
    """The difference mIoD - mIoH under every mask rule, for the commonest relations: does the direction outlive it?

    >>> from visuosyn.studies.relations.tables import reader_table
    >>> from visuosyn.view.styles import style
    >>> from visuosyn.testing import relation_rows
    >>> rows = relation_rows({"obj": 25.0, "amod": -15.0}, masks=["relative:0.3", "relative:0.4", "soft"])
    >>> with style("paper"):
    ...     ax = difference_by_rule(reader_table(rows))
    >>> [text.get_text() for text in ax.figure.legends[0].get_texts()], ax.get_ylabel()
    (['obj', 'amod'], 'mIoD − mIoH (points)')
    """
    ax = canvas("page", 70)[1] if ax is None else ax
    ax.axhspan(-TEN_POINTS, TEN_POINTS, color="#EFEFEF", linewidth=0, zorder=0)
    ax.axhline(0, color=GREY, linewidth=0.8, zorder=1)
    _by_rule(table, _commonest(table, most), "difference", ax, ylabel="mIoD − mIoH (points)")
    return ax
