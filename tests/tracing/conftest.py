from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from visuosyn.testing import tiny_pipeline


@pytest.fixture(scope="session")
def pipelines() -> Callable[[str], Any]:
    """Tiny pipelines, each built once; they have no state that a call leaves behind."""
    built: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in built:
            built[name] = tiny_pipeline(name)
        return built[name]

    return get


@pytest.fixture
def pipe(pipelines: Callable[[str], Any]) -> Any:
    return pipelines("sd1")
