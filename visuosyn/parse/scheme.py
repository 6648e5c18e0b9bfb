"""Relation schemes: labels with their group, gloss and source, read from ``schemes/*.json``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from visuosyn.data import Sentence
from visuosyn.errors import UserError


@dataclass(frozen=True)
class Label:
    """A relation: ``group`` is its place in the scheme's table, ``gloss`` says it in words, ``source`` where it is
    defined; ``ud`` the plain UD name of a label of another scheme.

    >>> label = load_scheme("clear").label("pobj")
    >>> label.name, label.gloss, label.ud
    ('pobj', 'noun governed by a preposition', 'obl')
    """

    name: str
    group: str
    gloss: str
    source: str
    ud: str = ""


@dataclass(frozen=True)
class Scheme:
    """A relation scheme by name, with its labels.

    >>> from visuosyn.testing import sentence
    >>> scheme = load_scheme("ud")
    >>> scheme.title, scheme.label("nmod:in_front_of").gloss
    ('Universal Dependencies v2, English', 'nominal modifier')
    >>> scheme.unknown([sentence("Hund/NOUN/sb/2 bellt/VERB/root/0")])
    Counter({'sb': 1})
    """

    name: str
    title: str
    labels: Mapping[str, Label]

    def label(self, relation: str) -> Label | None:
        """The label of a relation; a subtype that is not listed (nmod:of) falls back on its base (nmod).

        >>> load_scheme("ud").label("nmod:of").gloss
        'nominal modifier'
        """
        while relation not in self.labels and ":" in relation:
            relation = relation.rpartition(":")[0]
        return self.labels.get(relation)

    def unknown(self, sentences: Iterable[Sentence]) -> Counter[str]:
        """How often relations occur that the scheme does not know, in basic trees and enhanced graphs."""
        used = Counter(
            relation
            for sentence in sentences
            for word in sentence.words
            for relation in (word.relation, *(label for _, label in word.deps))
            if relation
        )
        return Counter({relation: n for relation, n in used.items() if self.label(relation) is None})


@lru_cache
def load_scheme(name: str) -> Scheme:
    """A relation scheme of the package, "ud" or "clear"; raises UserError that lists the known ones.

    >>> [(relation, load_scheme("ud").label(relation).group) for relation in ("nsubj", "amod", "conj:and")]
    [('nsubj', 'core'), ('amod', 'nominal'), ('conj:and', 'coordination')]
    """
    folder = files("visuosyn.parse") / "schemes"
    known = sorted(file.name.removesuffix(".json") for file in folder.iterdir() if file.name.endswith(".json"))
    if name not in known:
        raise UserError(f"relation scheme {name!r} is not known: use one of {', '.join(known)}")
    data = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return Scheme(name, data["title"], {row["name"]: Label(**row) for row in data["labels"]})
