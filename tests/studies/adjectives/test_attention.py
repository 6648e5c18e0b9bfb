"""Leakage and binding: by hand, planted, and what must hold of any map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from visuosyn.studies.adjectives.attention import binding, leakage
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
