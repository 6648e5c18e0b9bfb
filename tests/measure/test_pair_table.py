"""The pair table: documented columns, nothing lost, equal to a loop over pairs with the masks of each word."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from visuosyn.data import AttentionSlice, Dropped, HeatMaps, Sentence, Word, WordPair
from visuosyn.errors import UserError
from visuosyn.measure.pair_table import DTYPES, pair_table, unmeasured_pairs

RULES = ("relative:0.4", "absolute:0.3", "summed:6", "area:0.25", "soft")
TEXT = "a dog and a cat"
PAIRS = (
    WordPair(head=1, dependent=0, relation="det"),
    WordPair(head=4, dependent=3, relation="det"),
    WordPair(head=1, dependent=4, relation="conj:and"),
    WordPair(head=4, dependent=2, relation="cc", edge="enhanced"),
    WordPair(head=0, dependent=4, relation="unrelated", kind="unrelated", edge=""),
)


@pytest.fixture
def sentence():
    starts = np.cumsum([0] + [len(word) + 1 for word in TEXT.split()])
    words = tuple(
        Word(text, int(start), int(start) + len(text), index=i, lemma=text.upper(), upos="NOUN" if i in (1, 4) else "X")
        for i, (text, start) in enumerate(zip(TEXT.split(), starts, strict=False))
    )
    return Sentence("c1", TEXT, words)


def heat_maps(sentence, keep=range(5), **facts):
    random = np.random.default_rng(0)
    sums = random.random((5, 6, 8), dtype=np.float32)[list(keep)] * 20
    one = AttentionSlice("total", (6, 8), sums, count=20)
    words = tuple(sentence.words[i] for i in keep)
    facts = {"tokens": tuple(range(1, len(words) + 1)), "caption_id": "c1", "noise_id": "n1", "seed": 3} | facts
    return HeatMaps(TEXT, words, (one,), (6, 8), steps=20, **facts)


def test_columns_and_types(sentence):
    table = pair_table(heat_maps(sentence), sentence, PAIRS, RULES)
    assert list(table.columns) == list(DTYPES)
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == DTYPES
    assert len(table) == len(PAIRS) * len(RULES)
    assert table["mask"].drop_duplicates().tolist() == list(RULES)
    assert pair_table(heat_maps(sentence), sentence, (), RULES).dtypes.equals(table.dtypes)
    assert pair_table(heat_maps(sentence), sentence, PAIRS, ()).dtypes.equals(table.dtypes)


def test_parquet_round_trip(sentence, tmp_path):
    table = pair_table(heat_maps(sentence), sentence, PAIRS, RULES)
    table.to_parquet(tmp_path / "pairs.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "pairs.parquet"), table)


def test_values_equal_a_loop_over_pairs(sentence):
    maps = heat_maps(sentence)
    table = pair_table(maps, sentence, PAIRS, RULES)
    for row in table.itertuples():
        head, dependent = (maps[at].mask(row.mask).astype(float) for at in (row.head_position, row.dependent_position))
        shared, union = np.minimum(head, dependent).sum(), np.maximum(head, dependent).sum()
        assert row.iou == pytest.approx(shared / union, rel=1e-6)
        assert row.iod == pytest.approx(shared / dependent.sum(), rel=1e-6)
        assert row.ioh == pytest.approx(shared / head.sum(), rel=1e-6)
        assert (row.head_area, row.dependent_area) == pytest.approx((head.mean(), dependent.mean()), rel=1e-6)


def test_facts_of_a_row(sentence):
    cosines = np.arange(25, dtype=np.float32).reshape(5, 5) / 25
    table = pair_table(heat_maps(sentence, cosines=cosines), sentence, PAIRS, ["soft"])
    row = table.iloc[2]
    expected = {
        "caption_id": "c1", "noise_id": "n1", "seed": 3, "pair": 2, "kind": "related", "edge": "basic",
        "relation": "conj:and", "head": "dog", "dependent": "cat", "head_position": 1, "dependent_position": 4,
        "head_lemma": "DOG", "dependent_lemma": "CAT", "head_upos": "NOUN", "dependent_upos": "NOUN", "head_tokens": 2,
        "dependent_tokens": 5, "distance": 3, "head_first": True, "mask": "soft",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert row["cosine"] == np.float32(9 / 25)
    assert table["kind"].tolist() == ["related"] * 4 + ["unrelated"]
    assert table["distance"].tolist() == [1, 1, 3, 2, 4]
    assert table["head_first"].tolist() == [False, False, True, False, True]


def test_unknown_facts_are_marked(sentence):
    row = pair_table(heat_maps(sentence, tokens=(), seed=None), sentence, PAIRS, ["soft"]).iloc[0]
    assert (row["seed"], row["head_tokens"]) == (-1, 0)
    assert np.isnan(row["cosine"])


def test_nothing_is_lost(sentence):
    lost = Dropped("word", "c1", "and", "cut off: the text encoder reads 77 tokens", 3)
    maps = heat_maps(sentence, keep=(0, 1, 3, 4), dropped=(lost,))
    table, dropped = pair_table(maps, sentence, PAIRS, RULES), unmeasured_pairs(maps, sentence, PAIRS)
    assert set(table["pair"]) == {0, 1, 2, 4}
    assert dropped == (
        Dropped("pair", "c1", "cc(cat-5, and-3)", "no heat map of 'and': cut off: the text encoder reads 77 tokens", 3),
    )
    whole = pair_table(heat_maps(sentence), sentence, PAIRS, RULES)
    kept = whole[whole["pair"] != 3].reset_index(drop=True).drop(columns=["head_tokens", "dependent_tokens"])
    pd.testing.assert_frame_equal(table.drop(columns=["head_tokens", "dependent_tokens"]), kept)


def test_a_map_that_is_not_finite_is_dropped_with_its_reason(sentence):
    maps = heat_maps(sentence)
    maps.slices[0].sums[1, 0, 0] = np.nan
    dropped = unmeasured_pairs(maps, sentence, PAIRS)
    assert [one.text for one in dropped] == ["det(dog-2, a-1)", "conj:and(dog-2, cat-5)"]
    assert all("'dog' holds values that are not finite" in one.reason for one in dropped)
    assert len(pair_table(maps, sentence, PAIRS, ["soft"])) == 3


def test_an_empty_map_is_measured_as_missing(sentence):
    maps = heat_maps(sentence)
    maps.slices[0].sums[0] = 0
    row = pair_table(maps, sentence, PAIRS, ["relative:0.4"]).iloc[0]
    assert row["dependent_area"] == 0
    assert np.isnan(row["iod"])
    assert (row["iou"], row["ioh"]) == (0, 0)


def test_the_sentence_must_be_the_prompt(sentence):
    other = Sentence("c1", "two dogs", sentence.words)
    with pytest.raises(UserError, match="pass the sentence that was drawn"):
        pair_table(heat_maps(sentence), other, PAIRS, RULES)


def test_a_rule_named_twice_counts_once(sentence):
    assert len(pair_table(heat_maps(sentence), sentence, PAIRS, ["relative:0.4", "relative:.40"])) == len(PAIRS)


def test_without_any_traced_word_all_pairs_are_listed(sentence):
    maps = heat_maps(sentence, keep=())
    assert pair_table(maps, sentence, PAIRS, RULES).empty
    assert len(unmeasured_pairs(maps, sentence, PAIRS)) == len(PAIRS)
