from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes

from tests.builder import GRID, heat_maps, sentence
from visuosyn.data import AttentionSlice, HeatMaps
from visuosyn.errors import UserError
from visuosyn.view.contact_sheets import contact_sheet, content_rows, word_course
from visuosyn.view.styles import style


def words(ax: Axes) -> list:
    return [text for text in ax.texts if text.get_text()]


def in_phases(maps: HeatMaps) -> HeatMaps:
    """The same maps in three phases that hold 1, 2 and 3 sixths of the heat."""
    sums = maps.slices[0].sums
    parts = tuple(AttentionSlice("up", GRID, sums * np.float32(k / 2), 1, phase=k - 1) for k in (1, 2, 3))
    return replace(maps, slices=parts)


def test_contact_sheet_names_words_and_maxima_and_prefers_content_words() -> None:
    maps = [heat_maps(sentence("a red ball")), heat_maps(sentence("the pig holds a yellow balloon under a tree ."))]
    with style():
        axes = contact_sheet(maps, most_words=5)
    assert len(axes) == 12
    labels = [[t.get_text() for t in words(ax)] for ax in axes]
    assert [t[0] for t in labels if t] == ["a", "red", "ball", "pig", "holds", "yellow", "balloon", "tree"]
    assert labels[1][1] == f"max {1000 * maps[0].array[0].max():.1f}‰"
    with pytest.raises(UserError, match="at least one image"):
        contact_sheet([])


def test_content_words_come_first_but_stay_in_sentence_order() -> None:
    maps = heat_maps(sentence("a monkey with a hat walking"))
    assert content_rows(maps, most=3) == [1, 4, 5]
    assert content_rows(maps, most=4) == [0, 1, 4, 5]
    assert content_rows(maps, most=9) == [0, 1, 2, 3, 4, 5]


def test_a_course_shows_each_phase_on_one_scale_with_its_own_maximum() -> None:
    maps = in_phases(heat_maps(sentence("a red ball")))
    with style():
        axes = word_course(maps, words=[2])
    assert [words(ax)[0].get_text() for ax in axes] == ["ball", "early", "middle", "late", "all"]
    whole = 1000 * float(maps.array[2].max())
    maxima = [words(ax)[1].get_text() for ax in axes[1:]]
    assert maxima == [f"max {whole * share:.1f}‰" for share in (0.5, 1.0, 1.5, 1.0)]
    brightness = [np.asarray(ax.images[0].get_array(), dtype=int).sum(axis=2).max() for ax in axes[1:4]]
    assert brightness[0] < brightness[2]


def test_a_course_of_parts_that_were_not_kept_is_an_error() -> None:
    maps = heat_maps(sentence("a red ball"))
    with pytest.raises(UserError, match="was it stored"):
        word_course(maps)
    with pytest.raises(UserError, match="no stages to compare"):
        word_course(maps, by="stage")
    with pytest.raises(UserError, match="use phase, step or stage"):
        word_course(maps, by="week")


def test_a_course_over_stages_shows_those_that_there_are() -> None:
    maps = heat_maps(sentence("a red ball"))
    parts = [AttentionSlice(stage, GRID, maps.slices[0].sums, 1, phase=0) for stage in ("up", "down")]
    with style():
        axes = word_course(replace(maps, slices=tuple(parts)), by="stage", words=[0])
    assert [words(ax)[0].get_text() for ax in axes] == ["a", "down", "up", "all"]
