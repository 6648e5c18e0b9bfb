"""Draw and record: word heat maps from the cross-attention of a text-to-image model.

>>> from visuosyn.testing import tiny_pipeline
>>> from visuosyn.tracing import trace
>>> pipeline = tiny_pipeline("sd1")  # or load_pipeline()
>>> with trace(pipeline) as tracer:
...     image = pipeline("a red ball", num_inference_steps=2).images[0]
>>> maps, = tracer.heat_maps()
>>> maps, maps["ball"].array.shape
(HeatMaps(0:a 1:red 2:ball; 16x16, 2 steps, 0 dropped), (16, 16))
"""

from __future__ import annotations

from visuosyn.tracing.align import split_words
from visuosyn.tracing.draw import draw, generator
from visuosyn.tracing.load import load_pipeline, model_facts, own_drawing, vocabulary
from visuosyn.tracing.prompt_to_prompt import match_tokens, redraw
from visuosyn.tracing.tracer import Tracer, trace

__all__ = [
    "Tracer",
    "draw",
    "generator",
    "load_pipeline",
    "match_tokens",
    "model_facts",
    "own_drawing",
    "redraw",
    "split_words",
    "trace",
    "vocabulary",
]
