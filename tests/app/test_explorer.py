"""The explorer's widgets, driven as a person would; the model is tiny and random."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("ipywidgets", reason="ipywidgets is not installed")

from visuosyn.app import explorer as module
from visuosyn.app.explorer import Explorer, choices, seen_through, word_html
from visuosyn.data import AttentionSlice
from visuosyn.parse import load_parser
from visuosyn.testing import heat_maps, tiny_pipeline


@pytest.fixture(scope="module")
def explorer() -> Any:
    one = Explorer("a red cat", tiny_pipeline(), load_parser())
    one.draw.click()
    return one


def test_drawing_fills_the_choices_and_shows_all_words(explorer: Any) -> None:
    assert [name for name, _ in explorer.word.options] == ["all", "0 a", "1 red", "2 cat"]
    assert explorer.step.max == explorer.maps.steps > 1
    names = [name for name, _ in explorer.layers.options]
    assert names[:3] == ["default", "all", "down"]
    assert {"up 1.1", "up 1.1, head 0", "up 1.1, head 3"} < set(names) and "up 1.1, head 4" not in names
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


def test_the_threshold_changes_the_area_of_one_word_and_is_off_for_all(explorer: Any) -> None:
    assert explorer.threshold.disabled and explorer.other.disabled
    explorer.word.value = 2
    assert not explorer.threshold.disabled and not explorer.other.disabled
    explorer.threshold.value = 0.3
    wide = explorer.view.value
    explorer.threshold.value = 0.9
    assert "under relative:0.30" in wide and "under relative:0.90" in explorer.view.value
    explorer.word.value, explorer.threshold.value = -1, 0.4


def test_the_area_of_a_word_is_drawn_and_told() -> None:
    sums = np.array([[[4.0, 3.0, 2.0, 1.0]]], dtype=np.float32)
    maps = heat_maps("cat", sums)
    assert "its area under relative:0.50: 75.0 % of the picture" in word_html(maps, 0, "relative:0.50")
    pictures = [word_html(maps, 0, rule).split("src=")[1:] for rule in ("relative:0.50", "relative:0.90")]
    assert pictures[0][0].split('"')[1] == pictures[1][0].split('"')[1]  # the heat map is the same
    assert pictures[0][1].split('"')[1] != pictures[1][1].split('"')[1]


def test_every_choice_shows_other_slices_and_one_layer_alone_offers_its_heads() -> None:
    layer = "up_blocks.1.attentions.1.transformer_blocks.0.attn2"
    sums = np.array([[[[1.0, 3.0]]], [[[5.0, 1.0]]]], dtype=np.float32)
    slices = tuple(
        AttentionSlice("up", (1, 2), sums[head] * (step + 1), 1, step=step, layer=layer, head=head)
        for step in range(2)
        for head in range(2)
    )
    maps = heat_maps("cat", sums[0], slices=slices)
    assert choices(maps) == {"default": (0, 1, 2, 3), "up 1.1, head 0": (0, 2), "up 1.1, head 1": (1, 3)}
    one = seen_through(maps, choices(maps)["up 1.1, head 1"], step=2)
    assert one["cat"].array.tolist() == [[10.0, 2.0]]


def test_heads_of_large_pictures_are_not_kept_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SMALL", 63)  # the tiny pipeline draws 64 x 64
    one = Explorer("a cat", tiny_pipeline(), load_parser())
    one.draw.click()
    assert not [name for name, _ in one.layers.options if "head" in name]


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
    slices = tuple(AttentionSlice("up", (1, 2), one, 1, step=number) for number, one in enumerate(sums))
    maps = heat_maps("cat", sums[0], slices=slices)
    assert seen_through(maps, [0, 1], step=2)["cat"].array.tolist() == [[5.0, 1.0]]
    assert seen_through(maps, [0, 1])["cat"].array.tolist() == [[3.0, 2.0]]
