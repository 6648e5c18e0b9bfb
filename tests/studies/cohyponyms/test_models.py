"""Models of pairs: against plain logistic regression, planted effects, and what cannot be estimated."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from tests.studies.cohyponyms.pair_builder import images
from visuosyn.studies.cohyponyms.statistics.models import (
    gee_table,
    left_out,
    link_table,
    mixed_table,
    usable_covariates,
)


def test_without_clustering_the_gee_is_a_logistic_regression():
    data = images(seed=1, per_pair=1, pairs=60, tau=0)
    ours = gee_table(data, ["cosine"]).set_index("term")["estimate"]
    z = (data["cosine"] - data["cosine"].mean()) / data["cosine"].std(ddof=0)
    x = np.column_stack([np.ones(len(data)), data["kind"] == "cohyponyms", z]).astype(float)
    theirs = sm.Logit(data["both"], x).fit(disp=0).params
    assert ours.tolist() == pytest.approx(theirs.tolist(), abs=1e-4)


def test_the_planted_effect_comes_back():
    data = images(yes=0.4, no=0.7, seed=2, pairs=40)
    row = gee_table(data, ["cosine"]).set_index("term").loc["cohyponyms"]
    planted = np.log(0.4 / 0.6) - np.log(0.7 / 0.3)
    assert row["low"] < planted < row["high"] < 0 and row["p"] < 1e-4 and row["n_pairs"] == 80
    mixed = mixed_table(data, ["cosine"]).set_index("term")
    assert mixed.loc["cohyponyms", "low"] < -30 < mixed.loc["cohyponyms", "high"]
    assert mixed.loc["sd rest", "estimate"] == pytest.approx(46, abs=3)  # sqrt of p(1-p) about .46
    assert mixed.loc["sd pair", "estimate"] == pytest.approx(10, abs=5)


def test_the_mixed_model_knows_of_hard_nouns():
    data = images(yes=0.5, no=0.5, noun_sd=0.15, tau=0.01, pairs=60, seed=3)
    table = mixed_table(data, []).set_index("term")
    nouns = np.hypot(table.loc["sd first noun", "estimate"], table.loc["sd second noun", "estimate"])
    assert nouns > 6 and table.loc["cohyponyms", "p"] > 0.01


def overlaps_of(data, *, slope):
    random = np.random.default_rng(0)
    of_pair = {name: random.normal(0.4, 0.1) for name in data["pair"].unique()}
    iou = data["pair"].map(of_pair) + np.where(data["both"] == 1, -slope, slope) + random.normal(0, 0.05, len(data))
    return data[["caption_id", "seed"]].assign(mask="soft", iou=iou.clip(0, 1))


def test_the_link_of_overlap_and_failure():
    data = images(seed=6).drop_duplicates(["caption_id", "seed"])
    table = link_table(data, overlaps_of(data, slope=0.03)).set_index("kind")
    for kind in ("cohyponyms", "others"):
        assert table.loc[kind, "high"] < 1 and table.loc[kind, "failed"] > table.loc[kind, "drawn"]
        assert table.loc[kind, "n_images"] == (data["kind"] == kind).sum()
    none = link_table(data, overlaps_of(data, slope=0)).set_index("kind")
    assert (none["p"] > 0.01).all() and (none["low"] < 1).all() and (none["high"] > 1).all()


def test_pairs_that_overlap_more_do_not_make_a_link_within_pairs():
    data = images(seed=7, tau=0.2).drop_duplicates(["caption_id", "seed"])
    mean = data.groupby("pair")["both"].transform("mean")
    iou = 0.7 - 0.4 * mean + np.random.default_rng(1).normal(0, 0.03, len(data))
    table = link_table(data, data[["caption_id", "seed"]].assign(mask="soft", iou=iou))
    assert (table["between"] < 0.7).all() and (table["p"] > 0.01).all()


def test_what_cannot_be_estimated_is_noted():
    same = images(seed=1).assign(both=1.0)
    assert gee_table(same, [])["note"].tolist() == ["the outcome is the same in all pictures"] * 2
    assert mixed_table(same, [])["estimate"].isna().all()
    split = images(seed=1).assign(both=lambda t: (t["kind"] == "others").astype(float))
    table = gee_table(split, [])
    assert table["estimate"].isna().all() and table["note"].str.startswith("not estimable").all()
    ceiling = images(seed=1).assign(both=lambda t: t["both"].where(t["kind"] == "cohyponyms", 1.0))
    table = gee_table(ceiling, ["cosine"])  # one kind without any failure: its log-odds are infinite
    assert table["estimate"].isna().all() and table["note"].str.contains("with certainty").all()
    few = images(seed=1, pairs=1)
    assert gee_table(few, ["cosine"])["note"].str.startswith("too few pairs").all()


def test_covariates_that_say_something():
    data = pd.DataFrame({"a": [1.0, 2, 3], "b": [1.0, 1, 1], "c": [1.0, np.nan, 2], "d": [True, False, True]})
    assert usable_covariates(data, ["a", "b", "c", "d", "e"]) == ("a", "d")
    out = left_out(data, ["a", "b", "c", "d", "e"])
    assert dict(zip(out["term"], out["note"], strict=True)) == {
        "b": "in no model: the same in all images",
        "c": "in no model: missing for 1 of 3 images",
        "e": "in no model: not measured",
    }
    assert out["estimate"].isna().all() and left_out(data, ["a"]).empty
