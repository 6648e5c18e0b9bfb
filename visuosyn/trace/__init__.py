"""Draw and record: word heat maps from the cross-attention of a text-to-image model.

The package is called like its function ``trace``:

>>> import visuosyn as vs
>>> from visuosyn.testing import tiny_pipeline
>>> pipeline = tiny_pipeline("sd1")  # or vs.load_pipeline()
>>> with vs.trace(pipeline) as tracer:
...     image = pipeline("a red ball", num_inference_steps=2).images[0]
>>> maps, = tracer.heat_maps()
>>> maps, maps["ball"].array.shape
(HeatMaps(0:a 1:red 2:ball; 16x16, 2 steps, 0 dropped), (16, 16))
"""

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
