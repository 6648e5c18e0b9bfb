"""All figures of a relation study: drawn, written to files, and described in words for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from visuosyn.data import HeatMaps
from visuosyn.report.figures import ReportFigure, write_figure
from visuosyn.stats.corrections import FEW
from visuosyn.studies.relations import curves, figures
from visuosyn.studies.relations.reference import PUBLISHED
from visuosyn.studies.relations.statistics.dominance import DIFFERENCE
from visuosyn.studies.relations.tables import SUMMARY_ROWS, one_rule
from visuosyn.view.contact_sheets import contact_sheet

CURVES = 12  # relations that get a specification curve
IN_TABLE = "the numbers stand in the table"


def draw_figures(table: pd.DataFrame, mask: str, sheet: Sequence[HeatMaps], folder: Path) -> list[ReportFigure]:
    """Draw every figure of a study's reader table, and the contact sheet, into ``folder`` as PDF, SVG and PNG."""
    drawn = _charts(table, mask, folder) if len(table) else []
    return [*drawn, _sheet(sheet, folder)] if sheet else drawn


def _charts(table: pd.DataFrame, mask: str, folder: Path) -> list[ReportFigure]:
    rows = one_rule(table, mask)
    plane, forest = figures.shown_relations(rows), figures.shown_relations(rows, most=figures.FOREST, summary=False)
    return [
        write_figure(
            folder,
            "plane",
            partial(figures.relation_plane, rows),
            title="relations in the plane",
            alt=_points(plane),
            caption=f"mIoD against mIoH by relation under {mask}, with 95% intervals. Above the dashed line the head’s "
            "area is the larger where the two overlap, below it the dependent’s. Squares: unrelated pairs, and all "
            f"head-dependent ones.{_notes(plane, rows)}",
        ),
        write_figure(
            folder,
            "forest",
            partial(figures.relation_forest, rows),
            title="differences by relation",
            alt=_points(forest),
            caption=f"The difference mIoD − mIoH under {mask} with its 95% interval; in brackets the number of pairs. "
            "In the grey band the paper speaks of no dominance; upright bars are the paper’s own values."
            f"{_notes(forest)}",
        ),
        write_figure(
            folder,
            "overlap_by_rule",
            partial(figures.overlap_by_rule, table),
            title="overlap by mask rule",
            kind="chart wide",
            alt=f"Lines of mIoU over the mask rules; {IN_TABLE} of relations.",
            caption="mIoU under every mask rule. How much maps overlap is first of all a matter of the threshold.",
        ),
        write_figure(
            folder,
            "difference_by_rule",
            partial(figures.difference_by_rule, table),
            title="differences by mask rule",
            kind="chart wide",
            alt=f"Lines of mIoD − mIoH over the mask rules; {IN_TABLE} of relations.",
            caption="mIoD − mIoH under every mask rule, for the commonest relations: a direction that turns with the "
            "rule is a finding about the rule. Rules of kind area make all areas equal, so the difference is 0 there.",
        ),
    ]


def _sheet(sheet: Sequence[HeatMaps], folder: Path) -> ReportFigure:
    return write_figure(
        folder,
        "contact_sheet",
        lambda: contact_sheet(sheet)[0],
        title="pictures and maps",
        kind="photo",
        alt=f"Pictures and the heat maps of their words, for: {'; '.join(maps.prompt for maps in sheet)}",
        caption="Pictures with the heat maps of their words over them, each map scaled by its own maximum, which is "
        "given in thousandths of the attention. Of a long caption seven words are shown, content words first.",
    )


def _notes(shown: pd.DataFrame, rows: pd.DataFrame | None = None) -> str:
    """What a caption must add: that points rest on little, that not all rows are shown."""
    few = f" Hollow: fewer than {FEW} prompts." if shown["few"].any() else ""
    more = 0 if rows is None else len(rows) - len(shown)
    return few + (f" Relations that had no room or a single prompt: {more}; they stand in the table." if more else "")


def _points(rows: pd.DataFrame) -> str:
    """The points of a figure in words, for those who cannot see it."""
    named = [
        f"{row.relation}: mIoD {row.mIoD:.0f}, mIoH {row.mIoH:.0f}"
        for row in rows.sort_values("relation", key=lambda names: ~names.isin(SUMMARY_ROWS)).itertuples()
    ]
    return "Points: " + "; ".join(named) if named else "No relation has an estimate to show."


def draw_statistics(tables: Mapping[str, pd.DataFrame], mask: str, folder: Path) -> dict[str, list[ReportFigure]]:
    """Draw the figures of the statistics into ``folder``; gives them by the section of the page that shows them."""
    for old in folder.glob("multiverse_*"):  # of relations that no longer have a curve
        old.unlink()
    return {
        "contrasts": _controls(tables, mask, folder),
        "multiverse": [_curve(tables["multiverse"], relation, folder) for relation in curve_relations(tables)],
        "mixed": _variance(tables, folder),
        "published": [
            _published(str(name), rows, folder)
            for name, rows in (tables["published"].groupby("published", sort=False) if len(tables["published"]) else ())
        ],
    }


def curve_relations(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """The relations that get a curve: the commonest with at least 20 prompts, else the three commonest."""
    if "multiverse_verdicts" not in tables:
        return []
    verdicts = tables["multiverse_verdicts"]
    known = verdicts[(verdicts["measure"] == DIFFERENCE) & ~verdicts["relation"].isin(SUMMARY_ROWS)]
    pairs = tables["relations"].groupby("relation")["n_pairs"].max()
    order = known.assign(pairs=known["relation"].map(pairs)).sort_values("pairs", ascending=False, kind="stable")
    enough = order[~order["few"]]
    return list(order["relation"][:3] if enough.empty else enough["relation"][:CURVES])


def _controls(tables: Mapping[str, pd.DataFrame], mask: str, folder: Path) -> list[ReportFigure]:
    if "contrasts" not in tables:
        return []
    rows = tables["contrasts"][tables["contrasts"]["mask"] == mask]
    if rows["estimate"].isna().all():
        return []
    drawn = write_figure(
        folder,
        "controls",
        partial(curves.control_forest, rows),
        title="pairs against their controls",
        kind="chart wide",
        alt=f"Points of mIoU of pairs minus their controls; {IN_TABLE}.",
        caption=f"mIoU of pairs minus that of each control under {mask}, with 95% intervals. To the right of 0 the "
        "pairs overlap more than the control does.",
    )
    return [drawn]


def _curve(every: pd.DataFrame, relation: str, folder: Path) -> ReportFigure:
    rows = every[(every["relation"] == relation) & (every["measure"] == DIFFERENCE)]
    return write_figure(
        folder,
        f"multiverse_{''.join(c if c.isalnum() else '_' for c in relation)}",
        lambda: curves.specification_curve(rows)[0],
        title=f"specification curve of {relation}",
        kind="chart wide",
        alt=f"Sorted estimates of mIoD − mIoH of {relation} in every analysis; the counts stand in the table.",
        caption=f"{relation}: mIoD − mIoH in every analysis, sorted, with 95% intervals; below, the choices of each. "
        "Blue, ticks up: the head’s area contains more of the dependent’s; vermillion, ticks down: the "
        "reverse; grey dots: neither, as the interval includes 0.",
    )


def _variance(tables: Mapping[str, pd.DataFrame], folder: Path) -> list[ReportFigure]:
    if "mixed_components" not in tables:
        return []
    drawn = write_figure(
        folder,
        "variance_components",
        partial(curves.variance_bars, tables["mixed_components"]),
        title="variance components",
        kind="chart wide",
        alt=f"Stacked bars of the shares of variance; {IN_TABLE}.",
        caption="Where the variance lies that relations and covariates do not explain: prompt, picture (seed), pair, "
        "words.",
    )
    return [drawn]


def _published(name: str, rows: pd.DataFrame, folder: Path) -> ReportFigure:
    source, mask = PUBLISHED[name], rows["mask"].iloc[0]
    return write_figure(
        folder,
        f"beside_{name}",
        lambda: curves.beside_published(rows)[0],
        title=f"this study beside {source.title}",
        kind="chart wide",
        alt=f"Points of our and the published figures by relation; {IN_TABLE}.",
        caption=f"This study under {mask} beside {source.title}: mIoU and mIoD − mIoH by relation.",
    )
