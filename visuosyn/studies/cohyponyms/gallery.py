"""All figures of a cohyponym study: charts of its tables, and paired overlays of pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.data import HeatMaps
from visuosyn.report.figures import Draw, Kind, ReportFigure, write_figure
from visuosyn.report.prose import listed
from visuosyn.run import RunFolder
from visuosyn.studies.cohyponyms import figures
from visuosyn.studies.cohyponyms.prose import LABELS

EXTREMES = 3  # pairs shown at either end
CHARTS = {  # title and caption of each
    "outcomes": (
        "what the pictures show",
        "What pictures of pairs show, by kind of pair, with 95% intervals by pair; upright bars: Tang et al. (2023).",
    ),
    "overlap": ("overlap by mask rule", "IoU of the two nouns’ areas under every mask rule, by kind of pair."),
    "link": (
        "overlap and failure",
        "Odds ratio of both nouns being there for ten points more overlap than the pair’s own mean.",
    ),
    "subsets": (
        "parts of the study",
        "Cohyponyms minus others in parts of the study (pairs of either kind in brackets). Thin: if pairs that share a "
        "noun depend on each other.",
    ),
    "hypernyms": ("by hypernym", "Pictures with both nouns by lowest common hypernym (pairs in brackets)."),
    "pairs": (
        "pair by pair",
        "Pictures with both nouns, pair by pair; the interval is that of the pair’s own pictures. Dashed: means of the "
        "kinds.",
    ),
}


def draw_figures(run: RunFolder, tables: Mapping[str, pd.DataFrame], mask: str) -> list[ReportFigure]:
    """Draw every figure of a study's tables into its folder; the overlaps of pairs are those under ``mask``."""
    return [*_charts(run, tables), *_sheets(run, tables["pair_rates"], mask)]


def _charts(run: RunFolder, tables: Mapping[str, pd.DataFrame]) -> list[ReportFigure]:
    overlap, subsets = tables["overlap"], tables["subsets"]
    iou = {name: name.removeprefix("iou ") for name in overlap["outcome"]}
    shown = {name: label for name, label in LABELS.items() if name != "excess"}
    plans: list[tuple[str, Draw, Kind]] = [
        ("outcomes", partial(figures.kind_means, tables["outcomes"], shown), "chart"),
        ("overlap", partial(figures.kind_means, overlap, iou), "chart"),
    ]
    if np.isfinite(tables["link"]["odds_ratio"]).any():
        plans.append(("link", partial(figures.link_forest, tables["link"]), "chart"))
    if len(subsets):  # none, of a study with one pair of a kind
        plans.append(("subsets", partial(figures.difference_forest, subsets, "subset"), "chart wide"))
    plans += [
        ("hypernyms", partial(figures.rate_forest, tables["hypernyms"], "hypernym"), "chart"),
        ("pairs", partial(figures.rate_forest, tables["pair_rates"], "pair"), "chart"),
    ]
    return [
        write_figure(
            run.figures,
            name,
            draw,
            title=CHARTS[name][0],
            kind=kind,
            alt=f"Chart: {CHARTS[name][0]}; the numbers stand in the tables.",
            caption=CHARTS[name][1],
        )
        for name, draw, kind in plans
    ]


def _sheets(run: RunFolder, pairs: pd.DataFrame, mask: str) -> list[ReportFigure]:
    """Paired overlays of the cohyponyms whose maps overlap most and least; no pair is shown twice."""
    ordered = pairs[pairs["kind"] == "cohyponyms"].dropna(subset=["iou"]).sort_values("iou")
    drawn = []
    most = min(EXTREMES, (len(ordered) + 1) // 2)
    least = min(EXTREMES, len(ordered) - most)
    for end, some in (("most", ordered.iloc[::-1][:most]), ("least", ordered[:least])):
        rows = [(f"{row.pair}\nIoU {row.iou:.0f}", _pictures(run, str(row.pair))) for row in some.itertuples()]
        rows = [row for row in rows if row[1]]
        if rows:
            figure = write_figure(
                run.figures,
                f"overlap_{end}",
                partial(figures.pair_sheet, rows),
                title=f"cohyponyms whose maps overlap {end}" if len(ordered) > 1 else "the pair of cohyponyms",
                kind="photo",
                alt=f"Pictures and either noun’s heat map for {listed(list(some['pair']))}",
                caption=f"Mean IoU under {mask} at the left. In both orders of the nouns, seed {run.facts.seeds[0]}: "
                "the picture, then the first and the second noun’s map over it, each scaled by its own maximum.",
            )
            drawn.append(figure)
    return drawn


def _pictures(run: RunFolder, pair: str) -> Sequence[tuple[HeatMaps, NDArray[np.float32]]]:
    """The pair's pictures of the first seed and the template "and", in both orders, with the nouns' maps."""
    first, second = pair.split(" + ")
    found = []
    for nouns in ((first, second), (second, first)):
        for maps in run.heat_maps(f"and: {' + '.join(nouns)}", seed=run.facts.seeds[0]):
            rows = [[row for row, word in enumerate(maps.words) if word.lemma in noun.split()] for noun in nouns]
            if all(rows):
                found.append((maps, np.stack([maps.array[chosen].mean(axis=0) for chosen in rows])))
    return found
