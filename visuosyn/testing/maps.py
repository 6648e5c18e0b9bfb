"""Heat maps made by hand, and a hypothesis strategy of maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from visuosyn.data import AttentionSlice, HeatMaps, Word
from visuosyn.errors import UserError

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def heat_maps(text: str, arrays: Sequence[NDArray[Any]] | NDArray[Any], **facts: Any) -> HeatMaps:
    """Heat maps made by hand: one map of shape (row, column) for each word of a text, given between blanks.

    >>> import numpy as np
    >>> heat_maps("red ball", np.eye(2).reshape(2, 1, 2))["ball"].array
    array([[0., 1.]], dtype=float32)
    """
    words, at = [], 0
    for index, word in enumerate(text.split()):
        at = text.index(word, at)
        words.append(Word(word, at, at + len(word), index))
        at += len(word)
    sums = np.asarray(arrays, dtype=np.float32)
    if len(sums) != len(words) or sums.ndim != 3:
        raise UserError(f"{len(words)} words need maps of shape ({len(words)}, row, column), not {sums.shape}")
    grid = (sums.shape[1], sums.shape[2])
    maps = HeatMaps(
        text, tuple(words), (AttentionSlice("total", grid, sums, 1),), grid, steps=1, tokens=(1,) * len(words)
    )
    return maps.with_facts(**facts)


def map_arrays(words: int = 2, grid: tuple[int, int] = (4, 4)) -> SearchStrategy[NDArray[np.float32]]:
    """A hypothesis strategy of maps (word, row, column) with values in 0..1; whole maps of zeros included.

    >>> from hypothesis import HealthCheck, given, settings
    >>> @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    ... @given(map_arrays(words=3, grid=(2, 5)))
    ... def test_no_word_has_more_attention_than_there_is(maps):
    ...     assert maps.shape == (3, 2, 5) and 0 <= maps.min() <= maps.max() <= 1
    >>> test_no_word_has_more_attention_than_there_is()
    """
    from hypothesis import strategies
    from hypothesis.extra.numpy import arrays

    value = strategies.floats(0, 1, width=32, allow_subnormal=False)
    return arrays(np.float32, (words, *grid), elements=value)
