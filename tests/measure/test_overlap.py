"""Overlaps: known answers, invariants, and differential tests against scipy's distances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.distance import braycurtis, jaccard

from visuosyn.errors import UserError
from visuosyn.measure.overlap import CHUNK, overlaps

SHAPES = st.tuples(st.integers(2, 5), st.integers(1, 7), st.integers(1, 7))
hard_areas = SHAPES.flatmap(lambda shape: hnp.arrays(np.float32, shape, elements=st.sampled_from([0.0, 1.0])))
soft_areas = SHAPES.flatmap(lambda shape: hnp.arrays(np.float32, shape, elements=st.floats(0, 1, width=32)))


def all_pairs(areas):
    return np.triu_indices(len(areas), 1)


def test_hand_worked():
    head = [[1, 1, 1, 0], [1, 0, 0, 0]]  # 4 pixels
    dependent = [[0, 1, 1, 1], [0, 0, 0, 0]]  # 3 pixels, 2 shared, 5 in the union
    pair = overlaps(np.array([dependent, head]), heads=[1], dependents=[0])
    assert (pair.iou[0], pair.iod[0], pair.ioh[0]) == (2 / 5, 2 / 3, 2 / 4)
    assert (pair.head_area[0], pair.dependent_area[0], pair.intersection[0]) == (4 / 8, 3 / 8, 2 / 8)


def test_soft_hand_worked():
    head, dependent = [[1.0, 0.5]], [[0.25, 1.0]]  # minima .25 + .5, maxima 1 + 1
    pair = overlaps(np.array([head, dependent]), heads=[0], dependents=[1], soft=True)
    assert pair.iou[0] == pytest.approx(0.75 / 2)
    assert pair.iod[0] == pytest.approx(0.75 / 1.25)
    assert pair.ioh[0] == pytest.approx(0.75 / 1.5)


def test_empty_denominators_are_missing_and_not_zero():
    areas = np.zeros((3, 2, 2))
    areas[0, 0, 0] = 1
    pair = overlaps(areas, heads=[0, 1, 1], dependents=[1, 0, 2])
    assert np.array_equal(pair.iod, [np.nan, 0, np.nan], equal_nan=True)
    assert np.array_equal(pair.ioh, [0, np.nan, np.nan], equal_nan=True)
    assert np.array_equal(pair.iou, [0, 0, np.nan], equal_nan=True)


def test_no_pairs():
    assert overlaps(np.ones((2, 3, 3)), [], []).iou.shape == (0,)
    assert overlaps(np.ones((0, 3, 3)), [], [], soft=True).iou.shape == (0,)


def test_hard_areas_must_be_masks():
    with pytest.raises(UserError, match="other values than 0 and 1"):
        overlaps(np.full((2, 2, 2), 0.5), [0], [1])


def test_counts_stay_exact_beyond_float32():
    areas = np.ones((2, 1, 2**24 + 3), dtype=np.int8)
    areas[1, 0, 0] = 0
    pair = overlaps(areas, [0], [1])
    assert pair.intersection[0] == (2**24 + 2) / (2**24 + 3)
    assert pair.iod[0] == 1


@given(hard_areas)
def test_agrees_with_scipy_jaccard(areas):
    heads, dependents = all_pairs(areas)
    flat = areas.reshape(len(areas), -1).astype(bool)
    expected = [
        1 - jaccard(flat[h], flat[d]) if (flat[h] | flat[d]).any() else np.nan
        for h, d in zip(heads, dependents, strict=True)
    ]
    np.testing.assert_allclose(overlaps(areas, heads, dependents).iou, expected, atol=1e-15)


@given(soft_areas)
def test_soft_agrees_with_scipy_braycurtis(areas):
    """The sum of minima is (1 - Bray-Curtis) times half the total."""
    heads, dependents = all_pairs(areas)
    flat = areas.reshape(len(areas), -1).astype(np.float64)
    totals = flat.sum(axis=1)
    expected = [
        (1 - braycurtis(flat[h], flat[d])) * (totals[h] + totals[d]) / 2 if totals[h] + totals[d] else 0.0
        for h, d in zip(heads, dependents, strict=True)
    ]
    found = overlaps(areas, heads, dependents, soft=True).intersection * flat.shape[1]
    np.testing.assert_allclose(found, expected, atol=1e-6)


@given(st.one_of(hard_areas.map(lambda a: (a, False)), soft_areas.map(lambda a: (a, True))))
def test_invariants(case):
    areas, soft = case
    heads, dependents = all_pairs(areas)
    pair, swapped = overlaps(areas, heads, dependents, soft=soft), overlaps(areas, dependents, heads, soft=soft)
    there = ~np.isnan(pair.iod) & ~np.isnan(pair.ioh)
    iou, iod, ioh = pair.iou[there], pair.iod[there], pair.ioh[there]
    assert ((iou >= 0) & (iou <= np.minimum(iod, ioh)) & (np.maximum(iod, ioh) <= 1)).all()
    np.testing.assert_array_equal(swapped.iod, pair.ioh)
    np.testing.assert_array_equal(swapped.ioh, pair.iod)
    np.testing.assert_array_equal(swapped.iou, pair.iou)
    meet = iou > 1e-6
    np.testing.assert_allclose(1 / iou[meet], 1 / iod[meet] + 1 / ioh[meet] - 1, rtol=1e-6)


@given(hard_areas)
def test_soft_equals_hard_for_masks(areas):
    heads, dependents = all_pairs(areas)
    hard, soft = overlaps(areas, heads, dependents), overlaps(areas, heads, dependents, soft=True)
    for name in ("iou", "iod", "ioh", "intersection"):
        np.testing.assert_array_equal(getattr(hard, name), getattr(soft, name))


@given(hard_areas, st.sampled_from([(1, 2), (3, 1), (2, 2)]))
def test_flips_and_nearest_upscaling_change_nothing(areas, scale):
    heads, dependents = all_pairs(areas)
    before = overlaps(areas, heads, dependents)
    for other in (areas[:, ::-1], areas[:, :, ::-1], areas.repeat(scale[0], 1).repeat(scale[1], 2)):
        after = overlaps(other, heads, dependents)
        for name in ("iou", "iod", "ioh", "head_area"):
            np.testing.assert_allclose(getattr(after, name), getattr(before, name), rtol=1e-15)


def test_chunks_of_soft_pairs_agree_with_one_by_one():
    areas = np.random.default_rng(0).random((6, 300, 300), dtype=np.float32)
    heads, dependents = all_pairs(areas)
    assert len(heads) * 300 * 300 > CHUNK
    together = overlaps(areas, heads, dependents, soft=True).intersection
    alone = [overlaps(areas, [h], [d], soft=True).intersection[0] for h, d in zip(heads, dependents, strict=True)]
    np.testing.assert_array_equal(together, alone)
