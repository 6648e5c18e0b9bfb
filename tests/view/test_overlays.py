from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.builder import heat_maps, sentence
from visuosyn.errors import UserError
from visuosyn.view.overlays import common_scale, display_size, heat, map_sprite, overlay

GREEN = Image.new("RGB", (16, 8), (0, 200, 0))


def test_a_cold_map_leaves_the_picture_as_it_is() -> None:
    assert np.array_equal(np.asarray(overlay(GREEN, np.zeros((4, 8)))), np.asarray(GREEN))


def test_the_hot_corner_is_where_the_map_is_hot_in_a_wide_picture() -> None:
    array = np.zeros((4, 8))
    array[0, 7] = 0.02
    changed = np.abs(np.asarray(overlay(GREEN, array), dtype=int) - np.asarray(GREEN)).sum(axis=2)
    row, column = np.unravel_index(changed.argmax(), changed.shape)
    assert changed.shape == (8, 16)
    assert row <= 1 and column >= 14
    assert changed[4:, :8].max() == 0


def test_own_scale_shows_a_faint_map_as_bright_as_a_strong_one_and_a_common_scale_does_not() -> None:
    strong, faint = np.eye(4), np.eye(4) / 10
    assert np.array_equal(np.asarray(overlay(None, strong)), np.asarray(overlay(None, faint)))
    assert np.asarray(overlay(None, faint, scale=1.0)).max() < np.asarray(overlay(None, strong, scale=1.0)).max()


def test_heat_lies_between_0_and_1_after_the_kernels_overshoot() -> None:
    level = heat(np.eye(5), (40, 40))
    assert level.min() == 0 and level.max() == 1


def test_overlay_is_pure() -> None:
    array = np.eye(4)
    before = array.copy(), np.asarray(GREEN).copy()
    overlay(GREEN, array, size=(32, 16))
    assert np.array_equal(array, before[0]) and np.array_equal(np.asarray(GREEN), before[1])


@pytest.mark.parametrize("bad", [{"opacity": 1.5}, {"colormap": "rainbowish"}])
def test_bad_options_say_what_is_allowed(bad: dict) -> None:
    with pytest.raises(UserError, match="use"):
        overlay(GREEN, np.eye(4), **bad)


def test_sprite_rounds_each_map_to_255ths_of_its_maximum() -> None:
    maps = heat_maps(sentence("a red ball"), seed=3)
    sprite = np.asarray(map_sprite(maps), dtype=np.float32).reshape(maps.array.shape) / 255
    own = maps.array / maps.array.max(axis=(1, 2), keepdims=True)
    assert np.abs(sprite - own).max() <= 0.5 / 255 + 1e-6
    assert sprite.max(axis=(1, 2)).tolist() == [1, 1, 1]


def test_common_scale_and_display_size() -> None:
    maps = heat_maps(sentence("a red ball"), seed=3)
    assert common_scale(maps) == maps.array.max()
    assert display_size(maps) == (288, 192)  # 96 x 64, three times
