"""Captions in: one reader a format, one way to check them."""

from visuosyn.corpus.formats import FORMATS
from visuosyn.corpus.reading import Corpus, read_corpus, validate_corpus
from visuosyn.corpus.source import Fault

__all__ = ["FORMATS", "Corpus", "Fault", "read_corpus", "validate_corpus"]
