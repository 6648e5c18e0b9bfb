"""The relation table: what Tang et al. 2023 print as Table 2, with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.data.masks import MaskRule
from visuosyn.stats.bootstrap import bootstrap_means, effective_number, percentile_interval
from visuosyn.stats.corrections import POINTS
from visuosyn.studies.relations.statistics.sums import ALL, KEPT, NAMES, PromptSums, prompt_sums

Floats = NDArray[np.float64]
Resampled = tuple[PromptSums, Floats]


def resampled(pairs: pd.DataFrame, *, draws: int, seed: int) -> Resampled:
    """The sums of a pair table, and its means in each bootstrap draw, float64 (draw, cell, measure).

    >>> from visuosyn.testing import pair_rows
    >>> pairs = pair_rows({"amod": [(0.9, 0.5), (0.7, 0.5)]})
    >>> bootstrap = resampled(pairs, draws=500, seed=0)  # once, for two tables
    >>> bootstrap[1].shape, len(relation_table(pairs, bootstrap=bootstrap))
    ((500, 2, 3), 2)
    """
    sums = prompt_sums(pairs)
    return sums, bootstrap_means(sums.sums, sums.counts, draws=draws, seed=seed)


def relation_table(
    pairs: pd.DataFrame, *, draws: int = 2000, seed: int = 0, level: float = 0.95, bootstrap: Resampled | None = None
) -> pd.DataFrame:
    """Mean overlaps per relation and mask rule, in percentage points, with intervals from a bootstrap over prompts.

    ``pairs`` is the pair table. Columns: relation, mask, n_pairs, n_prompts, n_images, then mIoU, mIoD, mIoH and
    difference = mIoD - mIoH, each followed by its ``_low`` and ``_high``. Rows go mask rule by mask rule, in
    each "unrelated" and "all head-dependent" first, then the relations from frequent to rare; ``n_pairs`` counts
    (caption, pair). A mean is over the (pair, seed) rows where the measure is not missing.

    How to read: difference > 0 says that the head's area contains more of the dependent's than the other way
    round. Caveat: a high overlap alone is no evidence of syntax (compare the row "unrelated"), and the sign of a
    difference can turn with the mask rule. With a single prompt intervals are missing. The table does not depend
    on the order of the rows. ``bootstrap`` (``resampled``) saves resampling the same prompts again. Source: Tang et
    al. 2023, section 4 and Table 2; intervals: ``percentile_interval``.

    >>> from visuosyn.testing import pair_rows
    >>> pairs = pair_rows({"amod": [(1.0, 0.5), (0.8, 0.4)], "unrelated": [(0.5, 0.5), (0.3, 0.3)]})
    >>> table = relation_table(pairs)
    >>> table[["relation", "mIoD", "mIoH", "difference", "difference_low", "difference_high"]].round(2)
                 relation  mIoD  mIoH  difference  difference_low  difference_high
    0           unrelated  40.0  40.0         0.0             0.0              0.0
    1  all head-dependent  90.0  45.0        45.0            40.0             50.0
    2                amod  90.0  45.0        45.0            40.0             50.0
    """
    sums, samples = resampled(pairs, draws=draws, seed=seed) if bootstrap is None else bootstrap
    rests_on = effective_number(sums.counts)
    table = sums.cells.copy()
    for measure, name in NAMES.items():
        at = sums.measures.index(measure)
        _add(table, name, sums.means[:, at], samples[:, :, at], rests_on[:, at], level)
    dependent, head = sums.measures.index("iod"), sums.measures.index("ioh")
    both = np.minimum(rests_on[:, dependent], rests_on[:, head])
    difference = sums.means[:, dependent] - sums.means[:, head]
    _add(table, "difference", difference, samples[:, :, dependent] - samples[:, :, head], both, level)
    return table


def class_table(pairs: pd.DataFrame, *, draws: int = 2000, seed: int = 0, level: float = 0.95) -> pd.DataFrame:
    """The relation table of the classes of pairs that are neither relations nor "unrelated", with its columns.

    Rows: "matched unrelated", "grandparent" and "sibling" (two edges apart), "repeat", "coreferent", "swapped amod" and
    so on, where the pair table holds such pairs. How to read: between relations and unrelated words; what two words
    two edges apart share is not due to their own edge. Caveat: the classes share words with each other and with the
    unrelated pairs, so their rows are not independent of those.

    >>> import pandas as pd
    >>> from visuosyn.testing import pair_rows
    >>> pairs = [pair_rows({"amod": [(0.8, 0.5)]}), pair_rows({"sibling": [(0.6, 0.5)]}, kind="path-2")]
    >>> class_table(pd.concat(pairs))[["relation", "n_pairs", "mIoD", "mIoH"]]
      relation  n_pairs  mIoD  mIoH
    0  sibling        1  60.0  50.0
    """
    others = pairs[~pairs["kind"].isin(KEPT)]
    if others.empty:
        return relation_table(pairs, draws=1, seed=seed, level=level).iloc[:0]
    table = relation_table(others.assign(kind="related"), draws=draws, seed=seed, level=level)
    return table[table["relation"] != ALL].reset_index(drop=True)


def threshold_table(pairs: pd.DataFrame, *, draws: int = 2000, seed: int = 0, level: float = 0.95) -> pd.DataFrame:
    """The relation table with each mask rule split into kind and threshold, for a figure of overlap by threshold.

    Adds the columns ``rule`` (relative, absolute, summed, area, soft) and ``threshold`` (NaN for soft) after
    ``mask``; rows are sorted by rule and threshold. How to read: a line that crosses another, or a difference
    that changes its sign along the thresholds, is a finding of the rule and not of the picture.

    >>> import pandas as pd
    >>> from visuosyn.testing import pair_rows
    >>> low = pair_rows({"amod": [(0.8, 0.5)]}, mask="relative:0.4")
    >>> high = pair_rows({"amod": [(0.4, 0.5)]}, mask="relative:0.6")
    >>> table = threshold_table(pd.concat([low, high])).query("relation == 'amod'")
    >>> table[["rule", "threshold", "difference"]].round(1)
           rule  threshold  difference
    1  relative        0.4        30.0
    3  relative        0.6       -10.0
    """
    table = relation_table(pairs, draws=draws, seed=seed, level=level)
    rules = [MaskRule.parse(name) for name in table["mask"]]
    after = list(table.columns).index("mask") + 1
    table.insert(after, "rule", [rule.kind for rule in rules])
    table.insert(after + 1, "threshold", [np.nan if rule.level is None else rule.level for rule in rules])
    return table


def _add(table: pd.DataFrame, name: str, estimate: Floats, samples: Floats, rests_on: Floats, level: float) -> None:
    low, high = percentile_interval(samples, rests_on, level=level)
    for suffix, values in (("", estimate), ("_low", low), ("_high", high)):
        table[name + suffix] = values * POINTS
