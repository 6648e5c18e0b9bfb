"""The commands that look at one thing: a corpus, a prompt, the models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visuosyn.cli import options as o
from visuosyn.cli.console import say

FAULTS = 1


def validate(corpus: o.Corpus, format: o.Format = "auto", column: o.Column = None, quiet: o.Quiet = False) -> None:
    """List every fault of a corpus as file:line: reason.

    Exit code 1 if there is any. Notes say what a study would do about an oddity, and are no faults.

    **Example**

        visuosyn validate captions.conllu
    """
    from visuosyn.corpus import validate_corpus

    found = validate_corpus(corpus, format=format, column=column, notes=not quiet)
    for remark in found:
        say(str(remark))
    faults = sum(not remark.note for remark in found)
    say(f"{corpus}: {faults or 'no'} fault{'' if faults == 1 else 's'}", quiet=quiet)
    if faults:
        raise typer.Exit(FAULTS)


def explain(
    prompt: Annotated[str, typer.Argument(help="What the picture should show.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder: new, empty, or of an earlier prompt.", show_default=False)],
    parser: o.PromptParser = o.PARSER,
    scheme: o.Scheme = "ud",
    collapse_prepositions: o.Collapse = False,
    model: o.Model = "micro",
    device: o.Device = "auto",
    dtype: o.Dtype = "auto",
    seed: Annotated[int, typer.Option(help="Another seed is another picture.", rich_help_panel=o.DRAWING)] = 0,
    steps: o.Steps = None,
    guidance: o.Guidance = None,
    size: o.Size = None,
    mask: o.Masks = None,
    quiet: o.Quiet = False,
) -> None:
    """Draw one prompt: its picture, an overlay a word, the tree, all overlaps.

    **Example**

        visuosyn explain "a monkey with a hat walking" --out monkey
    """
    from visuosyn.studies.prompt.study import explain as run
    from visuosyn.studies.settings import MASKS

    page = run(
        prompt, out=out, parser=parser, scheme=scheme, model=model, device=device, dtype=dtype, seed=seed,
        steps=steps, guidance=guidance, size=size, masks=mask or MASKS, collapse_prepositions=collapse_prepositions,
    )  # fmt: skip
    say(f"Page: {page}", quiet=quiet)


def score_parse(
    gold: Annotated[Path, typer.Argument(help="CoNLL-U file with gold trees.", show_default=False)],
    parser: Annotated[
        str, typer.Option(help="Installed spaCy model, or stanza:en; given: only the enhanced graph is made.")
    ] = o.PARSER,
    collapse_prepositions: Annotated[
        bool, typer.Option("--collapse-prepositions", metavar="", help="For gold trees with nmod:in_front_of.")
    ] = False,
    csv: Annotated[Path | None, typer.Option(help="Also write the table to this file.", show_default=False)] = None,
    misses: Annotated[
        Path | None, typer.Option(help="Write every edge that differs to this CSV file.", show_default=False)
    ] = None,
    quiet: o.Quiet = False,
) -> None:
    """Score the trees of a parser against gold trees, relation by relation.

    The gold words are parsed anew and the trees compared: heads (UAS), heads and labels (LAS), and every edge of the
    enhanced graph.

    **Examples**

        visuosyn score-parse corpora/captions/captions.conllu
        visuosyn score-parse gold.conllu --parser given --csv scores.csv
        visuosyn score-parse corpora/captions/captions.conllu --misses errors.csv
    """
    from visuosyn import parse
    from visuosyn.corpus import read_corpus
    from visuosyn.run import write_text

    trees = [one.sentence for one in read_corpus(gold, format="conllu") if one.sentence is not None]
    if parser == parse.GIVEN:
        made = [parse.enhance(tree, collapse_prepositions=collapse_prepositions) for tree in trees]
    else:
        model = parse.load_parser(parser, collapse_prepositions=collapse_prepositions)
        made = [*model.parse_words(trees)]
    table = parse.score(trees, made)
    for path, rows in ((csv, table), (misses, parse.errors(trees, made))):
        if path is not None:
            write_text(path, rows.to_csv(index=False, lineterminator="\n"))
    say(table.to_string(index=False, float_format="{:.3f}".format, na_rep="-"), quiet=quiet)


def models(quiet: o.Quiet = False) -> None:
    """List the families of models that can be traced.

    Any pipeline of a known family works: "--model" takes the id of a model on the Hub or a folder.
    """
    from visuosyn.tracing.families import families

    for family in families():
        say(f"{family.name}: {', '.join(family.pipelines)}")
    say("micro: the bundled model, a StableDiffusionPipeline of the family unet", quiet=quiet)
