from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visuosyn.errors import UserError
from visuosyn.studies.settings import MASKS, parse_masks, parse_seeds, parse_size, settings_of


def test_seeds():
    assert parse_seeds("0-3,7") == (0, 1, 2, 3, 7)
    assert parse_seeds(range(4)) == (0, 1, 2, 3)
    assert parse_seeds(5) == (5,)


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=20, unique=True))
def test_seeds_written_out_are_read_as_they_were(seeds):
    assert parse_seeds(",".join(map(str, seeds))) == tuple(seeds)


@pytest.mark.parametrize("text", ["", "a", "1,,2", "-1", "1-", "3-1", "0.5", "1;2", "0-99999999", "²"])
def test_unreadable_seeds_are_named(text):
    with pytest.raises(UserError, match="seeds '"):
        parse_seeds(text)


@pytest.mark.parametrize("seeds", [[], [-1], [0, 0], [2**63]])
def test_unusable_seeds(seeds):
    with pytest.raises(UserError, match="seeds"):
        parse_seeds(seeds)


def test_sizes():
    assert parse_size("640x384") == parse_size("640X384") == parse_size((640, 384)) == (640, 384)
    assert parse_size(None) is None


@pytest.mark.parametrize("size", ["640", "640x", "axb", "0x64", "64x64x64", "-8x8", (64,), (64, 0.5)])
def test_unreadable_sizes(size):
    with pytest.raises(UserError, match="is not WIDTHxHEIGHT"):
        parse_size(size)


def test_masks_have_one_name_each():
    assert parse_masks(["relative:.4", "soft", "relative:0.40"]) == ("relative:0.4", "soft")
    assert MASKS[0] == "relative:0.4"
    assert parse_masks(MASKS) == MASKS


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"masks": ["relative:1.5"]}, "mask rule 'relative:1.5' is not known or out of range"),
        ({"masks": []}, "no mask rule"),
        ({"batch_size": 0}, "batch size 0"),
        ({"steps": -1}, "steps -1"),
        ({"guidance": -0.5}, r"guidance -0\.5"),
        ({"guidance": float("nan")}, "guidance nan"),
        ({"storage": "all"}, "storage \\(--keep\\) 'all' is not known: use one of parts, total"),
        ({"noise": "pink"}, "noise 'pink'"),
    ],
)
def test_options_out_of_range(options, message):
    with pytest.raises(UserError, match=message):
        settings_of(**options)
