"""The correction gives the truth back: worked by hand, and on simulated judges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visuosyn.errors import UserError
from visuosyn.stats.misclassification import rogan_gladen, share_of_both, true_share

RATE = st.floats(0.55, 1)


@given(st.floats(0, 1), RATE, RATE)
def test_the_expected_verdict_is_turned_into_the_true_share(share, se, sp):
    said = share * se + (1 - share) * (1 - sp)
    mean = said * true_share(1, sensitivity=se, specificity=sp) + (1 - said) * true_share(
        0, sensitivity=se, specificity=sp
    )
    assert float(mean) == pytest.approx(share)


def test_a_product_estimates_that_both_are_there():
    random = np.random.default_rng(1)
    first = random.random(200_000) < 0.8
    second = np.where(first, random.random(200_000) < 0.6, random.random(200_000) < 0.9)  # not independent
    said = [np.where(random.random(200_000) < np.where(truth, 0.9, 0.05), 1, 0) for truth in (first, second)]
    a, b = (true_share(one, sensitivity=0.9, specificity=0.95) for one in said)
    assert abs(np.mean(said[0] * said[1]) - 0.48) > 0.03
    assert np.mean(a * b) == pytest.approx((first & second).mean(), abs=0.005)
    product, either = (said[0] * said[1]).sum(), (said[0] + said[1]).sum()
    both = share_of_both(product, either, len(first), sensitivity=0.9, specificity=0.95)
    assert float(both) == pytest.approx(np.mean(a * b))


def test_the_share_of_both_is_missing_without_cases_and_for_a_coin():
    assert np.isnan(share_of_both(0, 0, 0, sensitivity=0.9, specificity=0.9))
    assert np.isnan(share_of_both(1, 2, 4, sensitivity=[0.5, 0.4], specificity=0.5)).all()


def test_a_perfect_judge_is_left_alone():
    assert true_share([0, 1], sensitivity=1, specificity=1).tolist() == [0, 1]


def test_the_published_form():
    # Rogan & Gladen 1978: (q + Sp - 1) / (Se + Sp - 1) with q = .3, Se = .8, Sp = .9
    share, low, high = rogan_gladen(300, 1000, sensitivity=(800, 1000), specificity=(900, 1000))
    assert share == pytest.approx(0.2 / 0.7)
    assert 0.2 < low < share < high < 0.36


def test_the_interval_covers_at_its_level():
    random = np.random.default_rng(7)
    truth, se, sp, hits = 0.4, 0.9, 0.85, 0
    for round_ in range(300):
        q = truth * se + (1 - truth) * (1 - sp)
        present, *rates = random.binomial(150, q), (random.binomial(200, se), 200), (random.binomial(200, sp), 200)
        _, low, high = rogan_gladen(present, 150, sensitivity=rates[0], specificity=rates[1], draws=1500, seed=round_)
        hits += low <= truth <= high
    assert 0.91 <= hits / 300 <= 0.99


def test_a_badly_measured_judge_widens_the_interval():
    wide, narrow = (rogan_gladen(60, 100, sensitivity=(9 * n, 10 * n), specificity=(9 * n, 10 * n)) for n in (2, 1000))
    assert wide[2] - wide[1] > 1.2 * (narrow[2] - narrow[1])


def test_the_share_stays_within_0_and_1():
    assert rogan_gladen(0, 50, sensitivity=(9, 10), specificity=(8, 10))[:2] == (0, 0)


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ({"sensitivity": 0.5, "specificity": 0.5}, "do not exceed 1"),
        ({"sensitivity": 1.2, "specificity": 0.9}, "shares from 0 to 1"),
    ],
)
def test_impossible_rates_are_refused(rates, message):
    with pytest.raises(UserError, match=message):
        true_share(1, **rates)


def test_impossible_counts_are_refused():
    with pytest.raises(UserError, match="6 of 5"):
        rogan_gladen(6, 5, sensitivity=(9, 10), specificity=(9, 10))
