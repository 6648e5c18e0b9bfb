"""The command that asks the lexicon how nouns are related."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visuosyn.cli.console import say
from visuosyn.cli.options import Quiet

if TYPE_CHECKING:
    from visuosyn.lexicon import Lexicon, Synset

SHOWN = 40  # cohyponyms listed of one noun


def lexicon(
    nouns: Annotated[list[str], typer.Argument(help="One noun, or several to compare.", show_default=False)],
    lexicon: Annotated[str, typer.Option(help="wordnet, or one of the package wn, such as oewn:2024.")] = "wordnet",
    senses: Annotated[Path | None, typer.Option(help="CSV: noun, sense (its number).", show_default=False)] = None,
    depth: Annotated[int, typer.Option(help="Least depth of the common hypernym.")] = 7,
    steps: Annotated[int, typer.Option(help="Most steps below it.")] = 3,
    similarity: Annotated[float, typer.Option(help="Least similarity (Wu and Palmer), 0 to 1.")] = 0.77,
    quiet: Quiet = False,
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
