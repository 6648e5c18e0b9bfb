"""Draw and record: word heat maps from the cross-attention of a text-to-image model."""

from __future__ import annotations

from visuosyn.callable import make_callable
from visuosyn.trace.align import split_words
from visuosyn.trace.draw import draw, generator
from visuosyn.trace.families import families
from visuosyn.trace.load import load_pipeline, model_facts, own_drawing, vocabulary
from visuosyn.trace.reuse import matching, redraw
from visuosyn.trace.tracer import Tracer, trace

__all__ = [
    "Tracer",
    "draw",
    "families",
    "generator",
    "load_pipeline",
    "matching",
    "model_facts",
    "own_drawing",
    "redraw",
    "split_words",
    "trace",
    "vocabulary",
]

make_callable(__name__, trace)
