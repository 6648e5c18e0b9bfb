"""REML fits against lme4's published output, and against statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from visuosyn.errors import UserError
from visuosyn.stats.reml import fit_reml

# Davies & Goldsmith 1972, table 6.6: zones of inhibition (mm), 24 plates of 6 samples each.
PENICILLIN = """
27 23 26 23 23 21 27 23 26 23 23 21 25 21 25 24 24 20 26 23 25 23 23 20 25 22 26 22 23 20 24 22 25 23 22 19
24 20 23 21 22 19 26 22 26 24 24 21 24 21 24 22 22 20 24 21 24 23 22 19 26 23 26 24 24 21 25 22 26 24 24 20
26 24 26 24 25 22 26 23 26 23 23 20 26 23 25 24 24 22 25 22 25 23 23 20 25 21 24 23 23 20 25 22 24 23 23 19
24 21 23 21 21 19 26 23 26 24 24 21 25 21 24 22 22 18 25 22 25 22 22 20 24 21 24 22 24 19 24 21 24 22 21 18
"""
# Box, Hunter & Hunter 1978: yield of penicillin by treatment (four), one row a blend.
YIELDS = [[89, 88, 97, 94], [84, 77, 92, 79], [81, 87, 87, 85], [87, 92, 89, 84], [79, 81, 80, 88]]


def test_crossed_effects_agree_with_lme4():
    """lmer(diameter ~ 1 + (1 | plate) + (1 | sample), Penicillin), as printed by lme4."""
    y = np.array(PENICILLIN.split(), dtype=float)
    fit = fit_reml(y, np.ones((144, 1)), {"plate": np.repeat(np.arange(24), 6), "sample": np.tile(np.arange(6), 24)})
    assert fit.converged
    assert fit.criterion == pytest.approx(330.8606, abs=1e-3)
    assert fit.coefficients[0] == pytest.approx(22.9722, abs=1e-4)
    assert np.sqrt(fit.covariance[0, 0]) == pytest.approx(0.8086, abs=1e-3)
    assert (fit.sd["plate"], fit.sd["sample"], fit.sd_rest) == pytest.approx((0.8467, 1.9316, 0.5499), abs=1e-3)


def test_fixed_effects_agree_with_lme4():
    """lmer(yield ~ treat + (1 | blend), faraway::penicillin): 103.8; variances 11.8, 18.8; errors 2.48, 2.75."""
    y = np.array(YIELDS, dtype=float).ravel()
    x = np.column_stack([np.ones(20), *(np.tile(np.arange(4) == k, 5) for k in (1, 2, 3))]).astype(float)
    fit = fit_reml(y, x, {"blend": np.repeat(np.arange(5), 4)})
    assert fit.criterion == pytest.approx(103.8, abs=0.05)
    assert (fit.sd["blend"] ** 2, fit.sd_rest**2) == pytest.approx((11.8, 18.8), abs=0.05)
    np.testing.assert_allclose(fit.coefficients, [84, 1, 5, 2], atol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), [2.48, 2.75, 2.75, 2.75], atol=0.006)


@pytest.mark.filterwarnings("ignore::Warning")  # statsmodels warns of its own convergence
def test_nested_and_crossed_effects_agree_with_statsmodels():
    random = np.random.default_rng(0)
    a, b = random.integers(0, 12, 240), random.integers(0, 8, 240)
    x = np.column_stack([np.ones(240), random.normal(size=240)])
    y = x @ [1, 2] + random.normal(size=12)[a] + 0.7 * random.normal(size=8)[b] + random.normal(size=240)
    fit = fit_reml(y, x, {"a": a, "b": b})
    table = pd.DataFrame({"y": y, "x": x[:, 1], "a": a, "b": b, "one": 1})
    parts = {"a": "0 + C(a)", "b": "0 + C(b)"}
    reference = smf.mixedlm("y ~ x", table, groups="one", re_formula="0", vc_formula=parts).fit()
    np.testing.assert_allclose(fit.coefficients, reference.fe_params, rtol=1e-3)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), reference.bse_fe, rtol=2e-3)
    np.testing.assert_allclose([fit.sd["a"] ** 2, fit.sd["b"] ** 2], reference.vcomp, rtol=2e-2)
    assert fit.criterion <= -2 * reference.llf + 1e-3
    expected = y - x @ fit.coefficients
    assert np.var(fit.residuals) < np.var(expected)
    assert abs(fit.residuals.mean()) < 1e-6


def test_a_factor_without_effect_has_no_variance():
    random = np.random.default_rng(1)
    y = random.normal(size=300)
    fit = fit_reml(y - y.mean(), np.ones((300, 1)), {"a": np.tile(np.arange(10), 30)})
    assert fit.sd["a"] < 0.2
    assert fit.converged


def test_values_that_do_not_vary_are_refused():
    with pytest.raises(UserError, match="nothing is left to divide"):
        fit_reml(np.full(20, 0.3), np.ones((20, 1)), {"a": np.arange(20) // 4})


def test_columns_that_depend_on_each_other_are_refused():
    with pytest.raises(UserError, match="cannot be told apart"):
        fit_reml(np.arange(6.0), np.ones((6, 2)), {"a": np.arange(6) % 2})
