from __future__ import annotations

import pandas as pd

from tests.studies.relations.test_tables import row
from visuosyn.studies.relations.prose import findings
from visuosyn.studies.relations.tables import reader_table

RULES = ("relative:0.4", "summed:0.15", "area:0.1")


def found(*relations: tuple[str, float, float, int]) -> list[str]:
    """Findings of relations given as (name, difference under relative, under summed, prompts)."""
    rows = []
    for mask, place in zip(RULES, (1, 2, None), strict=True):
        unrelated, related = row("unrelated", mask, 0.0), row("all head-dependent", mask, 0.0)
        related |= {"mIoU": 30.0, "mIoU_low": 28.0, "mIoU_high": 32.0}
        rows += [unrelated, related]
        rows += [row(r[0], mask, 0.0 if place is None else r[place], prompts=r[3]) for r in relations]
    return findings(reader_table(pd.DataFrame(rows)), RULES[0])


def test_overlap_is_compared_by_intervals() -> None:
    first = found(("obj", 1, 1, 50))[0]
    assert "overlap less than those of unrelated words of the same caption: mIoU 30.0 against 40.0" in first


def test_intervals_that_overlap_are_no_equality() -> None:
    rows = [row(name, RULES[0], 0.0) for name in ("unrelated", "all head-dependent")]
    said = findings(reader_table(pd.DataFrame(rows)), RULES[0])[0]
    compared = "overlap neither clearly more nor clearly less than those of unrelated words of the same caption"
    assert f"{compared} (the intervals overlap): mIoU" in said


def test_directions_are_counted_with_the_rules_under_which_they_hold() -> None:
    said = found(("obj", 12.0, 5.0, 50), ("amod", -15.0, -4.0, 50), ("acl", 8.0, -8.0, 50), ("det", 1.0, 1.0, 50))
    assert said[1] == (
        "Of 4 relations with at least 20 prompts, 3 have a direction under relative:0.4 (the 95% interval of mIoD − "
        "mIoH excludes 0); under every rule that can show one it holds for 2: the head's area is the larger "
        "for obj; the dependent's area is the larger for amod. 2 of them exceed the paper's 10 points."
    )
    assert said[2] == "The rule decides the answer for acl: another rule finds the opposite direction."


def test_a_run_that_is_too_small_says_so_and_claims_nothing() -> None:
    said = found(("obj", 12.0, 12.0, 19))
    assert len(said) == 2 and said[1].startswith("No relation occurs in 20 or more prompts")


def test_no_direction_at_all() -> None:
    assert found(("obj", 1.0, 1.0, 50))[1].endswith("none have a direction under relative:0.4 (the 95% interval of "
                                                   "mIoD − mIoH excludes 0).")  # fmt: skip
