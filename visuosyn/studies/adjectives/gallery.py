"""All figures of an adjectival study: charts of its tables, and strips of pictures before and after a change."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.data import HeatMaps
from visuosyn.report.figures import Draw, Kind, ReportFigure, write_figure
from visuosyn.run import RunFolder, read_shard
from visuosyn.studies.adjectives import figures

STRIPS = 2  # templates that change most, and as many that change least


def draw_figures(
    run: RunFolder, tables: Mapping[str, pd.DataFrame], design: pd.DataFrame, mask: str
) -> list[ReportFigure]:
    """Draw every figure of a study's tables into its folder; leakage by adjective is that under ``mask``."""
    named = dict(zip(design["template"], design["scene"], strict=True))
    plans: list[tuple[str, str, str, Kind, Draw, str]] = [
        (
            "leakage",
            "leakage",
            "leakage by adjective",
            "chart",
            partial(figures.leakage_forest, mask=mask),
            f"Attention outside of the noun’s mask under {mask}, with 95% intervals over template × adjective "
            "(their number in brackets); hollow: fewer than 20 of them. The tick is attention spread evenly.",
        ),
        (
            "leakage_by_rule",
            "leakage",
            "leakage by mask rule",
            "chart",
            figures.leakage_by_rule,
            "Leakage of all adjectives minus that of their nouns under every mask rule. A difference that turns with "
            "the rule is a finding about the rule.",
        ),
        (
            "changes",
            "changes",
            "change of pixels",
            "chart wide",
            figures.change_forest,
            "Change against the picture of the scene’s first adjective. The last rows are controls.",
        ),
        (
            "other_colours",
            "other_colours",
            "other objects in the adjective’s colour",
            "chart",
            figures.tint_forest,
            "Other objects that the judge sees in the adjective’s colour, against the picture of the same noise "
            "without any adjective.",
        ),
        (
            "bindings",
            "bindings",
            "two adjectives on two nouns",
            "chart wide",
            partial(figures.binding_bars, names=named),
            "Which of two nouns gets which of two adjectives; all templates together, then each.",
        ),
    ]
    charts = [
        write_figure(
            run.figures,
            name,
            partial(draw, tables[table]),
            title=title,
            kind=kind,
            alt=f"Chart: {title}; the numbers stand in the tables below.",
            caption=caption,
        )
        for name, table, title, kind, draw, caption in plans
        if table in tables
    ]
    return [*charts, *_strips(run, tables.get("templates"), design)]


def _strips(run: RunFolder, templates: pd.DataFrame | None, design: pd.DataFrame) -> list[ReportFigure]:
    """Before and after: the scenes that a changed adjective changes most and least outside of the noun."""
    if templates is None:
        return []
    change = templates[templates["measure"] == "another adjective: rgb_outside"].sort_values("estimate")
    ordered = [str(name) for name in change["template"]]
    chosen = list(dict.fromkeys([*ordered[::-1][:STRIPS], *ordered[:STRIPS]]))
    drawn = []
    for name in chosen:
        place = "most" if ordered.index(name) >= len(ordered) / 2 else "least"
        among = f"One of the scenes in which a changed adjective changes {place} outside of the noun; seed"
        begin = among if len(ordered) > 1 else "Seed"
        scene = design[design["template"] == name]
        text = str(scene["scene"].iloc[0])
        picture = partial(figures.strip, _rows(run, scene), title=text)
        figure = write_figure(
            run.figures,
            f"strip_{name}",
            picture,
            title=text,
            kind="photo",
            alt=f"Pictures of {text} with each adjective, free and with re-used attention",
            caption=f"{begin} {run.facts.seeds[0]}. Over the second row lies the attention to the adjective, each map "
            "scaled by its own maximum.",
        )
        drawn.append(figure)
    return drawn


def _rows(run: RunFolder, scene: pd.DataFrame) -> list[tuple[str, list[figures.Cell | None]]]:
    """The rows of a strip: free drawings, the adjective's attention over them, drawings with re-used attention."""
    seed = run.facts.seeds[0]
    maps = {m.caption_id: m for name in scene["caption_id"] for m in run.heat_maps(str(name), seed=seed)}
    number = str(scene["number"].iloc[0])
    again = read_shard(run.path / "reused" / f"{int(number):05d}.parquet", where=[("seed", "==", seed)])
    reused = {one.caption_id: one for one in again}
    shown = scene[scene["role"].isin(["adjective", "none", "noun"])].sort_values(
        "role", key=lambda role: role.map({"none": 0, "adjective": 1, "noun": 2}), kind="stable"
    )
    free: list[figures.Cell | None] = []
    heat: list[figures.Cell | None] = []
    same: list[figures.Cell | None] = []
    for row in shown.astype(str).to_dict("records"):
        one, other = maps.get(row["caption_id"]), reused.get(row["caption_id"])
        array = None if one is None else _adjective_map(one, row["adjective_spans"])
        free.append(None if one is None else figures.Cell(_title(row), one.image))
        heat.append(None if one is None or array is None else figures.Cell("", one.image, array))
        same.append(None if other is None else figures.Cell("", other.image))
    return [("free", free), ("attention", heat), ("re-used", same)]


def _title(row: Mapping[Any, Any]) -> str:
    if row["role"] == "none":
        return "no adjective"
    return str(row["adjectives"] if row["role"] == "adjective" else f"{row['adjectives']} {row['nouns']}")


def _adjective_map(maps: HeatMaps, spans: str) -> NDArray[np.float32] | None:
    """The mean map of the words of the first span, written "2-5"; ``None`` where there is none."""
    if not spans:
        return None
    start, end = map(int, spans.partition("|")[0].split("-"))
    rows = [row for row, word in enumerate(maps.words) if word.start < end and start < word.end]
    return np.asarray(maps.array[rows].mean(axis=0)) if rows else None
