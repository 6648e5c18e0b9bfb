"""The charts of courses, the first figure, and what all figures have in common: sizes, fonts, greyscale."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from colorspacious import cspace_convert
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from tests.report.builder import heat_maps, sentence, study
from visuosyn.errors import UserError
from visuosyn.measure.course import course_table
from visuosyn.records import HeatMaps, Part
from visuosyn.report import (
    contact_sheet,
    difference_by_rule,
    layer_profile,
    one_rule,
    overlap_by_rule,
    reader_table,
    relation_forest,
    relation_plane,
    save_figure,
    style,
    time_course,
    word_course,
    word_maps,
)
from visuosyn.report.styles import GREY, PALETTE, STYLES, canvas, width_of
from visuosyn.stats.relations import relation_table

LAYERS = (
    "down_blocks.1.attentions.0.transformer_blocks.0.attn2",
    "up_blocks.1.attentions.2.transformer_blocks.0.attn2",
)


@pytest.fixture(scope="module")
def maps() -> HeatMaps:
    """A picture traced step by step and layer by layer: the maps wander to their place."""
    one = heat_maps(sentence("a monkey with a hat walking"), seed=2)
    whole = one.parts[0].sums
    parts = tuple(
        Part(stage, one.grid, np.roll(whole, 6 - step, axis=2), 1, third=step // 2, step=step, layer=name)
        for step in range(6)
        for stage, name in zip(("down", "up"), LAYERS, strict=True)
    )
    return replace(one, parts=parts)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    _, _, pairs = study(copies=2, seeds=(0,))
    return reader_table(relation_table(pairs, draws=50))


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
    heads = replace(maps, parts=tuple(replace(part, head=head) for part in maps.parts for head in (0, 1)))
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


FIGURES: dict[str, tuple[str, Callable[[HeatMaps, pd.DataFrame], Figure]]] = {
    "first figure": ("column", lambda maps, _: word_maps(maps)[0].figure),
    "first figure, wide": ("page", lambda maps, _: word_maps(maps, width="page")[0].figure),
    "sheet": ("page", lambda maps, _: contact_sheet([maps])[0].figure.get_figure(root=True)),
    "thirds": ("column", lambda maps, _: word_course(maps)[0].figure),
    "steps": ("page", lambda maps, _: word_course(maps, by="step")[0].figure),
    "time course": ("column", lambda maps, _: time_course(course_table(maps)).figure),
    "layer profile": ("column", lambda maps, _: layer_profile(course_table(maps, by="layer")).figure),
    "plane": ("column", lambda _, table: relation_plane(one_rule(table, "soft")).figure),
    "forest": ("column", lambda _, table: relation_forest(one_rule(table, "soft")).figure),
    "overlap by rule": ("page", lambda _, table: overlap_by_rule(table).figure),
    "difference by rule": ("page", lambda _, table: difference_by_rule(table).figure),
}


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("look", ["paper", "slides"])
def test_every_figure_is_as_wide_as_its_column_to_a_tenth_of_a_millimetre(
    maps: HeatMaps, table: pd.DataFrame, name: str, look: str, tmp_path: Path
) -> None:
    width, draw = FIGURES[name]
    with style(look):
        (pdf,) = save_figure(draw(maps, table), tmp_path / "figure", formats=("pdf",))
    assert media_box(pdf)[0] == pytest.approx(STYLES[look][width], abs=0.1)


def media_box(pdf: Path) -> tuple[float, float]:
    head = pdf.read_bytes().partition(b"/MediaBox [")[2].partition(b"]")[0].split()
    return float(head[2]) / 72 * 25.4, float(head[3]) / 72 * 25.4


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext and pdffonts of poppler")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("first figure", ("monkey", "walking", "‰")),
        ("time course", ("monkey", "denoising step", "if spread evenly")),
        ("layer profile", ("hat", "layer")),
        ("plane", ("unrelated", "mIoH (%)")),
        ("forest", ("nmod:with", "mIoD − mIoH")),
        ("overlap by rule", ("relative", "mask rule and its level")),
    ],
)
def test_labels_are_text_and_fonts_are_embedded(
    maps: HeatMaps, table: pd.DataFrame, name: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    with style():
        (pdf,) = save_figure(FIGURES[name][1](maps, table), tmp_path / "figure", formats=("pdf",))
    text = subprocess.check_output(["pdftotext", "-layout", str(pdf), "-"], text=True)
    assert all(word in text for word in words), text
    fonts = subprocess.check_output(["pdffonts", str(pdf)], text=True).splitlines()[2:]
    assert fonts and all(line.split()[-5:-3] == ["yes", "yes"] for line in fonts), fonts  # embedded, subset
    assert not any("Type 3" in line for line in fonts)


def luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def test_in_greyscale_every_line_stands_out_from_paper() -> None:
    """3 to 1 against white, as WCAG asks of graphics."""
    contrast = {colour: 1.05 / (luminance(colour) + 0.05) for colour in (*PALETTE, GREY)}
    assert all(value > 3 for value in contrast.values()), contrast


@pytest.mark.parametrize("sight", ["all colours", "deuteranomaly", "protanomaly"])
def test_no_two_colours_look_alike(sight: str) -> None:
    """Distances in CAM02-UCS, colour blindness after Machado et al. (2009); both by colorspacious."""
    seen = np.array([to_rgb(colour) for colour in PALETTE])
    if sight != "all colours":
        seen = cspace_convert(seen, {"name": "sRGB1+CVD", "cvd_type": sight, "severity": 100}, "sRGB1").clip(0, 1)
    places = cspace_convert(seen, "sRGB1", "CAM02-UCS")
    apart = np.linalg.norm(places[:, None] - places, axis=2)[np.triu_indices(len(PALETTE), 1)]
    assert apart.min() > 15


def test_heights_grow_with_the_style_and_the_style_ends_with_its_block() -> None:
    with style("slides"):
        figure, _ = canvas("page", 77)
        assert width_of("column") == 160
    assert tuple(25.4 * figure.get_size_inches()) == pytest.approx((300, 160))
    assert width_of() == 77
    with pytest.raises(UserError, match="use column or page"):
        width_of("leaf")
