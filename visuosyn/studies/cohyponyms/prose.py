"""A cohyponym study in plain words: findings, methods, labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from visuosyn import __version__
from visuosyn.report.prose import amount, listed, seeds_text
from visuosyn.run import RunFacts
from visuosyn.studies.cohyponyms.statistics.tables import PAPER, WITH_DISTRACTORS
from visuosyn.view.numbers import interval, points

LABELS = {
    "both": "both nouns are there",
    "excess": "both, minus what the nouns alone give",
    "one": "one noun is there",
    "doubled": "one noun twice, the other not",
    "none": "neither is there",
    "blend": "one object holds both words’ attention",
    "misplaced": "attention on the other noun’s object",
    "swapped": "attention exchanged between the objects",
    "size_swapped": "size words exchanged",
}
CEILING, FLOOR = 97.0, 3.0  # per cent: nearer to the ends shares of pictures cannot differ by much
HALF = 0.5
COVARIATES = {
    "cosine": "cosine of the nouns’ text embeddings",
    "first_area": "attention area of the first noun (log)",
    "second_area": "attention area of the second noun (log)",
    "turned": "nouns not in alphabetical order",
    "next_to": "template “next to”",
    "alone": "product of the nouns’ shares alone",
    "size_ratio": "ratio of the nouns’ sizes (log)",
    "taught": "the model was taught the pair",
}


def findings(tables: Mapping[str, pd.DataFrame], mask: str) -> list[str]:
    """What the study found, in sentences: each with its figures, none stronger than its interval."""
    outcomes, overlap = (_by_name(tables[name], "outcome") for name in ("outcomes", "overlap"))
    both, first = outcomes["both"], overlap[f"iou {mask}"]
    said = [
        f"Both nouns are there in {both['cohyponyms']:.0f} % of the pictures of cohyponyms and in "
        f"{both['others']:.0f} % of those of other nouns: {_difference(both)}. "
        f"Tang et al. (2023) found {PAPER['cohyponyms']:.0f} and {PAPER['others']:.0f} %, without an interval."
    ]
    said += _crowded(tables["subsets"], both)
    if len(corrected := tables["corrected"]):
        row = _by_name(corrected, "what")["difference"]
        said.append(
            f"With the judge’s measured error taken out the difference is {points(row['estimate'], True)} points "
            f"{_interval(row['low'], row['high'])}."
        )
    if excess := outcomes.get("excess"):
        said.append(
            f"Against what each noun gives alone, cohyponyms are there together {_more(excess['cohyponyms'])} and "
            f"others {_more(excess['others'])}: {_difference(excess)}."
        )
    end, sign = ("difference_low", 1) if first["difference"] > 0 else ("difference_high", -1)
    agreeing = sum(row[end] * sign > 0 for row in overlap.values())
    said.append(
        f"The two nouns’ maps overlap by {first['cohyponyms']:.0f} points of IoU for cohyponyms and "
        f"{first['others']:.0f} for others under {mask}: {_difference(first)}. In the same direction with an interval "
        f"without 0 under {agreeing} of {len(overlap)} mask rules."
    )
    said.append(_link(tables["link"], mask))
    detectable = float(tables["power"]["detectable"].iloc[0])
    if np.isfinite(detectable):
        said.append(f"In four cases of five a study like this finds a difference of {detectable:.0f} points.")
    return said


def _link(table: pd.DataFrame, mask: str) -> str:
    parts = []
    for row in table[table["mask"] == mask].to_dict("records"):
        if np.isfinite(row["odds_ratio"]):
            parts.append(
                f"{row['kind']}: odds ratio of both {row['odds_ratio']:.2f} [{row['low']:.2f}, {row['high']:.2f}] for "
                "ten points more overlap"
            )
        else:
            parts.append(f"{row['kind']}: {row['note']}")
    return f"Overlap and failure among the pictures of a pair, under {mask}: {'; '.join(parts)}."


def _crowded(subsets: pd.DataFrame, both: Mapping[Any, Any]) -> list[str]:
    """What shares near 0 or 100 % mean, and the shares where more is to be drawn."""
    said = []
    shares = [both["cohyponyms"], both["others"]]
    if min(shares) > CEILING or max(shares) < FLOOR:
        end = "nearly every pair" if min(shares) > CEILING else "hardly any pair"
        said.append(
            f"This model draws {end} of either kind, so those shares cannot tell the kinds apart; read the harder "
            "prompts, the overlap and what is misplaced."
        )
    if row := _by_name(subsets, "subset").get(WITH_DISTRACTORS):
        said.append(
            f"Crowded by two further nouns both are there in {row['cohyponyms']:.0f} % and {row['others']:.0f} %: "
            f"{_difference(row)}."
        )
    return said


def _by_name(table: pd.DataFrame, name: str) -> dict[Any, dict[Any, Any]]:
    return table.set_index(name).to_dict("index")


def _difference(row: Mapping[Any, Any]) -> str:
    """The difference with its interval, and in words whether it excludes 0."""
    low, high = row["difference_low"], row["difference_high"]
    clear = ", which includes no difference" if low <= 0 <= high else ""
    return f"a difference of {points(row['difference'], True)} points {_interval(low, high)}{clear}"


def _more(excess: float) -> str:
    if abs(excess) < HALF:
        return "as often as expected"
    return f"{abs(excess):.0f} points {'more' if excess > 0 else 'less'} often than expected"


def _interval(low: float, high: float) -> str:
    return interval(low, high) or "(no interval)"


def methods(
    facts: RunFacts, judge: Mapping[str, Any], pairs: pd.DataFrame, *, dropped: int, crowded: bool = True
) -> str:
    """A methods section to paste; ``crowded``: some pairs were drawn with further nouns, too."""
    yes, no = (int((pairs["cohyponyms"].astype(str) == kind).sum()) for kind in ("True", "False"))
    depth, steps, similarity = facts.options["limits"]
    nouns = len({*pairs["first"], *pairs["second"]})
    templates = ["“a X and a Y”", "“a X next to a Y”", "“a big X and a small Y”"]
    templates += ["crowded by two unrelated nouns as “a X, a Y, a Z and a W”"] if crowded else []
    if facts.options.get("pairs") == "given":
        choice = "The pairs were given, some perhaps with their kind; nothing made the two kinds alike."
    else:
        choice = (
            "The two kinds were made as alike as the nouns allow in how often they use each noun and, where known, in "
            "sizes and in the share of pairs held out of training."
        )
    return (
        f"We drew {amount(yes, 'pair')} of cohyponyms and {amount(no, 'pair')} of other nouns ({nouns} nouns) with "
        f"{facts.model} ({facts.scheduler}, {amount(facts.steps, 'step')}, guidance {facts.guidance:g}, {facts.width} "
        f"× {facts.height} pixels), each in both orders as {listed(templates)} "
        f"with {amount(len(facts.seeds), 'seed')} ({seeds_text(facts.seeds)}); all prompts of a pair start from the "
        f"same noise. Every noun was also drawn alone. Cohyponyms are nouns of {facts.options['lexicon']} whose lowest "
        f"common hypernym stands at least {depth} below the root, each at most {steps} steps above the noun, with a "
        f"similarity (Wu and Palmer 1994) of at least {similarity:g}. {choice} Which nouns a picture shows was judged "
        f"by {judge['name']}. Statistics are by pair of nouns: intervals from a bootstrap over pairs within each kind, "
        "tests from exchanges of the kinds among pairs, corrected by Holm’s method; logistic GEE with exchangeable "
        "correlation within pairs and bias-reduced covariance; a linear mixed model with crossed random effects of "
        "pair, noise and either noun. "
        f"{amount(dropped, 'picture, prompt, pair or noun', 'pictures, prompts, pairs or nouns')} could not be used "
        f"and are listed. Made with visuosyn {__version__}."
    )


def judge_sentence(judge: Mapping[str, Any], rates: pd.DataFrame) -> str:
    """Who judged, and how well the judge did when tried on pictures whose content is known."""
    if rates.empty:
        given = [name for name in ("recall", "specificity") if judge.get(name) is not None]
        known = [f"{name} {100 * judge[name]:.0f} %" for name in given]
        more = f"; its own card says {listed(known)}" if known else ""
        return f"The judge {judge['name']} was not tried here, since nobody knows what these pictures truly show{more}."
    parts = [f"{row.rate} {row.value:.1f} % ({row.kind}, {row.n:,} questions)" for row in rates.itertuples()]
    return f"The judge {judge['name']} on true scenes that nothing was trained on: {listed(parts)}."
