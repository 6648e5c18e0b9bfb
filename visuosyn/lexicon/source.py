"""Noun hierarchies for a lexicon: the WordNet 3.1 of this package, or one that ``wn`` has installed."""

from __future__ import annotations

import lzma
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any, Protocol

from visuosyn.errors import UserError

# The lexicographers' files of WordNet that hold nouns (lexnames(5WN)), by number.
NAMES = """Tops act animal artifact attribute body cognition communication event feeling food group location motive
object person phenomenon plant possession process quantity relation shape state substance time"""
FILES = dict(enumerate(NAMES.split(), start=3))


@dataclass(frozen=True)
class Synset:
    """Nouns with one meaning: ``lemmas`` with their capitals, ``file`` the lexicographers' file ("animal"), ``above``
    the ids of its hypernyms.

    >>> from visuosyn.lexicon import load_lexicon
    >>> [(sense.file, sense.lemmas) for sense in load_lexicon().senses("chicken")]
    [('food', ('chicken', 'poulet', 'volaille')), ('animal', ('chicken', 'Gallus gallus'))]
    """

    id: str
    lemmas: tuple[str, ...]
    file: str
    above: tuple[str, ...]

    @property
    def name(self) -> str:
        """The first lemma."""
        return self.lemmas[0]


class NounHierarchy(Protocol):
    """A noun hierarchy."""

    name: str

    def senses(self, lemma: str) -> tuple[Synset, ...]:
        """The meanings of a lemma (lower case, blanks between words), the commonest first; empty if unknown."""
        ...

    def synset(self, id: str) -> Synset:
        """The synset of an id."""
        ...

    def below(self, id: str) -> tuple[str, ...]:
        """The ids of a synset's hyponyms."""
        ...

    def lemmas(self) -> Iterable[str]:
        """All lemmas, in lower case."""
        ...


class WordNet:
    """The nouns of WordNet 3.1 (Fellbaum 1998; Princeton University 2011), read from the package.

    A synset's id is the number of its line in the data. Reading takes some tenths of a second.
    """

    name = "WordNet 3.1"

    def __init__(self) -> None:
        packed = files("visuosyn.lexicon").joinpath("nouns.txt.xz").read_bytes()
        synsets, orders = lzma.decompress(packed).decode().split("\n\n")
        self._lines = synsets.replace("_", " ").split("\n")
        self._index: dict[str, list[int]] = defaultdict(list)
        for number, line in enumerate(self._lines):
            for lemma in line.split(" ", 2)[2].lower().split("|"):
                self._index[lemma].append(number)
        for line in orders.splitlines():
            lemma, *numbers = line.split(" ")
            self._index[lemma.replace("_", " ")] = [int(n) for n in numbers]

    def senses(self, lemma: str) -> tuple[Synset, ...]:
        """The meanings of a lemma in WordNet's order."""
        return tuple(self.synset(str(number)) for number in self._index.get(lemma, ()))

    def synset(self, id: str) -> Synset:
        """The synset of a line."""
        file, above, lemmas = self._lines[int(id)].split(" ", 2)
        return Synset(id, tuple(lemmas.split("|")), FILES[int(file)], tuple(above.split(",")) if above else ())

    def below(self, id: str) -> tuple[str, ...]:
        """The ids of a synset's hyponyms, instances included."""
        return tuple(self._hyponyms.get(id, ()))

    def lemmas(self) -> Iterable[str]:
        """All 117,953 of them."""
        return self._index

    @cached_property
    def _hyponyms(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for number, line in enumerate(self._lines):
            for above in line.split(" ", 2)[1].split(","):
                found[above].append(str(number))
        return found


class Wn:
    """A lexicon that the package ``wn`` has installed, such as Open English WordNet: ``Wn("oewn:2024")``.

    Raises UserError where ``wn`` or the lexicon is missing.
    """

    def __init__(self, name: str) -> None:
        try:
            import wn
        except ImportError:
            raise UserError(f"lexicon {name!r} needs the package wn: pip install wn") from None
        try:
            self._net: Any = wn.Wordnet(name, expand="")
        except wn.Error:
            raise UserError(f"lexicon {name!r} is not installed: python -m wn download {name}") from None
        self.name = name

    def senses(self, lemma: str) -> tuple[Synset, ...]:
        """The meanings of a lemma in the lexicon's order."""
        return tuple(_of_wn(found) for found in self._net.synsets(lemma, pos="n"))

    def synset(self, id: str) -> Synset:
        """The synset of an id."""
        return _of_wn(self._net.synset(id))

    def below(self, id: str) -> tuple[str, ...]:
        """The ids of a synset's hyponyms, instances included."""
        found = self._net.synset(id)
        return tuple(one.id for one in found.get_related("hyponym", "instance_hyponym"))

    def lemmas(self) -> Iterable[str]:
        """All of them, read from wn's data base."""
        return {word.lemma().lower() for word in self._net.words(pos="n")}


def _of_wn(found: Any) -> Synset:
    above = found.get_related("hypernym", "instance_hypernym")
    file = (found.lexfile() or "noun.").partition(".")[2]
    return Synset(found.id, tuple(found.lemmas()), file, tuple(one.id for one in above))
