"""What a notebook shows of maps, pairs and tables: small pieces of HTML with their pictures inside."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from PIL import Image

from visuosyn.data import HeatMap, HeatMaps, Word
from visuosyn.data.masks import MaskRule
from visuosyn.measure.overlap import overlaps
from visuosyn.view.numbers import interval, points
from visuosyn.view.overlays import (
    BOTH,
    DEPENDENT,
    HEAD,
    backdrop,
    common_scale,
    display_size,
    overlay,
    pair_overlay,
)

LARGE, SMALL, TINY = 256, 96, 64  # the longer side of a picture, of a word's map, of one among many, in pixels
MANY = 24  # words from which their maps are tiny
COLUMN = "display:inline-block;vertical-align:top;margin:2px 4px;text-align:center;font-size:12px"


@dataclass(frozen=True, repr=False)
class Shown:
    """HTML that a notebook displays; ``print`` gives its source, ``repr`` its text, one line per row of a table.

    >>> Shown("<table><tr><th>obj</th><td>40.0<br>[38, 42]</td></tr><tr><th>det</th><td>–</td></tr></table>")
    obj 40.0 [38, 42]
    det –
    """

    html: str

    def __repr__(self) -> str:
        lines = (Markup(re.sub("</t[hd]>|<br>", " ", line)).striptags() for line in re.split("</tr>|</p>", self.html))
        return "\n".join(line for line in lines if line)

    def _repr_html_(self) -> str:
        return self.html

    def __str__(self) -> str:
        return self.html


@dataclass(frozen=True, repr=False)
class PairView:
    """Two words' areas over their picture: ``image`` in three colours, the overlaps as fractions (NaN: empty area)."""

    image: Image.Image
    head: str
    dependent: str
    rule: str
    iou: float
    iod: float
    ioh: float

    def __repr__(self) -> str:
        numbers = f"IoU {self.iou:.3f}, IoD {self.iod:.3f}, IoH {self.ioh:.3f}"
        return f"PairView(head {self.head!r}, dependent {self.dependent!r}, {self.rule}: {numbers})"

    def _repr_html_(self) -> str:
        colours = zip(
            ("head " + self.head, "dependent " + self.dependent, "both"), (HEAD, DEPENDENT, BOTH), strict=True
        )
        key = Markup("<br>").join(
            Markup('<span style="display:inline-block;width:12px;height:12px;background:rgb{}"></span> {}').format(
                c, name
            )
            for name, c in colours
        )
        rows = Markup("").join(
            Markup('<tr><th style="text-align:left">{}</th><td>{}</td><td style="text-align:left">{}</td></tr>').format(
                name, "–" if np.isnan(value) else f"{100 * value:.1f} %", meaning
            )
            for name, value, meaning in (
                ("IoU", self.iou, "of both areas together"),
                ("IoD", self.iod, "of the dependent’s area"),
                ("IoH", self.ioh, "of the head’s area"),
            )
        )
        return str(
            Markup(
                '<div style="display:flex;gap:16px;align-items:flex-start">{}<div>{}<p style="margin:8px 0 2px">'
                "The overlap under {} is</p><table>{}</table></div></div>"
            ).format(_picture(self.image, f"{self.head} and {self.dependent}", LARGE), key, self.rule, rows)
        )


def word_overlay(maps: HeatMaps, word: str | int | Word, *, common: bool = False, **look: Any) -> Image.Image:
    """A word's map over its picture, as large as the page shows it; see :func:`~visuosyn.view.overlays.overlay`.

    >>> from visuosyn.testing import heat_maps
    >>> maps = heat_maps("red ball", [[[0.01, 0.0]], [[0.0, 0.03]]])
    >>> image = word_overlay(maps, "ball", common=True)
    >>> image.size, image.getpixel((0, 0)), image.getpixel((255, 0))  # cold to the left, where the ground shows
    ((256, 128), (38, 38, 42), (220, 222, 146))
    """
    scale = {"scale": common_scale(maps)} if common else {}
    return overlay(maps.image, maps[word], **({"size": display_size(maps)} | scale | look))


def pair_view(
    maps: HeatMaps, head: str | int | Word, dependent: str | int | Word, *, rule: str | MaskRule = "relative:0.4"
) -> PairView:
    """The areas of two words under a mask rule, measured and drawn at the latent grid.

    >>> from visuosyn.testing import heat_maps
    >>> maps = heat_maps("red ball", [[[0.9, 0.5, 0.1]], [[0.1, 0.5, 0.9]]])
    >>> pair_view(maps, "ball", "red", rule="relative:0.5")
    PairView(head 'ball', dependent 'red', relative:0.5: IoU 0.333, IoD 0.500, IoH 0.500)
    >>> pair_view(maps, "ball", "red", rule="relative:0.6").iou
    0.0
    """
    rule = MaskRule.parse(rule)
    one, other = maps[head], maps[dependent]
    areas = rule.apply(np.stack([one.array, other.array]), steps=maps.steps)
    found = overlaps(areas, [0], [1], soft=rule.kind == "soft")
    image = pair_overlay(maps.image, areas[0], areas[1], size=display_size(maps))
    numbers = (float(values[0]) for values in (found.iou, found.iod, found.ioh))
    return PairView(image, one.word.text, other.word.text, str(rule), *numbers)


def maps_html(maps: HeatMaps) -> str:
    """The picture and a strip of its words, each map scaled by its own maximum, given in thousandths of attention.

    >>> import re
    >>> import numpy as np
    >>> from visuosyn.testing import heat_maps
    >>> re.findall('alt="([^"]*)"', maps_html(heat_maps("red ball", np.eye(2).reshape(2, 1, 2))))
    ['red ball', 'heat map of red', 'heat map of ball']
    """
    size = _within(display_size(maps), SMALL if len(maps) <= MANY else TINY)
    words = Markup("").join(
        Markup('<span style="{}" title="row {}">{}<br>{}<br><small>{:.1f}‰</small></span>').format(
            COLUMN,
            row,
            _picture(overlay(maps.image, maps[row], size=size), f"heat map of {word.text}", max(size)),
            word.text,
            1000 * float(maps.array[row].max(initial=0)),
        )
        for row, word in enumerate(maps.words)
    )
    seed = "" if maps.seed is None else f", seed {maps.seed}"
    lost = "; ".join(f"{d.what} “{d.text[:60]}”: {d.reason}" for d in maps.dropped[:6])
    more = f"; and {len(maps.dropped) - 6} more" if len(maps.dropped) > 6 else ""
    return str(
        Markup(
            '<div style="display:flex;gap:12px;align-items:flex-start"><div>{}</div><div style="flex:1">{}</div></div>'
            '<p style="font-size:12px;margin:4px 0">{}: {} steps, grid {} × {}{}; each map is scaled by its own '
            "maximum, given below its word.{}</p>"
        ).format(
            _picture(backdrop(maps.image, display_size(maps)), maps.prompt, LARGE),
            words,
            _shortened(maps.prompt),
            maps.steps,
            *maps.grid,
            seed,
            f" Dropped: {lost}{more}." if lost else "",
        )
    )


def map_html(one: HeatMap) -> str:
    """One word's map in colour, without its picture.

    >>> import re
    >>> from visuosyn.testing import heat_maps
    >>> maps = heat_maps("red ball", [[[0.01, 0.0]], [[0.0, 0.03]]])
    >>> re.sub("<[^>]*>", " ", map_html(maps["ball"])).split()
    ['ball', '30.0‰']
    """
    size = _within((one.array.shape[1] * 16, one.array.shape[0] * 16), LARGE // 2)
    top = 1000 * float(one.array.max(initial=0))
    picture = _picture(overlay(None, one, size=size, opacity=1), f"heat map of {one.word.text}", max(size))
    cell = Markup('<span style="{}">{}<br>{}<br><small>{:.1f}‰</small></span>')
    return str(cell.format(COLUMN, picture, one.word.text, top))


def estimate_cell(row: pd.Series, name: str) -> Markup:
    """A number of a row as a table's cell, with its interval (``NAME_low``, ``NAME_high``) in small print.

    >>> row = pd.Series({"difference": 4.0, "difference_low": -1.0, "difference_high": 9.0})
    >>> estimate_cell(row, "difference")
    Markup('<td>+4.0<br><small>[−1.0, +9.0]</small></td>')
    """
    if np.isnan(row[name]):
        return Markup("<td>–</td>")
    sign = name == "difference"
    ends = interval(row[f"{name}_low"], row[f"{name}_high"], sign)
    return Markup("<td>{}<br><small>{}</small></td>").format(points(row[name], sign), ends)


def name_cell(name: str) -> Markup:
    """What a row is about, as its first cell.

    >>> name_cell("<b>")
    Markup('<th style="text-align:left">&lt;b&gt;</th>')
    """
    return Markup('<th style="text-align:left">{}</th>').format(name)


def table_html(heads: Sequence[str], rows: Sequence[Sequence[Markup]], note: str) -> Markup:
    """A table of cells under its heads, and a note below it.

    >>> Shown(str(table_html(["measure", "estimate"], [[name_cell("overlap"), Markup("<td>2.0</td>")]], "Per cent.")))
    measure estimate
    overlap 2.0
    Per cent.
    """
    lines = Markup("").join(Markup("<tr>{}</tr>").format(Markup("").join(cells)) for cells in rows)
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table><p><small>{}</small></p>").format(
        Markup("").join(Markup("<th>{}</th>").format(name) for name in heads), lines, note
    )


def _picture(image: Image.Image, alt: str, longer: int) -> Markup:
    """An image as an ``<img>`` with its bytes inside: JPEG, so that a page of photographs stays small."""
    size = _within(image.size, longer)
    held = io.BytesIO()
    image.convert("RGB").resize(size, Image.Resampling.BICUBIC).save(
        held, format="JPEG", quality=80 if longer > TINY else 50
    )
    source = base64.b64encode(held.getvalue()).decode("ascii")
    return Markup('<img src="data:image/jpeg;base64,{}" width="{}" height="{}" alt="{}">').format(
        source, *size, _shortened(alt)
    )


def _within(size: Sequence[int], longer: int) -> tuple[int, int]:
    """A size of the same shape whose longer side is ``longer``.

    >>> _within((512, 256), 100)
    (100, 50)
    """
    share = longer / max(size)
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def _shortened(text: str, most: int = 200) -> str:
    return text if len(text) <= most else f"{text[:most]} …"


def picture_html(image: Image.Image | None, text: str) -> str:
    """A picture with a line of text below it, or the line alone."""
    shown = Markup("") if image is None else _picture(image, text, LARGE) + Markup("<br>")
    return str(Markup("<div>{}{}</div>").format(shown, text))
