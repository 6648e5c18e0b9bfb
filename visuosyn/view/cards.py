"""One picture with its words, maps, tree and pairs, as the data that the page's script works on."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from PIL import Image

from visuosyn.data import HeatMaps, Sentence
from visuosyn.measure.pair_table import OVERLAPS
from visuosyn.parse import word_pairs
from visuosyn.view.overlays import COLORMAP, backdrop, display_size, map_sprite
from visuosyn.view.tree import tree_svg


@dataclass(frozen=True)
class Card:
    """What the page itself says about a picture; the rest comes with the picture's own file when it is seen."""

    key: str
    caption: str
    caption_id: str
    seed: int | None
    size: tuple[int, int]
    source: str
    relations: tuple[str, ...]


def make_card(maps: HeatMaps, sentence: Sentence, *, key: str, source: str) -> Card:
    """The card of a picture that ``source`` (a path or a data URI) shows."""
    relations = dict.fromkeys(pair.relation for pair in word_pairs(sentence, unrelated=False))
    return Card(key, maps.prompt, maps.caption_id, maps.seed, display_size(maps), source, tuple(relations))


def card_data(
    maps: HeatMaps,
    sentence: Sentence,
    pairs: pd.DataFrame,
    masks: Sequence[str],
    *,
    unknown: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Everything that is shown of a picture on demand, ready for JSON.

    ``pairs`` are the picture's rows of the pair table. Maps travel as one greyscale PNG of 8 bits
    (:func:`~visuosyn.view.overlays.map_sprite`) with each word's maximum; overlaps in thousandths, rule by rule in
    the order of ``masks``, null where the measure is undefined.
    """
    spans = {(word.start, word.end): row for row, word in enumerate(maps.words)}
    rows = [spans.get((word.start, word.end)) for word in sentence.words]
    tops = maps.array.max(axis=(1, 2), initial=0)
    return {
        "grid": list(maps.grid),
        "steps": maps.steps,
        "sprite": png_uri(map_sprite(maps)) if len(maps) else "",
        "words": [[word.text, float(f"{top:.5g}")] for word, top in zip(maps.words, tops, strict=True)],
        "tree": str(tree_svg(sentence, word_pairs(sentence), rows=rows, unknown=unknown)),
        "pairs": _pairs(pairs, rows, masks),
        "missing": [[lost.text, lost.reason] for lost in maps.dropped],
    }


def _pairs(pairs: pd.DataFrame, rows: Sequence[int | None], masks: Sequence[str]) -> list[list[Any]]:
    """[number, relation, row of head, row of dependent, [IoU, IoD, IoH] of each rule] for each measured pair."""
    order = {mask: place for place, mask in enumerate(masks)}
    found: dict[int, list[Any]] = {}
    columns = ["pair", "relation", "head_position", "dependent_position", "mask", *OVERLAPS]
    for number, relation, head, dependent, mask, *values in pairs[columns].itertuples(index=False, name=None):
        if number not in found:
            empty: list[Any] = [None] * len(masks)
            found[number] = [int(number), relation, rows[head], rows[dependent], empty]
        found[number][4][order[mask]] = [None if np.isnan(v) else round(1000 * v) for v in values]
    return list(found.values())


def picture_png(maps: HeatMaps) -> bytes:
    """The picture as PNG bytes (a plain ground where it was not kept)."""
    size = maps.image.size if maps.image is not None else display_size(maps)
    return png_bytes(backdrop(maps.image, size))


def png_bytes(image: Image.Image) -> bytes:
    """PNG without any metadata: equal images are equal bytes."""
    held = io.BytesIO()
    image.save(held, format="PNG")
    return held.getvalue()


def png_uri(image: Image.Image | bytes) -> str:
    """The image as a data URI, to stand inside a page."""
    content = image if isinstance(image, bytes) else png_bytes(image)
    return "data:image/png;base64," + base64.b64encode(content).decode("ascii")


def script_json(data: Any) -> str:
    r"""JSON that may stand in a script of an HTML page, whatever captions hold.

    >>> script_json({"caption": "</script> & co"})
    '{"caption":"\\u003c/script\\u003e \\u0026 co"}'
    """
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def colour_table(colormap: str = COLORMAP) -> str:
    """The colour map as 256 hexadecimal colours in a row, for the page's script."""
    colours = (colormaps[colormap](np.arange(256))[:, :3] * 255).round().astype(int)
    return "".join(f"{r:02x}{g:02x}{b:02x}" for r, g, b in colours)
