"""Overlaps of all pairs of an image at once, against a loop over pairs that thresholds both maps each time.

Both take the same maps to the same numbers (checked). CPU time, paired: the two run in turn, the median ratio counts.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable

import numpy as np

from visuosyn.data import AttentionSlice, HeatMaps, Word
from visuosyn.data.masks import MaskRule
from visuosyn.measure.overlap import rule_overlaps

ROUNDS = 15
RULES = ("relative:0.3", "relative:0.4", "relative:0.5", "absolute:0.3", "absolute:0.5")


def random_maps(words: int, side: int) -> HeatMaps:
    sums = np.random.default_rng(0).random((words, side, side), dtype=np.float32)
    named = tuple(Word(f"w{i}", 4 * i, 4 * i + 3, index=i) for i in range(words))
    return HeatMaps("", named, (AttentionSlice("total", (side, side), sums, 1),), (side, side), steps=1)


def loop(maps: HeatMaps, pairs: list[tuple[int, int]], rules: list[MaskRule]) -> np.ndarray:
    rows = []
    for rule in rules:
        for head, dependent in pairs:
            b, a = maps[head].mask(rule), maps[dependent].mask(rule)
            shared = (a & b).sum()
            rows.append((shared / (a | b).sum(), shared / a.sum(), shared / b.sum()))
    return np.array(rows)


def at_once(maps: HeatMaps, pairs: list[tuple[int, int]], rules: list[MaskRule]) -> np.ndarray:
    heads, dependents = np.transpose(pairs)
    found = rule_overlaps(maps.array, heads, dependents, rules, steps=maps.steps)
    return np.stack([found.iou, found.iod, found.ioh], axis=-1).reshape(-1, 3)


def seconds(job: Callable[..., object], *args: object, repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        job(*args)
    return (time.process_time() - start) / repeats


def main() -> None:
    rules = [MaskRule.parse(name) for name in RULES]
    print(f"mask rules: {', '.join(RULES)}; bar: 50")
    print("grid   words  pairs  loop ms  at once ms  ratio")
    for side, words in ((16, 12), (16, 24), (64, 12), (64, 24), (128, 24)):
        case = (random_maps(words, side), list(itertools.combinations(range(words), 2)), rules)
        np.testing.assert_allclose(at_once(*case), loop(*case))
        times = [(seconds(loop, *case, repeats=1), seconds(at_once, *case, repeats=10)) for _ in range(ROUNDS)]
        slow, fast = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
        ratio = statistics.median(slow / fast for slow, fast in times)
        print(f"{side:>3}^2  {words:>5}  {len(case[1]):>5}  {slow:>7.2f}  {fast:>10.3f}  {ratio:>5.0f}")


if __name__ == "__main__":
    main()
