"""The report of a cohyponym study: tables, figures with paired overlays, and one page."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from visuosyn.data import HeatMaps
from visuosyn.errors import UserError
from visuosyn.report import prose
from visuosyn.report.export import write_summary
from visuosyn.report.gallery import Drawn, drawn
from visuosyn.report.render import render
from visuosyn.report.tables import dropped_summary, latex_escape, write_csv
from visuosyn.run import RunFolder, write_text
from visuosyn.studies.cohyponyms import figures as figures
from visuosyn.studies.cohyponyms.prose import COVARIATES, LABELS, findings, judge_sentence, methods
from visuosyn.studies.cohyponyms.statistics.tables import PAPER, cohyponym_tables

ROWS = ("images", "overlaps", "trial")
EXTREMES = 3  # pairs shown at either end
# Per table: title, what to know, and the columns shown: (column, heading, form).
KINDS = [
    ("cohyponyms", "cohyponyms", "interval"),
    ("others", "others", "interval"),
    ("difference", "difference", "signed"),
]
TESTS = [("p", "p", "p"), ("p_holm", "p (Holm)", "p"), ("n_images", "pictures", "count")]
TERMS = [("term", "term", "text"), ("estimate", "estimate", "plain"), ("p", "p", "p"), ("note", "note", "text")]
Column = tuple[str, str, str]
SECTIONS: dict[str, tuple[str, str, list[Column]]] = {
    "outcomes": (
        "What the pictures show",
        "Per cent of pictures, by kind of pair, and cohyponyms minus others in points; intervals by pair. In small "
        "print "
        "below a difference: its interval if pairs that share a noun depend on each other.",
        [("outcome", "outcome", "text"), *KINDS, *TESTS],
    ),
    "overlap": (
        "Overlap of the two nouns’ maps",
        "Mean IoU of the two nouns’ areas in points, under every mask rule.",
        [("outcome", "measure", "text"), *KINDS, *TESTS],
    ),
    "link": (
        "Does overlap go with failure?",
        "IoU of pictures with both nouns (drawn) and of the others (failed). Odds ratio: of both nouns being drawn, "
        "for ten "
        "points more overlap than the pair’s own mean; below 1, pictures of a pair that overlap more fail more. "
        "Between: the "
        "same for the pairs’ means. A failed picture has one object for two words, which by itself makes them overlap.",
        [
            ("mask", "mask rule", "text"),
            ("kind", "kind", "text"),
            ("drawn", "drawn", "number"),
            ("failed", "failed", "number"),
            ("odds_ratio", "odds ratio", "ratio"),
            ("p", "p", "p"),
            ("between", "between", "two"),
            ("n_failed", "failed", "count"),
            ("n_images", "pictures", "count"),
            ("note", "note", "text"),
        ],
    ),
    "subsets": (
        "Parts of the study",
        "Pictures with both nouns, in parts of the study: does the difference hang on one of them?",
        [("subset", "part", "text"), *KINDS, ("p", "p", "p"), ("n_images", "pictures", "count")],
    ),
    "gee": (
        "Logistic model (GEE)",
        "Log-odds of both nouns being there, by kind and covariates (for one standard deviation each); clustered by "
        "pair.",
        [*TERMS[:2], ("odds_ratio", "odds ratio", "two"), *TERMS[2:]],
    ),
    "mixed": (
        "Mixed model",
        "The same as a linear model in points, with random effects of pair, noise, first and second noun; below, their "
        "standard deviations.",
        TERMS,
    ),
    "covariates": (
        "How alike the kinds are",
        "Means of the covariates. What differs here is a rival explanation, and what the models adjust for.",
        [("outcome", "covariate", "text"), ("cohyponyms", "cohyponyms", "two"), ("others", "others", "two"),
         ("difference", "difference", "two"), ("p", "p", "p")],
    ),
    "corrected": (
        "With the judge’s error taken out",
        "The share of pictures that truly show both nouns, after Rogan and Gladen (1978), with the judge’s "
        "sensitivity and "
        "specificity as measured for each kind of pair; the interval holds their uncertainty too.",
        [("what", "share", "text"), ("estimate", "estimate", "bounds")],
    ),
    "judge_range": (
        "If the judge were worse",
        "The corrected difference (points) for judges of other qualities; “–”: so poor a judge could not have seen "
        "what it "
        "saw.",
        [("sensitivity", "sensitivity", "number"), ("specificity", "specificity", "number"),
         ("difference", "difference", "number")],
    ),
    "power": (
        "How many pairs a study needs",
        "Pairs of each kind to find a true difference with a chance of 80 %, from the variances of this study.",
        [("difference", "difference", "number"), ("images", "pictures a pair", "count"), ("pairs", "pairs a kind",
        "count")], ),
    "hypernyms": (
        "By hypernym",
        "Pictures with both nouns, by the lowest common hypernym.",
        [("hypernym", "hypernym", "text"), ("rate", "both", "bounds"), ("n_pairs", "pairs", "count"),
         ("n_images", "pictures", "count")],
    ),
    "pair_rates": (
        "Pair by pair",
        "Pictures with both nouns; what the nouns alone would give; overlap under the first mask rule. The interval "
        "speaks of "
        "this pair’s pictures alone.",
        [("pair", "pair", "text"), ("kind", "kind", "text"), ("hypernym", "hypernym", "text"), ("rate", "both",
        "bounds"), ("alone", "alone", "number"), ("iou", "IoU", "number"), ("n_images", "pictures", "count")],
    ),
}  # fmt: skip


def write_cohyponyms(folder: str | Path) -> Path:
    """Write ``tables/``, ``figures/`` and ``index.html`` of a measured cohyponym study; returns the page.

    The same folder gives the same bytes again. Raises UserError where the study is not measured.
    """
    run = RunFolder(Path(folder))
    if missing := [name for name in ROWS if not (run.path / f"{name}.parquet").exists()]:
        raise UserError(f"{folder} is not measured: {', '.join(missing)} missing; run the same command again")
    rows = {name: pd.read_parquet(run.path / f"{name}.parquet") for name in ROWS}
    pairs = pd.read_csv(run.path / "pairs.csv")
    tables = cohyponym_tables(pairs, rows["images"], rows["overlaps"], rows["trial"])
    for name, table in tables.items():
        write_csv(table, run.tables / f"{name}.csv")
    facts, judge = run.facts, json.loads((run.path / "judge.json").read_text(encoding="utf-8"))
    write_text(run.tables / "outcomes.tex", outcomes_latex(tables["outcomes"], model=facts.model))
    dropped, mask = run.dropped(), facts.masks[0]
    write_csv(dropped_summary(dropped), run.tables / "dropped_summary.csv")
    sentence = _sentence(run, pairs, len(rows["images"]))
    told = [*findings(tables, mask), judge_sentence(judge, tables["judge"])]
    drawings = _figures(run, tables, mask)
    context = {
        "facts": facts,
        "sentence": sentence,
        "findings": told,
        "paper": PAPER,
        "run_facts": prose.run_facts(facts),
        "sections": [_section(name, tables[name]) for name in SECTIONS if len(tables[name])],
        "figures": drawings,
        "dropped": dropped_summary(dropped).to_dict("records"),
        "methods": methods(
            facts, judge, pairs, dropped=len(dropped), crowded="crowd" in set(rows["images"]["template"])
        ),
        "bibtex": prose.bibtex(),
        "software": sorted(facts.software.items()),
    }
    write_summary(
        run,
        title="Cohyponyms in pictures",
        sentence=sentence,
        command="visuosyn cohyponyms",
        findings=told,
        figures=drawings,
        tables=[(name, SECTIONS[name][0]) for name in SECTIONS if len(tables[name])],
    )
    write_text(run.page, render("visuosyn.studies.cohyponyms", masks=facts.masks, mask=mask, **context))
    return run.page


def outcomes_latex(table: pd.DataFrame, *, model: str) -> str:
    r"""The outcomes as a LaTeX ``table`` (needs ``booktabs``): shares of both kinds, difference, interval, p."""
    lines = [
        r"\begin{table}[t]",
        r"\centering\footnotesize",
        r"\begin{tabular}{@{}lrrrrr@{}}",
        r"\toprule",
        r"Outcome & cohyponyms & others & difference & 95\% interval & $p$ (Holm) \\",
        r"\midrule",
    ]
    for row in table.to_dict("records"):
        low, high = (row[f"difference_{end}"] for end in ("low", "high"))
        interval = f"[${low:z.1f}$, ${high:z.1f}$]" if np.isfinite(low) else "--"
        p = row["p_holm"]
        cells = [latex_escape(LABELS[row["outcome"]]), f"{row['cohyponyms']:.1f}", f"{row['others']:.1f}"]
        cells += [f"${row['difference']:+z.1f}$", interval, "$<$.001" if p < 0.001 else f"{p:.3f}"]
        lines.append(" & ".join(cells) + r" \\")
    caption = f"Pictures of cohyponyms and of other pairs of nouns, drawn by {model}, in per cent; intervals by pair."
    end = [r"\bottomrule", r"\end{tabular}", rf"\caption{{{latex_escape(caption)}}}", r"\label{tab:cohyponyms}"]
    return "\n".join([*lines, *end, r"\end{table}"]) + "\n"


def _sentence(run: RunFolder, pairs: pd.DataFrame, images: int) -> str:
    facts, yes = run.facts, int((pairs["cohyponyms"].astype(str) == "True").sum())
    return (
        f"{prose.amount(yes, 'pair')} of cohyponyms and {prose.amount(len(pairs) - yes, 'pair')} of other nouns, "
        f"drawn by "
        f"{facts.model} in both orders with {prose.amount(len(facts.seeds), 'seed')}: "
        f"{prose.amount(images, 'picture')}."
    )


def _section(name: str, table: pd.DataFrame) -> dict[str, Any]:
    title, note, columns = SECTIONS[name]
    names = LABELS | COVARIATES
    shown = table.assign(**{key: table[key].replace(names) for key in ("outcome", "term") if key in table})
    kept = [column for column in columns if not (column[0] == "note" and not table["note"].fillna("").any())]
    return {"name": name, "title": title, "note": note, "columns": kept, "rows": shown.to_dict("records")}


def _figures(run: RunFolder, tables: Mapping[str, pd.DataFrame], mask: str) -> list[Drawn]:
    overlap = tables["overlap"]
    iou = {name: name.removeprefix("iou ") for name in overlap["outcome"]}
    shown = {name: label for name, label in LABELS.items() if name != "excess"}
    plans: list[tuple[str, str, str, Callable[[], Axes | Figure], str]] = [
        ("outcomes", "what the pictures show", "chart", partial(figures.kind_means, tables["outcomes"], shown),
         "What pictures of pairs show, by kind of pair, with 95% intervals by pair; upright bars: Tang et al. (2023)."),
        ("overlap", "overlap by mask rule", "chart", partial(figures.kind_means, overlap, iou),
         "IoU of the two nouns’ areas under every mask rule, by kind of pair."),
        ("subsets", "parts of the study", "chart wide", partial(figures.difference_forest, tables["subsets"], "subset"),
         "Cohyponyms minus others in parts of the study (pairs of either kind in brackets). Thin: if pairs that share "
         "a "
         "noun depend on each other."),
        ("hypernyms", "by hypernym", "chart", partial(figures.rate_forest, tables["hypernyms"], "hypernym"),
         "Pictures with both nouns by lowest common hypernym (pairs in brackets)."),
        ("pairs", "pair by pair", "chart", partial(figures.rate_forest, tables["pair_rates"], "pair"),
         "Pictures with both nouns, pair by pair; the interval is that of the pair’s own pictures. Dashed: means of "
         "the "
         "kinds."),
    ]  # fmt: skip
    if np.isfinite(tables["link"]["odds_ratio"]).any():
        told = "Odds ratio of both nouns being there for ten points more overlap than the pair’s own mean."
        plans.insert(2, ("link", "overlap and failure", "chart", partial(figures.link_forest, tables["link"]), told))
    made = [
        drawn(run.figures, name, title, kind, figure, f"Chart: {title}; the numbers stand in the tables.", caption)
        for name, title, kind, figure, caption in plans
        if name != "subsets" or len(tables["subsets"])  # none, of a study with one pair of a kind
    ]
    return made + _sheets(run, tables["pair_rates"], mask)


def _sheets(run: RunFolder, pairs: pd.DataFrame, mask: str) -> list[Drawn]:
    """Paired overlays of the cohyponyms whose maps overlap most and least."""
    ordered = pairs[pairs["kind"] == "cohyponyms"].dropna(subset=["iou"]).sort_values("iou")
    made = []
    for end, some in (("most", ordered.iloc[::-1][:EXTREMES]), ("least", ordered[:EXTREMES])):
        rows = [(f"{row.pair}\nIoU {row.iou:.0f}", _pictures(run, str(row.pair))) for row in some.itertuples()]
        rows = [row for row in rows if row[1]]
        if rows:
            title = f"cohyponyms whose maps overlap {end}"
            alt = f"Pictures and either noun’s heat map for {prose.listed(list(some['pair']))}"
            caption = (
                f"Mean IoU under {mask} at the left. In both orders of the nouns, seed {run.facts.seeds[0]}: the "
                f"picture, then "
                "the first and the second noun’s map over it, each scaled by its own maximum."
            )
            plan = partial(figures.pair_sheet, rows)
            made.append(drawn(run.figures, f"overlap_{end}", title, "photo", plan, alt, caption))
    return made


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
