"""The relation table for readers: what supports each row, and which direction it has."""

from __future__ import annotations

import numpy as np
import pandas as pd

from visuosyn.stats.corrections import FEW
from visuosyn.studies.relations.reference import MEANS, beside_paper
from visuosyn.studies.relations.statistics.sums import ALL, UNRELATED
from visuosyn.studies.relations.statistics.verdicts import TEN_POINTS

SUMMARY_ROWS = (UNRELATED, ALL)
DIRECTIONS = {"head": "head’s area larger", "dependent": "dependent’s area larger"}
NO_RELATIONS = pd.DataFrame(  # the relation table of a study without a measured pair
    {"relation": pd.Series(dtype="str"), "mask": pd.Series(dtype="str")}
    | {name: pd.Series(dtype="int64") for name in ("n_pairs", "n_prompts", "n_images")}
    | {mean + end: pd.Series(dtype="float64") for mean in MEANS for end in ("", "_low", "_high")}
)
NO_HEAD = (UNRELATED, "sibling")  # a coin decides which word plays the head, so there is no direction
CLASSES = {  # rows between the relations and unrelated words: what they are
    "matched unrelated": "unrelated pairs like the related ones: same parts of speech, distance within a word",
    "grandparent": "two edges apart, one word above the other",
    "sibling": "two edges apart, both words under one head",
    "repeat": "two nouns of one lemma; the earlier plays the head",
    "coreferent": "two mentions of one entity; the earlier plays the head",
}
SWAPPED = "swapped "
TABLES = (  # what an exported report lists, with titles
    ("relations", "Means and intervals by relation and mask rule"),
    ("differences", "Tests of mIoD − mIoH"),
    ("verdicts", "Directions over the mask rules"),
    ("contrasts", "Pairs minus their controls"),
    ("contrast_verdicts", "Contrasts of mIoU over the mask rules"),
    ("multiverse", "Every analysis of the multiverse"),
    ("multiverse_verdicts", "In how many analyses each finding holds"),
    ("mixed_relations", "Marginal means of the mixed models"),
    ("mixed_components", "Variance components"),
    ("mixed_covariates", "Covariates"),
    ("mixed_diagnostics", "Diagnostics of the mixed models"),
    ("published", "Beside published figures"),
    ("power", "Captions needed"),
    ("planted", "Maps against exact masks"),
    ("dropped_summary", "What was dropped"),
)


def reader_table(relations: pd.DataFrame, *, scheme: str = "ud") -> pd.DataFrame:
    """The relation table with what a reader needs to judge it, one row per (relation, mask) as it came.

    Adds the paper's figures (:func:`~visuosyn.studies.relations.reference.beside_paper`) and

    - ``few``: fewer than ``FEW`` prompts stand behind the row, its interval is not to be trusted;
    - ``direction``: "head" where the interval of mIoD - mIoH lies above 0 (the head's area is the larger),
      "dependent" where it lies below, "" where it includes 0 or for unrelated pairs, which have no head;
    - ``dominant``: there is a direction and the difference exceeds the paper's 10 points;
    - ``rules_agreeing``, ``rules_reversed``, ``rules``: under how many of the mask rules the row's direction holds,
      under how many the opposite one does, of how many. Rules of kind ``area`` do not count: they make all areas
      equal, so they cannot show a direction. A direction that holds under one rule only is a fact about that rule.

    >>> from visuosyn.testing import relation_rows
    >>> table = reader_table(relation_rows({"obj": 25.0, "amod": -15.0, "det": 1.0}))
    >>> table[["relation", "direction", "dominant", "paper_difference"]].values.tolist()
    [['obj', 'head', True, 29.3], ['amod', 'dependent', True, -15.2], ['det', '', False, 2.6]]
    """
    table = beside_paper(relations, scheme=scheme)
    table["few"] = table["n_prompts"] < FEW
    sign = np.where(table["difference_low"] > 0, 1, np.where(table["difference_high"] < 0, -1, 0))
    sign = np.where(table["relation"].isin(NO_HEAD), 0, sign)
    table["direction"] = pd.Series(sign, index=table.index).map({1: "head", -1: "dependent", 0: ""})
    table["dominant"] = (sign != 0) & (table["difference"].abs() > TEN_POINTS)
    can_show = ~table["mask"].str.startswith("area")
    for name, wanted in (("rules_agreeing", sign), ("rules_reversed", -sign)):
        table[name] = [
            int(((table["relation"] == relation) & can_show & (sign == own)).sum()) if own else 0
            for relation, own in zip(table["relation"], wanted, strict=True)
        ]
    table["rules"] = can_show.groupby(table["relation"]).transform("sum")
    return table


def class_gloss(name: str) -> str:
    """What a row of the class table is.

    >>> class_gloss("swapped amod")
    'the words of amod pairs exchanged in the caption, from the same noise'
    """
    if name.startswith(SWAPPED):
        return f"the words of {name.removeprefix(SWAPPED)} pairs exchanged in the caption, from the same noise"
    return CLASSES.get(name, "")


def one_rule(table: pd.DataFrame, mask: str) -> pd.DataFrame:
    """The rows of one mask rule, in their order.

    >>> from visuosyn.testing import relation_rows
    >>> table = relation_rows({"obj": 25.0, "amod": -15.0}, masks=["relative:0.4", "soft"])
    >>> len(table), one_rule(table, "soft")["relation"].tolist()
    (4, ['obj', 'amod'])
    """
    return table[table["mask"] == mask].reset_index(drop=True)
