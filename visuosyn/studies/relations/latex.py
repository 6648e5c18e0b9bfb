"""The relation table as LaTeX."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from visuosyn.report.latex import latex_escape, latex_number
from visuosyn.stats.corrections import FEW
from visuosyn.studies.relations.tables import SUMMARY_ROWS

PRINTED = ("mIoD", "mIoH", "difference", "mIoU")


def _cells(row: pd.Series) -> Iterable[str]:
    mark = r"\textsuperscript{\dag}" if row["few"] else ""
    yield latex_escape(str(row["relation"])) + mark
    yield f"{row['n_pairs']:,}"
    yield f"{row['n_prompts']:,}"
    for measure in PRINTED:
        yield latex_number(row[measure], sign=measure == "difference")
        low, high = row[f"{measure}_low"], row[f"{measure}_high"]
        yield f"[{latex_number(low)},{latex_number(high)}]" if np.isfinite(low) else "--"
    for measure in PRINTED:
        yield latex_number(row[f"paper_{measure}"], sign=measure == "difference")


def relations_latex(table: pd.DataFrame, *, caption: str, label: str = "tab:relations") -> str:
    r"""One mask rule's rows of a reader table as a full-width LaTeX ``table*`` (needs ``booktabs``).

    Numbers have one decimal and stand right-aligned, so that their decimal points are in line; 95% intervals stand in
    script size beside them; relations under ``FEW`` prompts carry a dagger. ``caption`` is plain text.

    >>> from visuosyn.studies.relations.tables import reader_table
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
    note = rf" \textsuperscript{{\dag}}Fewer than {FEW} prompts." if table["few"].any() else ""
    lines += [
        r"\bottomrule",
        r"\end{tabular}",
        rf"\caption{{{latex_escape(caption)}{note}}}",
        rf"\label{{{label}}}",
        r"\end{table*}",
    ]
    return "\n".join(lines) + "\n"
