"""The tables of a cohyponym study as its page shows them: titles, what to know, and the columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from visuosyn.studies.cohyponyms.prose import COVARIATES, LABELS

Column = tuple[str, str, str]  # of the table, its heading, the form of its cells (a case of the macro in page.html)
KINDS: list[Column] = [
    ("cohyponyms", "cohyponyms", "interval"),
    ("others", "others", "interval"),
    ("difference", "difference", "signed"),
]
TESTS: list[Column] = [("p", "p", "p"), ("p_holm", "p (Holm)", "p"), ("n_images", "pictures", "count")]
NOTE: Column = ("note", "note", "text")


@dataclass(frozen=True)
class Section:
    """A table on the page: its name, a title, what a reader must know, and the columns shown."""

    name: str
    title: str
    note: str
    columns: Sequence[Column]


SECTIONS = (
    Section(
        "outcomes",
        "What the pictures show",
        "Per cent of pictures, by kind of pair, and cohyponyms minus others in points; intervals by pair. In small "
        "print below a difference: its interval if pairs that share a noun depend on each other.",
        [("outcome", "outcome", "text"), *KINDS, *TESTS],
    ),
    Section(
        "overlap",
        "Overlap of the two nouns’ maps",
        "Mean IoU of the two nouns’ areas in points, under every mask rule.",
        [("outcome", "measure", "text"), *KINDS, *TESTS],
    ),
    Section(
        "link",
        "Does overlap go with failure?",
        "IoU of pictures with both nouns (drawn) and of the others (failed). Odds ratio: of both nouns being drawn, "
        "for ten points more overlap than the pair’s own mean; below 1, pictures of a pair that overlap more fail "
        "more. Between: the same for the pairs’ means. A failed picture has one object for two words, which by itself "
        "makes them overlap.",
        [
            ("mask", "mask rule", "text"),
            ("kind", "kind", "text"),
            ("drawn", "drawn", "number"),
            ("failed", "failed", "number"),
            ("odds_ratio", "odds ratio", "plain"),
            ("p", "p", "p"),
            ("between", "between", "two"),
            ("n_failed", "failed", "count"),
            ("n_images", "pictures", "count"),
            NOTE,
        ],
    ),
    Section(
        "subsets",
        "Parts of the study",
        "Pictures with both nouns, in parts of the study: does the difference depend on one of them?",
        [("subset", "part", "text"), *KINDS, ("p", "p", "p"), ("n_images", "pictures", "count")],
    ),
    Section(
        "gee",
        "Logistic model (GEE)",
        "Log-odds of both nouns being there, by kind and covariates (for one standard deviation each); clustered by "
        "pair.",
        [
            ("term", "term", "text"),
            ("estimate", "estimate", "plain"),
            ("odds_ratio", "odds ratio", "two"),
            ("p", "p", "p"),
            NOTE,
        ],
    ),
    Section(
        "mixed",
        "Mixed model",
        "The same as a linear model in points, with random effects of pair, noise, first and second noun; below, their "
        "standard deviations.",
        [("term", "term", "text"), ("estimate", "estimate", "plain"), ("p", "p", "p"), NOTE],
    ),
    Section(
        "covariates",
        "How alike the kinds are",
        "Means of the covariates. What differs here is a rival explanation, and what the models adjust for.",
        [
            ("outcome", "covariate", "text"),
            ("cohyponyms", "cohyponyms", "two"),
            ("others", "others", "two"),
            ("difference", "difference", "two"),
            ("p", "p", "p"),
        ],
    ),
    Section(
        "corrected",
        "With the judge’s error taken out",
        "The share of pictures that truly show both nouns, after Rogan and Gladen (1978), with the judge’s "
        "sensitivity and specificity as measured for each kind of pair; the interval holds their uncertainty, too.",
        [("what", "share", "text"), ("estimate", "estimate", "bounds")],
    ),
    Section(
        "judge_range",
        "If the judge were worse",
        "The corrected difference (points) for judges of other qualities; “–”: so poor a judge could not have seen "
        "what it saw.",
        [
            ("sensitivity", "sensitivity", "number"),
            ("specificity", "specificity", "number"),
            ("difference", "difference", "number"),
        ],
    ),
    Section(
        "power",
        "How many pairs a study needs",
        "Pairs of each kind to find a true difference with a chance of 80 %, from the variances of this study.",
        [
            ("difference", "difference", "number"),
            ("images", "pictures a pair", "count"),
            ("pairs", "pairs a kind", "count"),
        ],
    ),
    Section(
        "hypernyms",
        "By hypernym",
        "Pictures with both nouns, by the lowest common hypernym.",
        [
            ("hypernym", "hypernym", "text"),
            ("rate", "both", "bounds"),
            ("n_pairs", "pairs", "count"),
            ("n_images", "pictures", "count"),
        ],
    ),
    Section(
        "pair_rates",
        "Pair by pair",
        "Pictures with both nouns; what the nouns alone would give; overlap under the first mask rule. The interval "
        "is that of this pair’s pictures alone.",
        [
            ("pair", "pair", "text"),
            ("kind", "kind", "text"),
            ("hypernym", "hypernym", "text"),
            ("rate", "both", "bounds"),
            ("alone", "alone", "number"),
            ("iou", "IoU", "number"),
            ("n_images", "pictures", "count"),
        ],
    ),
)


def shown_section(section: Section, table: pd.DataFrame) -> dict[str, Any]:
    """A section with its rows, outcomes and terms by their labels; without its notes where no row has one.

    >>> table = pd.DataFrame({"term": ["turned"], "estimate": [0.1], "odds_ratio": [1.1], "p": [0.3], "note": [""]})
    >>> section = shown_section(SECTIONS[4], table)
    >>> section["rows"][0]["term"], [column for column, _, _ in section["columns"]]
    ('nouns not in alphabetical order', ['term', 'estimate', 'odds_ratio', 'p'])
    """
    names = LABELS | COVARIATES
    labelled = table.assign(**{key: table[key].replace(names) for key in ("outcome", "term") if key in table})
    columns = [one for one in section.columns if one is not NOTE or table["note"].fillna("").any()]
    return {
        "name": section.name,
        "title": section.title,
        "note": section.note,
        "columns": columns,
        "rows": labelled.to_dict("records"),
    }
