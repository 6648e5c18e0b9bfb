"""Property tests draw the same examples each time and have no deadline: a slow machine is no failure."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("visuosyn", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("visuosyn")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> Path:
    """The folder of a tiny random Stable Diffusion pipeline."""
    from visuosyn.testing import tiny_pipeline

    folder = tmp_path_factory.mktemp("models") / "tiny"
    tiny_pipeline("sd1").save_pretrained(folder)
    return folder
