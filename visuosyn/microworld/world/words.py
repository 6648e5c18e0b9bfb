"""The words of the microworld: nouns in groups of similar things, adjectives, grounds; pairs held out of training."""

from __future__ import annotations

import functools
import hashlib
import itertools

# Groups of things that resemble each other in use; how two nouns are related is for a lexicon to say.
GROUPS: dict[str, tuple[str, ...]] = {
    "animal": ("cat", "dog", "zebra", "giraffe", "elephant", "rabbit", "pig"),
    "fruit": ("apple", "banana", "pear"),
    "vehicle": ("car", "bus", "bicycle", "fire truck"),
    "furniture": ("chair", "table"),
    "headdress": ("hat", "crown"),
    "container": ("box", "basket"),
    "plaything": ("ball", "balloon", "teddy bear"),
    "other": ("umbrella", "traffic light"),
}
NOUNS = tuple(sorted(itertools.chain.from_iterable(GROUPS.values())))
COLOURS = ("red", "blue", "green", "yellow", "purple", "black")
SIZES = ("small", "big")
PATTERNS = ("striped", "dotted")
ADJECTIVES = (*COLOURS, *SIZES, *PATTERNS)
COLOURED = ("ball", "balloon", "bicycle", "box", "bus", "car", "chair", "hat", "table", "umbrella")
PATTERNED = ("ball", "balloon", "box", "hat", "umbrella")
GROUNDS = ("floor", "grass", "road", "sand", "snow")
NUMBERS = {1: "one", 2: "two", 3: "three"}
HELD_OUT_SHARE = 0.15


def plural(noun: str) -> str:
    """The plural form: ``plural("box") == "boxes"``."""
    return noun + ("es" if noun.endswith(("s", "x")) else "s")


def adjective_pairs() -> tuple[tuple[str, str], ...]:
    """All (adjective, noun) pairs that the grammar can say, sorted."""
    pairs = itertools.chain(
        itertools.product(SIZES, NOUNS),
        itertools.product(COLOURS, COLOURED),
        itertools.product(PATTERNS, PATTERNED),
    )
    return tuple(sorted(pairs))


def noun_pairs() -> tuple[tuple[str, str], ...]:
    """All unordered pairs of two different nouns, each pair and the list sorted."""
    return tuple(itertools.combinations(NOUNS, 2))


@functools.cache
def held_out() -> frozenset[tuple[str, str]]:
    """The (adjective, noun) and sorted (noun, noun) pairs that never share a training caption: 15% of each kind.

    A pair's place is decided by a hash of its words, so the list does not depend on a random generator.
    """
    return frozenset(_first_share(adjective_pairs()) + _first_share(noun_pairs()))


def _first_share(pairs: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    ranked = sorted(pairs, key=lambda pair: hashlib.sha256("|".join(pair).encode()).hexdigest())
    return ranked[: round(HELD_OUT_SHARE * len(pairs))]
