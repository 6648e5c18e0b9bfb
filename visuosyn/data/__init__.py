"""The few frozen types that pass from stage to stage; what ``measure`` makes of them are tidy tables."""

from visuosyn.data.dropped import Dropped
from visuosyn.data.heatmaps import LAYERS, AttentionSlice, HeatMap, HeatMaps
from visuosyn.data.masks import MaskRule
from visuosyn.data.sentence import Caption, ExtraToken, Sentence, Word, WordPair

__all__ = [
    "LAYERS",
    "AttentionSlice",
    "Caption",
    "Dropped",
    "ExtraToken",
    "HeatMap",
    "HeatMaps",
    "MaskRule",
    "Sentence",
    "Word",
    "WordPair",
]
