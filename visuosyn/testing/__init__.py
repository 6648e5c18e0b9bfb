"""For tests and examples: tiny random pipelines of every family, small runs, trees, maps and tables made by hand,
hypothesis strategies; no downloads."""

from visuosyn.testing.maps import heat_maps, map_arrays
from visuosyn.testing.pipelines import WORDS, blended, text_encoder, tiny_pipeline, tiny_pipelines, toy_tokenizer
from visuosyn.testing.runs import tiny_run
from visuosyn.testing.sentences import sentence
from visuosyn.testing.tables import pair_rows, relation_rows

__all__ = [
    "WORDS",
    "blended",
    "heat_maps",
    "map_arrays",
    "pair_rows",
    "relation_rows",
    "sentence",
    "text_encoder",
    "tiny_pipeline",
    "tiny_pipelines",
    "tiny_run",
    "toy_tokenizer",
]
