from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given

from visuosyn.errors import UserError
from visuosyn.testing import heat_maps, map_arrays, tiny_pipeline, tiny_pipelines
from visuosyn.tracing.families import families as known_families


def test_every_supported_pipeline_has_a_tiny_one() -> None:
    kinds = {type(tiny_pipeline(name)).__name__ for name in tiny_pipelines()}
    assert kinds == {name for family in known_families() for name in family.pipelines}


def test_a_tiny_pipeline_is_the_same_for_the_same_seed() -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    one, same, other = tiny_pipeline("sd1"), tiny_pipeline("sd1"), tiny_pipeline("sd1", seed=1)
    assert torch.equal(torch.random.get_rng_state(), before)
    weights = [pipe.unet.conv_in.weight for pipe in (one, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_wrong_names() -> None:
    with pytest.raises(UserError, match="'sd9' is no tiny pipeline: use one of sd1, "):
        tiny_pipeline("sd9")
    with pytest.raises(UserError, match=r"2 words need maps of shape \(2, row, column\)"):
        heat_maps("a cat", np.zeros((3, 4, 4)))


def test_hand_made_maps() -> None:
    maps = heat_maps("a cat a", np.arange(12).reshape(3, 2, 2), caption_id="c")
    assert [(w.text, w.start, w.end, w.index) for w in maps.words] == [("a", 0, 1, 0), ("cat", 2, 5, 1), ("a", 6, 7, 2)]
    assert (maps["cat"].array == [[4, 5], [6, 7]]).all()
    assert maps.caption_id == "c"


@given(map_arrays(words=3, grid=(2, 5)))
def test_strategy_of_maps(arrays: np.ndarray) -> None:
    assert arrays.shape == (3, 2, 5)
    assert arrays.dtype == np.float32
    assert arrays.min() >= 0
    assert arrays.max() <= 1
