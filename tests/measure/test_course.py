"""Courses over steps and layers, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from visuosyn.data import AttentionSlice, HeatMaps
from visuosyn.errors import UserError
from visuosyn.measure.course import course_table
from visuosyn.testing import heat_maps, tiny_pipeline
from visuosyn.tracing import trace

STEPS = ([[[0.0, 2.0]], [[1.0, 1.0]]], [[[2.0, 6.0]], [[3.0, 1.0]]])  # two steps: (word, row, column) of two words


def maps(field: str = "step", names=(0, 1), **facts) -> HeatMaps:
    slices = tuple(
        AttentionSlice("up", (1, 2), np.array(sums, dtype=np.float32), 1, **{field: name})
        for sums, name in zip(STEPS, names, strict=True)
    )
    return heat_maps("red ball", STEPS[0], slices=slices, **facts)


def test_shares_inside_the_final_area_by_hand() -> None:
    table = course_table(maps(), rule="relative:1")  # areas: red the right half (8 > 2), ball the left (4 > 2)
    assert table["inside"].tolist() == pytest.approx([1, 0.5, 0.75, 0.75])
    assert set(table["area"]) == {0.5} and table["place"].tolist() == [0, 0, 1, 1]


def test_layers_stand_in_the_order_of_the_network() -> None:
    table = course_table(maps("layer", ("up_blocks.1.x", "down_blocks.0.x"), caption_id="7"), by="layer")
    assert table["name"].unique().tolist() == ["up_blocks.1.x", "down_blocks.0.x"]
    assert set(table["caption_id"]) == {"7"} and set(table["seed"]) == {-1}


def test_heads_stand_beside_their_layers() -> None:
    slices = tuple(
        AttentionSlice(
            "mid" if layer == "mid_block.x" else "up",
            (1, 2),
            np.array(sums, dtype=np.float32),
            1,
            layer=layer,
            head=head,
        )
        for layer in ("mid_block.x", "up_blocks.1.x")
        for head, sums in enumerate(STEPS)
    )
    table = course_table(heat_maps("red ball", STEPS[0], slices=slices), by="head", rule="relative:1")
    assert table["name"].tolist()[::2] == ["mid_block.x 0", "mid_block.x 1", "up_blocks.1.x 0", "up_blocks.1.x 1"]
    assert table["inside"].tolist() == pytest.approx([1, 0.5, 0.75, 0.75] * 2) and table["place"].max() == 3


def test_heads_of_a_traced_picture_sum_to_its_layers() -> None:
    pipeline = tiny_pipeline()
    with trace(pipeline, detail=("layer", "head")) as tracer:
        pipeline("a red cat", num_inference_steps=1)
    maps = tracer.heat_maps()
    heads, layers = course_table(maps, by="head"), course_table(maps, by="layer")
    layer = heads["name"].str.partition(" ")[0]
    assert layer.drop_duplicates().tolist() == layers["name"].drop_duplicates().tolist()
    assert (heads.groupby(layer)["name"].nunique() >= 2).all()
    between = heads.groupby([layer, "word"])["inside"].agg(["min", "max"])
    whole = layers.set_index(["name", "word"])["inside"]
    assert ((between["min"] - 1e-6 <= whole) & (whole <= between["max"] + 1e-6)).all()  # a weighted mean of its heads


def test_single_steps_and_layers_sum_to_the_whole() -> None:
    one = maps()
    mean = (one.combine(steps=[0]) + one.combine(steps=[1])) / 2
    np.testing.assert_allclose(mean, one.array)
    np.testing.assert_allclose(one.combine(steps=[0, 1]), one.array)


def test_a_word_without_attention_at_a_step_is_missing_there() -> None:
    slices = (AttentionSlice("up", (1, 2), np.zeros((1, 1, 2), np.float32), 1, step=0),
             AttentionSlice("up", (1, 2), np.ones((1, 1, 2), np.float32), 1, step=1))  # fmt: skip
    table = course_table([heat_maps("red", [[[1.0, 1.0]]], slices=slices)] * 2)
    assert table["inside"].isna().tolist() == [True, False] * 2


def test_what_was_not_kept_is_an_error() -> None:
    with pytest.raises(UserError, match=r"no single steps: trace with detail=\('step',\)"):
        course_table(heat_maps("red", [[[1.0]]]))
    with pytest.raises(UserError, match="use step, layer or head"):
        course_table(maps(), by="word")
    with pytest.raises(UserError, match=r"no single heads: trace with detail=\('layer', 'head'\)"):
        course_table(maps("head"), by="head")  # heads of all layers in one are heads of none
    with pytest.raises(UserError, match="at least one image"):
        course_table([])
    with pytest.raises(UserError, match=r"layers 'up 1' is not known: use one of default, .*up_blocks\.1"):
        maps("layer", ("up_blocks.1", "down_blocks.0")).combine(layers="up 1")
