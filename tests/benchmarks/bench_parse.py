"""Rate of parsing with conversion to Universal Dependencies against bare spaCy with the same components.

    python tests/benchmarks/bench_parse.py [CAPTIONS]

CAPTIONS: any corpus (2,001 COCO captions were used for the bar); without it, captions made here. Both ways run in turn,
and the best of several rounds counts, by CPU time. Bar: at least 0.8.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable
from itertools import product
from time import process_time

from visuosyn.corpus import read_corpus
from visuosyn.parse import load_parser
from visuosyn.records import Caption

ROUNDS = 5


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
    texts = [" ".join(caption.text.split()) for caption in captions]
    times = [
        (cpu_time(lambda: parser.nlp.pipe(texts, batch_size=256)), cpu_time(lambda: parser.parse(captions)))
        for _ in range(ROUNDS)
    ]
    bare, ours = (min(column) for column in zip(*times, strict=True))
    n = len(captions)
    print("| captions | bare spaCy, captions/s | with conversion, captions/s | ratio | bar |")
    print("| --- | --- | --- | --- | --- |")
    print(f"| {n} | {n / bare:.0f} | {n / ours:.0f} | {bare / ours:.3f} | >= 0.8 |")


if __name__ == "__main__":
    main()
