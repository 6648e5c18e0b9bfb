"""The statistics of a study for readers: every table as CSV, the figures, and what the page's sections show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from visuosyn.data.masks import MaskRule
from visuosyn.report.gallery import Drawn, drawn
from visuosyn.report.tables import SUMMARY_ROWS, write_csv
from visuosyn.stats.corrections import FEW
from visuosyn.studies.relations import curves, statements
from visuosyn.studies.relations.reference import PUBLISHED
from visuosyn.studies.relations.statistics.dominance import DIFFERENCE
from visuosyn.studies.relations.statistics.mixed import mixed_tables
from visuosyn.studies.relations.statistics.power import needed_prompts, power_table
from visuosyn.studies.relations.statistics.tables import study_tables
from visuosyn.studies.relations.statistics.verdicts import OVERLAP

DRAWS = 10_000  # sign patterns and bootstrap samples
CURVES = 12  # relations that get a specification curve
Tables = dict[str, pd.DataFrame]


def statistic_tables(
    pairs: pd.DataFrame,
    *,
    mask: str,
    controls: Mapping[str, pd.DataFrame],
    multiverse: pd.DataFrame | None,
    draws: int = DRAWS,
) -> Tables:
    """All tables of a study by name: those of ``study_tables``, the mixed models and, under ``mask``, ``power``."""
    tables = study_tables(pairs, controls=controls, multiverse=multiverse, draws=draws)
    tables |= mixed_tables(pairs, mask=mask)
    if MaskRule.parse(mask).kind != "area":
        tables["power"] = power_table(pairs, mask=mask)
    return tables


def write_tables(tables: Tables, folder: Path) -> None:
    """Each table but the relation table, which has a form for readers of its own, as ``folder/name.csv``."""
    for name, table in tables.items():
        if name != "relations":
            write_csv(table, folder / f"{name}.csv")


def draw_statistics(tables: Tables, mask: str, folder: Path) -> dict[str, list[Drawn]]:
    """The figures of the statistics, by the section of the page that shows them."""
    for old in folder.glob("multiverse_*"):  # of relations that have no curve any more
        old.unlink()
    shown: dict[str, list[Drawn]] = {"contrasts": [], "multiverse": [], "mixed": [], "published": []}
    contrasts = tables.get("contrasts")
    if contrasts is not None and (rows := contrasts[contrasts["mask"] == mask])["estimate"].notna().any():
        shown["contrasts"].append(
            drawn(
                folder,
                "controls",
                "pairs against their controls",
                "chart wide",
                lambda: curves.control_forest(rows),
                "Points of mIoU of pairs minus their controls; the numbers stand in the table.",
                f"mIoU of pairs minus that of each control under {mask}, with 95% intervals. To the right of 0 the "
                "pairs overlap more than the control does.",
            )
        )
    for relation in curve_relations(tables):
        every = tables["multiverse"]
        mine = every[(every["relation"] == relation) & (every["measure"] == DIFFERENCE)]
        shown["multiverse"].append(
            drawn(
                folder,
                f"multiverse_{''.join(c if c.isalnum() else '_' for c in relation)}",
                f"specification curve of {relation}",
                "chart wide",
                lambda mine=mine: curves.specification_curve(mine)[0],  # type: ignore[misc]
                f"Sorted estimates of mIoD − mIoH of {relation} in every analysis; the counts stand in the table.",
                f"{relation}: mIoD − mIoH in every analysis, sorted, with 95% intervals; below, the choices of each. "
                "Blue, ticks up: the head’s area contains more of the dependent’s; vermillion, ticks down: the "
                "reverse; grey dots: neither, as the interval includes 0.",
            )
        )
    if "mixed_components" in tables:
        shown["mixed"].append(
            drawn(
                folder,
                "variance_components",
                "variance components",
                "chart wide",
                lambda: curves.variance_bars(tables["mixed_components"]),
                "Stacked bars of the shares of variance; the numbers stand in the table.",
                "Where the variance lies that relations and covariates leave: prompt, picture (seed), pair, words.",
            )
        )
    for name, rows in tables["published"].groupby("published", sort=False) if len(tables["published"]) else ():
        source = PUBLISHED[str(name)]
        shown["published"].append(
            drawn(
                folder,
                f"beside_{name}",
                f"this study beside {source.title}",
                "chart wide",
                lambda rows=rows: curves.beside_published(rows)[0],  # type: ignore[misc]
                "Points of our and the published figures by relation; the numbers stand in the table.",
                f"This study under {rows['mask'].iloc[0]} beside {source.title}: mIoU and mIoD − mIoH by relation.",
            )
        )
    return shown


def curve_relations(tables: Tables) -> list[str]:
    """The relations that get a curve: the commonest with at least 20 prompts, else the three commonest."""
    if "multiverse_verdicts" not in tables:
        return []
    verdicts = tables["multiverse_verdicts"]
    known = verdicts[(verdicts["measure"] == DIFFERENCE) & ~verdicts["relation"].isin(SUMMARY_ROWS)]
    pairs = tables["relations"].groupby("relation")["n_pairs"].max()
    order = known.assign(pairs=known["relation"].map(pairs)).sort_values("pairs", ascending=False, kind="stable")
    enough = order[~order["few"]]
    return list(order["relation"][:3] if enough.empty else enough["relation"][:CURVES])


def context(tables: Tables, mask: str, figures: Mapping[str, Sequence[Drawn]]) -> dict[str, Any]:
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
    """MIoU of pairs minus each control: for each mask rule a row a relation, a cell a control."""
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
    """A row a relation: its verdict on the direction and on the overlap, each None where there is none."""
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
    parts = ("relations", "components", "covariates", "diagnostics")
    there = {part: tables[f"mixed_{part}"] for part in parts if f"mixed_{part}" in tables}
    return {
        part: {str(name): _records(rows) for name, rows in table.groupby("measure", sort=False)}
        for part, table in there.items()
    }


def _power(tables: Tables) -> dict[str, Any] | None:
    if "power" not in tables or tables["power"]["detectable"].isna().all():
        return None
    wide = needed_prompts(tables["power"])
    seeds = [name for name in wide.columns if name.endswith(("seed", "seeds"))]
    return {"seeds": seeds, "rows": _records(wide)}
