"""Simulated tables of a cohyponym study: pairs of nouns with known chances of showing both."""

import itertools

import numpy as np
import pandas as pd

NOUNS = [f"n{i:02d}" for i in range(24)]


def images(
    *,
    yes=0.5,
    no=0.6,
    pairs=24,
    per_pair=16,
    tau=0.1,
    seed=0,
    sensitivity=1.0,
    specificity=1.0,
    noun_sd=0.0,
    apart=False,
) -> pd.DataFrame:
    """One row a picture; pair g shows both nouns with chance p_g = rate + N(0, tau) (+ effects of its nouns)."""
    random = np.random.default_rng(seed)
    every = list(itertools.combinations(NOUNS, 2))
    chosen = [every[i] for i in random.permutation(len(every))[: 2 * pairs]]
    if apart:  # the kinds have no noun in common
        chosen = [*itertools.combinations(NOUNS[:8], 2)][:pairs] + [*itertools.combinations(NOUNS[8:16], 2)][:pairs]
    of_noun = dict(zip(NOUNS, random.normal(0, noun_sd, len(NOUNS)), strict=True))
    rows = []
    for number, (a, b) in enumerate(chosen):
        kind = "cohyponyms" if number < pairs else "others"
        chance = (yes if number < pairs else no) + random.normal(0, tau) + of_noun[a] + of_noun[b]
        for at in range(per_pair):
            both = random.random() < chance
            truth = (True, True) if both else [(True, False), (False, True)][random.integers(2)]
            said = [bool(random.random() < (sensitivity if t else 1 - specificity)) for t in truth]
            rows.append(
                {
                    "caption_id": f"{a} + {b} {at // 4}",
                    "seed": at % 4,
                    "pair": f"{a} + {b}",
                    "kind": kind,
                    "hypernym": f"h{number % 5}",
                    "first": a if at % 2 else b,
                    "second": b if at % 2 else a,
                    "first_present": said[0],
                    "second_present": said[1],
                    "both": float(all(said)),
                    "truth": float(both),
                    "cosine": random.normal(),
                }
            )
    return pd.DataFrame(rows)
