"""Every kind of page, opened from disk: it says nothing, fetches nothing, and has no serious accessibility fault."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import serious_faults
from tests.builder import write_report
from visuosyn.studies.prompt.study import explain
from visuosyn.testing import tiny_pipeline, tiny_run

KINDS = ("relations", "adjectives", "cohyponyms", "explain")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    held = tmp_path_factory.mktemp("pages")
    shutil.copytree(tiny_run(), held / "relations")
    return {
        "relations": write_report(held / "relations"),
        "adjectives": tiny_run("adjectives") / "index.html",
        "cohyponyms": tiny_run("cohyponyms") / "index.html",
        "explain": explain("a dog and a red cat", out=held / "explain", model=tiny_pipeline(), steps=1),
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_opens_in_silence_from_disk_and_is_accessible(
    watch: Any, pages: dict[str, Path], kind: str, scheme: str
) -> None:
    opened = watch(color_scheme=scheme)
    page = opened.page
    page.goto(pages[kind].as_uri())
    assert page.locator("h1").count() == 1
    for details in page.locator("main details:not(.card details) > summary").all():
        details.click()  # what is folded away is looked at, too
    for image in page.locator("figure img, .stage img").all():
        image.scroll_into_view_if_needed()
        page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=image.element_handle())
    if page.locator(".card").count():
        page.locator(".card svg.tree").first.wait_for()
    assert serious_faults(page) == []
    assert opened.said == []
    assert [url for url in opened.asked if not url.startswith(("file:", "data:"))] == []


@pytest.fixture
def explained(watch: Any, pages: dict[str, Path]) -> Any:
    opened = watch()
    opened.page.goto(pages["explain"].as_uri())
    opened.page.locator("svg.tree").wait_for()
    yield opened.page
    assert opened.said == []


def painted(page: Any) -> str:
    return page.locator(".stage canvas").evaluate("canvas => canvas.toDataURL()")


def test_explain_shows_words_and_arcs_under_the_pointer(explained: Any) -> None:
    empty = painted(explained)
    explained.locator("svg .word").nth(1).hover()
    assert "dog: heat map" in explained.locator(".readout").inner_text() and painted(explained) != empty
    explained.mouse.move(0, 0)
    assert painted(explained) == empty
    explained.locator("svg .arc.measured .label").first.click()
    told = explained.locator(".readout").inner_text()
    assert "IoU" in told and "under relative:0.4" in told and painted(explained) != empty


def test_explains_slider_changes_the_areas_of_a_kept_arc(explained: Any) -> None:
    explained.locator("svg .arc.measured .label").first.click()
    before = painted(explained)
    explained.get_by_label("Threshold").focus()
    explained.keyboard.press("End")
    assert "under relative:0.98" in explained.locator(".readout").inner_text() and painted(explained) != before


def test_explain_is_used_by_keyboard(explained: Any) -> None:
    explained.keyboard.press("Tab")
    assert explained.evaluate("document.activeElement.className") == "skip"
    explained.locator("svg .word").first.focus()
    explained.keyboard.press("ArrowRight")
    explained.keyboard.press("ArrowRight")
    kept = painted(explained)
    explained.keyboard.press("Enter")
    explained.keyboard.press("Tab")
    explained.evaluate("document.activeElement.blur()")
    assert painted(explained) == kept, "what Enter kept stays"
    explained.locator("svg .word[aria-pressed=true]").focus()
    explained.keyboard.press("Escape")
    assert explained.locator(".readout").inner_text() == ""
