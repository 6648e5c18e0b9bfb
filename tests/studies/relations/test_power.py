"""Power: Guenther's formula against statsmodels, components against a known truth, the promise kept in simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.power import tt_solve_power

from visuosyn.errors import UserError
from visuosyn.studies.relations.statistics.dominance import difference_table
from visuosyn.studies.relations.statistics.power import needed_prompts, power_table
from visuosyn.studies.relations.statistics.simulate import simulate_pairs


def balanced(prompts, seeds, prompt_sd, seed_sd, random):
    """One relation, one pair a prompt: IoD - IoH = a prompt effect plus a seed effect."""
    values = random.normal(0, prompt_sd, (prompts, 1)) + random.normal(0, seed_sd, (prompts, seeds))
    return pd.DataFrame(
        {
            "caption_id": np.repeat([f"c{n:04d}" for n in range(prompts)], seeds),
            "seed": np.tile(np.arange(seeds), prompts),
            "pair": 0,
            "kind": "related",
            "relation": "obj",
            "mask": "soft",
            "iod": values.ravel(),
            "ioh": 0.0,
        }
    )


def test_components_come_back():
    pilot = balanced(2000, 3, 0.2, 0.3, np.random.default_rng(0))
    table = power_table(pilot).set_index(["relation", "seeds"])
    assert table.loc[("obj", 4), "sd_prompt"] == pytest.approx(20, rel=0.05)
    assert table.loc[("obj", 4), "sd_seed"] == pytest.approx(30, rel=0.05)


def test_number_agrees_with_statsmodels():
    pilot = balanced(300, 2, 0.2, 0.1, np.random.default_rng(1))
    for row in power_table(pilot, difference=6, power=0.9, seeds=[1, 2, 4]).itertuples():
        spread = np.sqrt(row.sd_prompt**2 + row.sd_seed**2 / row.seeds)
        assert abs(row.with_relation - tt_solve_power(6 / spread, alpha=0.05, power=0.9)) <= 1
        assert row.prompts == row.with_relation
        assert row.images == row.prompts * row.seeds


def test_rare_relations_need_larger_corpora():
    pairs = simulate_pairs(200, np.random.default_rng(0))
    table = power_table(pairs, seeds=[4]).set_index("relation")
    share = pairs.loc[pairs["relation"] == "obj", "caption_id"].nunique() / pairs["caption_id"].nunique()
    assert table.loc["obj", "prompts"] == np.ceil(table.loc["obj", "with_relation"] / share)


def test_one_seed_gives_rows_for_one_seed_alone():
    table = power_table(balanced(50, 1, 0.2, 0.3, np.random.default_rng(0)))
    assert table["seeds"].unique().tolist() == [1]
    assert table[["sd_prompt", "sd_seed"]].isna().all(axis=None)
    assert table["prompts"].notna().all()


def test_order_of_rows_changes_nothing():
    pairs = simulate_pairs(30, np.random.default_rng(0))
    shuffled = pairs.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(power_table(shuffled), power_table(pairs), check_exact=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"difference": 0}, "positive number"), ({"power": 80}, "use shares"), ({"seeds": []}, "at least one number")],
)
def test_wrong_wishes_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        power_table(balanced(5, 2, 1, 1, np.random.default_rng(0)), **options)


@pytest.mark.slow
def test_the_promised_power_is_kept():
    """The number of prompts that large pilots ask for finds the difference in four of five studies."""
    pilots = [simulate_pairs(1500, np.random.default_rng(n), seeds=2) for n in range(3)]
    asked = [
        power_table(pilot, seeds=[2]).set_index("relation").loc["all head-dependent", "prompts"] for pilot in pilots
    ]
    found = []
    for study in range(150):
        pairs = simulate_pairs(int(np.mean(asked)), np.random.default_rng(100 + study), seeds=2, difference=0.05)
        table = difference_table(pairs, draws=300, seed=study).set_index("relation")
        found.append(table.loc["all head-dependent", "p"] <= 0.05)
    assert np.mean(found) == pytest.approx(0.8, abs=3 * np.sqrt(0.16 / 150))


def test_one_rule_for_reading():
    pairs = simulate_pairs(12, np.random.default_rng(0), seeds=2)
    both = pd.concat([pairs, pairs.assign(mask="area:0.2")], ignore_index=True)
    table = power_table(both, mask="relative:0.4", seeds=(1, 4))
    pd.testing.assert_frame_equal(table, power_table(pairs, seeds=(1, 4)))
    wide = needed_prompts(table)
    assert list(wide) == ["relation", "pilot", "sd_prompt", "sd_seed", "detectable", "1 seed", "4 seeds"]
    assert wide["relation"].str.endswith("*").all()  # 12 prompts are few
    one = table[(table["relation"] == "det") & (table["seeds"] == 4)]["prompts"].item()
    assert wide.set_index("relation").loc["det*", "4 seeds"] == one
    with pytest.raises(UserError, match=r"under area:0\.2 all areas are equal, .* --mask relative:0\.4\)$"):
        power_table(both, mask="area:0.2")
    with pytest.raises(UserError, match="measure the pilot under another mask rule"):
        power_table(pairs.assign(mask="area:0.2"), mask="area:0.2")
    with pytest.raises(UserError, match="mask rule soft was not measured"):
        power_table(both, mask="soft")
