"""What the sections on the statistics need on the page, from the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from visuosyn.report.figures import ReportFigure
from visuosyn.stats.corrections import FEW
from visuosyn.studies.relations import statements
from visuosyn.studies.relations.reference import PUBLISHED
from visuosyn.studies.relations.statistics.dominance import DIFFERENCE
from visuosyn.studies.relations.statistics.power import needed_prompts
from visuosyn.studies.relations.statistics.verdicts import OVERLAP

Tables = Mapping[str, pd.DataFrame]


def context(tables: Tables, mask: str, figures: Mapping[str, Sequence[ReportFigure]]) -> dict[str, Any]:
    """What the template of the statistics needs, from the tables."""
    masks = list(dict.fromkeys(tables["relations"]["mask"]))
    return {
        "tests": [(rule, _records(_of(tables["differences"], rule))) for rule in masks],
        "contrasts": _contrasts(tables, masks),
        "multiverse": _multiverse(tables),
        "universe_count": statements.universes(tables),
        "crossed": statements.crossed(tables) if "multiverse" in tables else "",
        "mixed": _mixed(tables),
        "published": [
            (PUBLISHED[str(name)], str(rows["mask"].iloc[0]), _records(rows), statements.agreement(rows))
            for name, rows in (tables["published"].groupby("published", sort=False) if len(tables["published"]) else ())
        ],
        "power": _power(tables),
        "planted": _records(tables["planted"]) if "planted" in tables else [],
        "few": FEW,
        "figures": figures,
        "mask": mask,
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _of(table: pd.DataFrame, mask: str) -> pd.DataFrame:
    return table[(table["mask"] == mask) & table["estimate"].notna()]


def _contrasts(tables: Tables, masks: Sequence[str]) -> dict[str, Any] | None:
    """MIoU of pairs minus each control: for each mask rule one row per relation, one cell per control."""
    if "contrasts" not in tables:
        return None
    table = tables["contrasts"]
    table = table[(table["measure"] == "mIoU") & table["estimate"].notna()]
    counted = tables["contrast_verdicts"].set_index(["control", "relation"])
    controls = list(dict.fromkeys(table["control"]))
    every = []
    for mask in masks:
        rows = table[table["mask"] == mask]
        cells = {(row["control"], row["relation"]): row for row in _records(rows)}
        for key, cell in cells.items():
            cell["verdict"] = counted.loc[key] if key in counted.index else None
        order = list(dict.fromkeys(tables["relations"].loc[tables["relations"]["mask"] == mask, "relation"]))
        lines = [(name, [cells.get((control, name)) for control in controls]) for name in order]
        every.append((mask, [(name, found) for name, found in lines if any(found)]))
    return {"controls": controls, "masks": every}


def _multiverse(tables: Tables) -> list[dict[str, Any]]:
    """One row per relation: its verdict on the direction and on the overlap, each None where there is none."""
    if "multiverse_verdicts" not in tables:
        return []
    verdicts = {(row["measure"], row["relation"]): row for row in _records(tables["multiverse_verdicts"])}
    order = list(dict.fromkeys(tables["relations"]["relation"]))
    rows = [
        {"relation": name, "direction": verdicts.get((DIFFERENCE, name)), "overlap": verdicts.get((OVERLAP, name))}
        for name in order
    ]
    return [row for row in rows if row["direction"] or row["overlap"]]


def _mixed(tables: Tables) -> dict[str, Any]:
    """The mixed models, by measure; those that were not fitted have diagnostics alone."""
    names = ("relations", "components", "covariates", "diagnostics")
    there = {name: tables[f"mixed_{name}"] for name in names if f"mixed_{name}" in tables}
    return {
        name: {str(measure): _records(rows) for measure, rows in table.groupby("measure", sort=False)}
        for name, table in there.items()
    }


def _power(tables: Tables) -> dict[str, Any] | None:
    if "power" not in tables or tables["power"]["detectable"].isna().all():
        return None
    wide = needed_prompts(tables["power"])
    seeds = [name for name in wide.columns if name.endswith(("seed", "seeds"))]
    return {"seeds": seeds, "rows": _records(wide)}
