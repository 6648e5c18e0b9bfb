from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.studies.adjectives.test_statistics import FAST, study_rows
from visuosyn.studies.adjectives.figures import (
    Cell,
    binding_bars,
    change_forest,
    leakage_by_rule,
    leakage_forest,
    strip,
    tint_forest,
)
from visuosyn.studies.adjectives.prose import findings
from visuosyn.studies.adjectives.statistics import adjective_tables
from visuosyn.view.styles import style


@pytest.fixture(scope="module")
def tables():
    return adjective_tables(study_rows(), **FAST)


def markers(ax, marker):
    return sorted(
        (round(float(y), 2), round(float(x), 6))
        for line in ax.lines
        if line.get_marker() == marker
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    )


def test_a_point_stands_at_its_estimate_and_is_hollow_if_few(tables):
    with style("paper"):
        ax = leakage_forest(tables["leakage"], mask="soft")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["red  (2)", "blue  (2)", "all adjectives  (4)"]
    assert markers(ax, "o") == [(0.14, 60), (1.14, 40), (2.14, 50)]
    assert markers(ax, "|") == [(0, 80), (1, 80), (2, 80)]
    hollow = [line.get_markerfacecolor() for line in ax.lines if line.get_marker() == "o"]
    assert set(hollow) == {"white"}


def test_the_other_charts(tables):
    with style("paper"):
        assert len(markers(leakage_by_rule(tables["leakage"]), "o")) == 1
        changes = change_forest(tables["changes"])
        assert markers(changes, "o") == [(0.22, 40), (1.22, 10), (2.22, 5), (3.22, 20)]
        tints = tint_forest(tables["other_colours"])
        assert (0.22, 100) in markers(tints, "o")
        bars = binding_bars(tables["bindings"], names={"t3": "a {} ball and a {} box"})
    widths = np.reshape([patch.get_width() for patch in bars.patches], (5, 2))
    assert widths.sum(axis=0) == pytest.approx([100, 100])
    assert bars.get_yticklabels()[0].get_text() == "a {} ball and a {} box"


def test_a_strip_leaves_gaps():
    picture = Image.new("RGB", (8, 8), "red")
    with style("paper"):
        figure = strip(
            [("free", [Cell("red", picture), Cell("blue", picture)]), ("re-used", [None, Cell("", picture)])]
        )
    shown = [len(ax.images) for ax in figure.axes]
    assert shown == [1, 1, 0, 1]
    assert [ax.get_title("center") for ax in figure.axes] == ["red", "blue", "", ""]
    assert figure.axes[2].get_ylabel() == "re-used"


def test_findings_say_the_numbers_and_nothing_that_was_not_measured(tables):
    said = findings(tables, "soft")
    assert len(said) == 4
    assert said[0].startswith("Under soft, 50.0 %")
    assert "30.0 %" in said[0] and "+20.0 points" not in said[0]
    assert "right in 50.0 %" in said[3]
    assert findings({}, "soft") == ["Nothing could be measured; the list of what was dropped says why."]
    assert len(findings({"leakage": tables["leakage"]}, "soft")) == 1
    assert not any("nan" in one for one in said)
    assert isinstance(tables["leakage"], pd.DataFrame)
