"""The commands that look at one thing: a corpus, a parser, the models, a prompt in the browser."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from visuosyn.cli.console import say
from visuosyn.cli.derived import Derived, typed
from visuosyn.cli.options import PARSER, Csv, Quiet
from visuosyn.cli.panels import SINGLE
from visuosyn.studies.options import Column, Corpus, Format, declared

FAULTS = 1  # exit code


@typed
def validate(corpus: Corpus, *, format: Format = "auto", column: Column = None, quiet: Quiet = False) -> None:
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


def score_parse(
    gold: Annotated[Path, typer.Argument(help="CoNLL-U file with gold trees.", show_default=False)],
    parser: Annotated[
        str, typer.Option(help="Installed spaCy model, or stanza:en; given: only the enhanced graph is made.")
    ] = PARSER,
    collapse_prepositions: Annotated[
        bool, typer.Option("--collapse-prepositions", metavar="", help="For gold trees with nmod:in_front_of.")
    ] = False,
    csv: Csv = None,
    misses: Annotated[
        Path | None, typer.Option(help="Write every edge that differs to this CSV file.", show_default=False)
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Score the trees of a parser against gold trees, relation by relation.

    The parser reads the gold words, and the trees are compared: heads (UAS), heads and labels (LAS), and every edge of
    the enhanced graph.

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


def models(quiet: Quiet = False) -> None:
    """List the families of models that can be traced.

    Any pipeline of a known family works: "--model" takes the id of a model on the Hub or a folder.
    """
    from visuosyn.tracing.families import families

    for family in families():
        say(f"{family.name}: {', '.join(family.pipelines)}")
    say("micro: the bundled model, a StableDiffusionPipeline of the family unet", quiet=quiet)


def _serve(**options: Any) -> Iterable[str]:
    from visuosyn.app.web import serve

    yield f"Loading {options['model']}; then open http://127.0.0.1:{options['port']} (Ctrl-C ends it)"
    serve(**options)


def _serve_options() -> list[inspect.Parameter]:
    from visuosyn.app.web import serve

    return declared(serve)


APP = Derived(
    name="app",
    panel=SINGLE,
    help="""
    Type prompts in the browser: picture, tree, maps, overlaps.

    Served on this machine alone until Ctrl-C. Needs Gradio: pip install 'visuosyn[app]'.

    **Example**

        visuosyn app --browser
    """,
    options=_serve_options,
    run=_serve,
)
