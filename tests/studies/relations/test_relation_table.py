"""The relation table: means by plain pandas, order of rows, independence of the input's order, missing intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from visuosyn.errors import UserError
from visuosyn.studies.relations.statistics.means import relation_table, threshold_table

MEANS = ("mIoU", "mIoD", "mIoH", "difference")
COLUMNS = [
    *("relation", "mask", "n_pairs", "n_prompts", "n_images"),
    *(name + suffix for name in MEANS for suffix in ("", "_low", "_high")),
]


def test_columns_and_order(small_pairs):
    table = relation_table(small_pairs, draws=50)
    assert list(table.columns) == COLUMNS
    rows = ["unrelated", "all head-dependent", "det", "amod"]
    assert table["relation"].tolist() == rows * 2
    assert table["mask"].tolist() == ["relative:0.4"] * 4 + ["soft"] * 4


def test_means_and_counts_equal_plain_pandas(small_pairs):
    table = relation_table(small_pairs, draws=50).set_index(["relation", "mask"])
    groups = {
        "unrelated": small_pairs["kind"] == "unrelated",
        "all head-dependent": small_pairs["kind"] == "related",
        "det": small_pairs["relation"] == "det",
        "amod": small_pairs["relation"] == "amod",
    }
    for (relation, mask), row in table.iterrows():
        rows = small_pairs[groups[relation] & (small_pairs["mask"] == mask)]
        means = rows[["iou", "iod", "ioh"]].mean() * 100
        np.testing.assert_allclose(row[["mIoU", "mIoD", "mIoH"]].astype(float), means, rtol=1e-9)
        assert row["difference"] == pytest.approx(means["iod"] - means["ioh"])
        assert row["n_pairs"] == len(rows[["caption_id", "pair"]].drop_duplicates())
        assert row["n_images"] == len(rows[["caption_id", "seed"]].drop_duplicates())
        assert row["n_prompts"] == rows["caption_id"].nunique()


def test_intervals_hold_the_mean_in_order(small_pairs):
    table = relation_table(small_pairs, draws=200)
    for name in ("mIoU", "mIoD", "mIoH", "difference"):
        assert (table[f"{name}_low"] <= table[f"{name}_high"]).all()
        assert table[f"{name}_low"].notna().all()


@pytest.mark.parametrize("seed", range(3))
def test_order_of_rows_changes_nothing(small_pairs, seed):
    shuffled = small_pairs.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(
        relation_table(shuffled, draws=50), relation_table(small_pairs, draws=50), check_exact=True
    )


def test_same_seed_same_table_other_seed_other_intervals(small_pairs):
    one, other = relation_table(small_pairs, draws=50), relation_table(small_pairs, draws=50, seed=1)
    pd.testing.assert_frame_equal(relation_table(small_pairs, draws=50), one, check_exact=True)
    assert one["mIoU"].equals(other["mIoU"])
    assert not one["mIoU_low"].equals(other["mIoU_low"])


def test_draws_are_paired_across_relations(small_pairs):
    """A relation that copies another one's rows gets its intervals, too: all cells see the same drawn prompts."""
    twin = small_pairs[small_pairs["relation"] == "det"].assign(relation="twin", pair=lambda t: t["pair"] + 10)
    table = relation_table(pd.concat([small_pairs, twin]), draws=50).set_index(["relation", "mask"])
    pd.testing.assert_frame_equal(table.loc["det"], table.loc["twin"])


def test_one_prompt_has_estimates_without_intervals(small_pairs):
    table = relation_table(small_pairs[small_pairs["caption_id"] == "a"], draws=50)
    ends = [name for name in COLUMNS if name.endswith(("_low", "_high"))]
    assert table[ends].isna().all(axis=None)
    assert table[["mIoU", "mIoD", "mIoH", "difference"]].notna().all(axis=None)


def test_a_measure_that_is_always_missing_stays_missing(small_pairs):
    table = relation_table(small_pairs.assign(iod=np.nan), draws=50)
    assert table[["mIoD", "mIoD_low", "difference", "difference_high"]].isna().all(axis=None)
    assert table["mIoH_low"].notna().all()


def test_threshold_table_takes_rules_apart(small_pairs):
    more = pd.concat([small_pairs, small_pairs.assign(mask="relative:0.1"), small_pairs.assign(mask="absolute:0.2")])
    table = threshold_table(more, draws=50)
    assert list(table.columns[:4]) == ["relation", "mask", "rule", "threshold"]
    expected = [("relative", 0.1), ("relative", 0.4), ("absolute", 0.2), ("soft", None)]
    found = table[["rule", "threshold"]].drop_duplicates().astype(object).replace(np.nan, None)
    assert list(found.itertuples(index=False, name=None)) == expected


def test_no_rows_is_refused(small_pairs):
    with pytest.raises(UserError, match="holds no rows"):
        relation_table(small_pairs.iloc[:0])
