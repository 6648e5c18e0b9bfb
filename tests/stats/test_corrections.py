"""Corrections against statsmodels; families; missing p."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from visuosyn.stats.corrections import corrected


@settings(max_examples=8)  # statsmodels collects garbage in every call
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_corrections_agree_with_statsmodels(values):
    table = corrected(pd.DataFrame({"mask": "soft", "p": values}))
    np.testing.assert_allclose(table["p_holm"], multipletests(values, method="holm")[1], atol=1e-12)
    np.testing.assert_allclose(table["p_bh"], multipletests(values, method="fdr_bh")[1], atol=1e-12)


def test_mask_rules_are_families_and_missing_p_do_not_count():
    table = corrected(
        pd.DataFrame({"mask": ["soft", "a", "soft", "soft", "b"], "p": [0.02, 0.03, np.nan, 0.5, np.nan]})
    )
    assert list(table.columns) == ["mask", "p", "p_holm", "p_bh"]
    np.testing.assert_allclose(table["p_holm"], [0.04, 0.03, np.nan, 0.5, np.nan])
