"""Numbers and names in plain English."""

from __future__ import annotations

from collections.abc import Sequence


def amount(number: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> amount(1, "caption"), amount(1200, "caption"), amount(2, "box", "boxes")
    ('1 caption', '1,200 captions', '2 boxes')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[str], *, most: int = 8) -> str:
    """Names as an English list; those past ``most`` are counted.

    >>> listed(["det", "amod", "obj"]), listed(["a", "b", "c"], most=2)
    ('det, amod and obj', 'a, b and 1 more')
    """
    shown = [*names[:most]]
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def seeds_text(seeds: Sequence[int]) -> str:
    """Seeds as a range where they are one.

    >>> seeds_text((0, 1, 2, 3)), seeds_text((7,)), seeds_text((0, 5))
    ('0 to 3', '7', '0, 5')
    """
    if len(seeds) > 2 and list(seeds) == list(range(seeds[0], seeds[0] + len(seeds))):
        return f"{seeds[0]} to {seeds[-1]}"
    return ", ".join(map(str, seeds))
