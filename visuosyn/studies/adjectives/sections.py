"""The tables of an adjectival study as its page shows them: titles, what to know, and the rows."""

from __future__ import annotations

from typing import Any

import pandas as pd

TITLES = {
    "leakage": "Attention outside of the noun",
    "leakage_pairs": "The same in prompts with two adjectives",
    "changes": "Change of pixels",
    "change_differences": "Free drawings minus re-used attention and controls",
    "own_colour": "Does the noun take the adjective?",
    "other_colours": "Do other objects take it?",
    "bindings": "Which noun gets which adjective",
    "templates": "Template by template",
}
NOTES = {
    "leakage": "Shares of the adjective’s area (under soft: of its whole map) that lie outside of its noun’s mask; the "
    "same for the noun’s own map; on the masks of other objects; and what attention spread evenly would give.",
    "changes": "Mean absolute difference of RGB in per cent of the range, and structural similarity in hundredths "
    "(100: equal), always against the picture of the template’s first adjective with the same noise. “inside” is what "
    "the noun covers in either picture, “outside” all else, “others” the other objects.",
    "change_differences": "The change that another adjective makes in a free drawing, minus what is named first. "
    "Above 0 for rgb: the free drawing with another adjective changes more.",
    "other_colours": "tinted: the judge sees the adjective’s colour on another object; without adjective: it sees that "
    "colour there in the picture of the same noise whose prompt has no adjective; changed: it sees another colour "
    "there than without adjective.",
    "own_colour": "obeyed: the judge sees the adjective on its noun.",
    "bindings": "right: each noun has its adjective; swapped: each has the other’s; leaked: both have the same one of "
    "the two; missing: the judge did not find both nouns.",
    "leakage_pairs": "As above; “on others” is here first of all the other adjective’s noun.",
    "templates": "Leakage is under soft. Few clusters stand behind each: a list to look into, no finding.",
}


def shown_section(name: str, table: pd.DataFrame) -> dict[str, Any]:
    """A table as the page shows it: its cells' names first, then the numbers.

    >>> table = pd.DataFrame({"adjective": ["red"], "mask": ["soft"], "measure": ["leakage"], "estimate": [40.0]})
    >>> section = shown_section("leakage", table)
    >>> section["title"], section["keys"], [mask for mask, _ in section["groups"]]
    ('Attention outside of the noun', ['adjective'], ['soft'])
    """
    keys = list(table.columns[: list(table.columns).index("measure")])
    keys = [key for key in keys if key != "mask"]
    groups = table.groupby("mask", sort=False) if "mask" in table else [("", table)]
    return {
        "name": name,
        "title": TITLES[name],
        "note": NOTES[name],
        "keys": keys,
        "groups": [(mask, rows.to_dict("records")) for mask, rows in groups],
    }
