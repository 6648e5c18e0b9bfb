"""The mixed model: planted components and effects come back, covariates take out what they explain."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from visuosyn.errors import UserError
from visuosyn.stats.mixed import mixed_model
from visuosyn.stats.simulate import simulate_pairs

SD = {"prompt": 0.06, "image": 0.04, "pair": 0.08, "head_lemma": 0.05, "dependent_lemma": 0.03, "rest": 0.05}
EFFECT = {"unrelated": 0.0, "amod": 0.04, "obj": -0.06}


def planted(random, **options):
    """Overlaps of ``drawn`` without the spread that was drawn."""
    return drawn(random, **options)[0]


def drawn(random, *, prompts=80, seeds=3, size=6, effects=EFFECT, slope=0.0):
    """Normal overlaps around .5 with known effects; obj stands far apart, and distance has a ``slope``.

    Also the spread of the effects as they fell: 25 draws of a lemma may scatter far from their distribution.
    """
    spread = {}
    count = prompts * size
    relation = np.tile(np.repeat(list(effects), size // 3), prompts)
    codes = {
        "prompt": np.repeat(np.arange(prompts), size),
        "pair": np.arange(count),
        "head_lemma": random.integers(0, 25, count),
        "dependent_lemma": random.integers(0, 25, count),
    }
    far = np.where(relation == "obj", 4, 1) * 2 ** random.integers(0, 2, count)
    value = 0.5 + np.vectorize(effects.get)(relation) + slope * np.log2(far)
    for name, levels in codes.items():
        levelled = SD[name] * random.normal(size=levels.max() + 1)
        spread[name] = levelled.std(ddof=1)
        value = value + levelled[levels]
    images = SD["image"] * random.normal(size=(prompts, seeds))
    rest = SD["rest"] * random.normal(size=(count, seeds))
    spread |= {"image": images.std(ddof=1), "rest": rest.std(ddof=1)}
    values = value[:, None] + images[codes["prompt"]] + rest
    table = pd.DataFrame(
        {
            "caption_id": [f"c{n:03d}" for n in codes["prompt"]],
            "pair": np.tile(np.arange(size), prompts),
            "kind": np.where(relation == "unrelated", "unrelated", "related"),
            "relation": relation,
            "head_lemma": codes["head_lemma"].astype(str),
            "dependent_lemma": codes["dependent_lemma"].astype(str),
            "distance": far,
        }
    )
    table = table.loc[table.index.repeat(seeds)].reset_index(drop=True)
    table = table.assign(seed=np.tile(np.arange(seeds), count), mask="soft", iou=values.ravel(), iod=0.5, ioh=0.5)
    return table, spread


def test_components_and_contrasts_come_back():
    found = mixed_model(planted(np.random.default_rng(0), prompts=120), covariates=[])
    components = found.components.set_index("factor")
    assert components["share"].sum() == pytest.approx(1)
    relations = found.relations.set_index("relation")
    assert relations.loc["amod", "low"] < 4 < relations.loc["amod", "high"]
    assert relations.loc["obj", "low"] < -6 < relations.loc["obj", "high"]
    assert np.isnan(relations.loc["unrelated", "p"])
    assert relations.loc["obj", "p_holm"] < 0.01
    assert found.diagnostics["converged"]


def test_components_are_unbiased():
    """Over five studies, against the spread that was drawn in each.

    Bounds are 2.5 standard errors of a mean of five; 16 other studies gave .31 and .54 points for the two lemmas,
    and 8, 5, 3 and 2% of the component for prompt, image, pair and rest.
    """
    bounds = {"head_lemma": 0.35, "dependent_lemma": 0.6, "prompt": 0.09, "image": 0.06, "pair": 0.035, "rest": 0.025}
    missed = {name: [] for name in bounds}
    for seed in range(5):
        pairs, spread = drawn(np.random.default_rng(seed), prompts=120)
        components = mixed_model(pairs, covariates=[]).components.set_index("factor")
        for name, sd in spread.items():
            error = components.loc[name, "sd"] - 100 * sd
            missed[name].append(error if "lemma" in name else error / (100 * sd))
    for name, errors in missed.items():
        assert abs(np.mean(errors)) < bounds[name], name


def test_covariates_take_out_what_they_explain():
    """Distance alone makes obj overlap less: with it in the model nothing is left, without it much."""
    pairs = planted(np.random.default_rng(1), effects=dict.fromkeys(EFFECT, 0.0), slope=-0.05)
    without = mixed_model(pairs, covariates=[]).relations.set_index("relation")
    given = mixed_model(pairs).relations.set_index("relation")
    assert without.loc["obj", "high"] < -6
    assert abs(given.loc["obj", "estimate"]) < 4
    assert mixed_model(pairs).covariates.set_index("covariate").loc["log_distance", "high"] < 0


def test_what_is_not_in_the_model_is_named():
    pairs = planted(np.random.default_rng(0), seeds=1).assign(cosine=np.nan, head_tokens=1)
    told = mixed_model(pairs).diagnostics
    assert told["not_in_the_model"].split(", ") == [
        *("head_area", "dependent_area", "head_first", "head_position", "head_tokens", "dependent_tokens"),
        *("cosine", "image", "pair"),
    ]
    missing = pairs.assign(iou=pairs["iou"].where(pairs.index != 3))
    assert mixed_model(missing).diagnostics["rows_left_out"] == 1


def test_order_of_rows_changes_nothing():
    pairs = planted(np.random.default_rng(0), prompts=20)
    one, other = mixed_model(pairs), mixed_model(pairs.sample(frac=1, random_state=0))
    pd.testing.assert_frame_equal(one.relations, other.relations, check_exact=True)


def test_wrong_wishes_are_told():
    pairs = planted(np.random.default_rng(0), prompts=3)
    with pytest.raises(UserError, match=r"holds 2 mask rules: choose one of area:0\.2, soft"):
        mixed_model(pd.concat([pairs, pairs.assign(mask="area:0.2")]))
    with pytest.raises(UserError, match="measure 'dice' is not known"):
        mixed_model(pairs, measure="dice")
    with pytest.raises(UserError, match="too few for a mixed model"):
        mixed_model(pairs.iloc[:4])


@pytest.mark.slow
def test_level_on_null_studies():
    """100 simulated studies without any difference between related and unrelated pairs."""
    p = []
    for study in range(100):
        pairs = simulate_pairs(60, np.random.default_rng(study), seeds=2)
        p.append(mixed_model(pairs, covariates=[]).relations.set_index("relation").loc["det", "p"])
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 100))
