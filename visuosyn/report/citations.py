"""The sources to cite."""

from __future__ import annotations

from collections.abc import Container
from importlib.resources import files


def bibtex(keys: Container[str] | None = None) -> str:
    """The sources to cite, as BibTeX: those of these keys, or all.

    >>> bibtex(["holm-1979-simple"]).splitlines()[1]
    '  title   = {A Simple Sequentially Rejective Multiple Test Procedure},'
    """
    text = files("visuosyn.report").joinpath("citations.txt").read_text(encoding="utf-8")
    entries = text.strip().split("\n\n")
    wanted = (one for one in entries if keys is None or one[one.index("{") + 1 : one.index(",")] in keys)
    return "\n\n".join(wanted) + "\n"
