"""English word lists that the conversion rules need (``english.json``, each with its source)."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files


@cache
def word_list(name: str) -> frozenset[tuple[str, ...]]:
    """A list by name, every entry as a tuple of its words.

    >>> ("because", "of") in word_list("fixed_prepositions")
    True
    """
    data = json.loads((files("visuosyn.parse") / "english.json").read_text(encoding="utf-8"))
    return frozenset(tuple(entry.split()) for entry in data[name]["words"])
