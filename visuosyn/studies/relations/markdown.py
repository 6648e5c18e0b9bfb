"""The sections of an exported report in Markdown: relation by relation, what does not hold, what was published."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from visuosyn.report.prose import listed
from visuosyn.stats.corrections import FEW
from visuosyn.studies.relations.reference import PUBLISHED
from visuosyn.studies.relations.statements import ALPHA, agreement, enough, universes
from visuosyn.studies.relations.statistics.dominance import DIFFERENCE
from visuosyn.studies.relations.statistics.tables import MATCHED
from visuosyn.studies.relations.statistics.verdicts import OVERLAP
from visuosyn.studies.relations.tables import SUMMARY_ROWS
from visuosyn.view.numbers import interval, points

Tables = Mapping[str, pd.DataFrame]
Row = Mapping[Hashable, Any]


def sections(tables: Tables, mask: str) -> list[tuple[str, str]]:
    """Title and text of each section; what was not measured has none."""
    made = [
        (f"Relation by relation, under {mask}", _relations(tables, mask)),
        ("What does not hold", _against(tables, mask)),
        ("Beside published figures", _published(tables)),
        ("Maps against exact masks", _planted(tables, mask)),
    ]
    return [(title, text) for title, text in made if text]


def _markdown(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, rule, *lines))


def _cells(rows: pd.DataFrame, text: Callable[[Row], str]) -> dict[str, str]:
    """A text for each relation of a table that has one row per relation."""
    return {str(row["relation"]): text(row) for row in rows.to_dict("records")}


def _estimate(row: Row) -> str:
    ends = interval(row["low"], row["high"])
    return f"{points(row['estimate'], True)} {ends}".rstrip() + ("*" if row["p_holm"] < ALPHA else "")


def _count(row: Row) -> str:
    turned = f", reversed in {row['reversed_in']}" if row["reversed_in"] else ""
    return f"{row['finding']}: {row['holds_in']} of {row['of']}{turned}"


def _relations(tables: Tables, mask: str) -> str:
    """The main table: difference and its test, verdicts, contrasts; relations with few prompts are listed below."""
    tests = tables["differences"][tables["differences"]["mask"] == mask]
    columns = {"prompts": _cells(tests, lambda row: f"{row['n']:,}"), "mIoD − mIoH": _cells(tests, _estimate)}
    if "multiverse_verdicts" in tables:
        verdicts = tables["multiverse_verdicts"]
        for measure, head in (
            (DIFFERENCE, "area contains more of the other’s"),
            (OVERLAP, "overlap against unrelated"),
        ):
            columns[head] = _cells(verdicts[verdicts["measure"] == measure], _count)
    if "contrasts" in tables:
        contrasts = tables["contrasts"]
        rows = contrasts[(contrasts["mask"] == mask) & (contrasts["measure"] == "mIoU") & contrasts["estimate"].notna()]
        for control, own in rows.groupby("control", sort=False):
            columns[f"mIoU − {control}"] = _cells(own, _estimate)
    known = tests[~tests["few"] & (tests["relation"] != "unrelated")]["relation"]
    rare = [str(name) for name in tests[tests["few"] & ~tests["relation"].isin(SUMMARY_ROWS)]["relation"]]
    lines = [[name, *(column.get(name, "–") for column in columns.values())] for name in known]
    note = "Points with 95% intervals by prompt; * p < .05 after Holm."
    if "multiverse_verdicts" in tables:
        note += (
            f" k of n: of {universes(tables):,} analyses of the same pictures (for the direction without those that "
            "make all areas equal)."
        )
    few = f"\n\nUnder {FEW} prompts, so in the tables alone: {listed(rare, most=60)}." if rare else ""
    return f"{note}\n\n{_markdown(['relation', *columns], lines)}{few}" if lines else f"{note}{few}"


def _against(tables: Tables, mask: str) -> str:
    """Findings under one rule that do not survive the others, and relations that do not differ from their controls."""
    said = []
    tests = enough(tables["differences"][tables["differences"]["mask"] == mask])
    if "multiverse_verdicts" in tables:
        verdicts = tables["multiverse_verdicts"]
        weak = enough(verdicts[(verdicts["measure"] == DIFFERENCE) & (verdicts["share"] < 0.5)])
        sure = set(tests.loc[tests["p_holm"] < ALPHA, "relation"])
        for row in weak[weak["relation"].isin(sure)].to_dict("records"):
            said.append(f"{row['relation']}: under {mask} mIoD − mIoH differs from 0, yet {row['verdict']}.")
        turned = enough(verdicts[(verdicts["measure"] == DIFFERENCE) & (verdicts["reversed_in"] > 0)])
        if len(turned):
            names = [f"{row.relation} ({row.reversed_in} of {row.of})" for row in turned.itertuples()]
            said.append(f"Some analyses find the opposite direction for {listed(names, most=30)}.")
    if "contrasts" in tables:
        contrasts = tables["contrasts"]
        rows = enough(
            contrasts[(contrasts["mask"] == mask) & (contrasts["measure"] == "mIoU") & contrasts["p"].notna()]
        )
        for control, own in rows.groupby("control", sort=False):
            same = list(own.loc[own["p_holm"] >= ALPHA, "relation"])
            less = list(own.loc[(own["p_holm"] < ALPHA) & (own["estimate"] < 0), "relation"])
            said += [f"Not distinguishable from {control} by mIoU: {listed(same, most=30)}."] if same else []
            said += [f"Less overlap than {control}: {listed(less, most=30)}."] if less else []
        if MATCHED not in set(rows["control"]):
            said.append(f"No relation has {FEW} prompts with {MATCHED}.")
    for row in tables["mixed_diagnostics"].to_dict("records"):
        if not row["converged"]:
            said.append(f"Mixed model of {row['measure'].replace('-', '−')}: {row['message']}.")
    return "\n".join(f"- {sentence}" for sentence in said)


def _published(tables: Tables) -> str:
    table = tables["published"]
    if table.empty:
        return ""
    said = []
    for name, rows in table.groupby("published", sort=False):
        source = PUBLISHED[str(name)]
        said.append(f"**Beside {source.title}, ours under {rows['mask'].iloc[0]}.** {agreement(rows)} {source.note}")
    return "\n\n".join(said)


def _planted(tables: Tables, mask: str) -> str:
    """The table of maps against masks, if it was made."""
    table = tables.get("planted")
    if table is None:
        return ""
    rule = mask if (table["mask"] == mask).any() else str(table["mask"].iloc[0])
    lines = [
        [
            f"{row['relation']} ({row['words']})",
            f"{row['n_pairs']:,}",
            f"{points(row['agreement'])} {interval(row['low'], row['high'])}",
            points(row["chance"]),
            f"{row['kappa']:.2f}" if row["kappa"] == row["kappa"] else "–",
            f"{points(row['mIoU'])} / {points(row['true_mIoU'])}",
            f"{points(row['difference'], True)} / {points(row['true_difference'], True)}",
        ]
        for row in table[(table["mask"] == rule) & (table["n_scenes"] >= FEW)].to_dict("records")
    ]
    heads = [
        "relation",
        "pairs",
        "agreement (%)",
        "chance (%)",
        "kappa",
        "mIoU, maps / masks",
        "mIoD − mIoH, maps / masks",
    ]
    note = (
        "The model is shown true pictures under noise with their own captions, so what each word names is known to the "
        "pixel. Agreement: the two maps stand in the relation in which the two masks stand (apart, one inside the "
        f"other, the same; half of an area decides), under {rule}. Drawn things are nouns, with the mask of what "
        "they name (the two of a compound name one thing and share its mask); "
        "“masks by convention” are those of adjectives, verbs and words of relation, which show what their nouns show. "
        f"Kappa is agreement beyond that of maps dealt at random to the pairs of a row. Relations in fewer than {FEW} "
        "scenes stand in the table alone."
    )
    return f"{note}\n\n{_markdown(heads, lines)}"
