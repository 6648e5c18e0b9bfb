"""The judge's error taken out of a difference: planted, and bounded."""

import numpy as np
import pandas as pd
import pytest

from tests.studies.cohyponyms.pair_builder import images
from visuosyn.studies.cohyponyms.statistics.judge_error import corrected_difference, error_range, judge_rates

TRIAL = pd.DataFrame(
    [
        ("cohyponyms", "present", 500, 450),
        ("cohyponyms", "absent", 500, 425),
        ("others", "present", 500, 475),
        ("others", "absent", 500, 490),
    ],
    columns=["kind", "question", "n", "right"],
)
PERFECT = TRIAL.assign(right=TRIAL["n"])


def test_rates_in_points():
    table = judge_rates(TRIAL).set_index(["kind", "rate"])["value"]
    assert table["cohyponyms", "sensitivity"] == 90 and table["others", "specificity"] == 98


def test_a_perfect_judge_changes_nothing():
    data = images(seed=2)
    table = corrected_difference(data, PERFECT, draws=500).set_index("what")
    shares = 100 * data.groupby("kind")["both"].mean()
    assert table.loc["cohyponyms", "estimate"] == pytest.approx(shares["cohyponyms"])
    assert table.loc["difference", "estimate"] == pytest.approx(shares["cohyponyms"] - shares["others"])


def test_the_truth_behind_a_poor_judge_comes_back():
    true = images(yes=0.5, no=0.6, pairs=60, per_pair=64, seed=4)
    judged = images(yes=0.5, no=0.6, pairs=60, per_pair=64, seed=4, sensitivity=0.9, specificity=0.85)
    trial = TRIAL.assign(n=10**6, right=[900_000, 850_000] * 2)
    table = corrected_difference(judged, trial, draws=500).set_index("what")["estimate"]
    shares = 100 * judged.groupby("kind")["truth"].mean()
    assert abs(100 * judged.groupby("kind")["both"].mean()["others"] - shares["others"]) > 3
    assert table["others"] == pytest.approx(shares["others"], abs=3)
    assert table["difference"] == pytest.approx(shares["cohyponyms"] - shares["others"], abs=3)
    assert len(true) == len(judged)


def test_a_badly_measured_judge_widens_the_interval():
    data = images(seed=2)
    small = TRIAL.assign(n=20, right=[18, 17, 19, 20])
    wide, narrow = (
        np.ptp(corrected_difference(data, trial, draws=2000).set_index("what").loc["difference", ["low", "high"]])
        for trial in (small, PERFECT)
    )
    assert wide > 1.2 * narrow


def test_without_a_trial_there_is_a_range():
    data = images(seed=2)
    assert corrected_difference(data, TRIAL[:0]).empty and corrected_difference(data, TRIAL[:3]).empty
    table = error_range(data).set_index(["sensitivity", "specificity"])["difference"]
    shares = 100 * data.groupby("kind")["both"].mean()
    assert table[100.0, 100.0] == pytest.approx(shares["cohyponyms"] - shares["others"])
    assert abs(table[90.0, 100.0]) > abs(table[100.0, 100.0])  # fewer are seen than are there
