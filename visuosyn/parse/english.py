"""English word lists that the conversion rules need (``english.json``, where each has its source)."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def word_list(name: str) -> frozenset[tuple[str, ...]]:
    """A list by name, every entry as a tuple of its words.

    >>> ("out", "of") in word_list("double_prepositions")
    True
    """
    return frozenset(tuple(entry.split()) for entry in _data()[name]["words"])


def table(name: str) -> dict[str, str]:
    """A list in which every entry has a value.

    >>> table("fixed")["because of"]
    'case'
    """
    return dict(_data()[name]["words"])


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((files("visuosyn.parse") / "english.json").read_text(encoding="utf-8"))
    return data
