"""Do the study's tests keep their level, do its intervals cover? Run on simulated studies with a known truth.

One row for each test, measure, relation and number of prompts: type-I error at .05 (share of null studies where
p <= .05), coverage of 95% intervals, and the bias of the estimate in percentage points where a difference of 5 points
was planted. Intervals that were tried and not chosen go to a file of their own beside it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from visuosyn.run import write_text
from visuosyn.stats.bootstrap import bootstrap_means
from visuosyn.stats.calibrate import Record, calibration, other_intervals, verdict
from visuosyn.stats.corrections import POINTS
from visuosyn.stats.permutation import contrast
from visuosyn.studies.relations.statistics.controls import control_table, matched_controls
from visuosyn.studies.relations.statistics.dominance import DIFFERENCE, difference_table
from visuosyn.studies.relations.statistics.means import relation_table
from visuosyn.studies.relations.statistics.mixed import mixed_model
from visuosyn.studies.relations.statistics.simulate import STANDARD, simulate_controls, simulate_pairs
from visuosyn.studies.relations.statistics.sums import ALL, UNRELATED, PromptSums, prompt_sums

PLANTED = 0.05
SIZES = (40, 80, 200)
SHOWN = (UNRELATED, ALL, "det", "obj")  # of the simulated relations: a frequent and a rare one
# A mixed model takes as long as all the rest: studies up to so many prompts, with few seeds, every fourth of them.
LARGEST_MIXED, MIXED_SEEDS, MIXED_EVERY = 80, 2, 4
LARGE, TIMES = 20_000, 8  # prompts of the studies whose mean effect sizes count as the true ones, and their number
NOT_CHOSEN = "not chosen: "


def write_calibration(
    out: Path, *, studies: int = 2000, sizes: Sequence[int] = SIZES, draws: int = 1000, seed: int = 0
) -> Path:
    """Write the calibration as CSV to ``out``, and the intervals that were not chosen beside it; returns ``out``.

    ``sizes`` are prompts a study, ``draws`` bootstrap draws and sign patterns a study. With the defaults it takes
    hours.

    >>> from pathlib import Path
    >>> path = write_calibration(Path("calibration.csv"), studies=1, sizes=[30], draws=20)
    >>> sorted(file.name for file in path.parent.glob("calibration*.csv"))
    ['calibration.csv', 'calibration_not_chosen.csv']
    """
    table = calibration_table(studies=studies, sizes=sizes, draws=draws, seed=seed)
    left = table["test"].str.startswith(NOT_CHOSEN)
    beside = out.with_stem(f"{out.stem}_not_chosen")
    for path, rows in ((out, table[~left]), (beside, table[left].drop(columns="type1"))):
        write_text(path, rows.to_csv(index=False, float_format="%.4f", lineterminator="\n"))
    return out


def calibration_table(
    *, studies: int = 2000, sizes: Iterable[int] = SIZES, draws: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Type-I error, coverage and bias of every test and interval over simulated studies.

    Columns: test, measure, relation, prompts (in the study), n_prompts (that the estimate rests on, mean), studies (in
    which there was an answer), type1, coverage, bias; a figure that a test does not have is missing. Bias is in
    points, of an effect size in its own unit. Monte Carlo error with 2,000 studies: .005 for a rate of .05.

    >>> table = calibration_table(studies=2, sizes=[30], draws=20)
    >>> table["test"].unique()[[0, 3]].tolist()
    ['sign flip', 'bootstrap interval']
    """

    def simulate(size: int, study: int, random: np.random.Generator) -> Iterator[Record]:
        for record in _study(size, random, draws, mixed=study % MIXED_EVERY == 0):
            yield record | {"prompts": size}

    keys = ["test", "measure", "relation", "prompts"]
    return calibration(simulate, keys=keys, means=["n_prompts"], studies=studies, sizes=sizes, seed=seed)


def _study(size: int, random: np.random.Generator, draws: int, *, mixed: bool) -> Iterator[Record]:
    """The verdicts of one simulated null study and of one with a planted difference."""
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
    yield from _not_chosen(sums, draws=draws, seed=draw_seed)
    if mixed and size <= LARGEST_MIXED:
        yield from _mixed(size, random)


def _shown(table: pd.DataFrame) -> Iterator[Any]:
    """The rows of a table of tests that the calibration shows."""
    return table[table["p"].notna() & table["relation"].isin(SHOWN)].itertuples()


def _facts(test: str, measure: str, relation: str, n: int) -> Record:
    return {"test": test, "measure": measure, "relation": relation, "n_prompts": n}


def _tests(test: str, table: pd.DataFrame) -> Iterator[Record]:
    """A test's verdict on a null study; its interval should hold 0 and its estimate be 0."""
    for row in _shown(table):
        found = verdict(row.estimate, 0.0, interval=(row.low, row.high), p=row.p)
        yield _facts(test, row.measure, row.relation, row.n) | found


def _mixed(size: int, random: np.random.Generator) -> Iterator[Record]:
    """Relations minus unrelated pairs in the mixed model: level on a null study, coverage and bias of 5 points."""
    null = simulate_pairs(size, random, seeds=MIXED_SEEDS)
    planted = simulate_pairs(size, random, seeds=MIXED_SEEDS, difference=PLANTED)
    tables = [mixed_model(pairs, measure="difference", covariates=()).relations for pairs in (null, planted)]
    for which, table in enumerate(tables):
        for row in _shown(table):
            found = verdict(row.estimate, PLANTED * POINTS, interval=(row.low, row.high), p=row.p)
            wanted = ("coverage", "bias") if which else ("type1",)
            yield _facts("mixed model", row.measure, row.relation, row.n) | {name: found[name] for name in wanted}


def _truth(relation: str) -> dict[str, float]:
    return STANDARD.truth(STANDARD.shift(0.0 if relation == UNRELATED else PLANTED))


def _intervals(table: pd.DataFrame) -> Iterator[Record]:
    rows = table[(table["n_prompts"] > 1) & table["relation"].isin(SHOWN)].to_dict("records")
    for row, name in itertools.product(rows, ("mIoU", "mIoD", "mIoH", "difference")):
        found = verdict(
            row[name], _truth(row["relation"])[name] * POINTS, interval=(row[f"{name}_low"], row[f"{name}_high"])
        )
        measure = DIFFERENCE if name == "difference" else name
        yield _facts("bootstrap interval", measure, row["relation"], row["n_prompts"]) | found


def _effects(sums: PromptSums) -> Iterator[Record]:
    """Intervals of the standardised differences."""
    found = contrast(*sums.of("iod"), against=sums.of("ioh"))
    lows, highs = found.effect_interval()
    for at, relation in enumerate(sums.cells["relation"]):
        if relation in SHOWN and found.n[at] > 1:
            ends = (float(lows[at]), float(highs[at]))
            said = verdict(float(found.effect[at]), _true_effects()[relation], interval=ends)
            yield _facts("effect size", DIFFERENCE, relation, int(found.n[at])) | said


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


def _not_chosen(sums: PromptSums, *, draws: int, seed: int) -> Iterator[Record]:
    """Intervals that were not chosen, on the same studies: mIoD of the relation "det"."""
    cell = int(sums.cells.index[sums.cells["relation"] == "det"][0])
    total, count = (values[:, cell] for values in sums.of("iod"))
    samples = bootstrap_means(total, count, draws=draws, seed=seed)
    mean, truth = total.sum() / count.sum(), _truth("det")["mIoD"]
    for name, ends in other_intervals(samples, total, count).items():
        found = verdict(mean * POINTS, truth * POINTS, interval=(ends[0] * POINTS, ends[1] * POINTS))
        yield _facts(NOT_CHOSEN + name, "mIoD", "det", int((count > 0).sum())) | found
