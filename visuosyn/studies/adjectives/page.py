"""The report of an adjectival study: tables, figures with before/after strips, and one page."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from visuosyn.data import HeatMaps
from visuosyn.errors import UserError
from visuosyn.report import prose
from visuosyn.report.export import write_summary
from visuosyn.report.gallery import Drawn, drawn
from visuosyn.report.render import render
from visuosyn.report.tables import dropped_summary, write_csv
from visuosyn.run import RunFolder, read_shard, write_text
from visuosyn.studies.adjectives import figures as figures
from visuosyn.studies.adjectives.prose import findings, methods
from visuosyn.studies.adjectives.statistics import adjective_tables, judge_range

ROWS = ("leakage", "changes", "colours", "bindings")
STRIPS = 2  # templates that change most, and as many that change least
TITLES = {
    "leakage": "Attention outside of the noun",
    "leakage_pairs": "The same in prompts with two adjectives",
    "changes": "Change of pixels",
    "change_differences": "Free drawings minus re-used attention and controls",
    "own_colour": "Does the noun take the adjective?",
    "other_colours": "Do other objects take it?",
    "bindings": "Which noun gets which adjective",
    "templates": "Template by template",
}
NOTES = {
    "leakage": "Shares of the adjective’s area (under soft: of its whole map) that lie outside of its noun’s mask; the "
    "same for the noun’s own map; on the masks of other objects; and what attention spread evenly would give.",
    "changes": "Mean absolute difference of RGB in per cent of the range, and structural similarity in hundredths "
    "(100: equal), always against the picture of the template’s first adjective with the same noise. “inside” is what "
    "the noun covers in either picture, “outside” all else, “others” the other objects.",
    "change_differences": "The change that another adjective makes in a free drawing, minus what is named first. "
    "Above 0 for rgb: the free drawing with another adjective changes more.",
    "other_colours": "tinted: the judge sees the adjective’s colour on another object; without adjective: it sees that "
    "colour there in the picture of the same noise whose prompt has no adjective; changed: it sees another colour "
    "there than without adjective.",
    "own_colour": "obeyed: the judge sees the adjective on its noun.",
    "bindings": "right: each noun has its adjective; swapped: each has the other’s; leaked: both have the same one of "
    "the two; missing: the judge did not find both nouns.",
    "leakage_pairs": "As above; “on others” is here first of all the other adjective’s noun.",
    "templates": "Leakage is under soft. Few clusters stand behind each: a list to look into, no finding.",
}


def write_adjectives(folder: str | Path) -> Path:
    """Write ``tables/``, ``figures/`` and ``index.html`` of a measured adjectival study; returns the page.

    The same folder gives the same bytes again. Raises UserError where the study is not measured.
    """
    run = RunFolder(Path(folder))
    missing = [name for name in ROWS if not (run.path / f"{name}.parquet").exists()]
    if missing:
        raise UserError(f"{folder} is not measured: {', '.join(missing)} missing; run the same command again")
    rows = {name: pd.read_parquet(run.path / f"{name}.parquet") for name in ROWS}
    facts, judge = run.facts, json.loads((run.path / "judge.json").read_text(encoding="utf-8"))
    tables = adjective_tables(rows)
    if "colour" in judge.get("counts", {}):
        right, of = judge["counts"]["colour"]
        tables["judge_range"] = judge_range(tables, right=right, of=of)
    for name, table in tables.items():
        write_csv(table, run.tables / f"{name}.csv")
    design = pd.read_csv(run.path / "design.csv", dtype=str, keep_default_na=False)
    dropped = run.dropped()
    write_csv(dropped_summary(dropped), run.tables / "dropped_summary.csv")
    mask = _headline_mask(facts.masks)
    sentence, said, shown = _sentence(run, design), findings(tables, mask), _figures(run, tables, design, mask)
    write_summary(
        run,
        title="Adjectives in pictures",
        sentence=sentence,
        command="visuosyn adjectives",
        findings=said,
        figures=shown,
        tables=[(name, TITLES[name]) for name in tables if name in TITLES],
    )
    context = {
        "facts": facts,
        "sentence": sentence,
        "findings": said,
        "run_facts": [*prose.run_facts(facts), *_more_facts(facts.options, judge)],
        "sections": [_section(name, table) for name, table in tables.items() if name in TITLES],
        "judge_range": tables["judge_range"].to_dict("records") if "judge_range" in tables else [],
        "judge": judge,
        "figures": shown,
        "dropped": dropped_summary(dropped).to_dict("records"),
        "methods": methods(facts, judge, dropped=len(dropped)),
        "bibtex": prose.bibtex(),
        "software": sorted(facts.software.items()),
    }
    write_text(run.page, render("visuosyn.studies.adjectives", masks=facts.masks, mask=mask, **context))
    return run.page


def _headline_mask(masks: tuple[str, ...]) -> str:
    """Soft first: a share of the whole map needs no threshold."""
    return "soft" if "soft" in masks else masks[0]


def _sentence(run: RunFolder, design: pd.DataFrame) -> str:
    facts = run.facts
    scenes = prose.amount(design["template"].nunique(), "scene")
    return (
        f"{scenes} under changed adjectives: {prose.amount(facts.captions, 'prompt')}, drawn by {facts.model}, each "
        f"with {prose.amount(len(facts.seeds), 'seed')}; all prompts of a scene start from the same noise."
    )


def _more_facts(options: Mapping[str, Any], judge: Mapping[str, Any]) -> list[tuple[str, str]]:
    plain = {name: value for name, value in judge.items() if name != "name" and isinstance(value, str | int | float)}
    told = ", ".join(f"{name} {value}" for name, value in plain.items())
    shares = f"to the text {100 * options['cross_share']:g} %, within the picture {100 * options['self_share']:g} %"
    return [("Re-used attention", f"{shares} of the steps"), ("Judge", f"{judge['name']} ({told})")]


def _section(name: str, table: pd.DataFrame) -> dict[str, Any]:
    """A table as the page shows it: its cells' names first, then the numbers."""
    keys = list(table.columns[: list(table.columns).index("measure")])
    keys = [key for key in keys if key != "mask"]
    groups = table.groupby("mask", sort=False) if "mask" in table else [("", table)]
    return {
        "name": name,
        "title": TITLES[name],
        "note": NOTES[name],
        "keys": keys,
        "groups": [(mask, rows.to_dict("records")) for mask, rows in groups],
    }


def _figures(run: RunFolder, tables: Mapping[str, pd.DataFrame], design: pd.DataFrame, mask: str) -> list[Drawn]:
    named = dict(zip(design["template"], design["scene"], strict=True))
    plans: dict[str, tuple[str, str, str, Callable[..., Axes], str]] = {
        "leakage": ("leakage", "leakage by adjective", "chart", partial(figures.leakage_forest, mask=mask),
                    f"Attention outside of the noun’s mask under {mask}, with 95% intervals over template x adjective "
                    "(their number in brackets); hollow: fewer than 20 of them. The tick is attention spread evenly."),
        "leakage_by_rule": ("leakage", "leakage by mask rule", "chart", figures.leakage_by_rule,
                            "Leakage of all adjectives minus that of their nouns under every mask rule. A difference "
                            "that turns with the rule is a finding about the rule."),
        "changes": ("changes", "change of pixels", "chart wide", figures.change_forest,
                    "Change against the picture of the scene’s first adjective. The last rows are controls."),
        "other_colours": ("other_colours", "other objects in the adjective’s colour", "chart", figures.tint_forest,
                          "Other objects that the judge sees in the adjective’s colour, against the picture of the "
                          "same noise without any adjective."),
        "bindings": ("bindings", "two adjectives on two nouns", "chart wide",
                     partial(figures.binding_bars, names=named),
                     "Which of two nouns gets which of two adjectives; all templates together, then each."),
    }  # fmt: skip
    made = [
        drawn(run.figures, name, title, kind, partial(figure, tables[table]), _alt(title), caption)
        for name, (table, title, kind, figure, caption) in plans.items()
        if table in tables
    ]
    return made + _strips(run, tables.get("templates"), design)


def _alt(title: str) -> str:
    return f"Chart: {title}; the numbers stand in the tables above."


def _strips(run: RunFolder, templates: pd.DataFrame | None, design: pd.DataFrame) -> list[Drawn]:
    """Before and after: the scenes that a changed adjective changes most and least outside of the noun."""
    if templates is None:
        return []
    change = templates[templates["measure"] == "another adjective: rgb_outside"].sort_values("estimate")
    ordered = [str(name) for name in change["template"]]
    chosen = list(dict.fromkeys([*ordered[::-1][:STRIPS], *ordered[:STRIPS]]))
    made = []
    for name in chosen:
        place = "most" if ordered.index(name) >= len(ordered) / 2 else "least"
        scene = design[design["template"] == name]
        text = str(scene["scene"].iloc[0])
        picture = partial(figures.strip, _rows(run, scene), title=text)
        alt = f"Pictures of {text} with each adjective, free and with re-used attention"
        caption = (
            f"One of the scenes in which a changed adjective changes {place} outside of the noun; seed "
            f"{run.facts.seeds[0]}. Over the second row lies the attention to the adjective, each map scaled by its "
            "own maximum."
        )
        made.append(drawn(run.figures, f"strip_{name}", text, "photo", picture, alt, caption))
    return made


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


def _adjective_map(maps: HeatMaps, spans: str) -> Any:
    """The mean map of the words of the first span, written "2-5"; ``None`` where there is none."""
    if not spans:
        return None
    start, end = map(int, spans.partition("|")[0].split("-"))
    rows = [row for row, word in enumerate(maps.words) if word.start < end and start < word.end]
    return maps.array[rows].mean(axis=0) if rows else None
