"""The commands that make a study of relations stage by stage, and those that continue any run folder."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from visuosyn.cli.console import bars, resumable, say
from visuosyn.cli.derived import Derived, typed
from visuosyn.cli.options import Folder, Quiet
from visuosyn.cli.panels import STUDIES
from visuosyn.errors import UserError
from visuosyn.studies.options import CORPUS, DRAWING, MODEL, Edges, Masks, Option, declared, option_of
from visuosyn.studies.registry import entry

NO_PANEL = ""  # the corpus and the folder stand in the help's first panel
READING = ("format", "column", "limit")  # what ``read_corpus`` takes of the options
Trees = Annotated[Path, Option("CoNLL-U file to write.")]


def _options(*panels: str) -> list[inspect.Parameter]:
    """The options of the study of relations in these panels of its help; presets are for whole studies alone."""
    found = [(parameter, option_of(parameter)) for parameter in declared(entry("relations").run)]
    return [one for one, about in found if about is not None and about.expand is None and about.panel in panels]


def _parse_options() -> list[inspect.Parameter]:
    return [one.replace(annotation=Trees) if one.name == "out" else one for one in _options(NO_PANEL, CORPUS)]


def _parse(*, corpus: Path, out: Path, swapped: str, **options: Any) -> Iterable[str]:
    from visuosyn.corpus import read_corpus
    from visuosyn.studies.relations.trees import parse_corpus
    from visuosyn.studies.settings import parse_names

    if out.exists():
        raise UserError(f"{out} exists, perhaps with trees corrected by hand: remove it or write to another file")
    captions = read_corpus(corpus, **{name: options.pop(name) for name in READING})
    return [f"{parse_corpus(captions, out, swapped=parse_names(swapped), **options)} trees: {out}"]


def _trace(*, corpus: Path, out: Path, progress: Any, **options: Any) -> Iterable[str]:
    from visuosyn.studies.relations.study import trace_corpus
    from visuosyn.studies.settings import settings_of

    reading = {name: options.pop(name) for name in READING}
    folder = trace_corpus(corpus, out=out, settings=settings_of(**options), progress=progress, **reading)
    return [f"Traced: {folder.path}; next: visuosyn measure {folder.path}"]


PARSE = Derived(
    name="parse",
    panel=STUDIES,
    help="""
    Parse a corpus: dependency trees as CoNLL-U, with character spans.

    Correct the trees by hand and use the file as the corpus of a study: given trees are kept as they are.

    **Example**

        visuosyn parse captions.txt --out captions.conllu
    """,
    options=_parse_options,
    run=_parse,
)
TRACE = Derived(
    name="trace",
    panel=STUDIES,
    help="""
    Parse and draw a corpus and record the heat maps, without measuring.

    The first half of a study, for a machine with a GPU; "measure" and "report" do the rest, here or elsewhere.

    **Example**

        visuosyn trace captions.txt --out runs/first
    """,
    options=lambda: _options(NO_PANEL, CORPUS, MODEL, DRAWING),
    run=_trace,
    resumes=True,
)


@typed
def measure(
    folder: Folder,
    *,
    masks: Masks = (),
    edges: Edges = "",
    quiet: Quiet = False,
) -> None:
    """Measure the maps of a drawn run folder, whatever study it holds.

    With --mask the study's rules are replaced, with --edges its choice of pairs, for studies that take these options;
    what was drawn stays.

    **Example**

        visuosyn measure runs/first --mask relative:0.4 --mask area:0.2
    """
    from visuosyn.run import RunFolder
    from visuosyn.studies.registry import kind_of
    from visuosyn.studies.settings import parse_edges, parse_masks

    run = RunFolder.open(folder)
    _require_taken(run.facts.study, {"--mask": masks, "--edges": edges})
    changes: dict[str, Any] = {"masks": parse_masks(masks)} if masks else {}
    changes |= {"edges": parse_edges(edges)} if edges else {}
    with resumable(run.path), bars(quiet) as progress:
        kind_of(run).measure(run, replace(run.measurement, **changes), progress=progress)
    say(f"Measured: {run.path / 'measured'}; next: visuosyn report {folder}", quiet=quiet)


def report(folder: Folder, quiet: Quiet = False) -> None:
    """Rewrite tables, figures and the page of a measured run folder.

    **Example**

        visuosyn report runs/first
    """
    from visuosyn.run import RunFolder
    from visuosyn.studies.registry import kind_of

    run = RunFolder.open(folder)
    say(f"Report: {kind_of(run).report(run, rebuild=True)}", quiet=quiet)


def _require_taken(study: str, given: Mapping[str, Any]) -> None:
    """Raise UserError for an option of measuring that the function of a study does not take."""
    found = [(parameter.name, option_of(parameter)) for parameter in declared(entry(study).run)]
    taken = {about.flag or f"--{name}" for name, about in found if about is not None}
    for flag, value in given.items():
        if value and flag not in taken:
            raise UserError(f"{flag} means nothing here: a study of {study} has no such choice; leave {flag} out")
