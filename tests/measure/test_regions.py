from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays
from skimage.metrics import structural_similarity

from visuosyn.errors import UserError
from visuosyn.measure.regions import binding, change, change_regions, coverage, leakage
from visuosyn.testing import map_arrays

MASKS = arrays(bool, (8, 8))


def test_leakage_by_hand():
    """A 2 x 2 map over a picture of 4 x 4: the noun covers the left half, another object the lower right quarter."""
    adjective, noun = np.array([[0.4, 0.2], [0.1, 0.3]]), np.array([[0.8, 0.0], [0.2, 0.0]])
    left = np.zeros((4, 4), bool)
    left[:, :2] = True
    corner = np.zeros((4, 4), bool)
    corner[2:, 2:] = True
    soft, half = leakage({"adjective": adjective, "noun": noun}, left, corner, ["soft", "relative:0.5"])
    assert (soft["mask"], half["mask"]) == ("soft", "relative:0.5")
    assert soft["leakage"] == pytest.approx(0.5)  # .2 + .3 of 1
    assert soft["on_others"] == pytest.approx(0.3)
    assert soft["noun_leakage"] == pytest.approx(0.0)
    assert soft["chance"] == half["chance"] == pytest.approx(0.5)
    assert half["leakage"] == pytest.approx(2 / 3)  # of the cells .4 .2 .3 two stand to the right
    assert half["on_others"] == pytest.approx(1 / 3)
    assert half["area"] == pytest.approx(0.75)
    assert half["noun_area"] == pytest.approx(0.25)


def test_leakage_is_the_share_that_is_planted_elsewhere():
    """A map that pays w of its attention to another object and the rest to its noun leaks w, under soft exactly."""
    noun, other = np.zeros((8, 8), bool), np.zeros((8, 8), bool)
    noun[:4, :4], other[4:, 4:] = True, True
    own, planted = noun[::2, ::2] / 4, other[::2, ::2] / 4
    found = []
    for share in np.linspace(0, 1, 11):
        maps = {"adjective": (1 - share) * own + share * planted, "noun": own}
        soft, hard = leakage(maps, noun, other, ["soft", "relative:0.4"])
        assert soft["leakage"] == soft["on_others"] == pytest.approx(share)
        assert soft["noun_leakage"] == 0
        found.append(hard["leakage"])
    assert (np.diff(found) >= 0).all()
    assert (found[0], found[-1]) == (0, 1)


def test_an_empty_map_has_no_leakage():
    maps = {"adjective": np.zeros((2, 2)), "noun": np.ones((2, 2))}
    (row,) = leakage(maps, np.eye(4, dtype=bool), np.zeros((4, 4), bool), ["soft"])
    assert np.isnan(row["leakage"])
    assert row["noun_leakage"] == pytest.approx(row["chance"])


@given(map_arrays(2, (4, 4)), MASKS, MASKS)
def test_leakage_is_a_share_and_turns_with_the_mask(maps, noun, others):
    named = {"adjective": maps[0], "noun": maps[1]}
    for rule in ("soft", "relative:0.4", "area:0.2"):
        (row,) = leakage(named, noun, others, [rule])
        (turned,) = leakage(named, ~noun, others, [rule])
        if np.isfinite(row["leakage"]):
            assert -1e-9 <= row["leakage"] <= 1 + 1e-9
            assert row["leakage"] + turned["leakage"] == pytest.approx(1)
            assert row["on_others"] <= row["leakage"] + 1e-9


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
    found = change(first, second, {"inside": upper, "outside": ~upper, "others": upper & ~upper})
    assert found["rgb_inside"] == pytest.approx(1 / 3)
    assert found["rgb_outside"] == 0
    assert np.isnan(found["rgb_others"])
    assert found["ssim_outside"] > found["ssim_inside"]
    whole = structural_similarity(first, second, channel_axis=2, data_range=255, full=True)[1].mean()
    assert (found["ssim_inside"] + found["ssim_outside"]) / 2 == pytest.approx(whole)


@given(arrays(np.uint8, (8, 8, 3)), arrays(np.uint8, (8, 8, 3)), MASKS)
def test_change_is_none_for_equal_pictures_and_the_same_both_ways(first, second, mask):
    regions = {"inside": mask, "outside": ~mask}
    there, back = change(first, second, regions), change(second, first, regions)
    same = change(first, first, regions)
    for name, value in there.items():
        assert value == pytest.approx(back[name], nan_ok=True)
        assert np.isnan(same[name]) or same[name] == pytest.approx(float(name.startswith("ssim")))


def test_regions():
    a, b, c = (np.eye(3, k=k, dtype=bool) for k in (0, 1, -1))
    regions = change_regions((a, b), (c, a))
    assert (regions["inside"] == (a | b)).all()
    assert (regions["outside"] == ~(a | b)).all()
    assert (regions["others"] == c).all()


def test_pictures_of_other_sizes():
    with pytest.raises(UserError, match="cannot be compared"):
        change(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 9, 3), np.uint8), {})


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (("red", "blue"), "right"),
        (("blue", "red"), "swapped"),
        (("red", "red"), "leaked"),
        (("blue", "blue"), "leaked"),
        (("green", "green"), "other"),
        (("red", None), "other"),
        ((None, None), "other"),
    ],
)
def test_bindings(seen, outcome):
    assert binding(("red", "blue"), seen) == outcome
