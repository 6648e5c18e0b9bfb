"""The design of a study in its run folder: ``design.json``, from which it is measured again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from visuosyn.run import RunFolder
from visuosyn.run.artifacts import write_content
from visuosyn.studies.cohyponyms.design import NounPair, NounPrompt, sizes
from visuosyn.studies.drawing import design_file

FILES = ("design.json", "pairs.csv", "nouns.csv")


def write_design(folder: RunFolder, pairs: Sequence[NounPair], prompts: Sequence[NounPrompt]) -> None:
    """``design.json``; ``pairs.csv``, what is known of each pair; ``nouns.csv``, what to ask of each picture."""
    known = sizes({noun for pair in pairs for noun in pair.nouns})
    rows = [
        {"pair": pair.name}
        | vars(pair)
        | {f"{place}_size": known.get(getattr(pair, place)) for place in ("first", "second")}
        for pair in pairs
    ]
    asked = [{"caption_id": prompt.id, "noun": noun} for prompt in prompts for noun in prompt.nouns]
    design = {"pairs": [vars(pair) for pair in pairs], "prompts": [_row(prompt) for prompt in prompts]}
    write_content(folder.path / "design.json", json.dumps(design, indent=1, ensure_ascii=False) + "\n")
    for name, table in (("pairs", rows), ("nouns", asked)):
        write_content(folder.path / f"{name}.csv", pd.DataFrame(table))


def read_prompts(folder: RunFolder) -> tuple[NounPrompt, ...]:
    """The prompts that a folder was drawn from. Raises UserError where it does not say them, as in format 1."""
    design = json.loads(design_file(folder, "design.json").read_text(encoding="utf-8"))
    pairs = {pair.name: pair for pair in (NounPair(**values) for values in design["pairs"])}
    sentences = {sentence.id: sentence for sentence in folder.sentences()}
    return tuple(
        NounPrompt(
            row["id"],
            row["template"],
            tuple(row["nouns"]),
            tuple(row["sizes"]),
            tuple(map(tuple, row["positions"])),
            sentences[row["id"]],
            pairs.get(row["pair"]),
        )
        for row in design["prompts"]
    )


def _row(prompt: NounPrompt) -> dict[str, Any]:
    plain = {name: getattr(prompt, name) for name in ("id", "template", "nouns", "sizes", "positions")}
    return plain | {"pair": prompt.pair.name if prompt.pair else ""}
