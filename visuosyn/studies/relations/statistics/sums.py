"""From a pair table to sums per prompt: all that a statistic clustered by prompt needs to see.

A *cell* is a (relation, mask rule). A mean over the rows of a cell is a ratio of sums over prompts, so resampling
or sign-flipping prompts never has to touch the rows again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.data.masks import LIMITS, MaskRule
from visuosyn.errors import UserError
from visuosyn.measure.pair_table import OVERLAPS
from visuosyn.stats.bootstrap import ratio
from visuosyn.stats.clustered import sums_at

UNRELATED = "unrelated"
KEPT = ("related", UNRELATED)  # kinds of pairs; further classes of the same words have tables of their own
ALL = "all head-dependent"
NAMES = {"iou": "mIoU", "iod": "mIoD", "ioh": "mIoH"}  # what a mean of a measure is called
CELL = ["relation", "mask"]  # columns that name a cell
KINDS = (*LIMITS, "soft")
QUANTUM = 2.0**-36  # far below any difference that a grid of pixels can show; sums of it do not depend on their order


@dataclass(frozen=True, eq=False)
class PromptSums:
    """Sums and counts of measures per prompt and cell.

    ``cells`` has the columns relation, mask, n_pairs, n_prompts and n_images, one row a cell, in report order: mask
    rules apart, and for each first "unrelated", then "all head-dependent", then the relations by n_pairs.
    ``sums`` and ``counts`` are float64 (prompt, cell, measure): a count leaves out the rows where the measure is
    missing. Prompts are sorted by id.

    >>> from visuosyn.testing import pair_rows
    >>> found = prompt_sums(pair_rows({"amod": [(0.9, 0.5), (0.7, 0.5)]}), measures=["iod", "ioh"])
    >>> found.prompts, list(found.cells["relation"]), found.means[1]
    (('0', '1'), ['all head-dependent', 'amod'], array([0.8, 0.5]))
    """

    prompts: tuple[str, ...]
    cells: pd.DataFrame
    measures: tuple[str, ...]
    sums: NDArray[np.float64]
    counts: NDArray[np.float64]

    @property
    def means(self) -> NDArray[np.float64]:
        """Means over rows, float64 (cell, measure); NaN without a row."""
        return ratio(self.sums.sum(axis=0), self.counts.sum(axis=0))

    def of(self, measure: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Sums and counts of one measure, each (prompt, cell)."""
        at = self.measures.index(measure)
        return self.sums[:, :, at], self.counts[:, :, at]


def prompt_sums(pairs: pd.DataFrame, *, measures: Sequence[str] = OVERLAPS) -> PromptSums:
    """Add up the related and unrelated rows of a pair table per prompt and cell; ``measures`` are columns of it.

    The result does not depend on the order of the rows, bit for bit. Raises UserError for a table without rows.

    >>> from visuosyn.testing import pair_rows
    >>> found = prompt_sums(pair_rows({"amod": [(0.9, 0.5), (0.7, 0.5)], "unrelated": [(0.3, 0.3)]}))
    >>> found.cells[["relation", "n_pairs", "n_prompts"]]
                 relation  n_pairs  n_prompts
    0           unrelated        1          1
    1  all head-dependent        2          2
    2                amod        2          2
    >>> found.sums[:, 2, 1], found.of("iod")[0][:, 2]  # IoD of amod in each prompt
    (array([0.9, 0.7]), array([0.9, 0.7]))
    """
    pairs = pairs[pairs["kind"].isin(KEPT)]
    if pairs.empty:
        raise UserError("the pair table holds no rows: there is nothing to compute statistics of")
    related = (pairs["kind"] == "related").to_numpy()
    rows = np.concatenate([np.arange(len(pairs)), np.flatnonzero(related)])  # a related pair counts for "all", too
    prompt, prompts = pd.factorize(pairs["caption_id"], sort=True)
    relation, relations = pd.factorize(pairs["relation"].where(related, UNRELATED), sort=True)
    mask, masks = pd.factorize(pairs["mask"], sort=True)
    relation = np.concatenate([relation, np.full(related.sum(), len(relations))])
    names = [*relations, ALL]
    shape = (len(prompts), len(names) * len(masks))
    place = np.ravel_multi_index((prompt[rows], relation * len(masks) + mask[rows]), shape)

    columns = [
        sums_at(place, shape, pairs[name].to_numpy(dtype=np.float64)[rows], quantum=QUANTUM) for name in measures
    ]
    sums, counts = (np.stack(values, axis=-1) for values in zip(*columns, strict=True))
    cells = pd.DataFrame({"relation": np.repeat(names, len(masks)), "mask": np.tile(masks, len(names))})
    per_prompt = _distinct(place, shape, pairs["pair"].to_numpy()[rows])
    cells["n_pairs"] = per_prompt.sum(axis=0)
    cells["n_prompts"] = (per_prompt > 0).sum(axis=0)
    cells["n_images"] = _distinct(place, shape, pairs["seed"].to_numpy()[rows]).sum(axis=0)
    order = _report_order(cells)
    return PromptSums(
        tuple(prompts), cells.iloc[order].reset_index(drop=True), tuple(measures), sums[:, order], counts[:, order]
    )


def _distinct(place: NDArray[np.intp], shape: tuple[int, int], numbers: NDArray[np.integer]) -> NDArray[np.intp]:
    """How many different numbers each place holds."""
    codes, kinds = pd.factorize(numbers)
    seen = pd.unique(place * len(kinds) + codes)
    return np.bincount(seen // len(kinds), minlength=shape[0] * shape[1]).reshape(shape)


def _report_order(cells: pd.DataFrame) -> NDArray[np.intp]:
    """Cells that hold rows: by mask rule, then unrelated, all, and relations from frequent to rare."""
    rules = [MaskRule.parse(name) for name in cells["mask"]]
    keys = pd.DataFrame(
        {
            "kind": [KINDS.index(rule.kind) for rule in rules],
            "level": [rule.level or 0.0 for rule in rules],
            "first": cells["relation"].map({UNRELATED: 0, ALL: 1}).fillna(2),
            "pairs": -cells["n_pairs"],
            "relation": cells["relation"],
        }
    )
    return keys[cells["n_pairs"] > 0].sort_values(list(keys.columns)).index.to_numpy()
