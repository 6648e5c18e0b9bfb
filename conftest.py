"""Examples run in an empty folder of their own; those that need a package of an extra are skipped without it."""

from __future__ import annotations

import gc
from importlib.util import find_spec
from pathlib import Path

import pytest

NEEDED = {"visuosyn.app.explorer.explore": "ipywidgets", "visuosyn.app.web.serve": "gradio"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them; warnings of these packages and their servers are not ours."""
    for item in items:
        if (package := NEEDED.get(item.name)) is not None:
            item.add_marker(pytest.mark.filterwarnings("ignore"))
            item.add_marker(pytest.mark.skipif(find_spec(package) is None, reason=f"{package} is not installed"))


@pytest.fixture(autouse=True)
def _examples_have_a_folder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an example writes under a bare name goes to a folder of its own."""
    if isinstance(request.node, pytest.DoctestItem):
        monkeypatch.chdir(Path(request.getfixturevalue("tmp_path")))


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Collect at once what they leave open."""
    if item.name in NEEDED:
        gc.collect()
