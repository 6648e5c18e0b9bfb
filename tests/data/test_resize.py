"""Bicubic resizing against torch, and what follows from its being linear."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from visuosyn.data.resize import bicubic

side = st.integers(1, 12)
values = st.floats(-4, 4, width=32)


@st.composite
def maps(draw: st.DrawFn) -> np.ndarray:
    shape = (*draw(st.sampled_from([(), (2,), (1, 2)])), draw(side), draw(side))
    return draw(arrays(np.float32, shape, elements=values))


@given(maps(), st.integers(1, 40), st.integers(1, 40))
def test_equals_torch(array: np.ndarray, rows: int, columns: int) -> None:
    """torch.nn.functional.interpolate(mode="bicubic", align_corners=False, antialias=False)."""
    planes = torch.from_numpy(array).reshape(-1, 1, *array.shape[-2:])
    theirs = torch.nn.functional.interpolate(planes, (rows, columns), mode="bicubic", align_corners=False)
    ours = bicubic(array, (rows, columns))
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs.reshape(*array.shape[:-2], rows, columns).numpy(), atol=3e-5)


@pytest.mark.parametrize(("small", "large"), [((16, 16), (64, 64)), ((8, 13), (24, 31)), ((10, 6), (5, 3))])
def test_equals_torch_at_sizes_in_use(small: tuple[int, int], large: tuple[int, int]) -> None:
    array = np.random.default_rng(0).random((3, *small), dtype=np.float32)
    theirs = torch.nn.functional.interpolate(torch.from_numpy(array)[None], large, mode="bicubic")[0].numpy()
    np.testing.assert_allclose(bicubic(array, large), theirs, atol=2e-6)


@given(maps(), st.floats(-2, 2, width=32), st.tuples(side, side))
def test_linear_and_keeps_constants(array: np.ndarray, factor: float, size: tuple[int, int]) -> None:
    other = np.roll(array, 1, axis=-1)
    combined = bicubic(array + np.float32(factor) * other, size)
    apart = bicubic(array, size) + np.float32(factor) * bicubic(other, size)
    np.testing.assert_allclose(combined, apart, atol=1e-4)
    np.testing.assert_allclose(bicubic(np.full_like(array, 2.5), size), 2.5, atol=1e-5)


@given(maps(), st.tuples(side, side))
def test_commutes_with_flips_and_transposition(array: np.ndarray, size: tuple[int, int]) -> None:
    resized = bicubic(array, size)
    np.testing.assert_allclose(bicubic(array[..., ::-1, ::-1], size), resized[..., ::-1, ::-1], atol=1e-4)
    turned = bicubic(np.swapaxes(array, -1, -2), size[::-1])
    np.testing.assert_allclose(turned, np.swapaxes(resized, -1, -2), atol=1e-4)


def test_same_size_is_the_same_map_in_float32() -> None:
    array = np.arange(6.0).reshape(2, 3)
    assert bicubic(array, (2, 3)).dtype == np.float32
    np.testing.assert_array_equal(bicubic(array, (2, 3)), array)


def test_a_left_edge_stays_left_in_a_wide_map() -> None:
    array = np.zeros((4, 6), dtype=np.float32)
    array[:, 0] = 1
    wide = bicubic(array, (8, 24))
    assert wide.shape == (8, 24)
    assert wide[:, :3].min() > 0.5 > wide[:, 12:].max()
