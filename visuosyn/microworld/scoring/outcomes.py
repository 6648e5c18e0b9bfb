"""How much of what its prompt asked for a picture shows: one row a prompt, then shares with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.microworld.judge.segmenter import Found, SceneSegmenter
from visuosyn.microworld.judge.silhouette import Silhouettes
from visuosyn.microworld.scoring.prompts import ScoringPrompt
from visuosyn.microworld.world import words
from visuosyn.stats.proportions import difference_of_shares, share

CLEARLY = 6
"""Left and right: centres are at least this many pixels apart. On: a thing is at most as many above the other."""


def outcomes(
    prompts: Sequence[ScoringPrompt], images: NDArray[np.uint8], segmenter: SceneSegmenter, silhouettes: Silhouettes
) -> pd.DataFrame:
    """One row a prompt: what was asked, what was found, and what of it is right.

    Args:
        prompts: what the pictures were drawn from.
        images: (n, 96, 96, 3) uint8.
        segmenter: says what stands where.
        silhouettes: names outlines.

    Columns: ``name, text, sort, held_out, noun, other, colour, described, relation, asked`` of the prompt
    (``described``: its size or pattern); ``found`` (how many things), ``seen`` (which, from left to right), ``outline``
    (the noun that the silhouette has, None for none), ``nearest`` (the noun nearest to it), and True, False or, where
    nothing was asked, None:

    - ``named``: the silhouette of the only thing asked for has its noun; ``guessed``: its noun is nearest;
    - ``there``: every noun asked for is found;
    - ``exact``: exactly as many things are found as were asked for, whatever they are;
    - ``only``: exactly the things asked for are found, each as often as asked for, and nothing else;
    - ``coloured``: of a thing alone, the largest thing found has its colour; of two, each thing with a colour that was
      found has it (None if none was found);
    - ``placed``: both things are found and stand as asked for.
    """
    seen = segmenter.segment(images)
    outlines = [one.silhouette() for one in seen]
    names = zip(silhouettes.name(outlines), silhouettes.name(outlines, forced=True), strict=True)
    rows = [_row(prompt, one.objects(), *both) for prompt, one, both in zip(prompts, seen, names, strict=True)]
    return pd.DataFrame(rows)


def _row(prompt: ScoringPrompt, found: Sequence[Found], outline: str | None, nearest: str | None) -> dict[str, Any]:
    first, other = prompt.mentions[0], prompt.mentions[1] if len(prompt.mentions) > 1 else None
    asked = Counter({mention.noun: len(mention.objects) for mention in prompt.mentions})
    alone = prompt.asked == 1
    return {
        "name": prompt.name,
        "text": prompt.text,
        "sort": prompt.sort,
        "held_out": prompt.held_out,
        "noun": first.noun,
        "other": other.noun if other else None,
        "colour": first.colour,
        "described": first.size or first.pattern,
        "relation": prompt.relation,
        "asked": prompt.asked,
        "found": len(found),
        "seen": ", ".join(" ".join(filter(None, (thing.colour, thing.noun or "?"))) for thing in found),
        "outline": outline,
        "nearest": nearest,
        "named": outline == first.noun if alone else None,
        "guessed": nearest == first.noun if alone else None,
        "there": {mention.noun for mention in prompt.mentions} <= {thing.noun for thing in found},
        "exact": len(found) == prompt.asked,
        "only": Counter(thing.noun for thing in found) == asked,
        "coloured": _coloured(prompt, found),
        "placed": _placed(prompt, found) if prompt.sort == "relation" else None,
    }


def _coloured(prompt: ScoringPrompt, found: Sequence[Found]) -> bool | None:
    if prompt.asked == 1:
        colour = prompt.mentions[0].colour
        largest = max(found, key=lambda thing: thing.mask.sum(), default=None)
        return None if colour is None else largest is not None and largest.colour == colour
    right = [
        any(thing.colour == mention.colour for thing in found if thing.noun == mention.noun)
        for mention in prompt.mentions
        if mention.colour and any(thing.noun == mention.noun for thing in found)
    ]
    return all(right) if right else None


def _placed(prompt: ScoringPrompt, found: Sequence[Found]) -> bool:
    first, second = ([one for one in found if one.noun == mention.noun] for mention in prompt.mentions)
    return any(stands(one, str(prompt.relation), other) for one in first for other in second)


def stands(one: Found, relation: str, other: Found) -> bool:
    """Whether two things stand in a relation.

    Left and right go by centres, at least ``CLEARLY`` pixels apart. On and under: its centre lies between the other's
    left and right ends, and is higher or 3 pixels lower than the other's; on: it also ends higher than the other, and
    at most ``CLEARLY`` pixels above where the other begins.
    """
    (row, column), (other_row, other_column) = one.centre, other.centre
    if relation.startswith("to the "):
        return bool((other_column - column) * (1 if "left" in relation else -1) >= CLEARLY)
    columns, rows, own = (np.flatnonzero(some) for some in (other.mask.any(0), other.mask.any(1), one.mask.any(1)))
    if not columns[0] <= column <= columns[-1]:
        return False
    if relation == "under":
        return bool(row >= other_row + 3)
    return bool(row < other_row and rows[0] - CLEARLY <= own[-1] < rows[-1] - 3)


def figures(table: pd.DataFrame) -> pd.DataFrame:
    """The shares, ``measure, group, value, low, high, n``, with Wilson intervals of 95%; then differences between
    what was held out of training and what was not, with Newcombe's, where ``n`` counts combinations of words."""
    rows = [*_shares(table), *_differences(table)]
    return pd.DataFrame([row for row in rows if row["n"]], columns=COLUMNS)


def _shares(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    one, pair = table[table["sort"] == "one"], table[table["sort"] == "pair"]
    relation, count = table[table["sort"] == "relation"], table[table["sort"] == "count"]
    numbers = count.asked.map({1: "one", 2: "two", 3: "three"})
    colours = table[(table.asked == 1) & table.colour.notna() & table.coloured.notna()]
    yield _figure("named by silhouette", "one thing", one.named)
    yield _figure("named by silhouette, where some noun must be said", "one thing", one.guessed)
    yield from _by("named by silhouette", one.named, one.noun)
    described = table[(table.asked == 1) & table.described.notna()]
    for flag, some in described.groupby("held_out"):
        group = f"{'held-out' if flag else 'trained'} size or pattern"
        yield _figure("named by silhouette", group, some.named)
        yield _figure("as many as asked", group, some.exact)
    yield from _by("as many as asked", described.exact, described.described)
    yield _figure("found by the segmenter", "one thing", one.there)
    yield _figure("both there", "two things", pair.there)
    yield from _by("both there", pair.there, pair.held_out.map({True: "held out", False: "trained"}))
    yield from _by("both there", *_of_either(pair))
    yield _figure("as many as asked", "numbers", count.exact)
    yield from _by("as many as asked", count.exact, numbers)
    yield _figure("as many as asked", "one thing", one.exact)
    yield _figure("as many as asked", "two things", pair.exact)
    yield _figure("as many as asked, and those", "numbers", count.only)
    yield _figure("colour", "one thing", colours.coloured)
    yield from _by("colour", colours.coloured, colours.colour)
    yield _figure("colour", "two things", pair.coloured.dropna())
    yield _figure("placed", "relations", relation.placed)
    yield from _by("placed", relation.placed, relation.relation)
    yield _figure("placed, where both are there", "relations", relation.placed[relation.there])


def _of_either(pair: pd.DataFrame) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """The pairs' outcomes twice over: by the first noun and by the second."""
    return pd.concat([pair.there, pair.there], ignore_index=True), pd.concat([pair.noun, pair.other], ignore_index=True)


def _differences(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Held out minus trained, as shares; a combination of words counts once however often it was drawn, since the
    pictures of one are not independent evidence about combinations."""
    pair, alone = table[table["sort"] == "pair"], table[table.asked == 1]
    coloured, described = alone[alone.colour.notna()], alone[alone.described.notna()]
    for measure, group, some, column, first, second in (
        ("both there", "two things", pair, "there", "noun", "other"),
        ("colour", "one thing with a colour", coloured, "coloured", "colour", "noun"),
        ("named by silhouette", "one thing with a colour", coloured, "named", "colour", "noun"),
        ("named by silhouette", "one thing with a size or pattern", described, "named", "described", "noun"),
        ("as many as asked", "one thing with a size or pattern", described, "exact", "described", "noun"),
    ):
        shares = some.astype({column: float}).groupby(["held_out", first, second])[column].mean()
        held, trained = (shares[shares.index.get_level_values("held_out") == flag] for flag in (True, False))
        if len(held) and len(trained):
            value, low, high = difference_of_shares((held.sum(), len(held)), (trained.sum(), len(trained)))
            name = f"{measure}, held out minus trained"
            yield dict(zip(COLUMNS, (name, group, value, low, high, len(shares)), strict=True))


COLUMNS = ("measure", "group", "value", "low", "high", "n")


def _by(measure: str, right: pd.Series[Any], group: pd.Series[Any]) -> Iterator[dict[str, Any]]:
    for name, some in right.groupby(group):
        yield _figure(measure, str(name), some)


def _figure(measure: str, group: str, right: pd.Series[Any]) -> dict[str, Any]:
    hits, of = int(right.astype(bool).sum()), len(right)
    value, low, high = share(hits, of)
    return dict(zip(COLUMNS, (measure, group, value, low, high, of), strict=True))


def worst(figures: pd.DataFrame) -> dict[str, list[str]]:
    """The nouns (alone, in pairs), adjectives and relations that are not always right, the worst first."""
    kinds = {
        "nouns": ("named by silhouette", words.NOUNS),
        "nouns in pairs": ("both there", words.NOUNS),
        "colours": ("colour", words.COLOURS),
        "sizes and patterns": ("as many as asked", (*words.SIZES, *words.PATTERNS)),
        "relations": ("placed", None),
    }
    found = {}
    for kind, (measure, groups) in kinds.items():
        rows = figures[(figures.measure == measure) & (figures.value < 1)]
        rows = rows[rows.group.isin(groups)] if groups else rows[rows.group != "relations"]
        found[kind] = rows.sort_values(["value", "group"], kind="stable").group.tolist()
    return found
