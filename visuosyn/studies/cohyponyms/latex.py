"""The outcomes of a cohyponym study as LaTeX."""

from __future__ import annotations

import numpy as np
import pandas as pd

from visuosyn.report.latex import latex_escape
from visuosyn.studies.cohyponyms.prose import LABELS


def outcomes_latex(table: pd.DataFrame, *, model: str) -> str:
    r"""The outcomes as a LaTeX ``table`` (needs ``booktabs``): shares of both kinds, difference, interval, p.

    >>> row = {"outcome": "both", "cohyponyms": 50.0, "others": 60.0, "difference": -10.0, "p_holm": 0.04}
    >>> table = pd.DataFrame([row | {"difference_low": -15.0, "difference_high": -5.0}])
    >>> print(*[line for line in outcomes_latex(table, model="micro").splitlines() if line.startswith("both")])
    both nouns are there & 50.0 & 60.0 & $-10.0$ & [$-15.0$, $-5.0$] & 0.040 \\
    """
    lines = [
        r"\begin{table}[t]",
        r"\centering\footnotesize",
        r"\begin{tabular}{@{}lrrrrr@{}}",
        r"\toprule",
        r"Outcome & cohyponyms & others & difference & 95\% interval & $p$ (Holm) \\",
        r"\midrule",
    ]
    for row in table.to_dict("records"):
        low, high = (row[f"difference_{end}"] for end in ("low", "high"))
        interval = f"[${low:z.1f}$, ${high:z.1f}$]" if np.isfinite(low) else "--"
        p = row["p_holm"]
        cells = [latex_escape(LABELS[row["outcome"]]), f"{row['cohyponyms']:.1f}", f"{row['others']:.1f}"]
        cells += [f"${row['difference']:+z.1f}$", interval, "$<$.001" if p < 0.001 else f"{p:.3f}"]
        lines.append(" & ".join(cells) + r" \\")
    caption = f"Pictures of cohyponyms and of other pairs of nouns, drawn by {model}, in per cent; intervals by pair."
    end = [r"\bottomrule", r"\end{tabular}", rf"\caption{{{latex_escape(caption)}}}", r"\label{tab:cohyponyms}"]
    return "\n".join([*lines, *end, r"\end{table}"]) + "\n"
