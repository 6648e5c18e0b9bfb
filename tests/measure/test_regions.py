"""Coverage and change of regions: by hand, and what must hold of any mask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays
from skimage.metrics import structural_similarity

from visuosyn.errors import UserError
from visuosyn.measure.regions import coverage, object_regions, region_change

MASKS = arrays(bool, (8, 8))


@given(MASKS)
def test_coverage_keeps_the_area(mask):
    for grid in ((4, 4), (2, 8), (3, 5), (8, 8)):
        found = coverage(mask, grid)
        assert found.shape == grid
        assert found.mean() == pytest.approx(mask.mean())
        assert found.min() >= -1e-12
        assert found.max() <= 1 + 1e-12
    assert (coverage(mask, (8, 8)) == mask).all()


def test_coverage_of_cut_pixels():
    assert coverage(np.array([[True, False, False]]), (1, 2)) == pytest.approx(np.array([[2 / 3, 0]]))


def test_change_by_hand():
    first = np.zeros((16, 16, 3), np.uint8)
    second = first.copy()
    second[:8, :, 0] = 255  # one of three channels, in the upper half
    upper = np.zeros((16, 16), bool)
    upper[:8] = True
    found = region_change(first, second, {"inside": upper, "outside": ~upper, "others": upper & ~upper})
    assert found["rgb_inside"] == pytest.approx(1 / 3)
    assert found["rgb_outside"] == 0
    assert np.isnan(found["rgb_others"])
    assert found["ssim_outside"] > found["ssim_inside"]
    whole = structural_similarity(first, second, channel_axis=2, data_range=255, full=True)[1].mean()
    assert (found["ssim_inside"] + found["ssim_outside"]) / 2 == pytest.approx(whole)


@given(arrays(np.uint8, (8, 8, 3)), arrays(np.uint8, (8, 8, 3)), MASKS)
def test_change_is_none_for_equal_pictures_and_the_same_both_ways(first, second, mask):
    regions = {"inside": mask, "outside": ~mask}
    there, back = region_change(first, second, regions), region_change(second, first, regions)
    same = region_change(first, first, regions)
    for name, value in there.items():
        assert value == pytest.approx(back[name], nan_ok=True)
        assert np.isnan(same[name]) or same[name] == pytest.approx(float(name.startswith("ssim")))


def test_regions():
    a, b, c = (np.eye(3, k=k, dtype=bool) for k in (0, 1, -1))
    regions = object_regions((a, b), (c, a))
    assert (regions["inside"] == (a | b)).all()
    assert (regions["outside"] == ~(a | b)).all()
    assert (regions["others"] == c).all()


def test_pictures_of_other_sizes():
    with pytest.raises(UserError, match="cannot be compared"):
        region_change(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 9, 3), np.uint8), {})
