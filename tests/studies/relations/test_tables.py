from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from visuosyn.report.latex import latex_escape
from visuosyn.report.tables import first_mask, write_csv
from visuosyn.stats.corrections import FEW
from visuosyn.studies.relations.latex import relations_latex
from visuosyn.studies.relations.reference import beside_paper, paper_table
from visuosyn.studies.relations.tables import one_rule, reader_table


def row(relation: str, mask: str, difference: float, *, half: float = 2, prompts: int = 50, pairs: int = 80) -> dict:
    """A row of a relation table with intervals of ``half`` points each side."""
    values = {"mIoU": 40.0, "mIoD": 50.0 + difference, "mIoH": 50.0, "difference": difference}
    row = {"relation": relation, "mask": mask, "n_pairs": pairs, "n_prompts": prompts, "n_images": prompts}
    for name, value in values.items():
        row |= {name: value, f"{name}_low": value - half, f"{name}_high": value + half}
    return row


def test_paper_figures_and_its_printed_differences() -> None:
    paper = paper_table().set_index("relation")
    assert len(paper) == 13
    assert paper.loc["unrelated", "paper_mIoU"] == 47.5 and paper.loc["all head-dependent", "paper_mIoU"] == 43.4
    # the |differences| that the paper prints, where its table shows decimals
    printed = {
        "unrelated": 1.0,
        "compound": 0.2,
        "punct": 1.8,
        "conj:and": 1.9,
        "det": 2.6,
        "case": 6.4,
        "coreferent": 7.4,
    }
    assert {name: abs(paper.loc[name, "paper_difference"]) for name in printed} == printed
    assert paper["source"].str.startswith("Tang et al. 2023, Table 2").all()


def test_labels_follow_the_scheme_and_none_is_guessed() -> None:
    clear = set(paper_table("clear")["relation"])
    assert "dobj" in clear and "obj" not in clear
    assert not clear & {"conj", "case", "nmod:of", "prep", "pobj"}  # ClearNLP divides these otherwise


def test_beside_paper_keeps_rows_and_leaves_unmatched_ones_missing() -> None:
    ours = pd.DataFrame([row("nsubj", "soft", 1.0), row("vocative", "soft", 1.0), row("nsubj", "area:0.1", 0.0)])
    joined = beside_paper(ours)
    assert joined["relation"].tolist() == ["nsubj", "vocative", "nsubj"]
    assert joined["minus_paper_mIoU"].tolist() == pytest.approx([40 - 52.2, np.nan, 40 - 52.2], nan_ok=True)


def test_direction_needs_an_interval_off_zero_and_counts_the_rules_that_can_show_one() -> None:
    table = reader_table(
        pd.DataFrame(
            [
                row("obj", "relative:0.4", 12.0),
                row("obj", "relative:0.5", 5.0),
                row("obj", "summed:0.15", -9.0),
                row("obj", "area:0.1", 0.0),
                row("det", "relative:0.4", 1.0),
                row("unrelated", "relative:0.4", 30.0),
            ]
        )
    ).set_index(["relation", "mask"])
    obj = table.loc["obj"]
    assert obj["direction"].to_dict() == {
        "relative:0.4": "head",
        "relative:0.5": "head",
        "summed:0.15": "dependent",
        "area:0.1": "",
    }
    assert obj["rules_agreeing"].tolist() == [2, 2, 1, 0]
    assert obj["rules_reversed"].tolist() == [1, 1, 2, 0]
    assert obj["rules"].tolist() == [3, 3, 3, 3]  # equal areas cannot show a direction
    assert obj["dominant"].tolist() == [True, False, False, False]
    assert table.loc[("det", "relative:0.4"), "direction"] == ""
    assert table.loc[("unrelated", "relative:0.4"), "direction"] == ""  # its head is a coin's choice


def test_few_is_by_prompts_not_pairs_and_missing_intervals_give_no_direction() -> None:
    single = row("acl", "soft", 40.0, prompts=1, pairs=500) | {"difference_low": np.nan, "difference_high": np.nan}
    table = reader_table(pd.DataFrame([single, row("obj", "soft", 3.0, prompts=FEW)]))
    assert table["few"].tolist() == [True, False]
    assert table["direction"].tolist() == ["", "head"]


def test_first_mask_prefers_what_is_wanted() -> None:
    table = pd.DataFrame({"mask": ["soft", "relative:0.4"]})
    assert first_mask(table) == "relative:0.4"
    assert first_mask(table, wanted="area:0.1") == "soft"


def test_csv_is_the_same_bytes_and_reads_back(tmp_path: Path) -> None:
    table = pd.DataFrame([row("nmod:of", "soft", 1 / 3), row("a,b", "soft", np.nan)])
    first = write_csv(table, tmp_path / "a.csv").read_bytes()
    assert first == write_csv(table, tmp_path / "b.csv").read_bytes()
    assert b"\r" not in first
    assert pd.read_csv(tmp_path / "a.csv")["difference"].tolist() == pytest.approx([0.333333, np.nan], nan_ok=True)


HOSTILE = r"nmod_of & 5% $x^2$ #1 {\input{x}} ~ <b> | “q” \ …"


def test_latex_leaves_no_active_character() -> None:
    escaped = latex_escape("".join(c for c in HOSTILE if c not in "“”…"))
    assert not re.search(r"(?<!\\)[&%#_]", escaped)
    assert r"\input" not in escaped
    assert latex_escape("50% of A_B") == r"50\% of A\_B"


def latex_table() -> str:
    rows = [row("unrelated", "soft", 0.3), row("all head-dependent", "soft", -1.25), row("obj", "soft", 12.3)]
    rows += [row("acl", "soft", -4.0, prompts=3), row(HOSTILE.replace("…", ""), "soft", 1.0)]
    table = reader_table(pd.DataFrame(rows))
    table.loc[4, ["mIoU", "mIoU_low", "mIoU_high"]] = np.nan
    return relations_latex(table, caption="Overlap of 5% & more")


def test_latex_rows_align_numbers_and_mark_what_rests_on_little() -> None:
    lines = latex_table().splitlines()
    obj = next(line for line in lines if line.startswith("obj"))
    assert obj == (
        r"obj & 80 & 50 & 62.3 & [60.3,64.3] & 50.0 & [48.0,52.0] & $+12.3$ & [10.3,14.3] & 40.0 & [38.0,42.0] & "
        r"75.6 & 46.3 & $+29.3$ & 55.4 \\"
    )
    assert any(line.startswith(r"acl\textsuperscript{\dag} & 80 & 3 &") for line in lines)
    assert sum(line == r"\midrule" for line in lines) == 2
    body = lines[lines.index(r"\midrule") : lines.index(r"\bottomrule")]
    assert {len(re.findall(r"(?<!\\)&", line)) for line in body if line.endswith(r"\\")} == {14}
    assert any("Overlap of 5\\% \\& more" in line and "Fewer than 20 prompts" in line for line in lines)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_latex_compiles_within_the_page(tmp_path: Path) -> None:
    head = r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{booktabs,array}"
    head += r"\usepackage[margin=2.5cm]{geometry}"
    table = latex_table().replace(latex_escape(HOSTILE.replace("…", "")), "x", 1)
    text = rf"{head}\begin{{document}}{latex_escape(HOSTILE.replace('…', ''))} {table}\end{{document}}"
    (tmp_path / "t.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout


def test_one_rule_keeps_the_order() -> None:
    table = pd.DataFrame([row("b", "soft", 1), row("x", "area:0.1", 1), row("a", "soft", 1)])
    assert one_rule(table, "soft")["relation"].tolist() == ["b", "a"]


def test_a_reader_table_rebuilt_from_its_own_file_is_the_same(tmp_path: Path) -> None:
    table = reader_table(pd.DataFrame([row("obj", "soft", 25.0), row("amod", "soft", -15.0)]))
    read = pd.read_csv(write_csv(table, tmp_path / "relations.csv"))
    pd.testing.assert_frame_equal(reader_table(read)[list(table)], table, check_exact=False, rtol=1e-5)
