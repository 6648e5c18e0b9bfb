"""One prompt's drawing in plain words: what was run, and a methods section."""

from __future__ import annotations

from collections.abc import Sequence

from visuosyn.report.prose import amount, seeds_text
from visuosyn.report.run_text import (
    ATTENTION,
    MEASURED,
    areas_text,
    drawing_facts,
    drawing_text,
    parser_text,
    scheme_text,
    software_text,
)
from visuosyn.run import RunFacts

SOURCES = (  # the sources that the page of one prompt goes back to
    "tang-etal-2023-daam",
    "rombach-etal-2022-latent",
    "de-marneffe-etal-2021-universal",
    "von-platen-etal-2022-diffusers",
    "honnibal-etal-2020-spacy",
    "jain-wallace-2019-attention",
    "wiegreffe-pinter-2019-attention",
)


def prompt_facts(facts: RunFacts, *, masks: Sequence[str]) -> list[tuple[str, str]]:
    """The facts of one prompt's drawing as (name, value), for a list."""
    others = (f"{name} {version}" for name, version in sorted(facts.software.items()))
    return [
        ("Prompt", facts.options["prompt"]),
        *drawing_facts(facts),
        ("Seed", seeds_text(facts.seeds)),
        ("Tree", f"{parser_text(facts)}; {scheme_text(facts)}"),
        ("Mask rules", ", ".join(masks)),
        ("Software", ", ".join(others)),
    ]


def prompt_methods(facts: RunFacts, *, masks: Sequence[str], pairs: int) -> str:
    """A methods section ready to paste for one prompt, of which so many pairs of words were measured."""
    weights = f"weights {facts.model_revision}; " if facts.model_revision else ""
    return (
        f"We drew the prompt “{facts.options['prompt']}” with {facts.model} ({weights}{drawing_text(facts)}) from the "
        f"noise of seed {seeds_text(facts.seeds)}, and {ATTENTION}. The dependency tree was {parser_text(facts)} in "
        f"{scheme_text(facts)}. For {'the' if pairs == 1 else 'each of'} {amount(pairs, 'word pair')} of the prompt, "
        f"{MEASURED}. {areas_text(masks)} One picture shows what the model did for this prompt and this noise; it is "
        f"no sample of prompts, and no interval goes with its numbers. {software_text(facts)}"
    )
