"""Words, dependency trees and word pairs: with a spaCy model or from given trees."""

from visuosyn.parse.controls import coreferent_pairs, path_pairs, repeat_pairs, swapped
from visuosyn.parse.convert import enhance, to_ud
from visuosyn.parse.pairs import unusable_edges, word_pairs
from visuosyn.parse.parser import DEFAULT, Parser, load_parser
from visuosyn.parse.scheme import Label, Scheme, load_scheme
from visuosyn.parse.score import score

__all__ = [
    "DEFAULT",
    "Label",
    "Parser",
    "Scheme",
    "coreferent_pairs",
    "enhance",
    "load_parser",
    "load_scheme",
    "path_pairs",
    "repeat_pairs",
    "score",
    "swapped",
    "to_ud",
    "unusable_edges",
    "word_pairs",
]
