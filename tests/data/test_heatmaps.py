"""`HeatMaps`: combining slices, finding words; the types stay frozen."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visuosyn.data import AttentionSlice, HeatMaps, Word
from visuosyn.data.resize import bicubic
from visuosyn.errors import UserError
from visuosyn.testing import heat_maps

PROMPT = "a dog and a cat"
WORDS = tuple(Word(t, PROMPT.index(t, s), PROMPT.index(t, s) + len(t), i) for i, (t, s) in enumerate(
    [("a", 0), ("dog", 0), ("and", 0), ("a", 10), ("cat", 0)]
))  # fmt: skip


def slice_of(seed: int, stage: str, grid: tuple[int, int], count: int, phase: int | None = None) -> AttentionSlice:
    sums = np.random.default_rng(seed).random((len(WORDS), *grid), dtype=np.float32)
    return AttentionSlice(stage, grid, sums, count, phase)


def maps(*slices: AttentionSlice, grid: tuple[int, int] = (6, 8)) -> HeatMaps:
    return HeatMaps(PROMPT, WORDS, slices, grid, steps=10)


def test_one_part_at_the_latent_grid_is_its_mean() -> None:
    one = slice_of(0, "down", (6, 8), 5)
    np.testing.assert_allclose(maps(one).array, one.sums / 5, rtol=1e-6)


def test_slices_are_summed_over_grids_and_divided_by_all_counts() -> None:
    fine, coarse = slice_of(0, "down", (6, 8), 5), slice_of(1, "up", (3, 4), 7)
    by_hand = np.maximum((fine.sums + bicubic(coarse.sums, (6, 8))) / 12, 0)
    np.testing.assert_allclose(maps(fine, coarse).array, by_hand, rtol=1e-5)


def test_the_middle_is_left_out_unless_all_layers_are_asked_for() -> None:
    """Eq. 6 sums the down and up blocks."""
    down, mid, up = slice_of(0, "down", (3, 4), 2), slice_of(1, "mid", (2, 2), 2), slice_of(2, "up", (3, 4), 2)
    all_maps = maps(down, mid, up)
    np.testing.assert_array_equal(all_maps.array, maps(down, up).array)
    np.testing.assert_array_equal(all_maps.combine(layers="mid"), maps(mid).combine(layers="mid"))
    np.testing.assert_array_equal(all_maps.combine(layers="up"), maps(up).array)
    assert not np.allclose(all_maps.combine(layers="all"), all_maps.array)


@given(st.lists(st.tuples(st.sampled_from(["down", "up"]), st.sampled_from([(6, 8), (3, 4), (2, 2)]),
                          st.integers(1, 9), st.integers(0, 2)), min_size=1, max_size=5))  # fmt: skip
def test_combine_is_a_mean_weighted_by_counts(shapes: list[tuple[str, tuple[int, int], int, int]]) -> None:
    """Splitting the run into slices changes nothing: phases, weighted by their counts, give the whole (linearity).

    The sums get a floor, so that nothing is clamped, which is the only step that is not linear.
    """
    slices = [slice_of(i, stage, grid, count, phase) for i, (stage, grid, count, phase) in enumerate(shapes)]
    slices = [dataclasses.replace(p, sums=p.sums + 3) for p in slices]
    whole = maps(*slices)
    counts = {phase: sum(p.count for p in slices if p.phase == phase) for phase in range(3)}
    thirds = sum(whole.combine(phases=[phase]) * count for phase, count in counts.items() if count)
    np.testing.assert_allclose(whole.array * sum(counts.values()), thirds, rtol=1e-4)
    np.testing.assert_array_equal(whole.combine(phases=range(3)), whole.array)
    shuffled = maps(*slices[::-1])
    np.testing.assert_allclose(shuffled.array, whole.array, rtol=1e-5)


def test_the_clamp_comes_once_after_the_sum() -> None:
    """A spike's negative lobes are filled by another slice before anything is clamped."""
    spike = np.zeros((1, 4, 4), dtype=np.float32)
    spike[0, 1, 1] = 1
    lobes = bicubic(spike, (8, 8))
    assert lobes.min() < 0
    word = (Word("a", 0, 1, 0),)
    flat = AttentionSlice("up", (8, 8), np.full((1, 8, 8), 0.5, dtype=np.float32), 1)
    both = HeatMaps("a", word, (AttentionSlice("down", (4, 4), spike, 1), flat), (8, 8), steps=1)
    np.testing.assert_allclose(both.array, (lobes + 0.5) / 2, atol=1e-6)
    alone = HeatMaps("a", word, (AttentionSlice("down", (4, 4), spike, 1),), (8, 8), steps=1)
    assert alone.array.min() == 0


def test_unknown_layers_and_missing_slices_are_errors() -> None:
    one = maps(slice_of(0, "down", (3, 4), 2))
    with pytest.raises(UserError, match="layers 'side' is not known: use one of default, all, down, mid, up"):
        one.combine(layers="side")
    with pytest.raises(UserError, match="no slice of these maps belongs to layers='mid'"):
        one.combine(layers="mid")
    with pytest.raises(UserError, match=r"phases=\[2\]: was it stored"):
        one.combine(phases=iter([2]))


def test_words_are_found_by_text_row_and_span() -> None:
    whole = maps(slice_of(0, "down", (6, 8), 1))
    np.testing.assert_array_equal(whole["dog"].array, whole.array[1])
    np.testing.assert_array_equal(whole[-1].array, whole.array[4])
    np.testing.assert_array_equal(whole[np.int64(2)].array, whole.array[2])
    moved = dataclasses.replace(WORDS[3], index=None, lemma="a")
    np.testing.assert_array_equal(whole[moved].array, whole.array[3])
    assert len(whole) == 5


def test_a_repeated_or_missing_word_is_an_error_that_says_which_there_are() -> None:
    whole = maps(slice_of(0, "down", (6, 8), 1))
    with pytest.raises(UserError, match=r"'a' stands more than once in 'a dog and a cat': choose a row of \[0, 3\]"):
        whole["a"]
    with pytest.raises(UserError, match="no heat map for 'cow' in 'a dog and a cat'; there are: 0 'a', 1 'dog'"):
        whole["cow"]
    with pytest.raises(UserError, match="no heat map for 5"):
        whole[5]


def test_masks_are_bool_at_any_size_and_soft_ones_are_shares() -> None:
    dog = maps(slice_of(0, "down", (6, 8), 1))["dog"]
    assert dog.mask().dtype == bool
    assert dog.mask("relative:0.4", size=(12, 16)).shape == (12, 16)
    soft = dog.mask("soft", size=(12, 16))
    assert soft.dtype == np.float32
    assert 0 <= soft.min() <= soft.max() == 1


def test_records_are_frozen_and_copies_take_new_facts() -> None:
    whole = maps(slice_of(0, "down", (6, 8), 1))
    with pytest.raises(dataclasses.FrozenInstanceError):
        whole.seed = 3  # type: ignore[misc]
    named = whole.with_facts(caption_id="c1", seed=3)
    assert (named.caption_id, named.seed, whole.seed) == ("c1", 3, None)
    np.testing.assert_array_equal(named.array, whole.array)


def test_maps_show_themselves_in_a_line() -> None:
    maps = heat_maps("a red hat", np.ones((3, 2, 2)))
    for shown in (maps, maps["red"], maps.slices[0]):
        assert len(repr(shown)) < 120 and "\n" not in repr(shown)
    assert "1:red" in repr(maps) and "'red'" in repr(maps["red"])
