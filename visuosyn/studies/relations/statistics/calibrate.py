"""Do the tests keep their level, do the intervals cover? Run on simulated studies with a known truth.

``make calibrate`` writes one row for each test, measure, relation and number of prompts: type-I error at .05 (share of
null studies where p <= .05), coverage of 95% intervals, and the bias of the estimate in percentage points where a
difference of 5 points was planted. Intervals that were tried and not chosen go to a file of their own beside it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from visuosyn.stats.bootstrap import bootstrap_means
from visuosyn.stats.permutation import contrast
from visuosyn.studies.relations.statistics.controls import control_table, matched_controls
from visuosyn.studies.relations.statistics.dominance import DIFFERENCE, difference_table
from visuosyn.studies.relations.statistics.means import POINTS, relation_table
from visuosyn.studies.relations.statistics.mixed import mixed_model
from visuosyn.studies.relations.statistics.simulate import STANDARD, simulate_controls, simulate_pairs
from visuosyn.studies.relations.statistics.sums import PromptSums, prompt_sums

ALPHA = 0.05
PLANTED = 0.05
SIZES = (40, 80, 200)
SHOWN = ("unrelated", "all head-dependent", "det", "obj")  # of the simulated relations: a frequent and a rare one
# A mixed model takes as long as all the rest: studies up to so many prompts, with few seeds, every fourth of them.
LARGEST_MIXED, MIXED_SEEDS, MIXED_EVERY = 80, 2, 4
LARGE, TIMES = 20_000, 8  # prompts of the studies whose mean effect sizes count as the true ones, and their number
NOT_CHOSEN = "not chosen: "
Record = dict[str, object]


def calibration_table(
    *, studies: int = 2000, sizes: Iterable[int] = SIZES, draws: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Type-I error, coverage and bias of every test and interval over simulated studies.

    Columns: test, measure, relation, prompts (in the study), n_prompts (that the estimate rests on, mean), studies (in
    which there was an answer), type1, coverage, bias; a figure that a test does not have is missing. Bias is in
    points, of an effect size in its own unit. Monte Carlo error with 2,000 studies: .005 for a rate of .05.
    """
    records = [
        record | {"prompts": size}
        for size in sizes
        for study in range(studies)
        for record in _study(size, np.random.default_rng([seed, size, study]), draws, mixed=study % MIXED_EVERY == 0)
    ]
    keys = ["test", "measure", "relation", "prompts"]
    grouped = pd.DataFrame(records).groupby(keys, sort=False)
    result = grouped[["n_prompts", "type1", "coverage", "bias"]].mean()
    result.insert(1, "studies", grouped[["type1", "coverage"]].count().max(axis=1))
    return result.reset_index()


def _study(size: int, random: np.random.Generator, draws: int, *, mixed: bool) -> Iterator[Record]:
    """All that one simulated null study and one with a planted difference say."""
    draw_seed = int(random.integers(2**31))
    null = simulate_pairs(size, random)
    planted = simulate_pairs(size, random, difference=PLANTED)
    controls = {"control": simulate_controls(null, random), "matched pair": matched_controls(null)}
    yield from _tests("sign flip", difference_table(null, draws=draws, seed=draw_seed))
    for name, control in controls.items():
        if not control.empty:
            yield from _tests(f"sign flip, pair - {name}", control_table(null, control, draws=draws, seed=draw_seed))
    yield from _intervals(relation_table(planted, draws=draws, seed=draw_seed))
    sums = prompt_sums(planted, measures=["iod", "ioh"])
    yield from _effects(sums)
    yield from _alternatives(sums, draws=draws, seed=draw_seed)
    if mixed and size <= LARGEST_MIXED:
        yield from _mixed(size, random)


def _tests(test: str, table: pd.DataFrame) -> Iterator[Record]:
    """A test's verdict on a null study; its interval should hold 0 and its estimate be 0."""
    rows: Any = table[table["p"].notna() & table["relation"].isin(SHOWN)].itertuples()
    for row in rows:
        facts = {"test": test, "measure": row.measure, "relation": row.relation, "n_prompts": row.n}
        covered = float(row.low <= 0 <= row.high)
        yield facts | {"type1": float(row.p <= ALPHA), "coverage": covered, "bias": row.estimate}


def _mixed(size: int, random: np.random.Generator) -> Iterator[Record]:
    """Relations minus unrelated pairs in the mixed model: level on a null study, coverage and bias of 5 points."""
    null = simulate_pairs(size, random, seeds=MIXED_SEEDS)
    planted = simulate_pairs(size, random, seeds=MIXED_SEEDS, difference=PLANTED)
    tables = [mixed_model(pairs, measure="difference", covariates=()).relations for pairs in (null, planted)]
    for which, table in enumerate(tables):
        rows: Any = table[table["p"].notna() & table["relation"].isin(SHOWN)].itertuples()
        for row in rows:
            facts = {"test": "mixed model", "measure": row.measure, "relation": row.relation, "n_prompts": row.n}
            covered = float(row.low <= PLANTED * POINTS <= row.high)
            told = {"coverage": covered, "bias": row.estimate - PLANTED * POINTS}
            yield facts | (told if which else {"type1": float(row.p <= ALPHA)})


def _truth(relation: str) -> dict[str, float]:
    return STANDARD.truth(STANDARD.shift(0.0 if relation == "unrelated" else PLANTED))


def _intervals(table: pd.DataFrame) -> Iterator[Record]:
    rows = table[(table["n_prompts"] > 1) & table["relation"].isin(SHOWN)].to_dict("records")
    for row, name in itertools.product(rows, ("mIoU", "mIoD", "mIoH", "difference")):
        true = _truth(row["relation"])[name] * POINTS
        yield {
            "test": "bootstrap interval",
            "measure": DIFFERENCE if name == "difference" else name,
            "relation": row["relation"],
            "n_prompts": row["n_prompts"],
            "coverage": float(row[f"{name}_low"] <= true <= row[f"{name}_high"]),
            "bias": row[name] - true,
        }


def _effects(sums: PromptSums) -> Iterator[Record]:
    """Intervals of the standardised differences."""
    found = contrast(*sums.of("iod"), against=sums.of("ioh"))
    lows, highs = found.effect_interval()
    for at, relation in enumerate(sums.cells["relation"]):
        if relation in SHOWN and found.n[at] > 1:
            true = _true_effects()[relation]
            facts = {"test": "effect size", "measure": DIFFERENCE, "relation": relation, "n_prompts": int(found.n[at])}
            yield facts | {"coverage": float(lows[at] <= true <= highs[at]), "bias": found.effect[at] - true}


@lru_cache(maxsize=1)
def _true_effects() -> dict[str, float]:
    """Effect sizes by relation as very large studies find them."""
    found = []
    for study in range(TIMES):
        pairs = simulate_pairs(LARGE, np.random.default_rng(study), difference=PLANTED)
        sums = prompt_sums(pairs, measures=["iod", "ioh"])
        effects = contrast(*sums.of("iod"), against=sums.of("ioh")).effect
        found.append(dict(zip(sums.cells["relation"], effects.tolist(), strict=True)))
    return {relation: float(np.mean([each[relation] for each in found])) for relation in found[0]}


def _alternatives(sums: PromptSums, *, draws: int, seed: int) -> Iterator[Record]:
    """Intervals that were not chosen, on the same studies: mIoD of the relation "det"."""
    cell = sums.cells.index[sums.cells["relation"] == "det"]
    total, count = (part[:, cell] for part in sums.of("iod"))
    drawn = bootstrap_means(total, count, draws=draws, seed=seed)[:, 0]
    found = contrast(total, count)
    truth = _truth("det")["mIoD"]
    mean, n = found.estimate[0], int(found.n[0])
    error = np.sqrt(n / (n - 1) * np.sum(((total - mean * count) / count.sum()) ** 2))
    low, high = np.nanquantile(drawn, [ALPHA / 2, 1 - ALPHA / 2])
    reach = stats.t.ppf(1 - ALPHA / 2, n - 1) * error
    ends = {
        "percentile": (low, high),
        "basic": (2 * mean - high, 2 * mean - low),
        "BCa": _bca(drawn, mean, total[:, 0], count[:, 0]),
        "cluster t": (mean - reach, mean + reach),
    }
    for name, (below, above) in ends.items():
        facts = {"test": NOT_CHOSEN + name, "measure": "mIoD", "relation": "det", "n_prompts": n}
        yield facts | {"coverage": float(below <= truth <= above), "bias": (mean - truth) * POINTS}


def _bca(drawn: np.ndarray, mean: float, total: np.ndarray, count: np.ndarray) -> tuple[float, float]:
    """Bias-corrected and accelerated interval, with the jackknife over prompts (Efron 1987)."""
    without = (total.sum() - total) / (count.sum() - count)
    lean = without.mean() - without
    acceleration = np.sum(lean**3) / (6 * np.sum(lean**2) ** 1.5)
    middle = stats.norm.ppf(np.clip(np.mean(drawn < mean), 1 / len(drawn), 1 - 1 / len(drawn)))
    reach = middle + stats.norm.ppf([ALPHA / 2, 1 - ALPHA / 2])
    low, high = np.nanquantile(drawn, stats.norm.cdf(middle + reach / (1 - acceleration * reach)))
    return float(low), float(high)


def write_calibration(
    out: str | Path,
    *,
    studies: int = 2000,
    sizes: Iterable[int] = SIZES,
    draws: int = 1000,
    seed: int = 0,
) -> None:
    """Write the calibration as CSV, and what was not chosen beside it; options as in ``calibration_table``."""
    out = Path(out)
    table = calibration_table(studies=studies, sizes=sizes, draws=draws, seed=seed)
    out.parent.mkdir(parents=True, exist_ok=True)
    left = table["test"].str.startswith(NOT_CHOSEN)
    beside = out.with_stem(f"{out.stem}_not_chosen")
    for path, rows in ((out, table[~left]), (beside, table[left].drop(columns="type1"))):
        rows.to_csv(path, index=False, float_format="%.4f", lineterminator="\n")
