"""Kinds of noun pairs compared: worked by hand, against statsmodels, calibrated on simulated studies."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from tests.studies.cohyponyms.pair_builder import images
from visuosyn.errors import UserError
from visuosyn.studies.cohyponyms.statistics.kinds import difference_of_kinds, pair_power, pair_sums, rates


def by_hand():
    rows = [("a + b", "cohyponyms", v) for v in (1, 0, 0, 0)] + [("c + d", "cohyponyms", v) for v in (1, 1, 0, 0)]
    rows += [("a + c", "others", v) for v in (1, 1, 1, 1)] + [("b + d", "others", v) for v in (1, 0)]
    return pd.DataFrame(rows, columns=["pair", "kind", "both"]).assign(hypernym="h")


def test_sums_and_means_worked_by_hand():
    table = difference_of_kinds(by_hand(), ["both"], draws=200).iloc[0]
    assert (table["cohyponyms"], table["others"]) == (pytest.approx(37.5), pytest.approx(500 / 6))
    assert table["difference"] == pytest.approx(37.5 - 500 / 6)
    assert (table["n_cohyponyms"], table["n_others"], table["n_images"]) == (2, 2, 14)
    sums = pair_sums(by_hand(), ["both"])
    assert sums.names == ("a + b", "a + c", "b + d", "c + d") and sums.sums[:, 0].tolist() == [1, 4, 1, 2]


def test_the_dyadic_interval_worked_by_hand():
    # shares: a+b (1 - .375*4)/8 = -1/16, c+d +1/16; a+c -(4 - 5/6*4)/6 = -1/9, b+d -(1 - 5/6*2)/6 = +1/9.
    # Pairs with a common noun: a+b with a+c and b+d, c+d with a+c and b+d; the cross terms cancel here.
    table = difference_of_kinds(by_hand(), ["both"], draws=50).iloc[0]
    half = 100 * 3.182446 * np.sqrt(2 / 256 + 2 / 81)  # t quantile with four nouns less one
    assert table["dyadic_high"] - table["difference"] == pytest.approx(half, rel=1e-5)


def test_the_exact_p_of_a_small_study():
    # Four pairs, means .25, .5 | 1, .5 with unequal counts: of the six ways to choose two pairs the observed difference
    # is matched by how many? All six are drawn often, so p must come near their exact share.
    data = by_hand()
    sums = pair_sums(data, ["both"])
    s, c = sums.sums[:, 0], sums.counts[:, 0]

    def difference(chosen):
        other = [i for i in range(4) if i not in chosen]
        return s[chosen].sum() / c[chosen].sum() - s[other].sum() / c[other].sum()

    ways = [difference([i, j]) for i in range(4) for j in range(i + 1, 4)]
    exact = np.mean(np.abs(ways) >= abs(difference([0, 3])) - 1e-12)
    assert difference_of_kinds(data, ["both"], draws=20_000)["p"].iloc[0] == pytest.approx(exact, abs=0.02)


def test_missing_outcomes_do_not_count():
    data = images(seed=3).assign(some=lambda t: np.where(t["seed"] == 0, t["both"], np.nan))
    table = difference_of_kinds(data, ["both", "some"], draws=200).set_index("outcome")
    assert table.loc["some", "n_images"] == len(data) / 4
    assert table.loc["some", "cohyponyms"] == pytest.approx(
        100 * data[(data["seed"] == 0) & (data["kind"] == "cohyponyms")]["both"].mean()
    )


def test_level_coverage_and_power_on_simulated_studies():
    hits, rejected, found = 0, 0, 0
    for seed in range(120):
        null = difference_of_kinds(images(yes=0.6, no=0.6, seed=seed, per_pair=8), ["both"], draws=400).iloc[0]
        rejected += null["p"] < 0.05
        hits += null["difference_low"] <= 0 <= null["difference_high"]
        found += (
            difference_of_kinds(images(yes=0.4, no=0.6, seed=seed, per_pair=8), ["both"], draws=200).iloc[0]["p"] < 0.05
        )
    assert rejected <= 13 and hits >= 107 and found >= 100  # binomial bounds: 5%, 95%, 93% of 120


def test_shared_nouns_widen_the_dyadic_interval():
    wide = difference_of_kinds(images(seed=5, noun_sd=0.25, tau=0.01, apart=True), ["both"], draws=100).iloc[0]
    assert wide["dyadic_high"] - wide["dyadic_low"] > 1.1 * (wide["difference_high"] - wide["difference_low"])


def test_rates_by_kind_have_one_column_of_kinds():
    table = rates(by_hand(), "kind")
    assert list(table.columns) == ["kind", "n_pairs", "n_images", "rate", "low", "high"]
    assert table[["kind", "n_pairs", "rate"]].values.tolist() == [["cohyponyms", 2, 37.5], ["others", 2, 75.0]]


def test_rates_by_group():
    table = rates(by_hand(), "pair").set_index("pair")
    low, high = sm.stats.proportion_confint(1, 4, method="wilson")
    assert table.loc["a + b", ["rate", "low", "high"]].tolist() == pytest.approx([25, 100 * low, 100 * high])
    grouped = rates(by_hand(), "hypernym").set_index("kind")
    assert grouped.loc["cohyponyms", ["n_pairs", "n_images", "rate"]].tolist() == [2, 8, 37.5]
    assert grouped.loc["cohyponyms", "low"] == 0 and grouped.loc["others", "high"] == 100


def test_power_is_that_of_statsmodels():
    table = pair_power(images(seed=1, pairs=40), differences=(9.0,), per_pair=(16,)).iloc[0]
    sd = np.sqrt(table["sd_pairs"] ** 2 + table["sd_images"] ** 2 / 16)
    wanted = sm.stats.NormalIndPower().solve_power(effect_size=9 / sd, alpha=0.05, power=0.8)
    assert table["pairs"] == np.ceil(wanted)
    assert 7 < table["sd_pairs"] < 13 and 45 < table["sd_images"] < 51  # drawn with .1, about .49


def test_a_study_needs_both_kinds():
    with pytest.raises(UserError, match="two kinds"):
        pair_sums(by_hand().query("kind == 'others'"), ["both"])
    with pytest.raises(UserError, match="each pair must be of one"):
        pair_sums(by_hand().assign(pair="a + b"), ["both"])


def test_at_the_ceiling_the_intervals_are_those_of_shares_of_pairs():
    data = images(seed=1).assign(both=1.0, excess=0.0)
    table = difference_of_kinds(data, ["both", "excess"], signed=["excess"], draws=100).set_index("outcome")
    low, _ = sm.stats.proportion_confint(24, 24, method="wilson")
    assert table.loc["both", ["cohyponyms_low", "cohyponyms_high"]].tolist() == pytest.approx([100 * low, 100])
    theirs = sm.stats.confint_proportions_2indep(24, 24, 24, 24, method="newcomb")
    found = table.loc["both", ["difference_low", "difference_high"]].tolist()
    assert found == pytest.approx([100 * end for end in theirs])
    assert table.loc["excess", "difference"] == 0 and np.isnan(table.loc["excess", "difference_low"])
    grouped = rates(data, "hypernym")
    assert (grouped["low"] < 100).all() and (grouped["high"] == 100).all()
    power = pair_power(data)
    assert power["detectable"].isna().all() and (power["pairs"] == -1).all()
