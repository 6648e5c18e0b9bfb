"""visuosyn: what the syntax of a prompt does in the picture that a text-to-image model draws of it.

    import visuosyn as vs
    vs.look("a cat wearing a red hat")  # in a notebook: the tree, the picture, a heat map a word

    pipe = vs.load_pipeline("micro")
    with vs.trace(pipe) as tracer:
        images = pipe(["a red ball and a cat"], num_inference_steps=20).images
    maps = tracer.heat_maps()[0]

    found = vs.study("captions.txt", out="run", model="micro", seeds=range(4))
    found.relations  # means and intervals, a row for each relation and mask rule
    vs.open_run("run")  # the same again, later

``vs.cohyponyms`` and ``vs.adjectives`` are the other studies, ``vs.explain`` writes what ``vs.look`` shows, and
``vs.preset`` has published set-ups. All public names are plain functions and classes. They are loaded when they are
first used, so that the import itself is cheap; the rooms below (``visuosyn.data``, ``visuosyn.measure`` ...) can be
imported on their own.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visuosyn.corpus import read_corpus, validate_corpus
    from visuosyn.data import Caption, HeatMaps, MaskRule, Sentence, Word, WordPair
    from visuosyn.errors import UserError
    from visuosyn.parse import load_parser, word_pairs
    from visuosyn.studies.adjectives.study import adjectives
    from visuosyn.studies.cohyponyms.study import cohyponyms
    from visuosyn.studies.prompt.study import explain, look
    from visuosyn.studies.registry import open_run
    from visuosyn.studies.relations.presets import preset
    from visuosyn.studies.relations.study import study
    from visuosyn.tracing import load_pipeline, trace

__version__ = "0.2.0.dev0"

__all__ = [
    "Caption",
    "HeatMaps",
    "MaskRule",
    "Sentence",
    "UserError",
    "Word",
    "WordPair",
    "adjectives",
    "cohyponyms",
    "explain",
    "load_parser",
    "load_pipeline",
    "look",
    "open_run",
    "preset",
    "read_corpus",
    "study",
    "trace",
    "validate_corpus",
    "word_pairs",
]

_HOME = {
    "Caption": "data",
    "HeatMaps": "data",
    "MaskRule": "data",
    "Sentence": "data",
    "UserError": "errors",
    "Word": "data",
    "WordPair": "data",
    "adjectives": "studies.adjectives.study",
    "cohyponyms": "studies.cohyponyms.study",
    "explain": "studies.prompt.study",
    "load_parser": "parse",
    "load_pipeline": "tracing",
    "look": "studies.prompt.study",
    "open_run": "studies.registry",
    "preset": "studies.relations.presets",
    "read_corpus": "corpus",
    "study": "studies.relations.study",
    "trace": "tracing",
    "validate_corpus": "corpus",
    "word_pairs": "parse",
}


if not TYPE_CHECKING:  # a checker knows the names from above; this would let it take any other, too

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module 'visuosyn' has no attribute {name!r}")
        globals()[name] = value = getattr(import_module(f"visuosyn.{_HOME[name]}"), name)
        return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
