"""Tables of an adjectival study: known means, and the judge's errors by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from visuosyn.studies.adjectives.statistics import adjective_tables, judge_range

FAST = {"draws": 400, "seed": 0}
VALUES = [f"{measure}_{region}" for measure in ("rgb", "ssim") for region in ("inside", "outside", "others")]


def study_rows() -> dict[str, pd.DataFrame]:
    """Two templates, two adjectives, two seeds; leakage .6 and .4, the noun's .3."""
    keys = [(t, a, s) for t in ("t1", "t2") for a in ("red", "blue") for s in (0, 1)]
    base = pd.DataFrame([{"template": t, "cluster": f"{t} {a}", "adjective": a, "seed": s} for t, a, s in keys])
    red = base["adjective"] == "red"
    leakage = base.assign(role="adjective", mask="soft", leakage=np.where(red, 0.6, 0.4), noun_leakage=0.3,
                          on_others=0.1, chance=0.8)  # fmt: skip
    change = [
        base.assign(comparison=name, **dict.fromkeys(VALUES, value))
        for name, value in (("adjective", 0.2), ("adjective, re-used", 0.05), ("none", 0.1), ("seed", 0.4))
    ]
    colours = base.assign(noun="box", own=False, reused=False, seen=np.where(red, "red", "green"), control="green")
    return {
        "leakage": leakage,
        "changes": pd.concat(change, ignore_index=True),
        "colours": pd.concat([colours, colours.assign(own=True, noun="ball")], ignore_index=True),
        "bindings": pd.DataFrame(
            {
                "template": ["t3"] * 4,
                "cluster": ["t3 a", "t3 a", "t3 b", "t3 b"],
                "outcome": ["right", "swapped", "right", "leaked"],
            }
        ),
    }


def estimate(table: pd.DataFrame, measure: str, **cell: object) -> float:
    for name, value in cell.items():
        table = table[table[name] == value]
    (found,) = table.loc[table["measure"] == measure, "estimate"]
    return float(found)


def test_tables_of_a_study():
    tables = adjective_tables(study_rows(), **FAST)
    assert "leakage_pairs" not in tables
    leakage = tables["leakage"]
    assert estimate(leakage, "leakage", adjective="all adjectives") == pytest.approx(50)
    assert estimate(leakage, "leakage - noun_leakage", adjective="red") == pytest.approx(30)
    assert estimate(leakage, "leakage - chance", adjective="blue") == pytest.approx(-40)
    differences = tables["change_differences"]
    reused = "another adjective, attention re-used"
    assert estimate(differences, "rgb_outside", against=reused) == pytest.approx(15)
    assert estimate(differences, "rgb_outside", against="another seed") == pytest.approx(-20)
    assert estimate(tables["other_colours"], "tinted - without adjective", adjective="red") == pytest.approx(100)
    assert estimate(tables["other_colours"], "tinted", adjective="all adjectives") == pytest.approx(50)
    assert estimate(tables["other_colours"], "changed", adjective="blue") == pytest.approx(0)
    assert estimate(tables["own_colour"], "obeyed", adjective="red") == pytest.approx(100)
    for outcome, share in {"right": 50, "swapped": 25, "leaked": 25, "missing": 0}.items():
        assert estimate(tables["bindings"], outcome, scene="all templates") == pytest.approx(share)


def test_the_judges_errors_by_hand():
    """90 of 100 right: a judged 50 % stays 50 %, 10 % becomes (.1 + .9 - 1) / .8 = 0, 100 % more than all."""
    tables = adjective_tables(study_rows(), **FAST)
    table = judge_range(tables, right=90, of=100).set_index(["table", "measure"])
    tinted, obeyed = table.loc[("other_colours", "tinted")], table.loc[("own_colour", "without adjective")]
    assert (tinted["judged"], tinted["corrected"]) == (pytest.approx(50), pytest.approx(50))
    assert tinted["corrected_low"] <= tinted["judged_low"] <= tinted["judged_high"] <= tinted["corrected_high"]
    assert (obeyed["judged"], obeyed["corrected"]) == (0, 0)
    sure = judge_range(tables, right=10**9, of=10**9)
    assert np.allclose(sure["judged"], sure["corrected"], atol=1e-4)


def test_a_judge_that_may_be_no_better_than_a_coin_leaves_any_share_open():
    tables = adjective_tables(study_rows(), **FAST)
    for right, of in ((11, 20), (1, 2), (8, 20)):  # the interval of the accuracy reaches down to .5, or lies below it
        table = judge_range(tables, right=right, of=of)
        assert (table["corrected_low"] == 0).all() and (table["corrected_high"] == 100).all()
        assert table["corrected"].notna().all() == (right / of > 0.5)


def test_a_perfect_judge_is_given_back_what_an_imperfect_one_lost():
    """A true share of 30 %, judged with accuracy .9: .3 x .9 + .7 x .1 = 34 %."""
    judged = {"adjective": "all adjectives", "measure": "tinted", "reused": False, "estimate": 34.0, "low": 34.0}
    tables = {"other_colours": pd.DataFrame([judged | {"high": 34.0}])}
    table = judge_range(tables, right=900_000, of=1_000_000)
    assert table["corrected"][0] == pytest.approx(30)
    assert table["corrected_high"][0] == pytest.approx(30, abs=0.2)


def test_a_study_without_a_measurement_has_no_tables():
    empty = {name: table.iloc[:0] for name, table in study_rows().items()}
    assert adjective_tables(empty, **FAST) == {}
    of_nothing = {name: pd.DataFrame(columns=table.columns) for name, table in empty.items()}  # as a file gives it back
    assert adjective_tables(of_nothing, **FAST) == {}
