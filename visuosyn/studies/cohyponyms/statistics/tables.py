"""All tables of a cohyponym study, from its pairs, images, overlaps and the judge's trial."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from visuosyn.studies.cohyponyms.statistics.judge_error import corrected_difference, error_range, judge_rates
from visuosyn.studies.cohyponyms.statistics.kinds import NO, YES, difference_of_kinds, pair_power, rates
from visuosyn.studies.cohyponyms.statistics.models import (
    gee_table,
    left_out,
    link_table,
    mixed_table,
    usable_covariates,
)

PAIRED, SIZED, CROWDED = ("and", "next to"), "sizes", "crowd"
WITH_DISTRACTORS = "a X, a Y, a Z and a W"
PAPER = {"cohyponyms": 52.0, "others": 61.0}  # Tang et al. 2023, section 5: pictures with both objects, per cent
OUTCOMES = ("both", "excess", "one", "doubled", "none", "blend", "misplaced", "swapped", "size_swapped")
COVARIATES = ("cosine", "first_area", "second_area", "turned", "next_to", "alone", "size_ratio", "taught")
LEAST = 2  # pairs of each kind that a subset needs


def cohyponym_tables(
    pairs: pd.DataFrame,
    images: pd.DataFrame,
    overlaps: pd.DataFrame,
    trial: pd.DataFrame,
    *,
    draws: int = 10_000,
    seed: int = 0,
) -> dict[str, pd.DataFrame]:
    """The tables by name; the same input gives the same tables.

    outcomes (both kinds of pairs and their difference), subsets (that of "both" in parts of the study), pair_rates,
    hypernyms, overlap (mean IoU under each mask rule), link (overlap and failure within a kind), gee, mixed,
    covariates (how alike the kinds are), corrected, judge, judge_range, power.
    """
    rows = outcomes_of(pairs, images, overlaps)
    masks = list(dict.fromkeys(overlaps["mask"]))
    two = rows[rows["template"].isin(PAIRED)]
    covariates = usable_covariates(two, COVARIATES)
    joined, measures = _wide(rows, overlaps), [f"iou {mask}" for mask in masks]
    plain = rows.assign(both=rows["both"].where(rows["template"].isin(PAIRED)))
    return {
        "outcomes": difference_of_kinds(plain, OUTCOMES, signed=["excess"], draws=draws, seed=seed).dropna(
            subset=["difference"]
        ),
        "subsets": _subsets(rows, pairs, draws=draws, seed=seed),
        "overlap": difference_of_kinds(joined, measures, signed=measures, draws=draws, seed=seed),
        "pair_rates": _by_pair(two, overlaps, masks[0]),
        "hypernyms": rates(two.assign(hypernym=two["hypernym"].where(two["kind"] == YES, "all others")), "hypernym"),
        "link": link_table(two, overlaps),
        "gee": pd.concat([gee_table(two, covariates), left_out(two, COVARIATES)], ignore_index=True),
        "mixed": mixed_table(two, covariates),
        "covariates": difference_of_kinds(
            _plain(two, covariates), covariates, signed=covariates, draws=draws, seed=seed
        ),
        "corrected": corrected_difference(two, trial, draws=draws, seed=seed),
        "judge": judge_rates(trial),
        "judge_range": error_range(two),
        "power": pair_power(two),
    }


def outcomes_of(pairs: pd.DataFrame, images: pd.DataFrame, overlaps: pd.DataFrame) -> pd.DataFrame:
    """The images of pairs with their outcomes as numbers, and covariates.

    ``both``: both nouns are there (in every template, the other outcomes in the plain ones); ``one``, ``doubled``,
    ``none``: what is there instead; ``excess``: both, minus the product of the shares with which each noun is there
    when prompted alone (what independent nouns would give); ``size_swapped``: the noun said to be small fills, relative
    to its pictures alone, more than the one said to be big. Covariates: ``alone``, that product; ``first_area``,
    ``second_area``: logarithm of the word's attention area under the first mask rule; ``next_to``, ``turned``: template
    and order; ``size_ratio``: logarithm of the nouns' sizes, where known; ``taught``: the model knew the pair.
    """
    solo = images[images["kind"] == ""]
    share = solo.groupby("first")["first_present"].mean()
    rows = images[images["kind"] != ""].reset_index(drop=True)
    plain = rows["template"].isin(PAIRED)
    both = (rows["outcome"] == "both").astype(float)
    rows = rows.assign(both=both, alone=rows["first"].map(share) * rows["second"].map(share))
    for name in ("one", "doubled", "none"):
        rows[name] = (rows["outcome"] == name).astype(float).where(plain)
    for name in ("blend", "misplaced", "swapped"):
        rows[name] = rows[name].where(plain)
    rows["excess"] = (both - rows["alone"]).where(plain)
    rows["size_swapped"] = _size_swapped(rows, solo)
    rows["next_to"] = (rows["template"] == "next to").astype(float)
    rows = rows.merge(_pair_covariates(pairs), on="pair", how="left")
    return rows.merge(_areas(overlaps), on=["caption_id", "seed"], how="left")


def _size_swapped(rows: pd.DataFrame, solo: pd.DataFrame) -> pd.Series:
    """1 where the noun said to be big is the smaller one, each measured by its pictures alone; NaN without both."""
    filled = solo[solo["first_present"].astype(bool)].groupby("first")["first_filled"].median()
    places = ("first", "second")
    relative = [rows[f"{place}_filled"].astype(float) / rows[place].map(filled) for place in places]
    turned = np.where(rows["big"] == "first", relative[0] < relative[1], relative[1] < relative[0]).astype(float)
    usable = (rows["template"] == SIZED) & (rows["both"] == 1) & relative[0].notna() & relative[1].notna()
    return pd.Series(turned, index=rows.index).where(usable)


def _pair_covariates(pairs: pd.DataFrame) -> pd.DataFrame:
    ratio = np.abs(np.log(pairs["first_size"].astype(float) / pairs["second_size"].astype(float)))
    taught = pairs["taught"].map({True: 1.0, False: 0.0, "True": 1.0, "False": 0.0})
    return pd.DataFrame({"pair": pairs["pair"], "size_ratio": ratio, "taught": taught, "strict": pairs["strict"]})


def _areas(overlaps: pd.DataFrame) -> pd.DataFrame:
    first = overlaps[overlaps["mask"] == overlaps["mask"].iloc[0]]
    areas = {name: np.log(first[name].clip(lower=1e-4)) for name in ("first_area", "second_area")}
    found: pd.DataFrame = first[["caption_id", "seed"]].assign(**areas)
    return found


def _wide(rows: pd.DataFrame, overlaps: pd.DataFrame) -> pd.DataFrame:
    """IoU as columns, one a mask rule, for the plain templates."""
    wide = overlaps.pivot(index=["caption_id", "seed"], columns="mask", values="iou").add_prefix("iou ").reset_index()
    plain = rows.loc[rows["template"].isin(PAIRED), ["caption_id", "seed", "pair", "kind"]]
    return plain.merge(wide, on=["caption_id", "seed"])


def _plain(rows: pd.DataFrame, covariates: tuple[str, ...]) -> pd.DataFrame:
    """Covariates divided by 100, so that a table in points shows them in their own units."""
    return rows.assign(**{name: rows[name].astype(float) / 100 for name in covariates})


def _subsets(rows: pd.DataFrame, pairs: pd.DataFrame, *, draws: int, seed: int) -> pd.DataFrame:
    """The difference of "both" in parts of the study, those with at least two pairs of each kind."""
    plain = rows["template"].isin(PAIRED)
    common = rows.loc[rows["kind"] == YES, "hypernym"].mode().iloc[0]
    others = rows["kind"] == NO
    parts: Mapping[str, pd.Series] = {
        "all": plain,
        "a X and a Y": rows["template"] == "and",
        "a X next to a Y": rows["template"] == "next to",
        "a big X and a small Y": rows["template"] == SIZED,
        WITH_DISTRACTORS: rows["template"] == CROWDED,
        "nouns in alphabetical order": plain & ~rows["turned"],
        "nouns the other way round": plain & rows["turned"],
        "cohyponyms by the lexicon's own limits": plain & (others | rows["strict"].astype(bool)),
        f"without the hypernym {common}": plain & (others | (rows["hypernym"] != common)),
        "pairs that the model was taught": plain & (rows["taught"] == 1),
        "pairs held out of its training": plain & (rows["taught"] == 0),
    }
    none = difference_of_kinds(rows[plain], ["both"], draws=1, seed=seed).iloc[:0]
    tables = [none.drop(columns=["outcome", "p_holm"]).assign(subset="")]
    for name, chosen in parts.items():
        some = rows[chosen]
        pairs_of = some.groupby("kind")["pair"].nunique()
        if len(pairs_of) == 2 and pairs_of.min() >= LEAST:
            found = difference_of_kinds(some, ["both"], draws=draws, seed=seed)
            tables.append(found.drop(columns=["outcome", "p_holm"]).assign(subset=name))
    table = pd.concat(tables, ignore_index=True)
    return table[["subset", *(column for column in table if column != "subset")]]


def _by_pair(rows: pd.DataFrame, overlaps: pd.DataFrame, mask: str) -> pd.DataFrame:
    """Each pair's share of pictures with both nouns, and its mean overlap under the first rule (points)."""
    found = rates(rows, "pair")
    joined = rows[["caption_id", "seed", "pair"]].merge(overlaps[overlaps["mask"] == mask], on=["caption_id", "seed"])
    facts = rows.groupby("pair").agg(hypernym=("hypernym", "first"), alone=("alone", "mean"), excess=("excess", "mean"))
    found = found.merge(100 * joined.groupby("pair")["iou"].mean().rename("iou"), on="pair", how="left")
    facts[["alone", "excess"]] *= 100
    return found.merge(facts, on="pair")
