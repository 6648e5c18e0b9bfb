"""One thing shown: a word's map over its picture, a tree, a sheet of pictures, a course over the steps.

    with style("paper"):
        axes = word_maps(maps)

The names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visuosyn.view.contact_sheets import contact_sheet, word_course, word_maps
    from visuosyn.view.courses import layer_profile, time_course
    from visuosyn.view.notebook import (
        map_html,
        maps_html,
        pair_view,
        word_overlay,
    )
    from visuosyn.view.overlays import common_scale, overlay, pair_overlay
    from visuosyn.view.sentences import sentence_html
    from visuosyn.view.shown import html
    from visuosyn.view.styles import canvas, save_figure, style

_HOME = {
    "canvas": "styles",
    "common_scale": "overlays",
    "contact_sheet": "contact_sheets",
    "html": "shown",
    "layer_profile": "courses",
    "map_html": "notebook",
    "maps_html": "notebook",
    "overlay": "overlays",
    "pair_overlay": "overlays",
    "pair_view": "notebook",
    "save_figure": "styles",
    "sentence_html": "sentences",
    "style": "styles",
    "time_course": "courses",
    "word_course": "contact_sheets",
    "word_maps": "contact_sheets",
    "word_overlay": "notebook",
}

__all__ = [
    "canvas",
    "common_scale",
    "contact_sheet",
    "html",
    "layer_profile",
    "map_html",
    "maps_html",
    "overlay",
    "pair_overlay",
    "pair_view",
    "save_figure",
    "sentence_html",
    "style",
    "time_course",
    "word_course",
    "word_maps",
    "word_overlay",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'visuosyn.view' has no attribute {name!r}")
    return getattr(import_module(f"visuosyn.view.{_HOME[name]}"), name)
