"""Which meaning of a noun a picture shows."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from visuosyn.errors import UserError, given_text
from visuosyn.lexicon.source import NounHierarchy, Synset

DRAWABLE = ("animal", "artifact", "food", "plant", "person", "object", "body")
KIN = ("animal", "food", "plant")  # a chicken, a fruit: the same word for the being and for the food
COLUMNS = ("noun", "sense")
ENDINGS = (  # the noun rules of WordNet's morphological processing, morphy(7WN), and knives
    ("s", ""),
    ("ses", "s"),
    ("xes", "x"),
    ("zes", "z"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("men", "man"),
    ("ies", "y"),
    ("ves", "f"),
    ("ves", "fe"),
)


def lookup(source: NounHierarchy, noun: str) -> tuple[str, tuple[Synset, ...]]:
    """The lemma that a noun stands for and its senses; ("", ()) if unknown.

    Looked for as it is, then without its plural ending, then with a hyphen or as one word, at last its head, the
    last word: "wine glasses" is a "glass" where "wine glass" is not known.
    """
    words = " ".join(noun.lower().replace("_", " ").replace("-", " ").split())
    for written in (words, words.replace(" ", "-"), words.replace(" ", ""), words.split(" ")[-1]):
        for lemma in _singulars(written):
            if senses := source.senses(lemma):
                return lemma, senses
    return "", ()


def drawable(lemma: str, senses: tuple[Synset, ...], number: int | None = None) -> tuple[Synset, ...]:
    """The meanings of a lemma that a picture may show: at most three.

    Sense ``number`` (from 1) where one is given. Else the first sense of a physical lexicographers' file
    (``DRAWABLE``) in which the lemma has no capital, a person only if it is the very first sense; where that is an
    animal, food or plant, also the first sense of the other two.
    """
    if number is not None:
        return (senses[number - 1],)
    fitting = [
        sense
        for place, sense in enumerate(senses)
        if sense.file in DRAWABLE and lemma in sense.lemmas and (sense.file != "person" or place == 0)
    ]
    if not fitting:
        return ()
    kin = [file for file in KIN if fitting[0].file in KIN and file != fitting[0].file]
    others = (next((sense for sense in fitting if sense.file == file), None) for file in kin)
    return (fitting[0], *(sense for sense in others if sense))


def read_senses(path: str | Path) -> dict[str, int]:
    r"""A table of senses: CSV with columns noun and sense, the number (from 1) in the lexicon's order.

    Raises UserError with file and line for a missing column, a sense that is not a number, and a noun given twice.

    >>> from pathlib import Path
    >>> _ = Path("senses.csv").write_text("noun,sense\ncrane,5\nmouse,4\n")
    >>> read_senses("senses.csv")
    {'crane': 5, 'mouse': 4}
    """
    return _table(given_text(path, "senses"), str(path))


@cache
def own_senses() -> Mapping[str, int]:
    """Senses of nouns for which the rule picks the wrong one, from the package's ``senses.csv`` (WordNet 3.1)."""
    return _table(files("visuosyn.lexicon").joinpath("senses.csv").read_text(encoding="utf-8"), "senses.csv")


def _table(text: str, name: str) -> dict[str, int]:
    rows = csv.DictReader(text.splitlines())
    if missing := [column for column in COLUMNS if column not in (rows.fieldnames or ())]:
        raise UserError(f"{name}:1: no column {', '.join(missing)}; a table of senses needs {', '.join(COLUMNS)}")
    found: dict[str, int] = {}
    for row in rows:
        noun, number = ((row[column] or "").strip() for column in COLUMNS)
        if not number.isdecimal() or int(number) < 1:
            raise UserError(f"{name}:{rows.line_num}: the sense of {noun!r} is {number!r}: write its number, from 1 on")
        if noun in found:
            raise UserError(f"{name}:{rows.line_num}: {noun!r} has a sense already")
        found[noun] = int(number)
    return found


def _singulars(noun: str) -> Iterator[str]:
    yield noun
    for ending, instead in ENDINGS:
        if noun.endswith(ending) and len(noun) > len(ending) + 1:
            yield noun.removesuffix(ending) + instead
