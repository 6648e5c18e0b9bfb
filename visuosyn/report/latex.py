"""Text and numbers as LaTeX."""

from __future__ import annotations

import numpy as np

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


def latex_number(value: float, *, sign: bool = False) -> str:
    """A number with one decimal as LaTeX, a dash where there is none.

    >>> latex_number(12.34), latex_number(2.0, sign=True), latex_number(float("nan"))
    ('12.3', '$+2.0$', '--')
    """
    if not np.isfinite(value):
        return "--"
    text = f"{value:+z.1f}" if sign else f"{value:z.1f}"
    return f"${text}$" if text[0] in "+-" else text
