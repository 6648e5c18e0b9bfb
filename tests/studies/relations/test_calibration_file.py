"""The kept calibration keeps its promises, and the README quotes it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
FIGURES = (
    "tests reject a true null hypothesis at .05 in {type1_low:.1f} to {type1_high:.1f}% of studies, 95% intervals hold "
    "the truth in {low:.1f} to {high:.1f}%, and a planted mIoD - mIoH of 5 points comes back with a bias of at most "
    "{bias:.2f} points."
)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    whole = pd.read_csv(ROOT / "reports" / "calibration.csv")
    assert (whole.loc[whole["test"] != "mixed model", "studies"] >= 1800).all()
    return whole[whole["n_prompts"] >= 40]


def figures(table: pd.DataFrame) -> str:
    planted = table[table["test"].isin(["bootstrap interval", "mixed model"]) & (table["measure"] == "mIoD - mIoH")]
    type1, coverage = 100 * table["type1"].dropna(), 100 * table["coverage"]
    return FIGURES.format(
        type1_low=type1.min(), type1_high=type1.max(), low=coverage.min(), high=coverage.max(),
        bias=planted["bias"].abs().max(),
    )  # fmt: skip


def test_levels_coverage_and_bias_are_within_their_bars(table: pd.DataFrame) -> None:
    assert table["type1"].dropna().between(0.035, 0.065).all()
    assert table["coverage"].between(0.93, 0.97).all()
    planted = table[table["test"].isin(["bootstrap interval", "mixed model"]) & (table["measure"] == "mIoD - mIoH")]
    assert (planted["bias"].abs() < 0.5).all()


def test_the_readme_quotes_it(table: pd.DataFrame) -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert figures(table) in readme
