"""The charts of courses and the first figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.builder import heat_maps, sentence, wandering
from visuosyn.data import HeatMaps
from visuosyn.errors import UserError
from visuosyn.measure.course import course_table
from visuosyn.view.contact_sheets import word_course, word_maps
from visuosyn.view.courses import layer_profile, time_course
from visuosyn.view.styles import style


@pytest.fixture(scope="module")
def maps() -> HeatMaps:
    return wandering(heat_maps(sentence("a monkey with a hat walking"), seed=2))


def test_a_time_course_has_a_line_a_word_and_its_chance(maps: HeatMaps) -> None:
    course = course_table(maps)
    with style():
        ax = time_course(course, most=3)
    solid = [line for line in ax.lines if line.get_linestyle() == "-"]
    names = [text.get_text() for text in ax.figure.legends[0].get_texts()]
    assert names == ["monkey", "hat", "walking", "if spread evenly"]  # content words
    for line, name in zip(solid, names, strict=False):
        own = course[course["text"] == name].sort_values("place")
        np.testing.assert_allclose(line.get_ydata(), 100 * own["inside"])
    assert len({line.get_marker() for line in solid}) == 3, "told apart without colour"
    assert ax.get_xlim() == (0, 5) and ax.get_ylim() == (0, 100)


def test_lines_by_part_of_speech_are_means_over_images(maps: HeatMaps) -> None:
    course = course_table([maps, maps.with_facts(caption_id="2")])
    with style():
        ax = time_course(course, group="upos")
    nouns = course[course["upos"] == "NOUN"].groupby("place")["inside"].mean() * 100
    assert any(np.allclose(line.get_ydata(), nouns) for line in ax.lines)
    with style(), pytest.raises(UserError, match="use text or upos"):
        time_course(course, group="lemma")


def test_a_layer_profile_names_its_layers_shortly(maps: HeatMaps) -> None:
    with style():
        ax = layer_profile(course_table(maps, by="layer"))
    assert [label.get_text() for label in ax.get_xticklabels()] == ["down 1.0", "up 1.2"]


def test_a_profile_of_heads_names_their_layers(maps: HeatMaps) -> None:
    heads = replace(maps, slices=tuple(replace(part, head=head) for part in maps.slices for head in (0, 1)))
    with style():
        ax = layer_profile(course_table(heads, by="head"))
    names = ["down 1.0, head 0", "down 1.0, head 1", "up 1.2, head 0", "up 1.2, head 1"]
    assert [label.get_text() for label in ax.get_xticklabels()] == names
    assert ax.get_xlabel() == "layer and head"


def test_the_first_figure_has_the_picture_and_every_word(maps: HeatMaps) -> None:
    with style():
        axes = word_maps(maps)
        few = word_maps(maps, words=[1, 4], width="page")
    assert [len(ax.images) for ax in axes] == [1] * 7 + [0]  # two lines of four
    assert [ax.texts[0].get_text() for ax in axes[1:7]] == ["a", "monkey", "with", "a", "hat", "walking"]
    assert len(few) == 3 and few[2].texts[1].get_text() == f"max {1000 * maps.array[4].max():.1f}‰"


def test_a_course_by_step_shows_first_and_last(maps: HeatMaps) -> None:
    axes = word_course(maps, by="step", words=[1])
    assert [ax.texts[0].get_text() for ax in axes[1:]] == [*(f"step {n}" for n in range(1, 7)), "all"]
