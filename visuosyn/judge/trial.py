"""How often a judge is right on scenes of the microworld, where the truth is known."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from visuosyn.judge.base import Judge
from visuosyn.microworld.world.scenes import sample

SCENES, FIRST_SEED = 500, 9_000_000


def try_judge(
    judge: Judge, partners: Mapping[str, Mapping[str, Iterable[str]]], *, scenes: int = SCENES
) -> pd.DataFrame:
    """Ask a judge about rendered scenes that nothing was trained on: rows kind, question, n, right.

    ``partners``: kind -> noun -> nouns that it may be mistaken for. For every noun of a scene that has partners of a
    kind the judge is asked whether the noun is there ("present": it is) and whether one of the partners, drawn at
    random, is there ("absent": it is not). Sensitivity is right / n of the first, specificity that of the second.
    Caveat: these scenes are cleaner than what a model draws, so a judge errs less here.
    """
    chance = random.Random(0)
    rows: list[dict[str, Any]] = []
    for seed in range(FIRST_SEED, FIRST_SEED + scenes):
        scene = sample(seed, split="any")
        there = sorted({one.noun for one in scene.objects if one.mask.any()})
        asked = [("present", kind, noun) for kind, known in partners.items() for noun in there if noun in known]
        for _, kind, noun in list(asked):
            absent = sorted(set(partners[kind][noun]).difference(there))
            asked += [("absent", kind, chance.choice(absent))] if absent else []
        if asked:
            verdicts = judge.judge(scene.image, [noun for *_, noun in asked])
            for (question, kind, _), verdict in zip(asked, verdicts, strict=True):
                rows.append({"kind": kind, "question": question, "right": verdict.present is (question == "present")})
    table = pd.DataFrame(rows, columns=["kind", "question", "right"])
    return table.groupby(["kind", "question"])["right"].agg(n="size", right="sum").reset_index()
