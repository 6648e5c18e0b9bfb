"""The report of a study: tables, figures and a page that a person likes to read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from visuosyn.errors import UserError
from visuosyn.measure.controls import swapped_controls
from visuosyn.parse.scheme import Scheme, load_scheme
from visuosyn.report import export as keep
from visuosyn.report import prose
from visuosyn.report.gallery import draw_figures
from visuosyn.report.pictures import write_pictures
from visuosyn.report.render import render
from visuosyn.report.tables import (
    MIN_PROMPTS,
    SUMMARY_ROWS,
    class_gloss,
    dropped_summary,
    first_mask,
    one_rule,
    reader_table,
    relations_latex,
    write_csv,
)
from visuosyn.run import RunFacts, RunFolder, write_text
from visuosyn.studies.relations import markdown as written
from visuosyn.studies.relations import sections as statistics
from visuosyn.studies.relations import statements
from visuosyn.studies.relations.reference import MEASURES, NOTE, published_table
from visuosyn.studies.relations.statistics.controls import control_table
from visuosyn.studies.relations.statistics.means import class_table
from visuosyn.studies.relations.statistics.sums import KEPT

NO_RELATIONS = pd.DataFrame(  # the relation table of a study without a measured pair
    {"relation": pd.Series(dtype="str"), "mask": pd.Series(dtype="str")}
    | {name: pd.Series(dtype="int64") for name in ("n_pairs", "n_prompts", "n_images")}
    | {m + end: pd.Series(dtype="float64") for m in MEASURES for end in ("", "_low", "_high")}
)
WORDS_SHOWN = 60  # of those outside the vocabulary


def write_report(folder: str | Path) -> Path:
    """Write ``tables/``, ``figures/``, ``images/`` and ``index.html`` of a measured run folder; returns the page.

    The page works from disk without a network. It carries tables and figures itself; pictures and maps lie in
    ``images/``, two small files a picture, and are loaded when they come into view. It is written last and
    atomically. The same folder gives the same bytes again. Raises UserError where the run is not measured, or where
    something cannot be written.

    >>> import pandas as pd
    >>> from visuosyn.testing import tiny_run
    >>> page = write_report(tiny_run())
    >>> sorted(path.name for path in page.parent.iterdir() if not path.suffix)
    ['figures', 'images', 'tables', 'traces']
    >>> pd.read_csv(page.parent / "tables" / "relations.csv")["relation"].unique().tolist()
    ['unrelated', 'all head-dependent', 'det', 'amod', 'case', 'nmod:in']
    """
    run = RunFolder(Path(folder))
    try:
        return _write(run)
    except OSError as error:
        raise UserError(f"cannot write the report of {folder}: {error}") from error


def _write(run: RunFolder) -> Path:
    facts, every, dropped = run.facts, run.pairs(), run.dropped()
    pairs = every[every["kind"].isin(KEPT)]
    mask = facts.masks[0] if pairs.empty else first_mask(pairs, wanted=facts.masks[0])
    others = NO_RELATIONS if pairs.empty else class_table(every)
    stats = {} if pairs.empty else _statistics(run, pairs, others, mask)
    table = reader_table(stats.get("relations", NO_RELATIONS), scheme=facts.scheme)
    classes = reader_table(others, scheme=facts.scheme)
    scheme, vocabulary = load_scheme(facts.scheme), _vocabulary(run)
    _write_tables(run, table, dropped, mask)
    write_csv(classes, run.tables / "classes.csv")
    swapped = swapped_controls(every, run.sentences())
    if len(swapped):
        write_csv(control_table(pairs, swapped), run.tables / "swapped.csv")
    strange = frozenset() if vocabulary is None else frozenset(vocabulary["word"])
    cards, sheet = write_pictures(run, every, facts.masks, strange)
    figures = draw_figures(table, mask, sheet, run.figures)
    drawn = statistics.draw_statistics(stats, mask, run.figures) if stats else {}
    context: dict[str, Any] = {
        "facts": facts,
        "sentence": prose.in_one_sentence(facts, images=len(cards)),
        "findings": [*prose.findings(table, mask), *(statements.statements(stats, mask) if stats else ())],
        "stats": statistics.context(stats, mask, drawn) if stats else None,
        "headline": _headline(pairs, dropped, len(cards), vocabulary),
        "run_facts": prose.run_facts(facts),
        "strange_words": _strange_words(vocabulary, facts),
        "vocabulary_known": vocabulary is not None,
        "relations": [(m, _rows(table, classes, m)) for m in dict.fromkeys(table["mask"])],
        "swapped": len(swapped) > 0,
        "glosses": {name: _gloss(scheme, name) for name in set(table["relation"])}
        | {name: class_gloss(name) for name in set(classes["relation"])},
        "unknown_labels": scheme.unknown(run.sentences()).most_common(),
        "relation_names": sorted(set(table["relation"]) - set(SUMMARY_ROWS)),
        "dropped": dropped_summary(dropped).to_dict("records"),
        "methods": " ".join(
            [
                prose.methods(facts, {"pairs": _count_pairs(pairs), "dropped": len(dropped)}),
                *([statements.methods(stats, draws=statistics.DRAWS)] if stats else []),
            ]
        ),
        "bibtex": prose.bibtex(),
        "software": sorted(facts.software.items()),
        "paper_note": NOTE,
        "min_prompts": MIN_PROMPTS,
        "summary_rows": SUMMARY_ROWS,
        "cards": cards,
        "figures": figures,
    }
    keep.write_summary(
        run,
        title="Dependency relations in pictures",
        sentence=context["sentence"],
        command=f"visuosyn study {facts.corpus} --seeds {','.join(map(str, facts.seeds))}",
        findings=context["findings"],
        figures=[*(one for some in drawn.values() for one in some), *figures] if stats else [],
        tables=[(name, title) for name, title in written.TABLES if (run.tables / f"{name}.csv").exists()],
        sections=written.sections(stats, mask) if stats else (),
    )
    write_text(run.page, render("visuosyn.studies.relations", masks=facts.masks, mask=mask, **context))
    return run.page


def _statistics(run: RunFolder, pairs: pd.DataFrame, others: pd.DataFrame, mask: str) -> dict[str, pd.DataFrame]:
    """All tables of the statistics, written and kept; the classes of ``others`` stand beside published figures, too."""
    tables = statistics.statistic_tables(pairs, mask=mask, controls=run.controls(), multiverse=run.multiverse())
    beside = tables["relations"] if others.empty else pd.concat([tables["relations"], others], ignore_index=True)
    tables["published"] = published_table(beside, scheme=run.facts.scheme)
    statistics.write_tables(tables, run.tables)
    planted = run.tables / "planted.csv"
    return tables | ({"planted": pd.read_csv(planted)} if planted.exists() else {})


def _vocabulary(run: RunFolder) -> pd.DataFrame | None:
    """Words that the model was not taught, ``word, n``; None where it does not say what it was taught."""
    path = run.tables / "vocabulary.csv"
    return pd.read_csv(path, dtype={"word": str}, keep_default_na=False) if path.exists() else None


def _strange_words(vocabulary: pd.DataFrame | None, facts: RunFacts) -> dict[str, Any] | None:
    """What the page says about them; None where there are none or nothing is known."""
    if vocabulary is None or vocabulary.empty:
        return None
    total, words = int(vocabulary["n"].sum()), facts.counts.get("words", 0)
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
    named = [(f"{n:,}", prose.amount(n, noun).partition(" ")[2]) for n, noun in counts]
    if vocabulary is not None:
        named.append((f"{int(vocabulary['n'].sum()):,}", "words outside the model’s vocabulary"))
    return [*named, (f"{len(dropped):,}", "dropped, with reasons")]


def _write_tables(run: RunFolder, table: pd.DataFrame, dropped: pd.DataFrame, mask: str) -> None:
    write_csv(table, run.tables / "relations.csv")
    write_csv(dropped_summary(dropped), run.tables / "dropped_summary.csv")
    caption = prose.table_caption(run.facts, mask)
    write_text(run.tables / "relations.tex", relations_latex(one_rule(table, mask), caption=caption))
    write_text(run.tables / "sources.bib", prose.bibtex())
