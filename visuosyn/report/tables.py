"""Tables for readers: the relation table with its verdicts, as CSV and LaTeX, and what was dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from visuosyn.run import write_text
from visuosyn.stats.corrections import FEW
from visuosyn.studies.relations.reference import MEASURES, beside_paper

SUMMARY_ROWS = ("unrelated", "all head-dependent")
NO_HEAD = ("unrelated", "sibling")  # a coin decides which word plays the head, so there is no direction
CLASSES = {  # rows between the relations and unrelated words: what they are
    "matched unrelated": "unrelated pairs like the related ones: same parts of speech, distance within a word",
    "grandparent": "two edges apart, one word above the other",
    "sibling": "two edges apart, both words under one head",
    "repeat": "two nouns of one lemma; the earlier plays the head",
    "coreferent": "two mentions of one entity; the earlier plays the head",
}
SWAPPED = "swapped "
MIN_PROMPTS = FEW  # below it a bootstrap over prompts has too few units to trust its interval
DOMINANCE = 10.0  # percentage points; the paper marks dominance exactly where |mIoD - mIoH| > 10

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "–": "--",
    "−": "$-$",
    "“": "``",
    "”": "''",
    "’": "'",
    "×": r"$\times$",
}


def latex_escape(text: str) -> str:
    r"""Text as LaTeX that prints the same characters (T1 encoding).

    >>> latex_escape("nmod_of & 5% of $x")
    'nmod\\_of \\& 5\\% of \\$x'
    """
    return "".join(_LATEX.get(character, character) for character in text)


def reader_table(relations: pd.DataFrame, *, scheme: str = "ud") -> pd.DataFrame:
    """The relation table with what a reader needs to judge it, one row per (relation, mask) as it came.

    Adds the paper's figures (:func:`~visuosyn.studies.relations.reference.beside_paper`) and

    - ``few``: fewer than ``MIN_PROMPTS`` prompts stand behind the row, its interval is not to be trusted;
    - ``direction``: "head" where the interval of mIoD - mIoH lies above 0 (the head's area is the larger),
      "dependent" where it lies below, "" where it includes 0 or for unrelated pairs, which have no head;
    - ``dominant``: there is a direction and the difference exceeds the paper's 10 points;
    - ``rules_agreeing``, ``rules_reversed``, ``rules``: under how many of the mask rules the row's direction holds,
      under how many the opposite one does, of how many. Rules of kind ``area`` do not count: they make all areas
      equal, so they cannot show a direction. A direction that holds under one rule only is a fact about that rule.

    >>> from visuosyn.testing import relation_rows
    >>> table = reader_table(relation_rows({"obj": 25.0, "amod": -15.0, "det": 1.0}))
    >>> table[["relation", "direction", "dominant", "paper_difference"]].values.tolist()
    [['obj', 'head', True, 29.3], ['amod', 'dependent', True, -15.2], ['det', '', False, 2.6]]
    """
    table = beside_paper(relations, scheme=scheme)
    table["few"] = table["n_prompts"] < MIN_PROMPTS
    sign = np.where(table["difference_low"] > 0, 1, np.where(table["difference_high"] < 0, -1, 0))
    sign = np.where(table["relation"].isin(NO_HEAD), 0, sign)
    table["direction"] = pd.Series(sign, index=table.index).map({1: "head", -1: "dependent", 0: ""})
    table["dominant"] = (sign != 0) & (table["difference"].abs() > DOMINANCE)
    can_tell = ~table["mask"].str.startswith("area")
    for name, wanted in (("rules_agreeing", sign), ("rules_reversed", -sign)):
        table[name] = [
            int(((table["relation"] == relation) & can_tell & (sign == own)).sum()) if own else 0
            for relation, own in zip(table["relation"], wanted, strict=True)
        ]
    table["rules"] = can_tell.groupby(table["relation"]).transform("sum")
    return table


def class_gloss(name: str) -> str:
    """What a row of the class table is.

    >>> class_gloss("swapped amod")
    'the words of amod pairs exchanged in the caption, from the same noise'
    """
    if name.startswith(SWAPPED):
        return f"the words of {name.removeprefix(SWAPPED)} pairs exchanged in the caption, from the same noise"
    return CLASSES.get(name, "")


def one_rule(table: pd.DataFrame, mask: str) -> pd.DataFrame:
    """The rows of one mask rule, in their order.

    >>> from visuosyn.testing import relation_rows
    >>> table = relation_rows({"obj": 25.0, "amod": -15.0}, masks=["relative:0.4", "soft"])
    >>> len(table), one_rule(table, "soft")["relation"].tolist()
    (4, ['obj', 'amod'])
    """
    return table[table["mask"] == mask].reset_index(drop=True)


def first_mask(table: pd.DataFrame, *, wanted: str = "relative:0.4") -> str:
    """The mask rule to show first: the paper's best threshold on objects where it was measured, else the first."""
    masks = list(dict.fromkeys(table["mask"]))
    return wanted if wanted in masks or not masks else masks[0]


def write_csv(table: pd.DataFrame, path: Path) -> Path:
    """CSV in UTF-8 with Unix line ends and at most six decimals, so that equal tables are equal bytes."""
    write_text(path, table.round(6).to_csv(index=False, lineterminator="\n"))
    return path


def _number(value: float, *, sign: bool = False) -> str:
    """A figure with one decimal as LaTeX; missing is a dash."""
    if not np.isfinite(value):
        return "--"
    text = f"{value:+z.1f}" if sign else f"{value:z.1f}"
    return f"${text}$" if text[0] in "+-" else text


def _cells(row: pd.Series) -> Iterable[str]:
    mark = r"\textsuperscript{\dag}" if row["few"] else ""
    yield latex_escape(str(row["relation"])) + mark
    yield f"{row['n_pairs']:,}"
    yield f"{row['n_prompts']:,}"
    for measure in ("mIoD", "mIoH", "difference", "mIoU"):
        yield _number(row[measure], sign=measure == "difference")
        low, high = row[f"{measure}_low"], row[f"{measure}_high"]
        yield f"[{_number(low)},{_number(high)}]" if np.isfinite(low) else "--"
    for measure in ("mIoD", "mIoH", "difference", "mIoU"):
        yield _number(row[f"paper_{measure}"], sign=measure == "difference")


def relations_latex(table: pd.DataFrame, *, caption: str, label: str = "tab:relations") -> str:
    r"""One mask rule's rows of a reader table as a full-width LaTeX ``table*`` (needs ``booktabs``).

    Numbers have one decimal and stand right-aligned, so that their decimal points are in line; 95% intervals stand in
    script size beside them; relations under ``MIN_PROMPTS`` prompts carry a dagger. ``caption`` is plain text.

    >>> from visuosyn.testing import relation_rows
    >>> table = reader_table(relation_rows({"obj": 25.0}, prompts=12))
    >>> print(*[line for line in relations_latex(table, caption="Overlaps").splitlines() if line.startswith("obj")])
    obj\textsuperscript{\dag} & 24 & 12 & 75.0 & [73.0,77.0] & 50.0 & [48.0,52.0] & $+25.0$ & [23.0,27.0] & 40.0 &
    [38.0,42.0] & 75.6 & 46.3 & $+29.3$ & 55.4 \\
    """
    columns = "l rr " + " ".join([r"r@{\,}>{\scriptsize}r"] * 4) + " rrrr"
    heads = "mIoD & mIoH & {measure} & mIoU".replace("{measure}", "Diff.")
    ours = " & ".join(rf"\multicolumn{{2}}{{c}}{{{head}}}" for head in heads.split(" & "))
    lines = [
        "% needs \\usepackage{booktabs,array} and \\usepackage[T1]{fontenc}",
        r"\begin{table*}[t]",
        r"\centering\footnotesize\setlength{\tabcolsep}{1.5pt}",
        rf"\begin{{tabular}}{{@{{}}{columns}@{{}}}}",
        r"\toprule",
        r" & \multicolumn{2}{c}{Number of} & \multicolumn{8}{c}{This study, 95\% interval} & "
        r"\multicolumn{4}{c}{Tang et al.\ (2023)} \\",
        r"\cmidrule(lr){2-3}\cmidrule(lr){4-11}\cmidrule(l){12-15}",
        rf"Relation & pairs & prompts & {ours} & {heads} \\",
        r"\midrule",
    ]
    summary = table["relation"].isin(SUMMARY_ROWS)
    for rows in (table[summary], table[~summary]):
        lines += [" & ".join(_cells(row)) + r" \\" for _, row in rows.iterrows()]
        if rows is not table and len(rows) and rows["relation"].isin(SUMMARY_ROWS).all() and not summary.all():
            lines.append(r"\midrule")
    note = rf" \textsuperscript{{\dag}}Fewer than {MIN_PROMPTS} prompts." if table["few"].any() else ""
    lines += [
        r"\bottomrule",
        r"\end{tabular}",
        rf"\caption{{{latex_escape(caption)}{note}}}",
        rf"\label{{{label}}}",
        r"\end{table*}",
    ]
    return "\n".join(lines) + "\n"


def dropped_summary(dropped: pd.DataFrame) -> pd.DataFrame:
    """What was dropped, counted: ``what, reason, n, n_captions, example``, the largest first.

    ``reason`` is the reason with its quoted words taken out, so that "'cat' is past token 77" and "'dog' is past
    token 77" count as one; ``example`` is the text of the first of them.
    """
    if dropped.empty:
        return pd.DataFrame(columns=["what", "reason", "n", "n_captions", "example"])
    kinds = dropped.assign(reason=dropped["reason"].map(reason_kind))
    counted = kinds.groupby(["what", "reason"], as_index=False, sort=True).agg(
        n=("text", "size"), n_captions=("caption_id", "nunique"), example=("text", "first")
    )
    return counted.sort_values(["n", "what", "reason"], ascending=[False, True, True]).reset_index(drop=True)


def reason_kind(reason: str) -> str:
    """The kind of a reason: quoted words become "…".

    >>> reason_kind("word 'skateboard' lies past the encoder's limit")
    "word ‘…’ lies past the encoder's limit"
    """
    return re.sub(r"""(?<!\w)'[^']*'(?!\w)|"[^"]*\"""", "‘…’", reason)


__all__ = [
    "DOMINANCE",
    "MEASURES",
    "MIN_PROMPTS",
    "SUMMARY_ROWS",
    "dropped_summary",
    "first_mask",
    "latex_escape",
    "one_rule",
    "reader_table",
    "reason_kind",
    "relations_latex",
    "write_csv",
]
