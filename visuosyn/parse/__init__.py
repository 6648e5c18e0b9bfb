"""Words, dependency trees and word pairs: with a spaCy model or from given trees."""

from visuosyn.parse.pairs import unusable_edges, word_pairs
from visuosyn.parse.parser import DEFAULT, Parser, load_parser

__all__ = ["DEFAULT", "Parser", "load_parser", "unusable_edges", "word_pairs"]
