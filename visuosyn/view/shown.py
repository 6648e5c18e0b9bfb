"""What a notebook shows of a thing, by its type."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from visuosyn.data import HeatMap, HeatMaps, Sentence
from visuosyn.view.notebook import map_html, maps_html
from visuosyn.view.sentences import sentence_html


@singledispatch
def html(thing: Any) -> str:
    """HTML of a sentence (its tree), of one word's map, or of all maps of an image, with its pictures inside.

    Raises TypeError for anything else.

    >>> from visuosyn.testing import heat_maps
    >>> html(heat_maps("cat", [[[0.01, 0.02]]])["cat"]).startswith("<span")
    True
    """
    raise TypeError(f"{type(thing).__name__} has no view")


html.register(Sentence, sentence_html)
html.register(HeatMap, map_html)
html.register(HeatMaps, maps_html)
