"""Verdicts: analyses counted by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from visuosyn.studies.relations.statistics.dominance import DIFFERENCE
from visuosyn.studies.relations.statistics.verdicts import OVERLAP, verdict_table


def rows(relation, masks, ends, measure=DIFFERENCE):
    estimates = [(low + high) / 2 for low, high in ends]
    return pd.DataFrame(
        {
            "relation": relation,
            "measure": measure,
            "mask": masks,
            "estimate": estimates,
            "low": [low for low, _ in ends],
            "high": [high for _, high in ends],
            "n": 50,
            "few": False,
        }
    )


def test_verdicts_by_hand():
    masks = ["relative:0.3", "relative:0.4", "soft", "area:0.2"]
    table = pd.concat(
        [
            rows("obj", masks, [(11, 15), (2, 6), (-1, 3), (0, 0)]),
            rows("amod", masks, [(-9, -3), (-30, -12), (1, 2), (0, 0)]),
            rows("det", masks, [(-1, 1), (-2, 2), (-3, 3), (0, 0)]),
            rows("acl", masks, [(1, 3), (-3, -1), (-3, 3), (0, 0)]),
        ]
    )
    verdicts = verdict_table(table).set_index("relation")
    counts = verdicts[["finding", "holds_in", "reversed_in", "of", "ten_points_in"]]
    assert counts.loc["obj"].tolist() == ["head", 2, 0, 3, 1]
    assert counts.loc["amod"].tolist() == ["dependent", 2, 1, 3, 1]
    assert counts.loc["det"].tolist() == ["none", 3, 0, 3, 0]
    assert counts.loc["acl"].tolist() == ["mixed", 1, 1, 3, 0]
    assert verdicts.loc["amod", "verdict"] == (
        "the dependent's area contains more of the head's than the reverse in 2 of 3 analyses (reversed in 1)"
    )
    assert verdicts.loc["det", "verdict"] == "no direction can be told in 3 of 3 analyses"
    assert verdicts.loc["acl", "verdict"].startswith("not robust: the sign turns with the analysis")
    assert verdicts.loc["amod", ["lowest", "median", "highest", "share"]].tolist() == [
        -21,
        -6,
        1.5,
        pytest.approx(2 / 3),
    ]


def test_equal_areas_count_for_overlap():
    """Equal areas make mIoD - mIoH 0 by construction, not the overlap; other measures have no verdict."""
    ends = [(1, 3), (2, 4)]
    table = pd.concat([rows("obj", ["soft", "area:0.2"], ends, measure) for measure in (DIFFERENCE, OVERLAP, "mIoD")])
    verdicts = verdict_table(table).set_index("measure")
    assert verdicts["of"].to_dict() == {DIFFERENCE: 1, OVERLAP: 2}
    assert verdicts.loc[OVERLAP, "finding"] == "more"
    assert verdicts.loc[OVERLAP, "verdict"] == "the pairs overlap more than unrelated ones in 2 of 2 analyses"
