"""Agreement against statsmodels and Krippendorff's published example."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa, to_table

from visuosyn.errors import UserError
from visuosyn.judge import agreement_table, cohen_kappa, krippendorff_alpha

# Krippendorff 2011, "Computing Krippendorff's alpha-reliability", example C: four observers, twelve units, gaps.
PUBLISHED = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""


def test_alpha_of_the_published_example():
    ratings = [[np.nan if x == "." else float(x) for x in line.split()] for line in PUBLISHED.split("\n") if line]
    assert krippendorff_alpha(ratings) == pytest.approx(0.743, abs=5e-4)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=40))
def test_kappa_is_that_of_statsmodels(pairs):
    a, b = np.array(pairs).T
    ours = cohen_kappa(a, b)
    if np.isnan(ours):
        assert len(set(a) | set(b)) == 1
        return
    table = to_table(np.array(pairs), bins=np.arange(4) - 0.5)[0]
    assert ours == pytest.approx(cohens_kappa(table, return_results=False))


@given(st.lists(st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=3, max_size=3), min_size=1, max_size=30))
def test_alpha_ignores_the_order_of_judges_and_things_and_is_at_most_1(rows):
    table = np.array(rows).T
    alpha = krippendorff_alpha(table)
    other = krippendorff_alpha(table[::-1, ::-1])
    assert (np.isnan(alpha) and np.isnan(other)) or (alpha == pytest.approx(other) and alpha <= 1)


def test_alpha_of_two_complete_judges_worked_by_hand():
    # 8 values, 5 zeros and 3 ones; one disagreement of four: Do = 2 * 1 / 8, De = 2 * 5 * 3 / (8 * 7)
    assert krippendorff_alpha([[1, 1, 0, 0], [1, 0, 0, 0]]) == pytest.approx(1 - (2 / 8) / (30 / 56))


def test_where_there_is_one_label_nothing_can_be_said():
    assert np.isnan(cohen_kappa([1, 1], [1, 1])) and np.isnan(krippendorff_alpha([[1, 1], [1, 1]]))
    assert np.isnan(krippendorff_alpha([[1, np.nan], [np.nan, 0]]))


def test_the_table_of_three_judges():
    rows = [
        (judge, image, "cat", bool(said))
        for judge, column in {"a": [1, 1, 0, 0], "b": [1, 1, 0, 0], "c": [1, 0, 0, 1]}.items()
        for image, said in enumerate(column)
    ]
    table = agreement_table(pd.DataFrame(rows, columns=["judge", "image", "noun", "present"]))
    assert list(table["judges"]) == ["a, b", "a, c", "b, c", "a, b, c"]
    assert list(table["n"]) == [4] * 4
    assert list(table["agreement"]) == [1, 0.5, 0.5, 0.5]
    assert table["kappa"].tolist()[:3] == [1, 0, 0]
    assert np.isnan(table["kappa"].iloc[3])


def test_wrong_verdicts_are_told():
    one = pd.DataFrame({"judge": ["a", "a"], "image": [1, 1], "noun": ["cat"] * 2, "present": [True, False]})
    with pytest.raises(UserError, match="two verdicts"):
        agreement_table(one)
    with pytest.raises(UserError, match="needs two judges, there is a"):
        agreement_table(one[:1])
    with pytest.raises(UserError, match="same things"):
        cohen_kappa([1], [1, 0])
    with pytest.raises(UserError, match="table"):
        krippendorff_alpha([1, 0])
