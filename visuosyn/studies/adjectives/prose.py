"""What the tables of an adjectival study say, in sentences, and its methods section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from visuosyn.report.prose import amount, seeds_text
from visuosyn.report.run_text import drawing_text, software_text
from visuosyn.run import RunFacts
from visuosyn.studies.adjectives.statistics import ALL
from visuosyn.view.numbers import interval, points, pvalue


def findings(tables: Mapping[str, pd.DataFrame], mask: str) -> list[str]:
    """The main results as sentences, each with its interval; what was not measured is left out."""
    said = [_leakage(tables, mask), _change(tables), _tint(tables), _binding(tables)]
    return [one for one in said if one] or ["Nothing could be measured; the list of what was dropped says why."]


def _leakage(tables: Mapping[str, pd.DataFrame], mask: str) -> str:
    table = tables.get("leakage")
    if table is None:
        return ""
    rows = table[(table["adjective"] == ALL) & (table["mask"] == mask)].set_index("measure")
    if "leakage - noun_leakage" not in rows.index:  # an area was empty in every picture
        return ""
    difference = rows.loc["leakage - noun_leakage"]
    others = table[(table["adjective"] == ALL) & (table["measure"] == "leakage - noun_leakage")]
    signs = f"; it has this sign under {(others['estimate'] * difference['estimate'] > 0).sum()} of {len(others)} rules"
    return (
        f"Under {mask}, {_interval(rows.loc['leakage'], '%')} of the attention to an adjective lies outside of its "
        f"noun, {_interval(rows.loc['noun_leakage'], '%')} of the noun’s own; attention spread evenly would leave "
        f"{points(float(rows['estimate']['chance']))} % there. Adjective minus noun: "
        f"{_interval(difference, 'points')}, {_p(difference)}{signs}."
    )


def _change(tables: Mapping[str, pd.DataFrame]) -> str:
    table = tables.get("changes")
    if table is None:
        return ""
    said = []
    for comparison, words in (
        ("another adjective", "Another adjective changes"),
        ("another adjective, attention re-used", "With re-used attention it changes"),
        ("another seed", "Another seed changes"),
    ):
        rows = table[table["comparison"] == comparison].set_index("measure")
        if len(rows):
            inside, outside = (rows.loc[f"rgb_{where}"] for where in ("inside", "outside"))
            said.append(
                f"{words} the noun’s pixels by {_interval(inside, '%')} and all others by {_interval(outside, '%')}"
            )
    return ". ".join(said) + " of the range of RGB." if said else ""


def _tint(tables: Mapping[str, pd.DataFrame]) -> str:
    table = tables.get("other_colours")
    if table is None:
        return ""
    rows = table[(table["adjective"] == ALL) & ~table["reused"].astype(bool)].set_index("measure")
    difference = rows.loc["tinted - without adjective"]
    return (
        f"Another object has the adjective’s colour in {_interval(rows.loc['tinted'], '%')} of the pictures, and in "
        f"{_interval(rows.loc['without adjective'], '%')} of those of the same noise without any adjective: "
        f"{_interval(difference, 'points', sign=True)}, {_p(difference)}."
    )


def _binding(tables: Mapping[str, pd.DataFrame]) -> str:
    table = tables.get("bindings")
    if table is None:
        return ""
    rows = table[table["scene"] == "all templates"].set_index("measure")
    shares = ", ".join(f"{name} in {_interval(rows.loc[name], '%')}" for name in ("right", "swapped", "leaked"))
    rest = " and ".join(f"{name} in {points(float(rows['estimate'][name]))} %" for name in ("other", "missing"))
    return f"With two adjectives on two nouns, binding is {shares}; {rest}."


def _interval(row: Any, unit: str, *, sign: bool = False) -> str:
    """An estimate with its interval.

    >>> _interval(pd.Series({"estimate": 3.21, "low": 1.0, "high": 5.0}), "%")
    '3.2 % [1.0, 5.0]'
    """
    return f"{points(row['estimate'], sign)} {unit} {interval(row['low'], row['high'])}".rstrip()


def _p(row: Any) -> str:
    """The p of a test, corrected over its table."""
    p = pvalue(row["p_holm"])
    return "not tested" if p == "–" else f"p {p} (Holm)" if p.startswith("<") else f"p = {p} (Holm)"


def methods(facts: RunFacts, judge: Mapping[str, Any], *, masks: Sequence[str], dropped: int) -> str:
    """A methods section ready to paste, with the facts of this run."""
    return (
        f"We drew {amount(facts.captions, 'prompt')} made from templates ({facts.corpus}) with {facts.model} "
        f"({drawing_text(facts)}) and {amount(len(facts.seeds), 'seed')} "
        f"({seeds_text(facts.seeds)}); all prompts of a template start from the same noise. Each adjective but the "
        "first was drawn again with the attention probabilities of the first adjective’s prompt (Hertz et al., 2022), "
        f"to the text in the first {100 * facts.options['cross_share']:g} % and within the picture in the first "
        f"{100 * facts.options['self_share']:g} % of the steps. The attention to each word is averaged over heads, "
        "layers and steps (DAAM; Tang et al., 2023). Leakage is the share of an adjective’s area outside of its noun’s "
        f"mask, as the judge {judge['name']} found it, with areas by the rules {', '.join(masks)}. Change is the "
        "mean absolute difference of RGB and the mean structural similarity (Wang et al., 2004) inside and outside of "
        "the union of the noun’s masks in both pictures. Controls: no adjective, another noun, another seed. Means are "
        "given with 95% expanded percentile intervals (Hesterberg, 2015) from a bootstrap over template × adjective, "
        f"tests are sign-flips of the same clusters, corrected after Holm. {amount(dropped, 'item')} could not be "
        f"measured and are listed with the reason. {software_text(facts)}"
    )
