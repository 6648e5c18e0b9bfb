"""Property tests draw the same examples each time and have no deadline: a slow machine is no failure."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("visuosyn", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("visuosyn")
