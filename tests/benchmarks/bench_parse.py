"""Rate of parsing with conversion to Universal Dependencies against bare spaCy with the same components.

    python tests/benchmarks/bench_parse.py [CAPTIONS]

CAPTIONS: any corpus (2,001 COCO captions were used for the bar); without it, captions made here. Both ways take
turns batch by batch, so that a busy machine slows both; CPU time counts. Bar: at least 0.8.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from itertools import product
from statistics import median
from time import process_time

from visuosyn.corpus import read_corpus
from visuosyn.data import Caption
from visuosyn.parse import load_parser

ROUNDS = 2
BATCH = 256


def made_captions() -> list[Caption]:
    """A thousand captions of the length and make of those people write of photographs."""
    people = ("A man in a red hat", "Two women and a child", "A small dog", "A group of people", "The old bus")
    doings = (
        "sitting on a bench",
        "standing next to a giraffe",
        "that is parked in front of a shop",
        "riding a wave",
        "",
    )
    places = ("in a park.", "on the side of the road", "with a cup, a plate and a fork.", "at night", "near the water.")
    ends = (
        "",
        " It is raining.",
        " There are trees behind them.",
        " and a kite",
        ", which looks happy",
        " while it rains",
    )
    rows = product(people, doings, places, ends)
    return [Caption(str(i), " ".join(" ".join(row).split())) for i, row in enumerate(rows)]


def cpu_time(run: Callable[[], Iterable[object]]) -> float:
    start = process_time()
    deque(run(), maxlen=0)
    return process_time() - start


def main() -> None:
    captions = list(read_corpus(sys.argv[1]).captions) if len(sys.argv) > 1 else made_captions()
    parser = load_parser()
    deque(parser.parse(captions), maxlen=0)  # spaCy remembers the lemmas of words that it has seen
    times = []
    for start in [*range(0, len(captions), BATCH)] * ROUNDS:
        batch = captions[start : start + BATCH]
        texts = [" ".join(caption.text.split()) for caption in batch]
        bare = partial(parser.library.nlp.pipe, texts, batch_size=BATCH)
        times.append((cpu_time(bare), cpu_time(partial(parser.parse, batch, batch_size=BATCH))))
    bare_rate, our_rate = (len(captions) * ROUNDS / sum(column) for column in zip(*times, strict=True))
    ratio = median(bare / ours for bare, ours in times)
    print("| captions | bare spaCy, captions/s | with conversion, captions/s | ratio (median of batches) | bar |")
    print("| --- | --- | --- | --- | --- |")
    print(f"| {len(captions)} | {bare_rate:.0f} | {our_rate:.0f} | {ratio:.3f} | >= 0.8 |")


if __name__ == "__main__":
    main()
