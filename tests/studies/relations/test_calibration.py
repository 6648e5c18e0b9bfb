"""A small calibration: tests keep their level, intervals cover, a planted difference comes back.

Bounds are three Monte Carlo standard errors wide; ``make calibrate`` runs the full one.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.special import expit
from scipy.stats import multivariate_normal

from visuosyn.studies.relations.statistics.calibrate import calibration_table
from visuosyn.studies.relations.statistics.dominance import difference_table
from visuosyn.studies.relations.statistics.means import relation_table
from visuosyn.studies.relations.statistics.simulate import STANDARD, simulate_pairs

STUDIES = 80


def test_truth_agrees_with_adaptive_quadrature():
    """Against scipy.integrate.dblquad of the bivariate normal density."""
    shift = STANDARD.shift(0.05)
    assert STANDARD.truth(shift)["difference"] == pytest.approx(0.05)
    density = multivariate_normal([0, 0], STANDARD.covariance).pdf

    def weighted(y, x):
        iod, ioh = expit(STANDARD.mean + shift / 2 + x), expit(STANDARD.mean - shift / 2 + y)
        return density([x, y]) / (1 / iod + 1 / ioh - 1)

    expected, _ = dblquad(weighted, -9, 9, -9, 9, epsabs=1e-4)
    assert STANDARD.truth(shift)["mIoU"] == pytest.approx(expected, abs=1e-4)


def test_a_large_simulated_study_has_the_true_means():
    pairs = simulate_pairs(4000, np.random.default_rng(0), seeds=2, difference=0.05)
    table = relation_table(pairs, draws=10).set_index("relation")
    for relation, difference in (("all head-dependent", 0.05), ("unrelated", 0.0)):
        for name, truth in STANDARD.truth(STANDARD.shift(difference)).items():
            assert table.loc[relation, name] == pytest.approx(100 * truth, abs=1.5)


def test_level_coverage_and_bias():
    """Unrelated pairs have no difference, related ones one of 5 points."""
    p, covered, estimates = [], [], []
    for study in range(STUDIES):
        pairs = simulate_pairs(60, np.random.default_rng(study), seeds=2, difference=0.05)
        table = difference_table(pairs, draws=300, seed=study).set_index("relation")
        p.append(table.loc["unrelated", "p"])
        low, high, estimate = table.loc["all head-dependent", ["low", "high", "estimate"]]
        covered.append(low <= 5 <= high)
        estimates.append(estimate)
    error = np.sqrt(0.05 * 0.95 / STUDIES)
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=3 * error)
    assert np.mean(covered) == pytest.approx(0.95, abs=3 * error)
    assert np.mean(estimates) == pytest.approx(5, abs=3 * np.std(estimates) / np.sqrt(STUDIES))


@pytest.mark.slow
def test_every_procedure_is_calibrated():
    table = calibration_table(studies=300, sizes=[80], draws=500)
    chosen = table[~table["test"].str.startswith("not chosen") & (table["n_prompts"] >= 40)]
    error = np.sqrt(0.05 * 0.95 / chosen["studies"])  # the mixed model is tried on a quarter of the studies
    assert ((chosen["type1"] - 0.05).abs() <= 3 * error)[chosen["type1"].notna()].all()
    assert ((chosen["coverage"] - 0.95).abs() <= 3 * error).all()


def test_the_table_names_procedures_and_sizes():
    table = calibration_table(studies=2, sizes=[30], draws=50)
    assert list(table.columns) == [
        *("test", "measure", "relation", "prompts", "n_prompts", "studies", "type1", "coverage", "bias")
    ]
    assert {"sign flip", "sign flip, pair - control", "bootstrap interval", "effect size", "mixed model"} <= set(
        table["test"]
    )
    assert table["coverage"].between(0, 1).all()
