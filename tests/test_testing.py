"""Trees and tables made by hand are what the stages make."""

from __future__ import annotations

import numpy as np
import pytest

from visuosyn.corpus import conllu
from visuosyn.measure.pair_table import DTYPES
from visuosyn.testing import pair_rows, sentence


def test_a_tree_made_by_hand_is_that_of_a_file() -> None:
    made = sentence("Two/NUM.CD/nummod/2 dogs=dog/NOUN.NNS/nsubj/3 run/VERB/root/0", id="c7")
    (read,) = conllu.read(conllu.write([made]))
    assert read.words == made.words
    assert (read.id, read.text, read.scheme) == ("c7", "Two dogs run", "ud")
    assert [word.lemma for word in made.words] == ["two", "dog", "run"]


def test_a_pair_table_made_by_hand_has_all_columns_and_agrees_with_itself() -> None:
    table = pair_rows({"amod": [(0.9, 0.3), (0.2, 0.2)], "unrelated": [(0.5, 1.0)]}, seed=3, mask="soft")
    assert {name: str(kind) for name, kind in table.dtypes.items()} == DTYPES
    assert table["kind"].tolist() == ["related", "related", "unrelated"]
    assert set(table["seed"]) == {3}
    union = table["head_area"] + table["dependent_area"] - table["intersection"]
    for name, whole in (("iou", union), ("iod", table["dependent_area"]), ("ioh", table["head_area"])):
        np.testing.assert_allclose(table[name], table["intersection"] / whole)
    assert table[["head_area", "dependent_area"]].max(axis=1).tolist() == pytest.approx([0.5] * 3)
