"""Is the head's area the larger one where two overlap? Tests of mIoD - mIoH."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.stats.corrections import named_results
from visuosyn.stats.permutation import Contrast, contrast
from visuosyn.studies.relations.statistics.means import Resampled, resampled
from visuosyn.studies.relations.statistics.sums import CELL

DIFFERENCE = "mIoD - mIoH"

Floats = NDArray[np.float64]


def difference_table(
    pairs: pd.DataFrame, *, draws: int = 2000, seed: int = 0, level: float = 0.95, bootstrap: Resampled | None = None
) -> pd.DataFrame:
    """MIoD - mIoH per relation and mask rule with interval, sign-flip p and effect size.

    Columns: relation, mask, measure, estimate, low, high, p, p_holm, p_bh (corrected mask rule by mask rule), effect,
    effect_low, effect_high, n (prompts), n_pairs, few. Estimates are those of ``relation_table``; ``bootstrap`` is as
    there. How to read: estimate > 0, the head's area is the larger where the two meet (the paper: the head dominates);
    < 0, the dependent's. Caveat: IoD / IoH is the
    ratio of the two areas, so this says nothing on one lying inside the other; under ``area:q`` it is 0 by
    construction. Source: Tang et al. 2023, section 4, who print the difference without a test.

    >>> from visuosyn.testing import pair_rows
    >>> table = difference_table(pair_rows({"amod": [(0.9, 0.5)] * 3 + [(0.8, 0.5)] * 3}))
    >>> table[["relation", "estimate", "p", "p_holm", "n", "few"]].round(5)  # six prompts agree: p = 2 / 2^6
                 relation  estimate        p  p_holm  n   few
    0  all head-dependent      35.0  0.03125  0.0625  6  True
    1                amod      35.0  0.03125  0.0625  6  True
    """
    sums, samples = resampled(pairs, draws=draws, seed=seed) if bootstrap is None else bootstrap
    dependent, head = sums.measures.index("iod"), sums.measures.index("ioh")
    found = contrast(*sums.of("iod"), against=sums.of("ioh"))
    difference = samples[:, :, dependent] - samples[:, :, head]
    return relation_results(sums.cells, {DIFFERENCE: (found, difference)}, draws=draws, seed=seed, level=level)


def relation_results(
    cells: pd.DataFrame, found: Mapping[str, tuple[Contrast, Floats]], *, draws: int, seed: int, level: float
) -> pd.DataFrame:
    """``named_results`` of relations and mask rules, whose families of tests are the mask rules.

    Another rule is another analysis of the same question: see ``verdict_table``.

    >>> from visuosyn.stats.bootstrap import bootstrap_means
    >>> from visuosyn.studies.relations.statistics.sums import prompt_sums
    >>> from visuosyn.testing import pair_rows
    >>> sums = prompt_sums(pair_rows({"amod": [(0.9, 0.5), (0.7, 0.5)]}))
    >>> own = {"mIoD": (contrast(*sums.of("iod")), bootstrap_means(*sums.of("iod"), draws=99))}
    >>> relation_results(sums.cells, own, draws=99, seed=0, level=0.95)[["relation", "measure", "estimate", "n"]]
                 relation measure  estimate  n
    0  all head-dependent    mIoD      80.0  2
    1                amod    mIoD      80.0  2
    """
    return named_results(cells, found, keys=CELL, counts=["n_pairs"], by=["mask"], draws=draws, seed=seed, level=level)
