"""Property tests draw the same examples each time and have no deadline: a slow machine is no failure.

Tests compute on one thread: their networks are tiny, and threads that wait for each other on a busy machine cost more
than they do.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.register_profile("visuosyn", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("visuosyn")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> Path:
    """The folder of a tiny random Stable Diffusion pipeline."""
    from visuosyn.testing import tiny_pipeline

    folder = tmp_path_factory.mktemp("models") / "tiny"
    tiny_pipeline("sd1").save_pretrained(folder)
    return folder
