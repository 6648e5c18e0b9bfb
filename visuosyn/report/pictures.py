"""The side files of a study's page: for each card its picture and its data, loaded when it comes into view."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from visuosyn.data import HeatMaps
from visuosyn.run import RunFolder
from visuosyn.view.cards import Card, card_data, make_card, picture_png, script_json

ON_SHEET = 6  # pictures on the contact sheet


def write_pictures(
    run: RunFolder, pairs: pd.DataFrame, masks: Sequence[str], unknown: frozenset[str] = frozenset()
) -> tuple[list[Card], list[HeatMaps]]:
    """Write ``images/NNNNN.png`` and ``.js`` of every picture, one in memory at a time.

    ``pairs`` are the measured pairs; words in ``unknown``, which the model was never taught, are marked in the trees.
    Returns the cards of all pictures, and the maps of a few captions spread evenly over the corpus, for the contact
    sheet. Files of pictures that are no longer there are removed.
    """
    folder = run.path / "images"
    folder.mkdir(parents=True, exist_ok=True)
    sentences = {sentence.id: sentence for sentence in run.sentences()}
    measured = dict(iter(pairs.groupby(["caption_id", "seed"], sort=False)))
    wanted = spread(list(sentences), ON_SHEET)
    cards: list[Card] = []
    sheet: dict[str, HeatMaps] = {}
    for number, maps in enumerate(run.heat_maps()):
        key, sentence = f"{number:05d}", sentences[maps.caption_id]
        rows = measured.get((maps.caption_id, -1 if maps.seed is None else maps.seed), pairs.iloc[:0])
        data = script_json(card_data(maps, sentence, rows, masks, unknown=unknown))
        (folder / f"{key}.png").write_bytes(picture_png(maps))
        (folder / f"{key}.js").write_text(f'VISUOSYN.receive("{key}",{data});\n', encoding="utf-8", newline="")
        cards.append(make_card(maps, sentence, key=key, source=f"images/{key}.png"))
        if maps.caption_id in wanted:
            sheet.setdefault(maps.caption_id, maps)
    _remove_others(folder, {card.key for card in cards})
    return cards, list(sheet.values())


def spread(names: Sequence[str], most: int) -> frozenset[str]:
    """At most ``most`` of the names, evenly spaced.

    >>> sorted(spread("abcdefgh", 4))
    ['a', 'c', 'e', 'g']
    """
    return frozenset(names[i * len(names) // most] for i in range(most)) if len(names) > most else frozenset(names)


def _remove_others(folder: Path, keys: set[str]) -> None:
    """Remove side files of an earlier, larger report."""
    for path in folder.iterdir():
        if path.suffix in (".png", ".js") and path.stem.isdecimal() and path.stem not in keys:
            path.unlink()
