"""Is the head's area the larger one where two overlap? Tests of mIoD - mIoH."""

from __future__ import annotations

import pandas as pd

from visuosyn.stats.corrections import named_results
from visuosyn.stats.permutation import contrast
from visuosyn.studies.relations.statistics.means import Resampled, resampled

DIFFERENCE = "mIoD - mIoH"


def difference_table(
    pairs: pd.DataFrame, *, draws: int = 2000, seed: int = 0, level: float = 0.95, draw: Resampled | None = None
) -> pd.DataFrame:
    """MIoD - mIoH per relation and mask rule with interval, sign-flip p and effect size: columns of ``results``.

    Estimates are those of ``relation_table``. How to read: estimate > 0, the head's area is the
    larger where the two meet (the paper: the head dominates); < 0, the dependent's. Caveat: IoD / IoH is the
    ratio of the two areas, so this says nothing on one lying inside the other; under ``area:q`` it is 0 by
    construction. Source: Tang et al. 2023, section 4, who print the difference without a test.

    >>> from visuosyn.testing import pair_rows
    >>> table = difference_table(pair_rows({"amod": [(0.9, 0.5)] * 3 + [(0.8, 0.5)] * 3}))
    >>> table[["relation", "estimate", "p", "p_holm", "n", "few"]].round(5)  # six prompts agree: p = 2 / 2^6
                 relation  estimate        p  p_holm  n   few
    0  all head-dependent      35.0  0.03125  0.0625  6  True
    1                amod      35.0  0.03125  0.0625  6  True
    """
    sums, drawn = resampled(pairs, draws=draws, seed=seed) if draw is None else draw
    dependent, head = sums.measures.index("iod"), sums.measures.index("ioh")
    found = contrast(*sums.of("iod"), against=sums.of("ioh"))
    difference = drawn[:, :, dependent] - drawn[:, :, head]
    return named_results(sums.cells, {DIFFERENCE: (found, difference)}, draws=draws, seed=seed, level=level)
