"""The options that the adjectival study has beside those of ``visuosyn.studies.options``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from visuosyn.judge import Judge
from visuosyn.studies.options import MODEL, Option

SCENES = "Scenes"

Templates = Annotated[str | Path | None, Option("CSV: template, adjectives, perhaps swap. (built-in ones)", SCENES)]
CrossShare = Annotated[float, Option("Share of the steps with re-used attention to the text.", SCENES)]
SelfShare = Annotated[float, Option("The same for attention within the picture.", SCENES)]
JudgeName = Annotated[str | Judge, Option("Who finds the nouns: micro, or the id of a model on the Hub.", MODEL)]
