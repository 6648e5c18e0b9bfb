"""What errors and documents name to read on is there."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

import visuosyn
from visuosyn.data.masks import MaskRule
from visuosyn.errors import UserError
from visuosyn.tracing.families.registry import family_of

PACKAGE = Path(visuosyn.__file__).parent
ROOT = PACKAGE.parent


DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_what_documents_point_at_is_there(path: Path) -> None:
    """Files and folders of the repository (STUDY stands for any study), and dotted names of the package."""
    text = path.read_text(encoding="utf-8")
    places = set(re.findall(r"`((?:visuosyn|tests|training|corpora|notebooks)/[\w/.]+)`", text))
    places = {place.replace("STUDY", study) for place in places for study in ("relations", "cohyponyms")}
    assert [place for place in sorted(places) if not (ROOT / place).exists()] == []
    for name in re.findall(r"`(visuosyn(?:\.\w+)+)`", text):
        assert resolves(name), name


def test_the_new_places_in_the_changelog_are_there() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").partition("### Moves")[2].partition("\n## ")[0]
    rows = [line.split("|")[2] for line in text.splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`((?:visuosyn|vs)(?:\.\w+)+)`", row)]
    assert len(rows) > 30
    assert [name for name in named if not resolves(re.sub(r"^vs\.", "visuosyn.", name))] == []


def resolves(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    try:
        return bool(import_module(name))
    except ImportError:
        module, _, attribute = name.rpartition(".")
        return hasattr(import_module(module), attribute)


def test_functions_that_the_reading_guide_names_without_a_module_are_where_it_says() -> None:
    columns = {"rules_agreeing", "rules_reversed"}
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", (ROOT / "docs" / "reading.md").read_text(encoding="utf-8")))
    made = {path: path.read_text(encoding="utf-8") for path in (PACKAGE / "studies/relations/statistics").glob("*.py")}
    assert len(named) >= 5
    assert [name for name in sorted(named - columns) if not any(f"def {name}(" in text for text in made.values())] == []


def test_every_document_that_the_package_names_exists() -> None:
    texts = (path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    named = {name for text in texts for name in re.findall(r"\b(?:docs|visuosyn)/[\w/]+\.md\b", text)}
    assert {"docs/adding.md", "docs/reading.md", "visuosyn/microworld/model/README.md"} <= named
    assert [name for name in sorted(named) if not (PACKAGE.parent / name).is_file()] == []


def test_a_mask_rule_and_a_pipeline_that_are_not_known_say_where_to_read_on() -> None:
    with pytest.raises(UserError, match=r"or soft; docs/reading\.md in the repository says what each keeps$"):
        MaskRule.parse("otsu")
    with pytest.raises(UserError, match=r"\. docs/adding\.md in the repository says how one is added$"):
        family_of(object())
