"""How many prompts and seeds does a study need? From the variances of a pilot run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.data.masks import MaskRule
from visuosyn.errors import UserError
from visuosyn.stats.corrections import FEW, POINTS
from visuosyn.stats.permutation import contrast
from visuosyn.stats.power import needed_units, reach, variance_of_one
from visuosyn.studies.relations.statistics.sums import CELL, prompt_sums

Floats = NDArray[np.float64]


def power_table(
    pilot: pd.DataFrame,
    *,
    mask: str | None = None,
    difference: float = 5.0,
    power: float = 0.8,
    alpha: float = 0.05,
    seeds: Sequence[int] = (1, 2, 4, 8),
) -> pd.DataFrame:
    """Prompts needed to find a true mIoD - mIoH of ``difference`` points, per relation, mask rule and number of seeds.

    ``pilot`` is the pair table of a run; of it the rows of ``mask``, if one is named. Columns: relation, mask, seeds,
    ``with_relation`` (prompts that hold the relation), ``prompts`` (captions of such a corpus, at the pilot's share of
    captions with the relation), ``images`` = prompts x seeds, ``sd_prompt`` and ``sd_seed`` (points), ``detectable``
    (difference that the pilot itself could find at this power), ``n`` (prompts of the pilot with the relation), ``few``
    (n < 20: a guess).

    A prompt's share in the estimate varies by A + B / S with S seeds: B is estimated from how much the seeds of a
    prompt differ, A is the rest of the clustered variance. The number is that of a two-sided t-test,
    ((z_alpha + z_power) / d)^2 + z_alpha^2 / 2 with d = difference / sqrt(A + B / S) (Guenther 1981, The American
    Statistician 35:4). How to read: where sd_prompt is the larger, more seeds do not help and more prompts do. With one
    seed in the pilot A and B cannot be separated: only rows with one seed are given. Caveat: a small
    pilot's variances are themselves uncertain.

    >>> import pandas as pd
    >>> from visuosyn.testing import pair_rows
    >>> seeds = [[(0.9, 0.5), (0.8, 0.5), (0.6, 0.6)], [(0.8, 0.5), (0.8, 0.4), (0.6, 0.5)]]
    >>> pilot = pd.concat([pair_rows({"amod": overlaps}, seed=seed) for seed, overlaps in enumerate(seeds)])
    >>> table = power_table(pilot).query("relation == 'amod'")
    >>> table[["seeds", "prompts", "images", "sd_prompt", "sd_seed"]].round(1)  # more seeds do not help
       seeds  prompts  images  sd_prompt  sd_seed
    1      1    104.0   104.0       16.6      7.1
    3      2     97.0   194.0       16.6      7.1
    5      4     93.0   372.0       16.6      7.1
    7      8     91.0   728.0       16.6      7.1
    """
    _check(difference, seeds)
    errors = reach(power, alpha)
    if mask is not None:
        masks = sorted(pilot["mask"].unique())
        if mask not in masks:
            raise UserError(f"mask rule {mask} was not measured in the pilot: choose one of {', '.join(masks)}")
        if MaskRule.parse(mask).kind == "area":
            raise UserError(f"under {mask} all areas are equal, so mIoD - mIoH is 0: {_other_rules(masks)}")
        pilot = pilot[pilot["mask"] == mask]
    whole = prompt_sums(pilot, measures=["iod", "ioh"])
    found = contrast(*whole.of("iod"), against=whole.of("ioh"))
    variance = found.error**2 * found.n  # of one prompt's share in the estimate, with the pilot's seeds
    number = pilot["seed"].nunique()
    of_seeds = _seed_variance(pilot, whole.cells) if number > 1 else np.full(len(variance), np.nan)
    rest = np.maximum(variance - of_seeds / number, 0)
    share = whole.cells["n_prompts"].to_numpy() / len(whole.prompts)
    tables = []
    for count in seeds if number > 1 else [1]:
        spread = rest + of_seeds / count if number > 1 else variance
        needed = needed_units(spread, difference / POINTS, power=power, alpha=alpha)
        table = whole.cells[CELL].assign(seeds=count, with_relation=needed)
        table["prompts"] = np.ceil(needed / share)
        table["images"] = table["prompts"] * count
        table["sd_prompt"], table["sd_seed"] = np.sqrt(rest) * POINTS, np.sqrt(of_seeds) * POINTS
        tables.append(table.assign(detectable=errors * found.error * POINTS, n=found.n, few=found.n < FEW))
    return pd.concat(tables, ignore_index=True)


def needed_prompts(table: pd.DataFrame) -> pd.DataFrame:
    """A power table of one mask rule for reading: a row a relation, a column of captions for each number of seeds.

    Columns: relation (with * where the pilot has few prompts), pilot (its prompts with the relation), sd_prompt,
    sd_seed, detectable, then "1 seed", "2 seeds" ... Relations that occur in one prompt only have no row.

    >>> import pandas as pd
    >>> from visuosyn.testing import pair_rows
    >>> seeds = [[(0.9, 0.5), (0.8, 0.5), (0.6, 0.6)], [(0.8, 0.5), (0.8, 0.4), (0.6, 0.5)]]
    >>> pilot = pd.concat([pair_rows({"amod": overlaps}, seed=seed) for seed, overlaps in enumerate(seeds)])
    >>> needed_prompts(power_table(pilot))[["relation", "pilot", "1 seed", "2 seeds", "8 seeds"]]
                  relation  pilot  1 seed  2 seeds  8 seeds
    0  all head-dependent*      3     104       97       91
    1                amod*      3     104       97       91
    """
    facts = ["relation", "n", "sd_prompt", "sd_seed", "detectable"]
    usable = table[table["detectable"].notna()]
    wide = usable.drop_duplicates("relation")[[*facts, "few"]].reset_index(drop=True)
    for count, rows in usable.groupby("seeds"):
        needed = wide["relation"].map(rows.set_index("relation")["prompts"])
        wide["1 seed" if count == 1 else f"{count} seeds"] = needed.astype("Int64")
    wide["relation"] += wide.pop("few").map({True: "*", False: ""})
    return wide.rename(columns={"n": "pilot"})


def _seed_variance(pilot: pd.DataFrame, cells: pd.DataFrame) -> Floats:
    """Variance over seeds of a prompt's share in the estimate, if it had that one image, (cell,)."""
    seeds = pd.factorize(pilot["seed"], sort=True)[0]
    number = int(seeds.max()) + 1
    places = pd.factorize(pilot["caption_id"], sort=True)[0] * number + seeds
    images = prompt_sums(pilot.assign(caption_id=places), measures=["iod", "ioh"])
    keys = pd.MultiIndex.from_frame(cells[CELL])
    order = pd.MultiIndex.from_frame(images.cells[CELL]).get_indexer(keys)
    found = contrast(*images.of("iod"), against=images.of("ioh"))
    grid = (int(places.max()) // number + 1, number, len(cells))
    shares, counted = np.zeros(grid), np.zeros(grid, dtype=bool)
    at = np.array(images.prompts)
    shares[at // number, at % number] = found.null[:, order]
    counted[at // number, at % number] = (images.counts[:, order] > 0).all(axis=-1)
    return variance_of_one(shares, counted)


def _other_rules(masks: Sequence[str]) -> str:
    """What to do where a rule shows no difference: the rules that could show one, if the pilot has any."""
    others = [one for one in masks if MaskRule.parse(one).kind != "area"]
    if not others:
        return "measure the pilot under another mask rule, such as soft"
    return f"choose another mask rule of the pilot, {' or '.join(others)} (on the command line --mask {others[0]})"


def _check(difference: float, seeds: Sequence[int]) -> None:
    if not difference > 0:
        raise UserError(f"difference is {difference}: use a positive number of percentage points")
    if not seeds or min(seeds) < 1:
        raise UserError(f"seeds are {list(seeds)}: name at least one number of seeds, each 1 or more")
