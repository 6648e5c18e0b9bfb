"""What errors name to read on is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import visuosyn
from visuosyn.data.masks import MaskRule
from visuosyn.errors import UserError
from visuosyn.tracing.families.registry import family_of

PACKAGE = Path(visuosyn.__file__).parent


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
