"""The report of a relation study: tables, figures and a page that a person likes to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from visuosyn.errors import UserError
from visuosyn.parse.scheme import Scheme, load_scheme
from visuosyn.report.citations import bibtex
from visuosyn.report.export import write_summary
from visuosyn.report.pictures import write_pictures
from visuosyn.report.prose import amount
from visuosyn.report.render import render
from visuosyn.report.run_text import run_facts
from visuosyn.report.tables import dropped_summary, first_mask, write_csv
from visuosyn.run import RunFolder, write_text
from visuosyn.stats.corrections import FEW
from visuosyn.studies.relations import markdown, prose, sections, statements
from visuosyn.studies.relations.gallery import draw_figures, draw_statistics
from visuosyn.studies.relations.latex import relations_latex
from visuosyn.studies.relations.reference import NOTE
from visuosyn.studies.relations.statistics.compute import DRAWS
from visuosyn.studies.relations.statistics.sums import KEPT
from visuosyn.studies.relations.tables import (
    DIRECTIONS,
    NO_RELATIONS,
    SUMMARY_ROWS,
    TABLES,
    class_gloss,
    one_rule,
    reader_table,
)

READER_TABLES = ("relations", "classes")  # statistics that are written in a form for readers
WORDS_SHOWN = 60  # of those outside the vocabulary


def write_page(folder: RunFolder, statistics: Mapping[str, pd.DataFrame]) -> Path:
    """Write ``tables/``, ``figures/``, ``images/`` and ``index.html`` of a measured run folder; returns the page.

    ``statistics`` are the tables of ``compute_statistics``, empty for a run without a measured pair. The page works
    from disk without a network. It carries tables and figures itself; pictures and maps lie in ``images/``, two small
    files per picture, and are loaded when they come into view. It is written last and atomically. The same folder gives
    the same bytes again. Raises UserError where the run is not measured, or where something cannot be written.

    >>> from visuosyn.studies.relations.statistics.compute import compute_statistics
    >>> from visuosyn.testing import tiny_run
    >>> run = RunFolder(tiny_run())
    >>> page = write_page(run, compute_statistics(run))
    >>> page.name, sorted(path.name for path in (page.parent / "images").iterdir())[:3]
    ('index.html', ['00000.js', '00000.png', '00001.js'])
    >>> pd.read_csv(page.parent / "tables" / "relations.csv")["relation"].unique().tolist()
    ['unrelated', 'all head-dependent', 'det', 'amod', 'case', 'nmod:in']
    """
    masks, edges = folder.measurement.masks, folder.measurement.edges
    try:
        return _write(folder, statistics, masks=masks, edges=edges)
    except OSError as error:
        raise UserError(f"cannot write the report of {folder.path}: {error}") from error


def _write(run: RunFolder, statistics: Mapping[str, pd.DataFrame], *, masks: Sequence[str], edges: str) -> Path:
    facts, every, dropped, vocabulary = run.facts, run.rows("pairs"), run.dropped(), _vocabulary(run)
    pairs = every[every["kind"].isin(KEPT)]
    mask = first_mask(pairs, wanted=masks[0])
    table, classes = (reader_table(statistics.get(name, NO_RELATIONS), scheme=facts.scheme) for name in READER_TABLES)
    _write_tables(run, statistics, table, classes, dropped, mask)
    stats = {**statistics, **_planted(run)} if statistics else {}
    unknown = frozenset() if vocabulary is None else frozenset(vocabulary["word"])
    cards, sheet = write_pictures(run, every, masks, unknown)
    charts = draw_figures(table, mask, sheet, run.figures)
    shown = draw_statistics(stats, mask, run.figures) if stats else {}
    sentence = prose.in_one_sentence(facts, images=len(cards))
    findings = [*prose.findings(table, mask), *(statements.statements(stats, mask) if stats else ())]
    methods = prose.methods(facts, masks=masks, edges=edges, pairs=_count_pairs(pairs), dropped=len(dropped))
    tests = statements.methods(stats, draws=DRAWS) if stats else ""
    context: dict[str, Any] = {
        "facts": facts,
        "sentence": sentence,
        "findings": findings,
        "stats": sections.context(stats, mask, shown) if stats else None,
        "headline": _headline(pairs, dropped, len(cards), vocabulary),
        "run_facts": run_facts(facts, masks=masks, edges=edges),
        "unknown_words": _unknown_words(vocabulary, run.drawn),
        "vocabulary_known": vocabulary is not None,
        "relations": [(rule, _rows(table, classes, rule)) for rule in dict.fromkeys(table["mask"])],
        "directions": DIRECTIONS,
        "swapped": "swapped" in statistics,
        "dropped": dropped_summary(dropped).to_dict("records"),
        "methods": f"{methods} {tests}".rstrip(),
        "bibtex": bibtex(),
        "paper_note": NOTE,
        "min_prompts": FEW,
        "summary_rows": SUMMARY_ROWS,
        "relation_names": sorted(set(table["relation"]) - set(SUMMARY_ROWS)),
        "cards": cards,
        "figures": charts,
    }
    write_summary(
        run,
        title="Dependency relations in pictures",
        sentence=sentence,
        command="visuosyn study",
        findings=findings,
        figures=[*(one for some in shown.values() for one in some), *charts] if stats else [],
        tables=[(name, title) for name, title in TABLES if (run.tables / f"{name}.csv").exists()],
        sections=markdown.sections(stats, mask) if stats else (),
    )
    context |= _labels(run, table, classes)
    write_text(run.page, render("visuosyn.studies.relations", masks=masks, mask=mask, **context))
    return run.page


def _write_tables(
    run: RunFolder,
    statistics: Mapping[str, pd.DataFrame],
    table: pd.DataFrame,
    classes: pd.DataFrame,
    dropped: pd.DataFrame,
    mask: str,
) -> None:
    others = {name: one for name, one in statistics.items() if name not in READER_TABLES}
    written = {"relations": table, "classes": classes, "dropped_summary": dropped_summary(dropped)} | others
    for name, one in written.items():
        write_csv(one, run.tables / f"{name}.csv")
    caption = prose.table_caption(run.facts, mask)
    write_text(run.tables / "relations.tex", relations_latex(one_rule(table, mask), caption=caption))
    write_text(run.tables / "sources.bib", bibtex())


def _planted(run: RunFolder) -> dict[str, pd.DataFrame]:
    """The table of maps against exact masks, if it was made."""
    path = run.tables / "planted.csv"
    return {"planted": pd.read_csv(path)} if path.exists() else {}


def _vocabulary(run: RunFolder) -> pd.DataFrame | None:
    """Words that the model was not taught, ``word, n``; None where it does not say what it was taught."""
    path = run.tables / "vocabulary.csv"
    return pd.read_csv(path, dtype={"word": str}, keep_default_na=False) if path.exists() else None


def _unknown_words(vocabulary: pd.DataFrame | None, drawn: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the page says about them; None where there are none or nothing is known."""
    if vocabulary is None or vocabulary.empty:
        return None
    total, words = int(vocabulary["n"].sum()), int(drawn.get("words", 0))
    return {
        "total": f"{total:,}",
        "words": f"{words:,}",
        "share": f"{100 * total / words:.0f} %" if words else "share not known",
        "types": f"{len(vocabulary):,}",
        "list": list(vocabulary.head(WORDS_SHOWN).itertuples(index=False, name=None)),
        "more": max(0, len(vocabulary) - WORDS_SHOWN),
    }


def _rows(table: pd.DataFrame, classes: pd.DataFrame, mask: str) -> list[dict[Any, Any]]:
    """The rows of one mask rule: unrelated pairs, the classes between, all head-dependent pairs, the relations."""
    rows = one_rule(table, mask).assign(between=False).to_dict("records")
    between = one_rule(classes, mask).assign(between=True).to_dict("records")
    first = [row for row in rows if row["relation"] == SUMMARY_ROWS[0]]
    return [*first, *between, *(row for row in rows if row not in first)]


def _labels(run: RunFolder, table: pd.DataFrame, classes: pd.DataFrame) -> dict[str, Any]:
    """What the labels of the tables mean, and those that the scheme does not list."""
    scheme = load_scheme(run.facts.scheme)
    glosses = {name: _gloss(scheme, name) for name in set(table["relation"])}
    glosses |= {name: class_gloss(name) for name in set(classes["relation"])}
    return {"glosses": glosses, "unknown_labels": scheme.unknown(run.sentences()).most_common()}


def _gloss(scheme: Scheme, relation: str) -> str:
    label = scheme.label(relation)
    return label.gloss if label else ""


def _count_pairs(pairs: pd.DataFrame) -> int:
    return len(pairs.drop_duplicates(["caption_id", "pair"]))


def _headline(
    pairs: pd.DataFrame, dropped: pd.DataFrame, images: int, vocabulary: pd.DataFrame | None
) -> list[tuple[str, str]]:
    """The numbers at the head of the page, each with what it counts."""
    related = pairs[pairs["kind"] == "related"]
    counts = [
        (images, "picture"),
        (pairs["caption_id"].nunique(), "caption"),
        (_count_pairs(related), "head-dependent pair"),
        (_count_pairs(pairs) - _count_pairs(related), "unrelated pair"),
        (related["relation"].nunique(), "relation"),
    ]
    named = [(f"{n:,}", amount(n, noun).partition(" ")[2]) for n, noun in counts]
    if vocabulary is not None:
        named.append((f"{int(vocabulary['n'].sum()):,}", "words outside the model’s vocabulary"))
    return [*named, (f"{len(dropped):,}", "dropped, with reasons")]
