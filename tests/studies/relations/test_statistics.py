"""The statistics on the page: files, figures and sentences against the tables they come from."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.markers import TICKDOWN, TICKUP

from tests.builder import RULES, study, write_report, write_run
from tests.studies.relations.test_page import Page
from visuosyn.run import Measurement, RunFolder
from visuosyn.studies.relations.curves import beside_published, control_forest, specification_curve, variance_bars
from visuosyn.studies.relations.gallery import curve_relations
from visuosyn.studies.relations.markdown import sections
from visuosyn.studies.relations.reference import paper_table, published_table
from visuosyn.studies.relations.statements import agreement, methods, statements, universes
from visuosyn.studies.relations.statistics.compute import statistic_tables
from visuosyn.studies.relations.statistics.dominance import DIFFERENCE
from visuosyn.studies.relations.statistics.means import relation_table
from visuosyn.studies.relations.study import RELATIONS
from visuosyn.studies.relations.tables import reader_table
from visuosyn.view.styles import style

COPIES = 21  # captions of each kind: some relations then have 20 prompts


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = RunFolder(write_run(tmp_path_factory.mktemp("study"), *study(copies=COPIES)))
    RELATIONS.measure(folder)
    return folder


def controls_of(run: RunFolder) -> dict[str, pd.DataFrame]:
    return {str(name): rows.drop(columns="control") for name, rows in run.rows("controls").groupby("control")}


@pytest.fixture(scope="module")
def tables(run: RunFolder) -> dict[str, pd.DataFrame]:
    found = statistic_tables(
        run.rows("pairs"), mask=RULES[0], controls=controls_of(run), multiverse=run.rows("multiverse"), draws=200
    )
    return found | {"published": published_table(found["relations"])}


def test_the_methods_name_the_tests_that_were_made(tables: dict[str, pd.DataFrame]) -> None:
    text = methods(tables, draws=200)
    assert "(200 patterns)" in text and "crossed random effects of" in text
    assert all(name in text for name in tables["contrasts"]["control"].unique())
    assert f"in {universes(tables)} analyses" in text
    few = methods({"differences": tables["differences"]}, draws=200)
    assert "controls" not in few and "analyses" not in few and "mixed" not in few


def test_controls_are_of_related_pairs_and_both_kinds(run: RunFolder) -> None:
    pairs = run.rows("pairs")
    related = pairs[pairs["kind"] == "related"]
    for name in ("rolled maps", "another image"):
        table = controls_of(run)[name]
        keys = ["caption_id", "seed", "pair", "mask"]
        assert sorted(table[keys].itertuples(index=False)) == sorted(related[keys].itertuples(index=False))


def test_other_rules_are_compared_again(run: RunFolder, tmp_path: Path) -> None:
    other = RunFolder(Path(shutil.copytree(run.path, tmp_path / "run")))
    RELATIONS.measure(other, Measurement(masks=("soft",)))
    assert {table["mask"].unique().tolist()[0] for table in controls_of(other).values()} == {"soft"}
    assert len(other.rows("controls")) * len(RULES) == len(run.rows("controls"))


@pytest.mark.slow
def test_the_page_shows_every_section(run: RunFolder) -> None:
    page = Page(write_report(run.path))
    sections = [attrs["id"] for attrs in page.all("section")]
    wanted = ["findings", "relations", "tests", "contrasts", "multiverse", "mixed", "published", "power", "figures"]
    assert [name for name in sections if name in wanted] == wanted
    for name in ("differences", "verdicts", "contrasts", "contrast_verdicts", "multiverse", "multiverse_verdicts",
                 "mixed_relations", "mixed_components", "mixed_covariates", "mixed_diagnostics", "published",
                 "power"):  # fmt: skip
        assert len(pd.read_csv(run.tables / f"{name}.csv")), name
    figures = {path.name for path in run.figures.iterdir()}
    assert {"controls.svg", "variance_components.svg", "beside_paper.svg", "multiverse_det.svg"} <= figures
    differences = pd.read_csv(run.tables / "differences.csv")
    det = differences[(differences["relation"] == "det") & (differences["mask"] == RULES[0])].iloc[0]
    assert f"{det['estimate']:+.1f}".replace("-", "−") in page.text
    verdicts = pd.read_csv(run.tables / "multiverse_verdicts.csv")["verdict"].str.startswith("not robust")
    assert page.html.count("<strong>not robust</strong>") == verdicts.sum() > 0


def test_curves_are_drawn_for_relations_with_enough_prompts(tables: dict[str, pd.DataFrame]) -> None:
    found = curve_relations(tables)
    verdicts = tables["multiverse_verdicts"].query("measure == @DIFFERENCE").set_index("relation")
    assert found and not verdicts.loc[found, "few"].any()
    assert found[0] == "det"


def test_a_specification_curve_is_sorted_and_marks_each_choice(tables: dict[str, pd.DataFrame]) -> None:
    every = tables["multiverse"]
    rows = every[(every["relation"] == "det") & (every["measure"] == DIFFERENCE)]
    with style("paper"):
        upper, lower = specification_curve(rows)
    drawn = np.concatenate([line.get_ydata() for line in upper.lines if line.get_marker() == "."])
    free = rows[~rows["mask"].str.startswith("area") & rows["estimate"].notna()]
    assert sorted(drawn) == pytest.approx(sorted(free["estimate"]))
    marks = [len(line.get_xdata()) for line in lower.lines]
    assert sum(marks) == 2 * len(free)  # mask rule and normalisation; layers and phases were not kept apart
    labels = [tick.get_text() for tick in lower.get_yticklabels()]
    assert "maps:  none" in labels and "soft" in labels


def test_a_specification_curve_tells_sides_without_colour() -> None:
    masks = ("relative:0.3", "relative:0.4", "soft", "summed:0.15")
    rows = pd.DataFrame({"mask": masks, "estimate": [12.0, 1.0, -9.0, 3.0], "measure": DIFFERENCE})
    rows = rows.assign(low=rows["estimate"] - 4, high=rows["estimate"] + 4, normalisation="none", layers="all")
    with style("paper"):
        upper, lower = specification_curve(rows.assign(third="all"))
    found = {x: line.get_marker() for line in lower.lines for x in line.get_xdata()}
    assert found == {0: TICKDOWN, 1: ".", 2: ".", 3: TICKUP}
    labels = {text.get_text() for text in upper.figure.legends[0].get_texts()}
    assert labels == {"interval above 0", "below 0", "neither"}


def test_published_figures_stand_beside_ours(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["published"]
    assert set(table["published"]) == {"paper", "notebook"}
    assert set(table.loc[table["published"] == "paper", "mask"]) == {"relative:0.4"}
    assert set(table.loc[table["published"] == "notebook", "mask"]) == {"summed:0.15"}
    notebook = table[table["published"] == "notebook"].set_index("relation")
    assert notebook.loc["nsubj", "paper_mIoH"] == 22.7
    assert notebook.loc["nsubj", "minus_paper_mIoH"] == pytest.approx(notebook.loc["nsubj", "mIoH"] - 22.7)
    with style("paper"):
        overlap, difference = beside_published(table[table["published"] == "paper"])
    assert overlap.get_xlabel() == "mIoU (%)" and difference.get_xlabel().startswith("mIoD − mIoH")


def test_the_notebook_turns_all_five_dominant_relations_around() -> None:
    paper, notebook = (
        paper_table(source=name).set_index("relation")["paper_difference"] for name in ("paper", "notebook")
    )
    dominant = paper.index[paper.abs() > 10].intersection(notebook.index)
    assert sorted(dominant) == ["acl", "amod", "nmod:of", "nsubj", "obj"]
    assert (np.sign(paper[dominant]) == -np.sign(notebook[dominant])).all()


def test_agreement_by_hand() -> None:
    rows = pd.DataFrame(
        {
            "relation": ["unrelated", "det", "obj", "amod", "acl"],
            "difference": [5.0, 1.0, 2.0, -3.0, np.nan],
            "paper_difference": [-1.0, 2.0, 9.0, -15.0, 1.0],
            "mIoU": [1.0, 10.0, 20.0, 30.0, 1.0],
            "paper_mIoU": [9.0, 30.0, 20.0, 10.0, 1.0],
        }
    )
    assert agreement(rows) == (
        "The sign of mIoD − mIoH is the same for 3 of 3 relations; rank correlation (Spearman) of mIoU −1.00 and "
        "mIoD − mIoH 1.00."
    )
    assert agreement(rows.head(2)) == "1 relation in common: too few to compare ranks."


def test_statements_count_the_tables(tables: dict[str, pd.DataFrame]) -> None:
    tested, syntax, picture, robust, explained = statements(tables, RULES[0])
    rows = tables["differences"].query("mask == @RULES[0] and not few")
    own = rows[~rows["relation"].isin(["unrelated", "all head-dependent"])]
    assert f"of {len(own)} relations with 20 or more prompts" in tested
    for relation in own.loc[own["p_holm"] < 0.05, "relation"]:
        assert relation in tested
    assert syntax.startswith(("Is it the syntax?", "No relation has 20 prompts"))
    assert picture.startswith("Is it this picture?")
    assert f"Over {universes(tables)} analyses" in robust
    assert "pair" in explained


def test_statements_by_hand(tables: dict[str, pd.DataFrame]) -> None:
    """Four relations, one of them with few prompts: who is told of, on which side, and who is not."""
    facts = {"relation": ["det", "obj", "amod", "acl", "all head-dependent"], "few": [False, False, False, True, False]}
    tested = pd.DataFrame(
        facts | {"mask": "soft", "measure": DIFFERENCE, "estimate": [9.0, -9.0, 9.0, 9.0, 9.0]}
        | {"p": 0.001, "p_holm": [0.04, 0.001, 0.06, 0.001, 0.001]}
    )  # fmt: skip
    contrasts = tested.assign(measure="mIoU", control="matched unrelated pairs")
    verdicts = pd.DataFrame(
        facts
        | {"measure": DIFFERENCE, "finding": ["head", "none", "head", "head", "head"], "holds_in": [9, 10, 8, 9, 9]}
    ).assign(of=10, share=lambda rows: rows["holds_in"] / 10)
    by_hand = tables | {"differences": tested, "contrasts": contrasts, "multiverse_verdicts": verdicts}
    direction, syntax, robust, _ = statements(by_hand, "soft")
    assert direction == (
        "Sign-flip tests of mIoD − mIoH by prompt under soft: 2 of 3 relations with 20 or more prompts differ from 0 "
        "after Holm's correction: the head's area is the larger one for det; the dependent's is for obj."
    )
    assert syntax == (
        "Is it the syntax? Against unrelated words of the same parts of speech and distance in the same picture, of "
        "3 relations under soft: 1 overlaps more (det); 1 overlaps less (obj); 1 cannot be told apart from them "
        "(Holm, mIoU)."
    )
    assert robust.endswith("a direction holds in at least 90% of those without equal areas for det (head, 9 of 10).")


def test_without_a_multiverse_no_analyses_are_counted(tables: dict[str, pd.DataFrame]) -> None:
    alone = {name: table for name, table in tables.items() if not name.startswith("multiverse")}
    assert "analyses" not in dict(sections(alone, RULES[0]))[f"Relation by relation, under {RULES[0]}"]
    assert "k of n: of" in dict(sections(tables, RULES[0]))[f"Relation by relation, under {RULES[0]}"]


def test_the_other_figures_show_their_tables(tables: dict[str, pd.DataFrame]) -> None:
    contrasts = tables["contrasts"]
    with style("paper"):
        forest = control_forest(contrasts[contrasts["mask"] == RULES[0]])
        bars = variance_bars(tables["mixed_components"])
    assert next(tick.get_text() for tick in forest.get_yticklabels()) == "all head-dependent"
    assert forest.get_legend_handles_labels()[1] == list(dict.fromkeys(contrasts["control"]))
    ends = [patch.get_x() + patch.get_width() for patch in bars.patches]
    assert max(ends) == pytest.approx(100)


def test_a_rule_of_other_kinds_has_nothing_published() -> None:
    _, _, pairs = study(copies=1, seeds=(0,))
    table = relation_table(pairs[pairs["mask"] == "soft"], draws=10)
    assert published_table(table).empty
    assert "paper_mIoU" in reader_table(table)
