"""The commands that make a study: all at once, or stage by stage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from visuosyn.cli import options as o
from visuosyn.cli.console import bars, resumable, say
from visuosyn.errors import UserError


def study(
    context: typer.Context,
    corpus: o.Corpus,
    out: o.Out,
    preset: o.Preset = None,
    format: o.Format = "auto",
    column: o.Column = None,
    limit: o.Limit = None,
    parser: o.ParserName = o.PARSER,
    scheme: o.Scheme = "ud",
    collapse_prepositions: o.Collapse = False,
    coreference: o.Coreference = "",
    swapped: o.Swapped = "",
    model: o.Model = "micro",
    device: o.Device = "auto",
    dtype: o.Dtype = "auto",
    seeds: o.Seeds = "0",
    steps: o.Steps = None,
    guidance: o.Guidance = None,
    size: o.Size = None,
    batch_size: o.BatchSize = 8,
    noise: o.Noise = "caption",
    keep: o.Keep = "parts",
    mask: o.Masks = None,
    edges: o.Edges = None,
    quiet: o.Quiet = False,
) -> None:
    """Draw a corpus, trace its words, measure their overlaps, write the report.

    Every caption is parsed and drawn; the heat map of every word is recorded; the overlap of head and dependent is
    measured for each relation. All goes into one folder, whose index.html is the report.

    Stopped half-way, also by a crash, the same command goes on where it was.

    **Examples**

        visuosyn study captions.txt --out runs/first
        visuosyn study captions.csv --column caption --seeds 0-3 --out runs/four
        visuosyn study coco.json --limit 100 --steps 30 --out runs/coco
        visuosyn study captions_val2014.json --preset paper --out runs/paper
        visuosyn study captions.txt --swapped amod --out runs/swapped
    """
    from visuosyn.studies.relations.presets import preset as published
    from visuosyn.studies.relations.study import study as run
    from visuosyn.studies.settings import MASKS

    options: dict[str, Any] = {
        "format": format, "column": column, "limit": limit, "parser": parser, "scheme": scheme, "model": model,
        "device": device, "dtype": dtype, "seeds": seeds, "steps": steps, "guidance": guidance, "size": size,
        "batch_size": batch_size, "noise": noise, "storage": keep, "masks": mask or MASKS,
        "edges": edges or "enhanced", "collapse_prepositions": collapse_prepositions, "coreference": coreference,
        "swapped": swapped,
    }  # fmt: skip
    if preset is not None:
        options |= published(preset, **{name: options[name] for name in _given(context) if name in options})
    with resumable(), bars(quiet) as progress:
        done = run(corpus, out=out, progress=progress, **options)
    if lost := len(done.dropped):
        say(f"Not measured: {lost} words, pairs or captions; the reasons: {done.folder.dropped_file}", quiet=quiet)
    say(f"Report: {done.folder.page}", quiet=quiet)


def _given(context: typer.Context) -> set[str]:
    """The options that were written on the command line."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    written = {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}
    return {"masks" if name == "mask" else name for name in written}


def parse(
    corpus: o.Corpus,
    out: Annotated[Path, typer.Option(help="CoNLL-U file to write.", show_default=False)],
    format: o.Format = "auto",
    column: o.Column = None,
    limit: o.Limit = None,
    parser: o.ParserName = o.PARSER,
    scheme: o.Scheme = "ud",
    collapse_prepositions: o.Collapse = False,
    coreference: o.Coreference = "",
    swapped: o.Swapped = "",
    quiet: o.Quiet = False,
) -> None:
    """Parse a corpus: dependency trees as CoNLL-U, with character spans.

    Correct the trees by hand and use the file as the corpus of a study: given trees are kept as they are.

    **Example**

        visuosyn parse captions.txt --out captions.conllu
    """
    from visuosyn.corpus import read_corpus
    from visuosyn.studies.relations.trees import parse_corpus
    from visuosyn.studies.settings import parse_names

    if out.exists():
        raise UserError(f"{out} exists, perhaps with trees corrected by hand: remove it or write to another file")
    captions = read_corpus(corpus, format=format, column=column, limit=limit)
    written = parse_corpus(
        captions, out, parser=parser, scheme=scheme, collapse_prepositions=collapse_prepositions,
        coreference=coreference, swapped=parse_names(swapped),
    )  # fmt: skip
    say(f"{written} trees: {out}", quiet=quiet)


def trace(
    corpus: o.Corpus,
    out: o.Out,
    format: o.Format = "auto",
    column: o.Column = None,
    limit: o.Limit = None,
    parser: o.ParserName = o.PARSER,
    scheme: o.Scheme = "ud",
    collapse_prepositions: o.Collapse = False,
    coreference: o.Coreference = "",
    swapped: o.Swapped = "",
    model: o.Model = "micro",
    device: o.Device = "auto",
    dtype: o.Dtype = "auto",
    seeds: o.Seeds = "0",
    steps: o.Steps = None,
    guidance: o.Guidance = None,
    size: o.Size = None,
    batch_size: o.BatchSize = 8,
    noise: o.Noise = "caption",
    keep: o.Keep = "parts",
    quiet: o.Quiet = False,
) -> None:
    """Parse and draw a corpus and record the heat maps, without measuring.

    The first half of a study, for a machine with a GPU; "measure" and "report" do the rest, here or elsewhere.

    **Example**

        visuosyn trace captions.txt --out runs/first
    """
    from visuosyn.studies.relations.study import trace_corpus
    from visuosyn.studies.settings import settings_of

    settings = settings_of(
        parser=parser, scheme=scheme, model=model, device=device, dtype=dtype, seeds=seeds, steps=steps,
        guidance=guidance, size=size, batch_size=batch_size, noise=noise, storage=keep,
        collapse_prepositions=collapse_prepositions, coreference=coreference, swapped=swapped,
    )  # fmt: skip
    with resumable(), bars(quiet) as progress:
        folder = trace_corpus(
            corpus, out=out, format=format, column=column, limit=limit, settings=settings, progress=progress
        )
    say(f"Traced: {folder.path}; next: visuosyn measure {folder.path}", quiet=quiet)


def measure(folder: o.Folder, mask: o.Masks = None, edges: o.Edges = None, quiet: o.Quiet = False) -> None:
    """Measure the overlaps of all word pairs in a traced run folder.

    With --mask the study's rules are replaced, with --edges its choice of pairs; what was drawn stays.

    **Example**

        visuosyn measure runs/first --mask relative:0.4 --mask area:0.2
    """
    from visuosyn.run import RunFolder
    from visuosyn.studies.registry import require_relations
    from visuosyn.studies.relations.compare import compare_stage
    from visuosyn.studies.settings import parse_edges, parse_masks
    from visuosyn.studies.stages import measure_stage

    run = RunFolder.open(folder)
    require_relations(run)
    masks, edges = parse_masks(mask) if mask else None, parse_edges(edges) if edges else None
    with resumable(), bars(quiet) as progress:
        measure_stage(run, masks=masks, edges=edges, progress=progress)
        compare_stage(run, progress=progress)
    say(f"Measured: {run.pairs_file}; next: visuosyn report {folder}", quiet=quiet)


def report(folder: o.Folder, quiet: o.Quiet = False) -> None:
    """Write tables, figures and the page of a measured run folder anew.

    **Example**

        visuosyn report runs/first
    """
    from visuosyn.run import RunFolder
    from visuosyn.studies.registry import remake_report

    say(f"Report: {remake_report(RunFolder.open(folder))}", quiet=quiet)
