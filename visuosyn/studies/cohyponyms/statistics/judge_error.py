"""The judge's error in the difference between two kinds of noun pairs: corrected, and as a range."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.stats.bootstrap import bootstrap_weights, effective_number, percentile_interval
from visuosyn.stats.corrections import POINTS
from visuosyn.stats.misclassification import jeffreys, share_of_both
from visuosyn.studies.cohyponyms.statistics.kinds import NO, YES, PairSums, pair_sums

RATES = (1.0, 0.98, 0.95, 0.9)

Floats = NDArray[np.float64]


def judge_rates(trial: pd.DataFrame) -> pd.DataFrame:
    """Sensitivity and specificity of a judge by kind of pair, from its trial (kind, question, n, right), in points.

    >>> import pandas as pd
    >>> trial = pd.DataFrame({"kind": "others", "question": ["present", "absent"], "n": [200, 100], "right": [190, 98]})
    >>> judge_rates(trial)
         kind         rate    n  right  value
    0  others  sensitivity  200    190   95.0
    1  others  specificity  100     98   98.0
    """
    rows = []
    for kind, question, n, right in trial[["kind", "question", "n", "right"]].to_numpy():
        rate = "sensitivity" if question == "present" else "specificity"
        rows.append({"kind": kind, "rate": rate, "n": int(n), "right": int(right), "value": POINTS * right / n})
    return pd.DataFrame(rows, columns=["kind", "rate", "n", "right", "value"])


def corrected_difference(
    images: pd.DataFrame, trial: pd.DataFrame, *, draws: int = 10_000, seed: int = 0, level: float = 0.95
) -> pd.DataFrame:
    """The share of pictures that truly show both nouns, by kind and as a difference: what, estimate, low, high
    (points).

    A judge that errs on each noun by itself, with a kind's sensitivity Se and specificity Sp, says so of a picture by
    the product of its two verdicts; (v1 + Sp - 1)(v2 + Sp - 1) / (Se + Sp - 1)^2 has the true share as its mean (Rogan
    & Gladen 1978, for two things). The interval is from a bootstrap over pairs in which Se and Sp come at random from
    their Beta distributions (Jeffreys prior), so it holds both the sample's and the judge's uncertainty; shares are cut
    to 0..1. Empty without a trial of both kinds. Caveat: the trial's scenes are cleaner than generated pictures.

    >>> import pandas as pd
    >>> images = pd.DataFrame({"pair": ["cat + dog", "cat + hat"] * 10, "kind": ["cohyponyms", "others"] * 10})
    >>> images = images.assign(first_present=True, second_present=[False, True] * 5 + [True] * 10)
    >>> rows = [(kind, asked, 100, 100) for kind in ("cohyponyms", "others") for asked in ("present", "absent")]
    >>> trial = pd.DataFrame(rows, columns=["kind", "question", "n", "right"])  # a judge who was always right
    >>> corrected_difference(images, trial, draws=99)[["what", "estimate"]]
             what  estimate
    0  cohyponyms      50.0
    1      others     100.0
    2  difference     -50.0
    """
    counts = trial[["kind", "question", "right", "n"]].to_numpy()
    tried = {(kind, question): (int(right), int(n)) for kind, question, right, n in counts}
    if set(tried) != {(kind, question) for kind in (YES, NO) for question in ("present", "absent")}:
        return pd.DataFrame({"what": [], "estimate": [], "low": [], "high": []})
    sums = _verdict_sums(images)
    random = np.random.default_rng(seed)
    points, samples, effective = [], [], []
    for at, (kind, of) in enumerate(((YES, sums.yes), (NO, ~sums.yes))):
        cells = sums.sums[of]
        se, sp = tried[kind, "present"], tried[kind, "absent"]
        points.append(float(_true_share(cells.sum(axis=0), se[0] / se[1], sp[0] / sp[1]).clip(0, 1)))
        weights = np.concatenate(list(bootstrap_weights(len(cells), draws=draws, seed=seed + at)))
        rates = [jeffreys(right, n, draws, random) for right, n in (se, sp)]
        samples.append(_true_share(weights @ cells, *rates).clip(0, 1))
        effective.append(float(effective_number(cells[:, 2])))
    rows = [
        _row(YES, points[0], samples[0], effective[0], level),
        _row(NO, points[1], samples[1], effective[1], level),
        _row("difference", points[0] - points[1], samples[0] - samples[1], min(effective), level),
    ]
    return pd.DataFrame(rows, columns=["what", "estimate", "low", "high"])


def error_range(images: pd.DataFrame, *, values: Sequence[float] = RATES) -> pd.DataFrame:
    """The corrected difference for judges of many qualities: sensitivity, specificity, difference (points).

    For a judge that nobody measured: how much could its error change the result? NaN where a judge so bad could not
    have seen what it saw (a corrected share outside of 0 to 1). Caveat: the same rates for both kinds of pairs; a judge
    that mistakes cohyponyms for each other has a lower specificity there.

    >>> import pandas as pd
    >>> images = pd.DataFrame({"pair": ["cat + dog", "cat + hat"] * 2, "kind": ["cohyponyms", "others"] * 2})
    >>> images = images.assign(first_present=True, second_present=[True, True, False, True])
    >>> error_range(images, values=(1.0, 0.9)).round(1)  # a judge blind to a tenth could not have seen both always
       sensitivity  specificity  difference
    0        100.0        100.0       -50.0
    1        100.0         90.0       -55.6
    2         90.0        100.0         NaN
    3         90.0         90.0         NaN
    """
    sums = _verdict_sums(images)
    totals = [sums.sums[of].sum(axis=0) for of in (sums.yes, ~sums.yes)]
    rows = []
    for se in values:
        for sp in values:
            shares = [float(_true_share(total, se, sp)) for total in totals]
            possible = all(-1e-9 <= share <= 1 + 1e-9 for share in shares)
            rows.append((POINTS * se, POINTS * sp, POINTS * (shares[0] - shares[1]) if possible else np.nan))
    return pd.DataFrame(rows, columns=["sensitivity", "specificity", "difference"])


def _verdict_sums(images: pd.DataFrame) -> PairSums:
    """Per pair: sums of the product and of the sum of the two verdicts, and the number of pictures."""
    first, second = (images[f"{place}_present"].astype(float) for place in ("first", "second"))
    return pair_sums(
        images.assign(product=first * second, either=first + second, one=1.0), ["product", "either", "one"]
    )


def _true_share(cells: Floats, se: float | Floats, sp: float | Floats) -> Floats:
    """From sums (..., (product, sum of the two verdicts, pictures)) to shares (...), not yet cut to 0..1."""
    return share_of_both(cells[..., 0], cells[..., 1], cells[..., 2], sensitivity=se, specificity=sp)


def _row(what: str, point: float, samples: Floats, effective: float, level: float) -> tuple[str, float, float, float]:
    low, high = percentile_interval(samples[:, None], np.array([effective]), level=level)
    if np.nanmax(samples) == np.nanmin(samples):  # all pictures alike: resampling them shows no uncertainty
        return what, POINTS * point, np.nan, np.nan
    return what, POINTS * point, POINTS * float(low[0]), POINTS * float(high[0])
