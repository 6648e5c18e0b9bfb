"""The page of one prompt, opened from disk: nothing fetched, its texts copied and scrolled without a pointer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import serious_faults
from visuosyn.studies.prompt.study import explain
from visuosyn.testing import tiny_pipeline


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_facts_and_methods_can_be_read_and_copied(watch: Any, tmp_path: Path, scheme: str) -> None:
    file = explain("a dog and a red cat", out=tmp_path, model=tiny_pipeline(), steps=1)
    opened = watch(color_scheme=scheme)
    page = opened.page
    page.goto(file.as_uri())
    page.get_by_text("What was run").click()
    assert "DDIMScheduler, 1 step" in page.locator("dl.facts").inner_text()
    sources = page.locator("#bibtex")
    sources.focus()
    page.keyboard.press("PageDown")
    page.wait_for_function("document.getElementById('bibtex').scrollTop > 0")
    assert serious_faults(page) == []
    assert opened.said == [] and all(url.startswith(("file:", "data:")) for url in opened.asked)
