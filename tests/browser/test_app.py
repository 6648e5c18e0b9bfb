"""The app, used in a browser: prompts good and bad. The model is tiny and random."""

from __future__ import annotations

import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from tests.browser.conftest import serious_faults
from visuosyn.app.web import LOCAL, serve
from visuosyn.errors import UserError

pytestmark = pytest.mark.filterwarnings("ignore")  # of Gradio and its server, which are not ours


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    from visuosyn.testing import tiny_pipeline

    with socket.socket() as free:
        free.bind((LOCAL, 0))
        port = free.getsockname()[1]
    app = serve(model=tiny_pipeline(), port=port, wait=False)
    with pytest.raises(UserError, match=f"port {port} of this machine is taken"):
        serve(model=tiny_pipeline(), port=port, wait=False)
    yield f"http://{LOCAL}:{port}"
    app.close()


@pytest.fixture
def opened(watch: Any, address: str) -> Any:
    one = watch(accept_downloads=True)
    one.page.goto(address)
    one.page.get_by_label("Prompt").wait_for()
    yield one
    assert [said for said in one.said if said.startswith("error")] == []
    assert {url for url in one.asked if not url.startswith((address, "data:", "blob:", "about:"))} == set()


def draw(page: Any, prompt: str, *, steps: int = 2) -> None:
    page.get_by_label("Denoising steps").fill(str(steps))
    page.get_by_label("Prompt").fill(prompt)
    page.get_by_role("button", name="Draw").click()


def test_a_prompt_gives_picture_tree_maps_overlaps_and_its_folder(opened: Any, tmp_path: Path) -> None:
    page = opened.page
    draw(page, "a dog and a red cat")
    frame = page.frame_locator("#view iframe")
    frame.locator("svg.tree").wait_for(timeout=180_000)
    assert frame.locator("h1").inner_text() == "a dog and a red cat"
    assert frame.locator(".strip button").count() == 6
    frame.locator("svg .word").nth(1).hover()
    assert "dog" in frame.locator(".readout").inner_text()
    shown = frame.locator("#pairs tbody:not([hidden]) tr").count()
    assert frame.locator(".stage img").evaluate("image => image.naturalWidth") == 64
    link = page.locator("a[download]").first.get_attribute("href")
    (tmp_path / "look.zip").write_bytes(page.request.get(link).body())
    with zipfile.ZipFile(tmp_path / "look.zip") as packed:
        names, pairs = packed.namelist(), pd.read_csv(packed.open("pairs.csv"))
    assert shown == (pairs["mask"] == "relative:0.4").sum() >= 15
    assert {"index.html", "image.png", "tree.svg", "pairs.csv", "overlays/01-dog.png"} <= set(names)
    assert serious_faults(page) == []


@pytest.mark.parametrize(
    ("prompt", "told"),
    [("   ", "the prompt is empty"), ("word " * 2000, "the prompt has 10,000 characters: give at most 300")],
)
def test_an_empty_and_an_endless_prompt_are_told(opened: Any, prompt: str, told: str) -> None:
    draw(opened.page, prompt)
    alert = opened.page.locator("#view [role=alert]")
    alert.wait_for(timeout=30_000)
    assert told in alert.inner_text()
    assert opened.page.locator("a[download]").count() == 0


@pytest.mark.parametrize(
    "evil", ["<img src=x onerror=document.title='owned'>", "{{7*7}} ${document.title='owned'} <b>"]
)
def test_html_and_templates_in_a_prompt_are_text(opened: Any, evil: str) -> None:
    draw(opened.page, f"a cat {evil}")
    frame = opened.page.frame_locator("#view iframe")
    frame.locator("svg.tree").wait_for(timeout=180_000)
    assert frame.locator("h1").inner_text() == f"a cat {evil}"
    assert opened.page.title() == "visuosyn" and frame.locator("h1 *").count() == 0
