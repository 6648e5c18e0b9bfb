"""Mask rules: worked by hand on a small map, and what must hold for any map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from visuosyn.data.masks import LIMITS, MaskRule
from visuosyn.errors import UserError

#                 0.5 is the maximum: relative levels 0.2, 1.0, 0.4, 0.1
MAP = np.array([[0.1, 0.5], [0.2, 0.05]], dtype=np.float32)


@pytest.mark.parametrize(
    ("rule", "area"),
    [
        ("relative:0.4", [[0, 1], [1, 0]]),  # 0.4 of the maximum is 0.2, and 0.2 is enough (>=)
        ("relative:1", [[0, 1], [0, 0]]),
        ("absolute:0.1", [[1, 1], [1, 0]]),
        ("absolute:0.6", [[0, 0], [0, 0]]),
        ("summed:1.5", [[0, 1], [1, 0]]),  # 10 steps: mean >= 0.15
        ("area:0.5", [[0, 1], [1, 0]]),
        ("area:0.01", [[0, 1], [0, 0]]),  # at least one pixel
        ("area:1", [[1, 1], [1, 1]]),
        ("soft", [[0.2, 1], [0.4, 0.1]]),
    ],
)
def test_by_hand(rule: str, area: list[list[float]]) -> None:
    np.testing.assert_allclose(MaskRule.parse(rule).apply(MAP, steps=10), area, rtol=1e-6)


@pytest.mark.parametrize(
    "text",
    ["relative", "relative:", "relative:0", "relative:1.01", "relative:nan", "relative:x", "absolute:-1", "summed:inf",
     "summed:0", "area:2", "soft:1", "Relative:0.4", "", "otsu", 0.4, None],
)  # fmt: skip
def test_what_is_no_rule_is_an_error_that_lists_the_rules(text: object) -> None:
    with pytest.raises(UserError, match=r"is not known or out of range: use relative:t \(0 < t <= 1\), absolute:t"):
        MaskRule.parse(text)  # type: ignore[arg-type]


levels = st.floats(0, 1, exclude_min=True)
rules = st.one_of(
    st.just(MaskRule("soft")),
    st.builds(MaskRule, st.sampled_from(sorted(LIMITS)), levels),
    st.builds(MaskRule, st.just("summed"), st.floats(0.01, 50)),
)
maps = arrays(
    np.float32, st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 5)), elements=st.floats(0, 1, width=32)
)


@given(rules)
def test_the_name_of_a_rule_is_the_rule(rule: MaskRule) -> None:
    assert MaskRule.parse(str(rule)) == rule
    assert MaskRule.parse(rule) is rule


def test_names_are_short() -> None:
    assert [str(MaskRule.parse(t)) for t in ("relative:.40", "area:1.0", " summed:0.150 ", "soft")] == [
        "relative:0.4", "area:1", "summed:0.15", "soft"
    ]  # fmt: skip


@given(rules, maps, st.integers(1, 50))
def test_areas_are_shares_and_each_map_is_masked_by_itself(rule: MaskRule, array: np.ndarray, steps: int) -> None:
    areas = rule.apply(array, steps=steps)
    assert areas.dtype == np.float32
    assert areas.shape == array.shape
    assert ((areas >= 0) & (areas <= 1)).all()
    if rule.kind != "soft":
        assert np.isin(areas, (0, 1)).all()
    for one, area in zip(array, areas, strict=True):
        np.testing.assert_array_equal(rule.apply(one, steps=steps), area)
        if not one.any():
            assert not area.any()


@given(maps, levels, levels, st.sampled_from(sorted(LIMITS)))
def test_a_stricter_level_gives_a_smaller_area(array: np.ndarray, one: float, two: float, kind: str) -> None:
    strict, mild = sorted((one, two), reverse=kind != "area")  # a higher threshold, but a lower share
    assert (MaskRule(kind, strict).apply(array) <= MaskRule(kind, mild).apply(array)).all()


@given(maps, levels, st.integers(-20, 20))
def test_relative_area_and_soft_rules_do_not_see_the_scale(array: np.ndarray, level: float, power: int) -> None:
    array = np.round(array * 1024)
    for rule in (MaskRule("relative", level), MaskRule("area", level), MaskRule("soft")):
        np.testing.assert_array_equal(rule.apply(array * np.float32(2.0**power)), rule.apply(array))


@given(maps, levels)
def test_the_area_rule_gives_equal_areas(array: np.ndarray, share: float) -> None:
    areas = MaskRule("area", share).apply(array)
    pixels = array.shape[-1] * array.shape[-2]
    expected = np.where(array.any(axis=(-2, -1)), max(1, round(share * pixels)), 0)
    np.testing.assert_array_equal(areas.sum(axis=(-2, -1)), expected)
    for one, area in zip(array, areas, strict=True):
        if area.any() and not area.all():
            assert one[area == 1].min() >= one[area == 0].max()


@given(maps, st.floats(0.01, 1), st.integers(1, 50))
def test_summed_is_absolute_on_the_sum(array: np.ndarray, level: float, steps: int) -> None:
    np.testing.assert_array_equal(
        MaskRule("summed", level).apply(array, steps=steps),
        MaskRule("absolute", level).apply(array) if steps == 1 else (array >= np.float32(level) / np.float32(steps)),
    )


@given(rules, maps)
def test_the_map_is_left_as_it_was(rule: MaskRule, array: np.ndarray) -> None:
    before = array.copy()
    rule.apply(array, steps=7)
    np.testing.assert_array_equal(array, before)


def test_a_soft_rule_makes_no_binary_area() -> None:
    with pytest.raises(UserError, match="soft has no threshold"):
        MaskRule.parse("soft").binarize(np.ones((2, 2)))
