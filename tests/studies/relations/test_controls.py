"""Controls: chance against all placements, matches by hand, contrasts against plain pandas."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from visuosyn.errors import UserError
from visuosyn.measure.overlap import overlaps
from visuosyn.studies.relations.statistics.controls import chance_controls, control_table, matched_controls
from visuosyn.studies.relations.statistics.simulate import simulate_controls, simulate_pairs


def table(**columns):
    base = {"caption_id": "c", "seed": 0, "pair": 0, "mask": "relative:0.4", "kind": "related", "relation": "amod"}
    return pd.DataFrame(base | columns)


def test_chance_is_the_mean_over_all_shifts_of_one_map():
    areas = np.random.default_rng(0).random((2, 6, 8)) < 0.3
    shifted = [np.roll(areas[1], shift, axis=(0, 1)) for shift in itertools.product(range(6), range(8))]
    each = [overlaps(np.stack([areas[0], area]), [0], [1]) for area in shifted]
    chance = chance_controls(table(head_area=[areas[0].mean()], dependent_area=[areas[1].mean()]))
    assert chance["iod"][0] == pytest.approx(np.mean([one.iod for one in each]))
    assert chance["ioh"][0] == pytest.approx(np.mean([one.ioh for one in each]))
    assert chance["iou"][0] == pytest.approx(np.mean([one.iou for one in each]), abs=0.01)


def test_chance_is_missing_for_soft_maps_and_empty_areas():
    soft = chance_controls(table(mask=["soft"], head_area=0.3, dependent_area=0.2))
    assert soft[["iou", "iod", "ioh"]].isna().all(axis=None)
    empty = chance_controls(table(head_area=[0.0], dependent_area=0.0))
    assert np.isnan(empty["iou"][0])


@pytest.fixture
def captions():
    """One caption: a relation with two matches, one pair too far away, and a relation between two nouns."""
    columns = ["pair", "kind", "relation", "head_upos", "dependent_upos", "distance", "head_first", "iou", "iod", "ioh"]
    rows = [
        (0, "related", "amod", "NOUN", "ADJ", 1, False, 0.5, 0.7, 0.6),
        (1, "unrelated", "unrelated", "ADJ", "NOUN", 2, True, 0.1, 0.2, 0.3),  # match, roles turned
        (2, "unrelated", "unrelated", "NOUN", "ADJ", 2, False, 0.2, 0.4, 0.4),  # match
        (3, "unrelated", "unrelated", "NOUN", "ADJ", 5, False, 0.9, 0.9, 0.9),  # too far
        (4, "unrelated", "unrelated", "NOUN", "NOUN", 1, False, 0.6, 0.8, 0.7),
        (5, "related", "compound", "NOUN", "NOUN", 1, True, 0.3, 0.5, 0.4),  # its match stands the other way round
    ]
    return pd.DataFrame(rows, columns=columns).assign(caption_id="c", seed=3, mask="soft")


def test_matches_by_hand(captions):
    controls = matched_controls(captions).set_index("pair")
    assert controls.loc[0, ["iou", "iod", "ioh"]].tolist() == pytest.approx([0.15, (0.3 + 0.4) / 2, (0.2 + 0.4) / 2])
    assert controls.loc[5, ["iou", "iod", "ioh"]].tolist() == pytest.approx([0.6, 0.7, 0.8])
    assert set(controls.index) == {0, 5}
    assert 3 not in matched_controls(captions, caliper=0).get("pair").tolist()


def test_matches_stay_within_the_image(captions):
    other = captions.assign(seed=4, iou=0.0, iod=0.0, ioh=0.0)
    controls = matched_controls(pd.concat([captions, other])).set_index(["seed", "pair"])
    assert controls.loc[(3, 0), "iou"] == pytest.approx(0.15)
    assert controls.loc[(4, 0), "iou"] == 0


def test_contrasts_equal_plain_pandas():
    random = np.random.default_rng(0)
    pairs = simulate_pairs(30, random)
    controls = simulate_controls(pairs, random)
    found = control_table(pairs, controls.sample(frac=1, random_state=0), draws=100).set_index(["relation", "measure"])
    keys = ["caption_id", "seed", "pair", "mask"]
    rows = pairs[pairs["relation"] == "det"].merge(controls, on=keys)
    assert found.loc[("det", "mIoD"), "estimate"] == pytest.approx(100 * (rows["iod_x"] - rows["iod_y"]).mean())
    difference = (rows["iod_x"] - rows["ioh_x"]) - (rows["iod_y"] - rows["ioh_y"])
    assert found.loc[("det", "mIoD - mIoH"), "estimate"] == pytest.approx(100 * difference.mean())
    assert "unrelated" not in found.index.get_level_values("relation")


def test_pairs_equal_to_their_controls_differ_by_nothing():
    pairs = simulate_pairs(30, np.random.default_rng(0))
    found = control_table(pairs, pairs, draws=50)
    assert (found["estimate"] == 0).all()
    assert (found["p"] == 1).all()


def test_order_of_rows_changes_nothing():
    pairs = simulate_pairs(30, np.random.default_rng(0))
    shuffled = pairs.sample(frac=1, random_state=1)
    one, other = (control_table(rows, matched_controls(rows), draws=50) for rows in (pairs, shuffled))
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_no_control_is_refused(captions):
    with pytest.raises(UserError, match="no pair of the table has a control"):
        control_table(captions, matched_controls(captions[captions["kind"] == "related"]))
