"""What the app answers; ``tests/browser`` uses it as a person does. The model is tiny and random."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from visuosyn.app.web import build
from visuosyn.parse import load_parser
from visuosyn.testing import tiny_pipeline

pytestmark = pytest.mark.filterwarnings("ignore")  # of Gradio, which are not ours


@pytest.fixture(scope="module")
def draw() -> Iterator[Any]:
    yield build(tiny_pipeline(), load_parser()).fns[0].fn
    with warnings.catch_warnings(action="ignore"):  # of the event loops that Gradio opens and forgets
        asyncio.set_event_loop(None)
        gc.collect()


@pytest.mark.parametrize(("numbers", "field"), [((None, 1), "Seed"), ((0, None), "Denoising steps")])
def test_an_emptied_number_is_named(draw: Any, numbers: tuple[int | None, int | None], field: str) -> None:
    shown, download = draw("a red cat", *numbers)
    assert f"the field “{field}” is empty: write a whole number" in shown and "<iframe" not in shown
    assert download["visible"] is False


def test_the_page_in_the_frame_tells_the_facts_and_links_to_no_file(draw: Any) -> None:
    shown, download = draw("a red cat", 7, 1)
    assert "from the noise of seed 7" in shown and "guidance scale 7.5" in shown
    assert "facts.json" not in shown and download["visible"] is True
