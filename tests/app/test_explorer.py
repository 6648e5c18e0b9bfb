"""The explorer's widgets, driven as a person would; the model is tiny and random."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("ipywidgets", reason="ipywidgets is not installed")

from visuosyn.app.explorer import Explorer, seen_through
from visuosyn.parse import load_parser
from visuosyn.records import Part
from visuosyn.testing import heat_maps, tiny_pipeline


@pytest.fixture(scope="module")
def explorer() -> Any:
    one = Explorer("a red cat", tiny_pipeline(), load_parser())
    one.draw.click()
    return one


def test_drawing_fills_the_choices_and_shows_all_words(explorer: Any) -> None:
    assert [name for name, _ in explorer.word.options] == ["all", "0 a", "1 red", "2 cat"]
    assert explorer.step.max == explorer.maps.steps > 1
    assert [name for name, _ in explorer.layers.options[:3]] == ["default", "all", "down"]
    assert explorer.view.value.count("<img") == 4


def test_words_step_layers_and_threshold_change_the_view(explorer: Any) -> None:
    shown = [explorer.view.value]
    explorer.word.value = 2
    shown.append(explorer.view.value)
    explorer.step.value = 1
    shown.append(explorer.view.value)
    explorer.layers.value = explorer.layers.options[-1][1]
    shown.append(explorer.view.value)
    explorer.other.value = 1
    shown.append(explorer.view.value)
    explorer.threshold.value = 0.9
    shown.append(explorer.view.value)
    assert len(set(shown)) == 6
    assert "cat: maximum" in shown[1] and "under relative:0.9" in shown[5] and "head cat" in shown[5]
    explorer.word.value, explorer.other.value, explorer.step.value = -1, -1, 0
    explorer.layers.value = "default"


def test_another_seed_keeps_what_was_chosen_and_another_prompt_does_not(explorer: Any) -> None:
    explorer.word.value, explorer.other.value = 2, 1
    before = explorer.maps
    explorer.seed.value = 1
    explorer.draw.click()
    assert explorer.maps is not before and (explorer.word.value, explorer.other.value) == (2, 1)
    explorer.prompt.value = "a cat"
    explorer.draw.click()
    assert (explorer.word.value, explorer.other.value) == (-1, -1)


def test_a_prompt_that_cannot_be_drawn_is_told_in_place() -> None:
    one = Explorer("  ", tiny_pipeline(), load_parser())
    one.draw.click()
    assert "the prompt is empty" in one.view.value and one.maps is None
    one.threshold.value = 0.5  # nothing to show again


def test_a_step_alone_is_that_steps_part() -> None:
    sums = np.array([[[[1.0, 3.0]]], [[[5.0, 1.0]]]], dtype=np.float32)
    parts = tuple(Part("up", (1, 2), one, 1, step=number) for number, one in enumerate(sums))
    maps = heat_maps("cat", sums[0], parts=parts)
    assert seen_through(maps, step=2)["cat"].array.tolist() == [[5.0, 1.0]]
    assert seen_through(maps)["cat"].array.tolist() == [[3.0, 2.0]]
