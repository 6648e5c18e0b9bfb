"""All statistics of a study at scale, and the bootstrap over prompts against resampling rows in pandas.

1,000,000 rows of 20,000 prompts with 10,000 draws and sign patterns: relations, tests, corrections, verdicts, chance
and matched controls; time and peak memory (bars: 60 s and 4 GiB on two cores). The ratio is of CPU time a draw, paired,
on the same table (bar: 30).
"""

from __future__ import annotations

import os
import resource
import statistics
import time

import numpy as np
import pandas as pd

from visuosyn.stats.bootstrap import bootstrap_means
from visuosyn.studies.relations.statistics.sums import prompt_sums
from visuosyn.studies.relations.statistics.tables import study_tables

PROMPTS, PAIRS, DRAWS, ROUNDS = 20_000, 10, 10_000, 5
MASKS = ("relative:0.2", "relative:0.3", "relative:0.4", "area:0.2", "soft")
RELATIONS = ("det", "amod", "case", "nsubj", "obj", "obl", "nmod:of", "compound", "conj:and", "punct", "acl")


def random_pairs() -> pd.DataFrame:
    random = np.random.default_rng(0)
    labels = np.array([*RELATIONS, *["unrelated"] * 3])[random.integers(0, 14, PROMPTS * PAIRS)]
    rows = PROMPTS * PAIRS * len(MASKS)
    iod, ioh, head_area, dependent_area = random.random((4, rows))
    tags, distances, orders = random.integers(0, 3, (2, len(labels))), random.geometric(0.4, len(labels)), labels < "m"
    return pd.DataFrame(
        {
            "caption_id": np.tile(np.repeat([f"caption {n}" for n in range(PROMPTS)], PAIRS), len(MASKS)),
            "seed": 0,
            "pair": np.tile(np.arange(PAIRS), PROMPTS * len(MASKS)),
            "kind": np.tile(np.where(labels == "unrelated", "unrelated", "related"), len(MASKS)),
            "relation": np.tile(labels, len(MASKS)),
            "mask": np.repeat(MASKS, PROMPTS * PAIRS),
            "head_upos": np.tile(np.array(["NOUN", "VERB", "ADJ"])[tags[0]], len(MASKS)),
            "dependent_upos": np.tile(np.array(["NOUN", "VERB", "ADJ"])[tags[1]], len(MASKS)),
            "distance": np.tile(distances, len(MASKS)),
            "head_first": np.tile(orders, len(MASKS)),
            "head_area": head_area,
            "dependent_area": dependent_area,
            "iou": np.minimum(iod, ioh) / 2,
            "iod": iod,
            "ioh": ioh,
        }
    )


def pandas_draws(pairs: pd.DataFrame, rows: np.ndarray, random: np.random.Generator, draws: int) -> None:
    """What one writes first: draw prompts, gather their rows, group and average. ``rows`` is (prompt, row)."""
    for _ in range(draws):
        drawn = pairs.iloc[rows[random.integers(0, len(rows), len(rows))].ravel()]
        drawn.groupby(["relation", "mask"], sort=False)[["iou", "iod", "ioh"]].mean()


def cpu_seconds(job, *args, **options) -> float:
    start = time.process_time()
    job(*args, **options)
    return time.process_time() - start


def main() -> None:
    pairs = random_pairs()
    start, cpu = time.perf_counter(), time.process_time()
    tables = study_tables(pairs, draws=DRAWS)
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{', '.join(tables)}: {len(pairs):,} rows, {DRAWS:,} draws, on {os.cpu_count()} cores")
    print(f"{wall:.1f} s (CPU {cpu:.1f} s), peak {peak:.2f} GiB (bars: 60 s, 4 GiB)")

    rows = np.argsort(pairs["caption_id"].to_numpy(), kind="stable").reshape(PROMPTS, -1)
    random, sums = np.random.default_rng(0), prompt_sums(pairs)
    many = DRAWS // 20
    times = [
        (
            cpu_seconds(pandas_draws, pairs, rows, random, 1),
            cpu_seconds(bootstrap_means, sums.sums, sums.counts, draws=many) / many,
        )
        for _ in range(ROUNDS)
    ]
    slow, fast = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
    ratio = statistics.median(slow / fast for slow, fast in times)
    print(f"one draw: rows in pandas {slow:.0f} ms, sums of prompts {fast:.2f} ms, ratio {ratio:.0f} (bar: 30)")


if __name__ == "__main__":
    main()
