"""The option that the study of relations has beside those of ``visuosyn.studies.options``."""

from __future__ import annotations

from typing import Annotated

from visuosyn.studies.options import CORPUS, Option
from visuosyn.studies.relations.presets import preset

Preset = Annotated[
    str,
    Option(
        "Options of a published study, unless given: paper (Tang et al. 2023) or notebook (their code's).",
        CORPUS,
        expand=preset,
    ),
]
