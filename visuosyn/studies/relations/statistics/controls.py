"""Is it more than chance? Pairs against controls of the same image.

A *control table* has one row for each pair-table row that it has an answer for: the keys caption_id, seed, pair, mask,
and the iou, iod, ioh that one would see without the relation. ``control_table`` compares the two, row by row.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from visuosyn.errors import UserError
from visuosyn.measure.pair_table import KEYS, OVERLAPS
from visuosyn.stats.bootstrap import bootstrap_means
from visuosyn.stats.permutation import contrast
from visuosyn.studies.relations.statistics.dominance import DIFFERENCE, relation_results
from visuosyn.studies.relations.statistics.sums import NAMES, UNRELATED, prompt_sums


def chance_controls(pairs: pd.DataFrame) -> pd.DataFrame:
    """The overlap expected of areas of the same sizes placed at random: a control table for every row.

    With shares a = |A| / N and b = |B| / N of the grid, E[IoD] = b and E[IoH] = a. The same holds on average over all
    cyclic shifts ("rolls") of one map against the other, which keep its shape. For IoU the expected intersection
    a b is put into the formula, ab / (a + b - ab): exact for large grids, a little below the true mean for small
    ones. Missing for ``soft`` maps, whose expectation needs more than their sums. How to read: what is left after
    subtraction is agreement in place. Caveat: two words that both avoid the border agree more than by chance.

    >>> from visuosyn.testing import pair_rows
    >>> pairs = pair_rows({"amod": [(1.0, 0.5)]})  # areas of a quarter and a half of the grid
    >>> chance_controls(pairs)[["iou", "iod", "ioh"]]
       iou  iod   ioh
    0  0.2  0.5  0.25
    """
    head, dependent = pairs["head_area"].to_numpy(), pairs["dependent_area"].to_numpy()
    union = head + dependent - head * dependent
    iou = np.divide(head * dependent, union, out=np.full(len(pairs), np.nan), where=union > 0)
    hard = (pairs["mask"] != "soft").to_numpy()
    values = {"iou": iou, "iod": head, "ioh": dependent}
    return pairs[list(KEYS)].assign(**{name: np.where(hard, value, np.nan) for name, value in values.items()})


def matched_controls(pairs: pd.DataFrame, *, caliper: int = 1) -> pd.DataFrame:
    """For each related pair the mean of the unrelated pairs of its image that look like it: a control table.

    Like it means: the same two parts of speech, and a distance that differs by at most ``caliper`` words. The
    control's roles are those of the related pair: by part of speech, or where both words have the same one, by
    word order. Pairs without such a control have no row. How to read: what is left after subtraction is not
    explained by which kinds of words, how far apart, in which picture. Caveat: only captions with several words
    of a kind have matches, so a relation's matched pairs are a selection; ``n_pairs`` says how large.

    >>> from visuosyn.testing import pair_rows
    >>> pairs = pair_rows({"amod": [(1.0, 0.5), (0.8, 0.4)], "unrelated": [(0.5, 0.5), (0.3, 0.4)]})
    >>> matched_controls(pairs)[["caption_id", "pair", "iod", "ioh"]]
      caption_id  pair  iod  ioh
    0          0     0  0.5  0.5
    1          1     0  0.3  0.4
    """
    columns = [*KEYS, *OVERLAPS]
    keys = ["caption_id", "pair", "kind", "head_upos", "dependent_upos", "distance", "head_first"]
    ordered = pairs[[*columns, *keys[2:]]].sort_values(list(KEYS), ignore_index=True)
    known = ordered[keys].drop_duplicates(["caption_id", "pair"]).reset_index(drop=True)
    swapped = known["head_upos"] > known["dependent_upos"]
    known["first"] = known["head_upos"].where(~swapped, known["dependent_upos"])
    known["second"] = known["dependent_upos"].where(~swapped, known["head_upos"])
    related = known[known["kind"] == "related"]
    both = related.merge(
        known[known["kind"] == UNRELATED], on=["caption_id", "first", "second"], suffixes=("", "_control")
    )
    both = both[(both["distance"] - both["distance_control"]).abs() <= caliper]
    same_kind = both["first"] == both["second"]
    turn = np.where(
        same_kind,
        both["head_first"] != both["head_first_control"],
        both["head_upos"] != both["head_upos_control"],
    )
    matches = both[["caption_id", "pair", "pair_control"]].assign(turn=turn)
    found = matches.merge(
        ordered[columns], left_on=["caption_id", "pair_control"], right_on=["caption_id", "pair"], suffixes=("", "_c")
    )
    iod = found["iod"].where(~found["turn"], found["ioh"])
    found = found.assign(ioh=found["ioh"].where(~found["turn"], found["iod"]), iod=iod)
    return found.groupby(list(KEYS), as_index=False)[list(OVERLAPS)].mean()


def control_table(
    pairs: pd.DataFrame, controls: pd.DataFrame, *, draws: int = 2000, seed: int = 0, level: float = 0.95
) -> pd.DataFrame:
    """Related pairs minus their controls, per relation, mask rule and measure; columns as in ``difference_table``.

    Measures are mIoU, mIoD, mIoH and the difference mIoD - mIoH, each as pair minus control in percentage points over
    the rows where both are there. Sign-flip p and bootstrap intervals go by prompt; Holm and Benjamini-Hochberg
    over relations and measures. How to read: estimate > 0, related pairs overlap more than the control does. Raises
    UserError where no row has a control.

    >>> from visuosyn.testing import pair_rows
    >>> pairs = pair_rows({"amod": [(1.0, 0.5), (0.8, 0.4)], "unrelated": [(0.5, 0.5), (0.3, 0.4)]})
    >>> table = control_table(pairs, matched_controls(pairs))
    >>> table.query("relation == 'amod'")[["measure", "estimate", "low", "high", "n"]].round(1)
           measure  estimate   low  high  n
    1         mIoU      16.2  15.7  16.7  2
    3         mIoD      50.0  50.0  50.0  2
    5         mIoH       0.0   0.0   0.0  2
    7  mIoD - mIoH      50.0  50.0  50.0  2
    """
    related = pairs[pairs["kind"] == "related"]
    both = related.merge(controls[[*KEYS, *OVERLAPS]], on=list(KEYS), suffixes=("", "_control"), validate="one_to_one")
    if both.empty:
        raise UserError("no pair of the table has a control: use captions with unrelated pairs or several seeds")
    for name in OVERLAPS:
        both[name] = both[name] - both[f"{name}_control"]
    both["difference"] = both["iod"] - both["ioh"]
    sums = prompt_sums(both, measures=[*OVERLAPS, "difference"])
    samples = bootstrap_means(sums.sums, sums.counts, draws=draws, seed=seed)
    found = {
        name: (contrast(*sums.of(column)), samples[:, :, number])
        for number, (column, name) in enumerate((NAMES | {"difference": DIFFERENCE}).items())
    }
    return relation_results(sums.cells, found, draws=draws, seed=seed, level=level)
