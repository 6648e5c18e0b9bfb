"""Words, dependency trees and word pairs: with a spaCy model or from given trees."""

from visuosyn.parse.controls import class_pairs, coreferent_pairs, matched_pairs, path_pairs, repeat_pairs
from visuosyn.parse.convert import GIVEN, enhance, rebuild, to_ud
from visuosyn.parse.coreference import Coreference, load_coreference
from visuosyn.parse.listing import list_pairs
from visuosyn.parse.pairs import depths, unusable_edges, word_pairs
from visuosyn.parse.parser import DEFAULT, Parser, load_parser
from visuosyn.parse.scheme import Label, Scheme, load_scheme
from visuosyn.parse.score import errors, score
from visuosyn.parse.swap import all_pairs, swapped, swapped_from, with_swapped

__all__ = [
    "DEFAULT",
    "GIVEN",
    "Coreference",
    "Label",
    "Parser",
    "Scheme",
    "all_pairs",
    "class_pairs",
    "coreferent_pairs",
    "depths",
    "enhance",
    "errors",
    "list_pairs",
    "load_coreference",
    "load_parser",
    "load_scheme",
    "matched_pairs",
    "path_pairs",
    "rebuild",
    "repeat_pairs",
    "score",
    "swapped",
    "swapped_from",
    "to_ud",
    "unusable_edges",
    "with_swapped",
    "word_pairs",
]
