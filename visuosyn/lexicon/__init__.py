"""The lexicon: which nouns are two kinds of one thing.

>>> are_cohyponyms("giraffe", "zebra"), are_cohyponyms("zebra", "fridge")
(True, False)
>>> found = relation("giraffe", "zebra")
>>> found.hypernym.name, found.steps, found.depth
('ungulate', (3, 3), 11)

The data are read when they are first needed. WordNet 3.1, Copyright 2011 by Princeton University, see
LICENSE-WordNet.
"""

from __future__ import annotations

from visuosyn.lexicon.hierarchy import Lexicon, Relation, load_lexicon
from visuosyn.lexicon.senses import read_senses
from visuosyn.lexicon.source import Synset

__all__ = ["Lexicon", "Relation", "Synset", "are_cohyponyms", "cohyponyms", "load_lexicon", "read_senses", "relation"]


def are_cohyponyms(first: str, second: str) -> bool:
    """Whether two nouns are cohyponyms in WordNet 3.1; UserError for a noun that is not known.

    >>> [are_cohyponyms("dog", other) for other in ("cat", "poodle", "umbrella")]
    [True, False, False]
    """
    return load_lexicon().relation(first, second).cohyponyms


def relation(first: str, second: str) -> Relation:
    """Lowest common hypernym of two nouns in WordNet 3.1, steps to it, its depth, and whether they are cohyponyms.

    UserError for a noun that is not known.

    >>> found = relation("dog", "cat")
    >>> found.cohyponyms, found.hypernym.name, found.steps
    (True, 'carnivore', (2, 2))
    >>> relation("dog", "poodle").reason
    'one is a kind of the other'
    """
    return load_lexicon().relation(first, second)


def cohyponyms(noun: str) -> tuple[str, ...]:
    """The cohyponyms of a noun in WordNet 3.1, the closest first; UserError for a noun that is not known.

    >>> found = cohyponyms("giraffe")
    >>> found[:3], "zebra" in found, "fridge" in found
    (('black-tailed deer', 'bovid', 'cervid'), True, False)
    """
    return load_lexicon().cohyponyms(noun)
