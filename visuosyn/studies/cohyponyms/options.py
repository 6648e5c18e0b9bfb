"""The options that the cohyponym study has beside those of ``visuosyn.studies.options``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from visuosyn.judge import Judge
from visuosyn.studies.options import MODEL, Option

PAIRS = "Pairs"

Pairs = Annotated[str | Path | None, Option("CSV: first, second, perhaps cohyponyms (yes, no).", PAIRS)]
Nouns = Annotated[str | Path | Iterable[str] | None, Option("Nouns to pair, one a line.", PAIRS)]
PerClass = Annotated[int, Option("Pairs of cohyponyms, and as many others.", PAIRS)]
LexiconName = Annotated[str, Option("wordnet, or one of the package wn, such as oewn:2024.", PAIRS)]
Senses = Annotated[str | Path | None, Option("CSV: noun, sense (its number).", PAIRS)]
Depth = Annotated[int, Option("Least depth of the common hypernym.", PAIRS)]
StepsBelow = Annotated[int, Option("Most steps below it.", PAIRS)]
Similarity = Annotated[float, Option("Least similarity, 0 to 1.", PAIRS)]
JudgeName = Annotated[
    str | Judge, Option("Who judges the pictures: micro, the id of a model on the Hub, person:FILE.csv.", MODEL)
]
