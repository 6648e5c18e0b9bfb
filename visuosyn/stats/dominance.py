"""Does the head's area contain the dependent's? Tests of mIoD - mIoH, and what they add up to over mask rules."""

from __future__ import annotations

import numpy as np
import pandas as pd

from visuosyn.masks import MaskRule
from visuosyn.stats.bootstrap import bootstrap_means
from visuosyn.stats.contrasts import contrast
from visuosyn.stats.results import named_results
from visuosyn.stats.sums import prompt_sums

DIFFERENCE = "mIoD - mIoH"
TEN_POINTS = 10.0  # Tang et al. 2023 call a relation dominated where the difference is above this


def difference_table(pairs: pd.DataFrame, *, draws: int = 2000, seed: int = 0, level: float = 0.95) -> pd.DataFrame:
    """MIoD - mIoH per relation and mask rule with interval, sign-flip p and effect size: columns of ``results``.

    Estimates are those of ``relation_table``. How to read: estimate > 0, the head's area contains the dependent's
    (the head dominates); < 0, the dependent's contains the head's. Caveat: IoD / IoH is the ratio of the two
    areas, so this compares how large the words' areas are where they meet; under ``area:q`` it is 0 by
    construction. Source: Tang et al. 2023, section 4, who print the difference without a test.
    """
    sums = prompt_sums(pairs)
    drawn = bootstrap_means(sums.sums, sums.counts, draws=draws, seed=seed)
    dependent, head = sums.measures.index("iod"), sums.measures.index("ioh")
    found = contrast(*sums.of("iod"), against=sums.of("ioh"))
    difference = drawn[:, :, dependent] - drawn[:, :, head]
    return named_results(sums.cells, {DIFFERENCE: (found, difference)}, draws=draws, seed=seed, level=level)


def verdict_table(differences: pd.DataFrame) -> pd.DataFrame:
    """In how many analyses of the same question a relation's dominance holds: one row a relation.

    ``differences`` holds one row for each relation and analysis: a ``difference_table``, or a multiverse table. An
    analysis *holds* for a direction when the interval excludes 0 on its side. Columns: relation; ``dominant``: head or
    dependent, the direction that more analyses hold for, none (no interval excludes 0) or mixed (as many either way);
    ``holds_in``; ``reversed_in`` (the interval excludes 0 on the other side); ``of``; ``share`` = holds_in / of;
    ``ten_points_in`` (holds and differs by more than 10 points, the paper's rule); ``lowest`` and ``highest``
    estimate; ``n``; ``few``; and a sentence, ``verdict``, which begins with "not robust" where less than half hold.

    ``area:q`` rules are left out: equal areas make the difference 0 by construction. Caveat: analyses of one set of
    images are not independent; k of n is no probability.
    """
    free = [MaskRule.parse(name).kind != "area" for name in differences["mask"]]
    usable = differences[np.array(free, dtype=bool) & differences["low"].notna()]
    rows = [_verdict(relation, rows) for relation, rows in usable.groupby("relation", sort=False)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


COLUMNS = (
    *("relation", "dominant", "holds_in", "reversed_in", "of", "share", "ten_points_in"),
    *("lowest", "highest", "n", "few", "verdict"),
)
READING = {
    "head": "the head's area contains the dependent's",
    "dependent": "the dependent's area contains the head's",
    "none": "neither area contains the other",
    "mixed": "the direction turns with the analysis; it stays open",
}


def _verdict(relation: object, rows: pd.DataFrame) -> tuple[object, ...]:
    sides = {"head": rows["low"] > 0, "dependent": rows["high"] < 0}
    sides["none"] = sides["mixed"] = ~(sides["head"] | sides["dependent"])
    head, dependent = int(sides["head"].sum()), int(sides["dependent"].sum())
    dominant = "head" if head > dependent else "dependent" if dependent > head else "mixed" if head else "none"
    reversed_in = min(head, dependent)
    of, held = len(rows), int(sides[dominant].sum())
    ten = int((sides[dominant] & (rows["estimate"].abs() > TEN_POINTS)).sum())
    few = bool(rows["few"].any())
    sentence = "not robust: " if held < of / 2 else ""
    sentence += f"{READING[dominant]} in {held} of {of} analyses"
    sentence += f" (reversed in {reversed_in})" if reversed_in else ""
    sentence += "; few prompts" if few else ""
    ends = (float(rows["estimate"].min()), float(rows["estimate"].max()))
    return (relation, dominant, held, reversed_in, of, held / of, ten, *ends, int(rows["n"].max()), few, sentence)
