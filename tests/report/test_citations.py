"""The bibliography: whole, and of all who are cited."""

from __future__ import annotations

import re
from pathlib import Path

import visuosyn
from visuosyn.report.citations import bibtex


def test_sources_are_balanced_bibtex() -> None:
    text = bibtex()
    keys = re.findall(r"^@\w+\{([\w-]+),$", text, flags=re.MULTILINE)
    assert text.count("{") == text.count("}") and text.count("@") == len(keys)
    assert len(keys) == len(set(keys)) == 18


def test_whoever_is_cited_stands_in_the_bibliography() -> None:
    """In the pages, their texts and the guide to reading: the last author named before a year."""
    root = Path(visuosyn.__file__).parents[1]
    texts = [root / "docs" / "reading.md", *(root / "visuosyn" / "report").rglob("*.py")]
    for room in (root / "visuosyn" / "report" / "templates", *(root / "visuosyn" / "studies").glob("*/")):
        texts += [*room.glob("*.html"), *room.glob("prose.py"), *room.glob("sections.py")]
    cited = r"\b([A-Z][a-zé]+)(?: et al\.)?,? \(?(?:19|20)\d\d\b"
    found = {name for path in texts for name in re.findall(cited, path.read_text(encoding="utf-8"))}
    assert {"Tang", "Kim", "Miller", "Gladen", "Palmer"} <= found
    assert not [name for name in found if f"{name}, " not in bibtex()]
