from __future__ import annotations

import re
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from tests.builder import study
from tests.studies.relations.test_tables import row
from visuosyn.errors import UserError
from visuosyn.studies.relations import figures
from visuosyn.studies.relations.statistics.means import relation_table
from visuosyn.studies.relations.tables import one_rule, reader_table
from visuosyn.view.styles import STYLES, canvas, save_figure, style

RELATIONS = {"obj": 25.0, "nsubj": 12.0, "det": 1.0, "amod": -15.0, "$x_1$": 3.0, "compound:prt": -2.0}

ENOUGH = {name: value for name, value in RELATIONS.items() if name != "det"}  # det: five prompts


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rows = [row("unrelated", m, 0.5) for m in ("relative:0.3", "relative:0.4", "summed:0.15", "soft")]
    rows += [row("all head-dependent", m, 0.5) for m in ("relative:0.3", "relative:0.4", "summed:0.15", "soft")]
    for place, (name, value) in enumerate(RELATIONS.items()):
        prompts = 5 if name == "det" else 60
        for m in ("relative:0.3", "relative:0.4", "summed:0.15", "soft"):
            rows.append(row(name, m, value, prompts=prompts, pairs=200 - 10 * place))
    return reader_table(pd.DataFrame(rows))


def points(ax: Axes) -> list:
    return [line for line in ax.lines if line.get_linestyle() == "None" and line.get_marker() not in ("|", "None")]


def words(ax: Axes) -> list:
    return [text for text in ax.texts if text.get_text()]


def test_plane_shows_each_relation_where_it_is(table: pd.DataFrame) -> None:
    with style():
        ax = figures.relation_plane(one_rule(table, "relative:0.4"))
    shown = {(line.get_xdata()[0], line.get_ydata()[0]) for line in points(ax)}
    assert shown == {(50.0, 50.0 + value) for value in [0.5, *ENOUGH.values()]}
    assert {t.get_text() for t in words(ax)} == {"unrelated", "all head-dependent", *ENOUGH}
    assert ax.get_xlim() == ax.get_ylim() and (ax.get_xlabel(), ax.get_ylabel()) == ("mIoH (%)", "mIoD (%)")


def test_marker_and_fill_show_direction_and_support(table: pd.DataFrame) -> None:
    with style():
        ax = figures.relation_plane(one_rule(table, "relative:0.4"))
    by_height = {line.get_ydata()[0] - 50: line for line in points(ax)}
    assert by_height[25.0].get_marker() == "^" and by_height[-15.0].get_marker() == "v"
    assert by_height[3.0].get_marker() == "^" and by_height[0.5].get_marker() == "s"
    assert by_height[25.0].get_markerfacecolor() == by_height[25.0].get_markeredgecolor()


def test_no_two_names_in_the_plane_overlap_and_all_lie_inside(table: pd.DataFrame) -> None:
    with style():
        ax = figures.relation_plane(one_rule(table, "relative:0.4"))
        ax.figure.draw_without_rendering()
        boxes = [text.get_window_extent() for text in words(ax)]
        frame = ax.get_window_extent()
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:number])
        assert frame.x0 - 1 <= box.x0 and box.x1 <= frame.x1 + 1 and frame.y0 - 1 <= box.y0 and box.y1 <= frame.y1 + 1


def test_forest_is_sorted_with_intervals_and_the_papers_values(table: pd.DataFrame) -> None:
    with style():
        ax = figures.relation_forest(one_rule(table, "relative:0.4"))
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == [
        "amod  (170)",
        "compound:prt  (150)",
        "$x_1$  (160)",
        "nsubj  (190)",
        "obj  (200)",
    ]
    assert [line.get_xdata()[0] for line in points(ax)] == sorted(ENOUGH.values())
    paper = {line.get_ydata()[0]: line.get_xdata()[0] for line in ax.lines if line.get_marker() == "|"}
    assert paper == pytest.approx({0: -15.2, 3: 12.5, 4: 29.3})


def test_relations_without_room_are_the_rarer_ones_and_small_ones_are_left(table: pd.DataFrame) -> None:
    rows = one_rule(table, "relative:0.4")
    shown = figures.shown_relations(rows, most=3, summary=False)
    assert shown["relation"].tolist() == ["obj", "nsubj", "amod"]  # det has more pairs than amod, but few prompts


def test_a_small_study_shows_its_commonest_relations_hollow() -> None:
    found = [row(f"r{n}", "soft", n, prompts=5, pairs=50 - n) for n in range(12)]
    with style():
        ax = figures.relation_plane(reader_table(pd.DataFrame(found)), most=8)
    assert [t.get_text() for t in words(ax)] == ["r0", "r1", "r2", "r3"]
    assert {line.get_markerfacecolor() for line in points(ax)} == {"white"}


def test_rows_without_an_estimate_or_with_one_prompt_are_left_to_the_table() -> None:
    rows = reader_table(
        pd.DataFrame([row("obj", "soft", 1.0), row("acl", "soft", np.nan), row("x", "soft", 1, prompts=1)])
    )
    assert figures.shown_relations(rows)["relation"].tolist() == ["obj"]
    with style():
        assert len(points(figures.relation_forest(rows))) == 1


@pytest.mark.parametrize("draw", [figures.relation_plane, figures.relation_forest])
def test_one_rule_at_a_time(table: pd.DataFrame, draw) -> None:
    with pytest.raises(UserError, match="one mask rule, the table has 4"):
        draw(table)


@pytest.mark.parametrize("draw", [figures.relation_plane, figures.relation_forest])
def test_an_empty_study_gives_an_empty_figure(table: pd.DataFrame, draw) -> None:
    with style():
        assert not points(draw(table.iloc[:0]))


def test_lines_over_rules_break_between_kinds_and_rules_are_in_order(table: pd.DataFrame) -> None:
    with style():
        ax = figures.overlap_by_rule(table.sample(frac=1, random_state=0))
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0.3", "0.4", "0.15", "–"]
    assert {t.get_text() for t in words(ax)} == {"relative", "summed", "soft"}
    assert sorted({len(line.get_xdata()) for line in ax.lines}) == [1, 2]  # two relative levels, then single ones
    assert ax.get_ylim()[0] == 0


def test_difference_by_rule_shows_relations_only(table: pd.DataFrame) -> None:
    with style():
        ax = figures.difference_by_rule(table, most=2)
        legend = ax.figure.legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["obj", "nsubj"]


def test_styles_put_rcparams_back_also_after_an_error() -> None:
    before = dict(matplotlib.rcParams)
    with pytest.raises(ZeroDivisionError), style("slides"):
        assert matplotlib.rcParams["font.size"] == STYLES["slides"]["text"]
        _ = 1 / 0
    assert dict(matplotlib.rcParams) == before
    with pytest.raises(UserError, match="use one of paper, notebook, slides"), style("poster"):
        pass


def test_files_are_equal_bytes_exact_in_size_with_fonts_embedded_and_text_as_text(tmp_path: Path) -> None:
    _, _, pairs = study(copies=2, seeds=(0,))
    rows = one_rule(reader_table(relation_table(pairs, draws=50)), "relative:0.4")

    def draw(stem: str) -> list[Path]:
        with style("paper"):
            figure, ax = canvas("column", 60)
            figures.relation_forest(rows, ax=ax)
            return save_figure(figure, tmp_path / stem)

    first, second = draw("a"), draw("b")
    assert [p.suffix for p in first] == [".pdf", ".svg", ".png"]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    pdf, svg = first[0].read_bytes(), first[1].read_text(encoding="utf-8")
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", pdf)
    assert box is not None
    assert [float(side) / 72 * 25.4 for side in box.groups()] == pytest.approx([77, 60], abs=0.01)
    assert b"/FontFile2" in pdf and b"/Type3" not in pdf and b"/CreationDate" not in pdf
    assert ">nmod:with  (" in svg and "<dc:date>" not in svg


def test_figures_do_not_touch_pyplot(table: pd.DataFrame) -> None:
    from matplotlib import pyplot

    with style():
        figures.relation_plane(one_rule(table, "soft"))
    assert pyplot.get_fignums() == []
