"""The commands around entangled words: the lexicon, and the studies of cohyponyms and adjectives."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visuosyn.cli import options as o
from visuosyn.cli.console import bars, resumable, say
from visuosyn.errors import UserError

if TYPE_CHECKING:
    from visuosyn.lexicon import Lexicon, Synset

PAIRS, SCENES = "Pairs", "Scenes"
SHOWN = 40  # cohyponyms listed of one noun


def lexicon(
    nouns: Annotated[list[str], typer.Argument(help="One noun, or two and more.", show_default=False)],
    lexicon: Annotated[str, typer.Option(help="wordnet, or one of the package wn, such as oewn:2024.")] = "wordnet",
    senses: Annotated[Path | None, typer.Option(help="CSV: noun, sense (its number).", show_default=False)] = None,
    depth: Annotated[int, typer.Option(help="Least depth of the common hypernym.")] = 7,
    steps: Annotated[int, typer.Option(help="Most steps below it.")] = 3,
    similarity: Annotated[float, typer.Option(help="Least similarity (Wu and Palmer), 0 to 1.")] = 0.77,
    quiet: o.Quiet = False,
) -> None:
    """Say whether nouns are cohyponyms, with their hypernyms; of one noun, list its cohyponyms.

    **Examples**

        visuosyn lexicon giraffe zebra
        visuosyn lexicon zebra
    """
    from visuosyn.lexicon import load_lexicon, read_senses

    table = read_senses(senses) if senses else None
    known = load_lexicon(lexicon, senses=table, depth=depth, steps=steps, similarity=similarity)
    if len(nouns) == 1:
        for sense in known.senses(nouns[0]):
            say(_chain(known, nouns[0], sense))
        found = known.cohyponyms(nouns[0])
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        say(f"{len(found)} cohyponyms: {', '.join(found[:SHOWN])}{more}", quiet=quiet)
    for place, first in enumerate(nouns):
        for second in nouns[place + 1 :]:
            _relate(known, first, second)


def cohyponyms(
    out: o.Out,
    pairs: Annotated[
        Path | None, typer.Option(help="CSV: first, second, perhaps cohyponyms (yes, no).", rich_help_panel=PAIRS)
    ] = None,
    nouns: Annotated[Path | None, typer.Option(help="Nouns to pair, one a line.", rich_help_panel=PAIRS)] = None,
    per_class: Annotated[
        int, typer.Option(help="Pairs of cohyponyms, and as many others.", rich_help_panel=PAIRS)
    ] = 24,
    lexicon: Annotated[
        str, typer.Option(help="wordnet, or one of the package wn, such as oewn:2024.", rich_help_panel=PAIRS)
    ] = "wordnet",
    senses: Annotated[
        Path | None, typer.Option(help="CSV: noun, sense (its number).", show_default=False, rich_help_panel=PAIRS)
    ] = None,
    depth: Annotated[int, typer.Option(help="Least depth of the common hypernym.", rich_help_panel=PAIRS)] = 7,
    steps_below: Annotated[int, typer.Option(help="Most steps below it.", rich_help_panel=PAIRS)] = 4,
    similarity: Annotated[float, typer.Option(help="Least similarity, 0 to 1.", rich_help_panel=PAIRS)] = 0.7,
    model: o.Model = "micro",
    judge: Annotated[
        str,
        typer.Option(help="Who looks: micro, the id of a model on the Hub, person:FILE.csv.", rich_help_panel=o.MODEL),
    ] = "micro",
    device: o.Device = "auto",
    dtype: o.Dtype = "auto",
    seeds: o.Seeds = "0-3",
    steps: o.Steps = None,
    guidance: o.Guidance = None,
    size: o.Size = None,
    batch_size: o.BatchSize = 8,
    mask: o.Masks = None,
    quiet: o.Quiet = False,
) -> None:
    """Draw pairs of cohyponyms and of other nouns, judge what is there, measure and report.

    Are a giraffe and a zebra harder to draw together than a zebra and a fridge, and does the attention of the two words
    tell? Every pair is drawn in both orders and four templates. Stopped half-way, the same command goes on.

    **Examples**

        visuosyn cohyponyms --out runs/cohyponyms
        visuosyn cohyponyms --out runs/mine --pairs pairs.csv --seeds 0-7
        visuosyn cohyponyms --out runs/sd --model stabilityai/stable-diffusion-2-base \
            --judge google/owlv2-base-patch16-ensemble
    """
    from visuosyn.studies.cohyponyms.study import cohyponyms as run
    from visuosyn.studies.settings import MASKS

    with resumable(), bars(quiet) as progress:
        done = run(
            out=out, pairs=pairs, nouns=nouns, lexicon=lexicon, senses=senses, depth=depth, steps_below=steps_below,
            similarity=similarity, per_class=per_class, model=model, judge=judge, seeds=seeds, steps=steps,
            guidance=guidance, size=size, batch_size=batch_size, device=device, dtype=dtype, masks=mask or MASKS,
            progress=progress,
        )  # fmt: skip
    if lost := len(done.folder.dropped()):
        say(f"Not used: {lost} nouns, pairs, prompts or pictures; the reasons: {done.folder.dropped_file}", quiet=quiet)
    say(f"Report: {done.folder.page}", quiet=quiet)


def adjectives(
    out: o.Out,
    templates: Annotated[
        Path | None,
        typer.Option(help="CSV: template, adjectives, perhaps swap. (built-in ones)", rich_help_panel=SCENES),
    ] = None,
    cross_share: Annotated[
        float, typer.Option(help="Share of the steps with re-used attention to the text.", rich_help_panel=SCENES)
    ] = 0.8,
    self_share: Annotated[
        float, typer.Option(help="The same for attention within the picture.", rich_help_panel=SCENES)
    ] = 0.4,
    model: o.Model = "micro",
    judge: Annotated[
        str, typer.Option(help="Who finds the nouns: micro, or the id of a model on the Hub.", rich_help_panel=o.MODEL)
    ] = "micro",
    device: o.Device = "auto",
    dtype: o.Dtype = "auto",
    seeds: o.Seeds = "0-3",
    steps: o.Steps = None,
    guidance: o.Guidance = None,
    size: o.Size = None,
    batch_size: o.BatchSize = 8,
    parser: o.ParserName = o.PARSER,
    mask: o.Masks = None,
    quiet: o.Quiet = False,
) -> None:
    """Draw scenes under changed adjectives from one noise, measure what changes, report.

    Does an adjective look beyond its noun, and does it colour the rest of the scene? Every scene is drawn with each
    adjective, freely and with the attention of the first one, without any, and with another noun. A template is a
    prompt with {} for the adjective and its nouns in brackets; with two {} it asks which noun gets which adjective.

    **Examples**

        visuosyn adjectives --out runs/adjectives
        visuosyn adjectives --out runs/mine --templates templates.csv --seeds 0-7
    """
    from visuosyn.studies.adjectives.study import adjectives as run
    from visuosyn.studies.settings import MASKS

    with resumable(), bars(quiet) as progress:
        done = run(
            out=out, templates=templates, model=model, judge=judge, seeds=seeds, steps=steps, guidance=guidance,
            size=size, batch_size=batch_size, device=device, dtype=dtype, parser=parser, masks=mask or MASKS,
            cross_share=cross_share, self_share=self_share, progress=progress,
        )  # fmt: skip
    if lost := len(done.folder.dropped()):
        say(f"Not measured: {lost} templates or words; the reasons: {done.folder.dropped_file}", quiet=quiet)
    say(f"Report: {done.folder.page}", quiet=quiet)


def judge(
    folder: o.Folder,
    out: Annotated[Path | None, typer.Option(help="Page to write. (judge.html in the folder)")] = None,
    seed: Annotated[int, typer.Option(help="Fixes the order of pictures and nouns.")] = 0,
    limit: Annotated[int | None, typer.Option(help="Only N pictures, chosen at random.", metavar="N")] = None,
    foils: Annotated[int, typer.Option(help="Nouns of other prompts to ask about each picture.")] = 1,
    compare: Annotated[
        list[Path] | None,
        typer.Option(help="A person's CSV file; repeat it. Then agreement is told and no page written."),
    ] = None,
    machine: Annotated[
        str | None, typer.Option("--with", help="A judge to compare people with, such as micro.")
    ] = None,
    quiet: o.Quiet = False,
) -> None:
    """Write a page on which a person judges the pictures of a run, or compare what people said.

    The page is one file: open it in a browser, answer with the keys Y and N, save the CSV. A study takes the file with
    --judge person:FILE.csv.

    **Examples**

        visuosyn judge runs/cohyponyms --limit 100
        visuosyn judge runs/cohyponyms --compare ada.csv --compare ben.csv --with micro
    """
    from visuosyn.judge import load_judge
    from visuosyn.judge.person_page import compare as agree
    from visuosyn.judge.person_page import write_judge_page

    if not compare:
        if machine:
            raise UserError("--with compares a judge with people: name their files with --compare")
        say(f"Page: {write_judge_page(folder, out=out, seed=seed, limit=limit, foils=foils)}", quiet=quiet)
        return
    if out or limit is not None:
        raise UserError("--compare tells the agreement and writes no page: leave --out and --limit out")
    table, _ = agree(folder, compare, judge=load_judge(machine) if machine else None)
    say(table.to_string(index=False, float_format="{:.3f}".format, na_rep="-"), quiet=quiet)


def _relate(known: Lexicon, first: str, second: str) -> None:
    found = known.relation(first, second)
    verdict = "cohyponyms" if found.cohyponyms else f"not cohyponyms: {found.reason}"
    say(f"{first}, {second}: {verdict}")
    up, over = found.steps
    say(
        f"  lowest common hypernym: {found.hypernym.name} (depth {found.depth}, {up} and {over} steps above, "
        f"similarity {found.similarity:.2f})"
    )
    for noun, sense in zip((first, second), found.senses, strict=True):
        say(f"  {_chain(known, noun, sense)}")


def _chain(known: Lexicon, noun: str, sense: Synset) -> str:
    return f"{noun}: {' < '.join(one.name for one in known.chain(sense))}"
