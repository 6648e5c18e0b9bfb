"""Models of whether both nouns are drawn: GEE by pair of nouns, a mixed model, and the link from overlap to failure."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.genmod.cov_struct import Exchangeable
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_estimating_equations import GEE
from statsmodels.tools.sm_exceptions import ModelWarning

from visuosyn.errors import UserError
from visuosyn.stats.corrections import POINTS
from visuosyn.stats.mixed import coefficient_table, standardised
from visuosyn.stats.reml import fit_reml
from visuosyn.studies.cohyponyms.statistics.kinds import YES

CERTAIN = 1e-8  # a fitted chance nearer to 0 or 1 has run away: a term separates yes from no, its estimate is infinite
TEN = 10.0  # odds ratios of overlap are for ten points of it

Floats = NDArray[np.float64]


def usable_covariates(images: pd.DataFrame, names: Sequence[str]) -> tuple[str, ...]:
    """The covariates that are known of every image and differ between images.

    >>> import pandas as pd
    >>> images = pd.DataFrame({"cosine": [0.5, 0.5], "next_to": [0, 1], "size_ratio": [1.2, None]})
    >>> usable_covariates(images, ["cosine", "next_to", "size_ratio", "taught"])
    ('next_to',)
    """
    return tuple(name for name in names if not _unusable(images, name))


def left_out(images: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The covariates that are not usable, as rows of ``gee_table`` without an estimate; the note says why.

    >>> import pandas as pd
    >>> images = pd.DataFrame({"cosine": [0.5, 0.5], "next_to": [0, 1]})
    >>> left_out(images, ["cosine", "next_to", "taught"])[["term", "note"]].values.tolist()
    [['cosine', 'in no model: the same in all images'], ['taught', 'in no model: not measured']]
    """
    reasons = {name: reason for name in names if (reason := _unusable(images, name))}
    rows = [_missing([name], f"in no model: {reason}") for name, reason in reasons.items()]
    return pd.concat(rows, ignore_index=True) if rows else _missing([], "")


def _unusable(images: pd.DataFrame, name: str) -> str:
    """Why a covariate can be in no model, "" where it can."""
    if name not in images:
        return "not measured"
    if missing := int(images[name].isna().sum()):
        return f"missing for {missing:,} of {len(images):,} images"
    return "" if images[name].astype(float).std() > 1e-9 else "the same in all images"


def gee_table(images: pd.DataFrame, covariates: Sequence[str], *, outcome: str = "both") -> pd.DataFrame:
    """Log-odds of an outcome by kind of pair and covariates: term, estimate, low, high, p, odds_ratio, n_pairs, note.

    Generalised estimating equations, logistic, exchangeable within pairs, with the bias-reduced robust covariance
    (Mancl & DeRouen 2001, Biometrics 57); intervals from t with pairs minus terms degrees of freedom. Covariates are
    standardised, so a term is for one standard deviation. How to read: the term "cohyponyms" is the change of log-odds
    from other pairs to cohyponyms of the same covariates. Caveat: what overlap or areas share with the kind is taken
    away from it; the note says where nothing could be estimated.

    >>> import numpy as np
    >>> import pandas as pd
    >>> images = pd.DataFrame({"both": [int(n) for n in "110011101000" + "111011110100"]})
    >>> images["pair"] = np.repeat(["cat + dog", "pear + plum", "car + bus", "cat + bus", "dog + hat", "pear + car"], 4)
    >>> images["kind"] = np.repeat(["cohyponyms", "others"], 12)
    >>> gee_table(images, [])[["term", "odds_ratio", "n_pairs"]].round(2)  # 6 : 6 and 8 : 4
             term  odds_ratio  n_pairs
    0   intercept         2.0        6
    1  cohyponyms         0.5        6
    """
    rows = images[(images["kind"] != "") & images[outcome].notna()]
    x = np.column_stack([np.ones(len(rows)), rows["kind"] == YES, *(standardised(rows[name]) for name in covariates)])
    return _gee(rows[outcome].to_numpy(dtype=float), x.astype(float), ["intercept", YES, *covariates], rows["pair"])


def link_table(images: pd.DataFrame, overlaps: pd.DataFrame, *, outcome: str = "both") -> pd.DataFrame:
    """Does overlap go with failure? A row per kind of pair and mask rule.

    ``drawn``, ``failed``: mean IoU (points) of pictures with both nouns and of the others; ``odds_ratio`` with ``low``,
    ``high``, ``p``: of both nouns being drawn, for ten points more overlap than the pair's own mean; ``between``: the
    odds ratio of ten points in the pair's mean. From a logistic GEE by pair, both terms together (Mundlak 1978), so
    that ``odds_ratio`` compares pictures of one pair. How to read: below 1, pictures of a pair in which the two words
    overlap more fail more. Caveat: a failed picture has one object for two words, which itself makes them overlap.

    >>> import numpy as np
    >>> import pandas as pd
    >>> images = pd.DataFrame({"both": [int(n) for n in "11001110100011101010"], "kind": "cohyponyms"})
    >>> images["pair"] = np.repeat(["cat + dog", "pear + plum", "car + bus", "ant + bee", "cup + jar"], 4)
    >>> images = images.assign(caption_id=images["pair"], seed=[0, 1, 2, 3] * 5)
    >>> overlaps = images[["caption_id", "seed"]].assign(mask="soft", iou=[0.2, 0.4, 0.5, 0.3, 0.4] * 4)
    >>> link_table(images, overlaps)[["n_images", "n_failed", "drawn", "failed", "odds_ratio"]].round(2)
       n_images  n_failed  drawn  failed  odds_ratio
    0        20         9  34.55   37.78        0.65
    """
    joined = overlaps.merge(images[["caption_id", "seed", "pair", "kind", outcome]], on=["caption_id", "seed"])
    joined = joined[(joined["kind"] != "") & joined[outcome].notna() & joined["iou"].notna()]
    rows = []
    for (mask, kind), some in joined.groupby(["mask", "kind"], sort=False):
        y, iou = some[outcome].to_numpy(dtype=float), POINTS * some["iou"].to_numpy(dtype=float)
        own = pd.Series(iou, index=some.index).groupby(some["pair"]).transform("mean").to_numpy()
        x = np.column_stack([np.ones(len(y)), (iou - own) / TEN, (own - own.mean()) / TEN])
        found = _gee(y, x, ["intercept", "within", "between"], some["pair"]).set_index("term")
        within = found.loc["within"]
        rows.append(
            {
                "mask": mask,
                "kind": kind,
                "n_images": len(y),
                "n_failed": int((y == 0).sum()),
                "drawn": float(iou[y == 1].mean()) if (y == 1).any() else np.nan,
                "failed": float(iou[y == 0].mean()) if (y == 0).any() else np.nan,
                "odds_ratio": within["odds_ratio"],
                "low": np.exp(within["low"]),
                "high": np.exp(within["high"]),
                "p": within["p"],
                "between": found.loc["between", "odds_ratio"],
                "note": within["note"],
            }
        )
    return pd.DataFrame(rows)


def mixed_table(images: pd.DataFrame, covariates: Sequence[str], *, outcome: str = "both") -> pd.DataFrame:
    r"""A linear mixed model of an outcome: term, estimate, low, high, p (points), then the standard deviations.

    Kind and covariates (standardised) are fixed; pair, noise (pair and seed), first and second noun random, crossed
    (restricted maximum likelihood, ``visuosyn.stats.reml``). It adjusts for nouns that are hard to draw, which pairs
    share. Intervals from t with pairs minus fixed terms degrees of freedom. How to read: "cohyponyms" is the change in
    points. Caveat: a linear model of a yes or no; take it beside the GEE. ``note`` says where it did not converge.

    >>> import numpy as np
    >>> import pandas as pd
    >>> images = pd.DataFrame({"both": [int(n) for n in "110011101000" + "111011110100"], "seed": [0, 1, 2, 3] * 6})
    >>> images["pair"] = np.repeat(["cat + dog", "pear + plum", "car + bus", "ant + bee", "cup + hat", "pig + box"], 4)
    >>> images[["first", "second"]] = images["pair"].str.split(r" \+ ", expand=True)
    >>> images["kind"] = np.repeat(["cohyponyms", "others"], 12)
    >>> mixed_table(images, [])[["term", "estimate", "n_pairs"]].head(2).round(1)
             term  estimate  n_pairs
    0   intercept      66.7      6.0
    1  cohyponyms     -16.7      6.0
    """
    rows = images[(images["kind"] != "") & images[outcome].notna()]
    y = rows[outcome].to_numpy(dtype=float)
    terms = ["intercept", YES, *covariates]
    if np.ptp(y) == 0:
        return _missing(terms, f"{outcome} is the same in all pictures")
    x = np.column_stack([np.ones(len(rows)), rows["kind"] == YES, *(standardised(rows[name]) for name in covariates)])
    keys = {
        "pair": rows["pair"],
        "noise": rows["pair"] + "/" + rows["seed"].astype(str),
        "first noun": rows["first"],
        "second noun": rows["second"],
    }
    try:
        fit = fit_reml(y, x.astype(float), {name: pd.factorize(key)[0] for name, key in keys.items()})
    except UserError as refused:
        return _missing(terms, str(refused))
    error = np.sqrt(np.diagonal(fit.covariance))
    note = "" if fit.converged else fit.message
    fixed = _rows(terms, fit.coefficients, error, rows["pair"].nunique(), note, scale=POINTS)
    spread = [{"term": f"sd {name}", "estimate": POINTS * sd} for name, sd in (*fit.sd.items(), ("rest", fit.sd_rest))]
    return pd.concat([fixed.drop(columns="odds_ratio"), pd.DataFrame(spread)], ignore_index=True)


def _gee(y: Floats, x: Floats, terms: Sequence[str], pairs: pd.Series) -> pd.DataFrame:
    groups = pd.factorize(pairs)[0]
    if np.ptp(y) == 0:
        return _missing(terms, "the outcome is the same in all pictures")
    if len(np.unique(groups)) <= x.shape[1] or np.linalg.matrix_rank(x) < x.shape[1]:
        return _missing(terms, "too few pairs, or terms that cannot be told apart")
    order = np.argsort(groups, kind="stable")
    model: Any = GEE(y[order], x[order], groups[order], family=Binomial(), cov_struct=Exchangeable())
    with warnings.catch_warnings():
        warnings.simplefilter("error", ModelWarning)
        warnings.simplefilter("error", RuntimeWarning)
        try:
            fit = model.fit(cov_type="bias_reduced")
        except (ModelWarning, RuntimeWarning, np.linalg.LinAlgError) as error:
            return _missing(terms, f"not estimable: {str(error).splitlines()[0]}")
    chances = np.asarray(fit.fittedvalues)
    if np.minimum(chances, 1 - chances).min() < CERTAIN:
        return _missing(terms, "not estimable: some pictures are foretold with certainty (such as one kind all drawn)")
    return _rows(terms, np.asarray(fit.params), np.asarray(fit.bse), len(np.unique(groups)), "")


def _rows(
    terms: Sequence[str], estimate: Floats, error: Floats, pairs: int, note: str, *, scale: float = 1.0
) -> pd.DataFrame:
    table = coefficient_table(terms, estimate, error, pairs - len(terms)).rename(columns={"name": "term"})
    table[["estimate", "low", "high"]] *= scale
    return table.assign(odds_ratio=np.exp(estimate), n_pairs=pairs, note=note)


def _missing(terms: Sequence[str], note: str) -> pd.DataFrame:
    nothing = dict.fromkeys(["estimate", "low", "high", "p", "odds_ratio"], np.nan)
    columns = ["term", *nothing, "n_pairs", "note"]
    return pd.DataFrame([{"term": term} | nothing | {"n_pairs": 0, "note": note} for term in terms], columns=columns)
