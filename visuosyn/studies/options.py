"""Options that studies share: what a function takes, and what the command line says about it, declared once.

A public function writes its options as parameters of these types and holds their defaults; ``visuosyn.cli`` makes a
command of its signature. Type checkers see the plain types. Options of one study alone stand in that study's folder.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from visuosyn.data.masks import MaskRule
else:
    MaskRule = object  # the class costs the import of numpy, and only type checkers need it here

CORPUS, MODEL, DRAWING, MEASURING = "Corpus", "Model", "Drawing", "Measuring"


@dataclass(frozen=True)
class Option:
    """What the command line says about a parameter: its help, and where the parameter's name and type do not say it,
    the panel of the help it stands in, its flag, what stands for its value, and the least and largest number.

    ``expand`` is for an option that stands for several others, such as a published set-up: called with the value, it
    gives those options. On the command line they give way to options that are written.

    >>> Option("Only the first N captions.", panel="Corpus", metavar="N").flag
    ''
    """

    help: str
    panel: str = ""
    flag: str = ""
    metavar: str = ""
    limits: tuple[int, int] | None = None
    expand: Callable[..., Mapping[str, Any]] | None = None


def declared(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters of a function that are options, in their order, with their types resolved.

    >>> def draw(corpus: Corpus, *, steps: Steps = None, progress: object = None) -> None: ...
    >>> [parameter.name for parameter in declared(draw)]
    ['corpus', 'steps']
    """
    types = get_type_hints(function, include_extras=True)
    found = inspect.signature(function).parameters.values()
    resolved = [parameter.replace(annotation=types.get(parameter.name, parameter.annotation)) for parameter in found]
    return [parameter for parameter in resolved if option_of(parameter) is not None]


def option_of(parameter: inspect.Parameter) -> Option | None:
    """What is declared about a parameter; ``None`` for one that is no option.

    >>> steps, progress = inspect.signature(lambda steps, progress: None).parameters.values()
    >>> option_of(steps.replace(annotation=Steps)).panel, option_of(progress)
    ('Drawing', None)
    """
    if get_origin(parameter.annotation) is not Annotated:
        return None
    return next((one for one in get_args(parameter.annotation)[1:] if isinstance(one, Option)), None)


Corpus = Annotated[str | Path, Option("File of captions.")]
Out = Annotated[str | Path, Option("Run folder: new, empty, or of the same study.")]

Format = Annotated[
    str, Option("text, csv, tsv, jsonl, parquet, coco, parti, conllu; auto finds it from the content.", CORPUS)
]
Column = Annotated[str | None, Option("Column of a table that holds the captions.", CORPUS)]
Limit = Annotated[int | None, Option("Take only the first N captions.", CORPUS, metavar="N")]
ParserName = Annotated[
    str,
    Option("Installed spaCy model, or stanza:en; given trees are kept. given: their graphs are rebuilt.", CORPUS),
]
PromptParser = Annotated[str, Option("Installed spaCy model.", CORPUS)]
Scheme = Annotated[str, Option("Relations: ud (Universal Dependencies) or clear (spaCy's own).", CORPUS)]
Collapse = Annotated[bool, Option("Treat multiword prepositions as one (nmod:in_front_of).", CORPUS)]
Coreference = Annotated[str, Option("fastcoref model that finds coreferent words.", CORPUS, metavar="MODEL")]
Swapped = Annotated[
    str | Iterable[str],
    Option(
        "Control: for each pair in these relations, also the caption with the two words exchanged: amod,obj.",
        CORPUS,
        metavar="RELATIONS",
    ),
]

Model = Annotated[Any, Option("micro, an id of the Hub, or a folder.", MODEL)]
Device = Annotated[str, Option("auto, cpu, cuda, mps ...", MODEL)]
Dtype = Annotated[str, Option("auto, float32, float16, bfloat16.", MODEL)]

Seeds = Annotated[str | Iterable[int], Option("Each caption is drawn once a seed: 0-3,7.", DRAWING)]
Seed = Annotated[int, Option("Another seed is another picture.", DRAWING)]
Steps = Annotated[int | None, Option("Denoising steps. (the model's own)", DRAWING)]
Guidance = Annotated[float | None, Option("Scale of the guidance. (the model's own)", DRAWING)]
Size = Annotated[str | tuple[int, int] | None, Option("Size in pixels. (the model's own)", DRAWING, metavar="WxH")]
BatchSize = Annotated[int, Option("Images drawn at once.", DRAWING)]
Noise = Annotated[
    str, Option("caption: own noise for each; plain: the same for all, by seed; image: by image id + seed.", DRAWING)
]
Storage = Annotated[
    str,
    Option(
        "parts: maps by block and phase of the steps (early, middle, late); total: one a word.", DRAWING, flag="--keep"
    ),
]

Masks = Annotated[
    Iterable[str | MaskRule],
    Option(
        "How a map becomes an area; repeat it for several: relative:0.4, absolute:0.1, summed:0.15, area:0.2, "
        "soft. Default: a sweep, relative:0.4 first.",
        MEASURING,
        flag="--mask",
        metavar="RULE",
    ),
]
Edges = Annotated[
    str, Option("enhanced: all pairs; basic: without those that only the enhanced graph joins.", MEASURING)
]
