"""Two kinds of noun pairs compared: cohyponyms and others. The unit is the pair of nouns, never the image.

All functions take the table of images (one row a picture, columns ``pair`` ("cat + dog"), ``kind`` ("cohyponyms" or
"others") and outcomes as numbers, NaN where an outcome means nothing for a picture) and give tables in percentage
points.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from visuosyn.errors import UserError
from visuosyn.stats.bootstrap import bootstrap_means, effective_number, percentile_interval, ratio
from visuosyn.stats.corrections import POINTS, holm
from visuosyn.stats.permutation import contributions, exchange
from visuosyn.stats.power import needed_per_group, reach
from visuosyn.stats.proportions import difference_of_intervals, share

YES, NO = "cohyponyms", "others"

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PairSums:
    """Sums of outcomes over the images of each pair: ``sums`` and ``counts`` (pair, outcome), ``yes`` (pair,): the pair
    is one of cohyponyms.

    >>> import pandas as pd
    >>> images = pd.DataFrame({"pair": ["cat + dog"] * 2 + ["cat + hat"], "both": [1, 0, 1]})
    >>> found = pair_sums(images.assign(kind=["cohyponyms"] * 2 + ["others"]), ["both"])
    >>> found.names, found.yes.tolist(), found.means.tolist()
    (('cat + dog', 'cat + hat'), [True, False], [[0.5], [1.0]])
    """

    names: tuple[str, ...]
    yes: NDArray[np.bool_]
    sums: Floats
    counts: Floats

    @property
    def means(self) -> Floats:
        """(pair, outcome)."""
        return ratio(self.sums, self.counts)


def pair_sums(images: pd.DataFrame, outcomes: Sequence[str]) -> PairSums:
    """Sums per pair. Raises UserError where a kind is missing, or a pair is of both kinds.

    >>> import pandas as pd
    >>> images = pd.DataFrame({"pair": ["cat + dog"] * 2 + ["cat + hat"], "both": [1, 0, 1]})
    >>> found = pair_sums(images.assign(kind=["cohyponyms"] * 2 + ["others"]), ["both"])
    >>> found.sums.tolist(), found.counts.tolist()
    ([[1.0], [1.0]], [[2.0], [1.0]])
    """
    rows = images[images["kind"] != ""]
    kinds = rows.groupby("pair")["kind"].agg(["first", "nunique"])
    if (kinds["nunique"] > 1).any() or set(kinds["first"]) != {YES, NO}:
        raise UserError(f"the statistics compare pairs of two kinds, {YES} and {NO}; each pair must be of one")
    values = rows[list(outcomes)].astype(float).groupby(rows["pair"])
    return PairSums(
        tuple(kinds.index),
        (kinds["first"] == YES).to_numpy(),
        values.sum().to_numpy(dtype=np.float64),
        values.count().to_numpy(dtype=np.float64),
    )


def difference_of_kinds(
    images: pd.DataFrame,
    outcomes: Sequence[str],
    *,
    signed: Sequence[str] = (),
    draws: int = 10_000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Means of each kind of pair and their difference, a row an outcome, in percentage points.

    ``cohyponyms``, ``others``, ``difference`` (the first minus the second) each with ``_low`` and ``_high``: intervals
    from a bootstrap over pairs within each kind. ``dyadic_low``, ``dyadic_high``: the difference's interval if pairs
    that share a noun may depend on each other (Aronow, Samii & Assenova 2015, Political Analysis 23:4). ``p``: how
    often a random exchange of kinds among pairs gives a difference at least as large; ``p_holm``: corrected over the
    outcomes. Where the pairs of a kind do not differ at all (every picture shows both) a bootstrap sees no uncertainty:
    there the intervals of shares are Wilson's with the pairs as units, and that of the difference Newcombe's (1998,
    Statistics in Medicine 17); outcomes that are no shares (``signed``) have none. How to read: an interval without 0
    speaks of a difference between these kinds of pairs. Caveat: the pairs were not assigned to kinds at random; see the
    covariates.

    >>> import numpy as np
    >>> import pandas as pd
    >>> images = pd.DataFrame({"both": [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1]})
    >>> images["pair"] = np.repeat(["cat + dog", "pear + plum", "car + bus", "cat + bus", "dog + hat", "plum + car"], 2)
    >>> images["kind"] = np.repeat(["cohyponyms", "others"], 6)
    >>> difference_of_kinds(images, ["both"])[["cohyponyms", "others", "difference", "n_images"]].round(1)
       cohyponyms  others  difference  n_images
    0        50.0    66.7       -16.7        12
    """
    sums = pair_sums(images, outcomes)
    yes, no = sums.yes, ~sums.yes
    samples = [
        bootstrap_means(sums.sums[of], sums.counts[of], draws=draws, seed=seed + at) for at, of in enumerate((yes, no))
    ]
    effective = [effective_number(sums.counts[of]) for of in (yes, no)]
    estimates = [ratio(sums.sums[of].sum(axis=0), sums.counts[of].sum(axis=0)) for of in (yes, no)]
    table = pd.DataFrame({"outcome": list(outcomes)})
    columns = {
        YES: (estimates[0], samples[0], effective[0]),
        NO: (estimates[1], samples[1], effective[1]),
        "difference": (estimates[0] - estimates[1], samples[0] - samples[1], np.minimum(*effective)),
    }
    ends = {name: percentile_interval(some, n, level=level) for name, (_, some, n) in columns.items()}
    shares = np.array([name not in signed for name in outcomes])
    _where_nothing_varies(ends, estimates, sums, shares, level)
    for name, (estimate, *_) in columns.items():
        low, high = ends[name]
        table[name], table[f"{name}_low"], table[f"{name}_high"] = (POINTS * x for x in (estimate, low, high))
    half = POINTS * _dyadic_half(sums, level)
    half = np.where(half > 0, half, np.nan)
    table["dyadic_low"], table["dyadic_high"] = table["difference"] - half, table["difference"] + half
    table["p"] = exchange(sums.sums, sums.counts, yes, draws=draws, seed=seed)
    table["p_holm"] = holm(table["p"].to_numpy())
    counted = sums.counts > 0
    table["n_cohyponyms"], table["n_others"] = counted[yes].sum(axis=0), counted[no].sum(axis=0)
    return table.assign(n_images=sums.counts.sum(axis=0).astype(int))


def rates(images: pd.DataFrame, by: str, outcome: str = "both", *, level: float = 0.95) -> pd.DataFrame:
    """The share of an outcome in each group of images: ``by``, kind, n_pairs, n_images, rate, low, high, in points.

    With several pairs in a group the interval is that of a t-test over the means of its pairs, cut to 0..100; with one
    pair Wilson's over its images (Wilson 1927), which says how well this pair was measured and nothing about others;
    with pairs that do not differ Wilson's over them.

    >>> import pandas as pd
    >>> images = pd.DataFrame({"pair": ["cat + dog"] * 4 + ["cat + hat"] * 2, "both": [1, 0, 0, 0, 1, 1]})
    >>> images["kind"] = images["pair"].map({"cat + dog": "cohyponyms", "cat + hat": "others"})
    >>> rates(images, "pair").round(1)
            pair        kind  n_pairs  n_images   rate   low   high
    0  cat + dog  cohyponyms        1         4   25.0   4.6   69.9
    1  cat + hat      others        1         2  100.0  34.2  100.0
    """
    rows = []
    columns = [by, "kind", "n_pairs", "n_images", "rate", "low", "high"]
    paired = images[images["kind"] != ""]
    for (group, kind), some in paired.groupby([by, "kind"], sort=True):
        means = some[outcome].astype(float).groupby(some["pair"]).mean().dropna().to_numpy(dtype=np.float64)
        n = int(some[outcome].notna().sum())
        if not n:
            continue
        if np.ptp(means) == 0:
            units = n if len(means) == 1 else len(means)
            _, low, high = share(means[0] * units, units, level=level)
        else:
            low, high = _of_means(means, level)
        values = (group, kind, len(means), n, POINTS * means.mean(), POINTS * low, POINTS * high)
        rows.append(dict(zip(columns, values, strict=True)))  # grouped by kind, there is one such column
    return pd.DataFrame(rows, columns=list(dict.fromkeys(columns))).sort_values(["rate", by], ignore_index=True)


def pair_power(
    images: pd.DataFrame,
    outcome: str = "both",
    *,
    differences: Sequence[float] = (5.0, 9.0),
    per_pair: Sequence[int] = (4, 8, 16, 32),
    power: float = 0.8,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Pairs a kind needed to find a true difference in points: difference, images (of one pair), pairs (of each kind).

    A pair's mean varies by tau^2 + sigma^2 / images: sigma^2 is the variance within pairs, tau^2 the rest of what the
    pairs' means vary by, averaged over the kinds. The number is that of a two-sided test, 2 (z_alpha + z_power)^2 v /
    d^2. ``detectable`` is the difference that the present study could find; missing (pairs: -1) where nothing varies.
    Caveat: a small study's variances are uncertain.

    >>> import pandas as pd
    >>> kinds = {"cohyponyms": ["cat + dog", "pear + plum"], "others": ["cat + plum", "dog + pear"]}
    >>> rows = [(pair, kind, both) for kind, pairs in kinds.items() for pair in pairs for both in (0, 0, 1, 1)]
    >>> images = pd.DataFrame(rows, columns=["pair", "kind", "both"])
    >>> # pairs are alike here, so twice the images save half of the pairs
    >>> pair_power(images, differences=[10.0], per_pair=[4, 8])[["difference", "images", "pairs"]]
       difference  images  pairs
    0        10.0       4    131
    1        10.0       8     66
    """
    sums = pair_sums(images, [outcome])
    values = images[images["kind"] != ""].groupby("pair")[outcome]
    m = float(sums.counts.mean())
    within = float(values.var(ddof=1).mean()) if m > 1 else 0.0
    spread = [float(np.nanvar(sums.means[of, 0], ddof=1)) if of.sum() > 1 else np.nan for of in (sums.yes, ~sums.yes)]
    between = max(float(np.mean(spread)) - within / m, 0.0)
    if max(between, within) == 0:
        between = within = np.nan  # pairs that do not differ at all say nothing about how much others would
    known = np.isfinite(between)
    error = np.sqrt(spread[0] / sums.yes.sum() + spread[1] / (~sums.yes).sum()) if known else np.nan
    detectable = POINTS * reach(power, alpha) * error
    rows = []
    for d, n in itertools.product(differences, per_pair):
        needed = needed_per_group(between + within / n, d / POINTS, power=power, alpha=alpha) if known else -1
        rows.append((d, n, needed))
    table = pd.DataFrame(rows, columns=["difference", "images", "pairs"])
    return table.assign(detectable=detectable, sd_pairs=POINTS * np.sqrt(between), sd_images=POINTS * np.sqrt(within))


def _where_nothing_varies(
    ends: dict[str, tuple[Floats, Floats]],
    estimates: Sequence[Floats],
    sums: PairSums,
    shares: NDArray[np.bool_],
    level: float,
) -> None:
    """Replace the intervals of those outcomes in which the pairs of a kind do not differ."""
    kinds = ((YES, sums.yes, estimates[0]), (NO, ~sums.yes, estimates[1]))
    still = {kind: _is_still(sums.means[of]) for kind, of, _ in kinds}
    for at in np.flatnonzero(still[YES] | still[NO]):
        found = []
        for kind, of, estimate in kinds:
            rate = float(estimate[at])
            if still[kind][at]:
                number = int((sums.counts[of, at] > 0).sum())
                _, low, high = share(rate * number, number, level=level) if shares[at] else (rate, np.nan, np.nan)
                ends[kind][0][at], ends[kind][1][at] = low, high
            found.append((rate, float(ends[kind][0][at]), float(ends[kind][1][at])))
        _, ends["difference"][0][at], ends["difference"][1][at] = difference_of_intervals(*found)


def _is_still(means: Floats) -> NDArray[np.bool_]:
    """Which outcomes (column) are the same in all pairs that have them."""
    found = [np.ptp(column[np.isfinite(column)]) if np.isfinite(column).any() else 0.0 for column in means.T]
    return np.asarray(np.array(found) == 0)


def _dyadic_half(sums: PairSums, level: float) -> Floats:
    """Half the interval where pairs that share a noun are one cluster: at least that of independent pairs."""
    shares = np.zeros_like(sums.sums)
    for of, sign in ((sums.yes, 1.0), (~sums.yes, -1.0)):
        values, counts = sums.sums[of], sums.counts[of]
        shares[of] = sign * contributions(values, counts, ratio(values.sum(axis=0), counts.sum(axis=0)))
    nouns = [set(name.split(" + ")) for name in sums.names]
    joined = np.array([[bool(a & b) for b in nouns] for a in nouns], dtype=np.float64)
    variance = np.maximum(np.einsum("po,pq,qo->o", shares, joined, shares), np.square(shares).sum(axis=0))
    free = max(len(set().union(*nouns)) - 1, 1)
    return np.asarray(stats.t.ppf((1 + level) / 2, free) * np.sqrt(variance))


def _of_means(means: NDArray[np.floating], level: float) -> tuple[float, float]:
    """The interval of a t-test over the means of pairs, cut to 0..1."""
    half = float(stats.t.ppf((1 + level) / 2, len(means) - 1)) * means.std(ddof=1) / np.sqrt(len(means))
    return float(max(means.mean() - half, 0.0)), float(min(means.mean() + half, 1.0))
