"""What a notebook shows: light, escaped, with the numbers of the measures."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tests.builder import heat_maps, sentence
from visuosyn.data import Dropped, HeatMaps
from visuosyn.errors import UserError
from visuosyn.measure.pair_table import pair_table
from visuosyn.parse import word_pairs
from visuosyn.testing import heat_maps as by_hand

TEXT = "a monkey with a hat walking"


@pytest.fixture(scope="module")
def maps() -> HeatMaps:
    return heat_maps(sentence(TEXT), seed=2)


def pictures(html: str) -> list[Image.Image]:
    found = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", html)
    return [Image.open(io.BytesIO(base64.b64decode(one))) for one in found]


def test_maps_show_the_picture_and_every_word_with_its_maximum(maps: HeatMaps) -> None:
    html = maps._repr_html_()
    assert len(pictures(html)) == 1 + len(maps)
    for word, array in zip(maps.words, maps.array, strict=True):
        assert f">{word.text}<br><small>{1000 * array.max():.1f}‰" in html
    assert pictures(html)[0].size == (256, 171)  # the picture's shape, 96 x 64


def test_even_seventy_words_over_noise_stay_under_300_kilobytes() -> None:
    rng = np.random.default_rng(0)
    text = " ".join(f"w{i}" for i in range(75))
    noise = Image.fromarray(rng.integers(0, 256, (1024, 1024, 3), dtype=np.uint8))
    full = by_hand(text, rng.random((75, 64, 64)), image=noise)
    assert len(full._repr_html_().encode()) < 300_000


def test_html_in_the_prompt_is_text(maps: HeatMaps) -> None:
    evil = '<script>alert("x")</script>'
    words = (replace(maps.words[0], text=evil), *maps.words[1:])
    lost = (Dropped("word", "", evil, "past <b>77</b> tokens"),)
    shown = maps.with_facts(prompt=evil, words=words, dropped=lost)
    for html in (shown._repr_html_(), shown[0]._repr_html_(), shown.pair(0, 1)._repr_html_()):
        assert "<script" not in html and "<b>77" not in html
    assert "past &lt;b&gt;77&lt;/b&gt; tokens" in shown._repr_html_()


@pytest.mark.parametrize("rule", ["relative:0.4", "area:0.25", "soft"])
def test_a_pair_has_the_numbers_of_the_pair_table(maps: HeatMaps, rule: str) -> None:
    tree = sentence(TEXT)
    rows = pair_table(maps, tree, word_pairs(tree), [rule])
    for row in rows.itertuples():
        view = maps.pair(row.head_position, row.dependent_position, rule=rule)
        assert (view.iou, view.iod, view.ioh) == pytest.approx((row.iou, row.iod, row.ioh), nan_ok=True)


def test_a_pair_is_drawn_in_three_colours_where_the_areas_are() -> None:
    maps = by_hand("red ball", [[[1.0, 1.0, 0.0, 0.0]], [[0.0, 1.0, 1.0, 0.0]]])
    image = np.asarray(maps.pair("ball", "red").image, dtype=int)
    assert image.shape == (64, 256, 3)
    red, both, ball, none = (image[32, 64 * k + 32] for k in range(4))
    assert red[0] > red[2] and ball[2] > ball[0] and both[0] > 150 < both[1] and none.tolist() == [38, 38, 42]
    assert (maps.pair("ball", "red").iou, maps.pair("ball", "red").iod) == pytest.approx((1 / 3, 1 / 2))


def test_an_empty_area_is_shown_as_missing() -> None:
    view = by_hand("red ball", np.zeros((2, 2, 2))).pair("ball", "red")
    assert np.isnan(view.iou) and view._repr_html_().count("<td>–</td>") == 3


def test_overlays_are_as_large_as_shown_and_share_a_scale_if_asked(maps: HeatMaps) -> None:
    assert maps.overlay("hat").size == (288, 192)
    low = min(range(len(maps)), key=lambda row: maps.array[row].max())
    own, shared = (np.asarray(maps.overlay(low, common=common), dtype=int) for common in (False, True))
    assert not np.array_equal(own, shared)
    with pytest.raises(UserError, match="no heat map for 'dog'"):
        maps.overlay("dog")


def test_a_phrase_is_the_mean_of_its_subtree(maps: HeatMaps) -> None:
    phrase = maps.phrase("hat")  # with a hat
    assert phrase.word.text == "with a hat" and (phrase.word.start, phrase.word.end) == (9, 19)
    np.testing.assert_allclose(phrase.array, maps.array[2:5].mean(axis=0), rtol=1e-6)
    assert maps.phrase("monkey").word.text == TEXT
    bare = maps.with_facts(words=tuple(replace(word, head=None) for word in maps.words))
    with pytest.raises(UserError, match="pass the sentence"):
        bare.phrase("hat")
    np.testing.assert_array_equal(bare.phrase("hat", sentence(TEXT)).array, phrase.array)


def test_frames_and_labelled_arrays_hold_the_same_values(maps: HeatMaps) -> None:
    table = maps.to_dataframe()
    np.testing.assert_array_equal(table["attention"].to_numpy().reshape(maps.array.shape), maps.array)
    assert table.loc[table["text"] == "hat", "word"].unique().tolist() == [4]
    labelled = pytest.importorskip("xarray") and maps.to_xarray()
    np.testing.assert_array_equal(labelled.values, maps.array)
    assert labelled.text.values.tolist() == TEXT.split() and labelled.attrs["seed"] == 2
