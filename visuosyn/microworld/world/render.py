"""Drawing: sprites at three exact sizes, flat skies, grounds with a fixed texture; all on a lattice of 4 pixels."""

from __future__ import annotations

import functools
import io
import json
import math
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import resvg_py
from PIL import Image

SIZE = 96
CELL = 4
HORIZONS = (48, 56)
SKIES = ((150, 205, 250), (205, 220, 235), (250, 205, 160), (70, 85, 145), (235, 190, 215), (240, 230, 200))

_LONGEST = {"small": 28, "normal": 44, "big": 60}
_FACTORS = {
    "apple": (24, 36, 52),
    "banana": (24, 36, 52),
    "pear": (24, 36, 52),
    "ball": (24, 36, 52),
    "hat": (24, 36, 52),
    "crown": (24, 36, 52),
    "giraffe": (32, 52, 64),
    "traffic light": (32, 48, 64),
}
_TINTS = {
    "red": ("#e12328", "#a3141c", "#f2777a"),
    "blue": ("#2d5aeb", "#1b3aa8", "#86a2f6"),
    "green": ("#1f9a3d", "#126a28", "#74c788"),
    "yellow": ("#fad228", "#d3a307", "#fdea94"),
    "purple": ("#8c3cbe", "#622489", "#bd89dc"),
    "black": ("#2b2b31", "#121216", "#6a6a74"),
}
_GROUND_COLOURS = {
    "grass": (128, 196, 84),
    "sand": (236, 212, 152),
    "snow": (243, 247, 252),
    "road": (108, 110, 120),
    "floor": (190, 142, 100),
}


@dataclass(frozen=True)
class Sprite:
    """One noun drawn at one size: ``rgb`` (h, w, 3) and ``alpha`` (h, w), uint16 0..255; h and w multiples of 4."""

    rgb: np.ndarray
    alpha: np.ndarray

    @property
    def width(self) -> int:
        """Pixels across."""
        return int(self.alpha.shape[1])

    @property
    def height(self) -> int:
        """Pixels down."""
        return int(self.alpha.shape[0])


@functools.cache
def _icons() -> dict[str, Any]:
    text = resources.files("visuosyn.microworld.world").joinpath("art/icons.json").read_text(encoding="utf-8")
    icons: dict[str, Any] = json.loads(text)["icons"]
    return icons


def _pattern(pattern: str, colour: str, unit: float) -> str:
    """An SVG pattern of the colour with white bands or dots, about five to the sprite's width."""
    inside = {
        "striped": f'<rect width="{unit}" height="{unit / 2}" fill="#fff"/>',
        "dotted": f'<circle cx="{unit / 2}" cy="{unit / 2}" r="{unit * 0.3}" fill="#fff"/>',
    }[pattern]
    return (
        f'<defs><pattern id="p" width="{unit}" height="{unit}" patternUnits="userSpaceOnUse">'
        f'<rect width="{unit}" height="{unit}" fill="{colour}"/>{inside}</pattern></defs>'
    )


def _svg(noun: str, width: int, height: int, colour: str | None, pattern: str | None) -> str:
    icon = _icons()[noun]
    body, view = icon["body"], icon["view"]
    defs = ""
    if "native" in icon:
        tints = _TINTS[colour] if colour else tuple(icon["native"][tone] for tone in ("main", "dark", "light"))
        main = tints[0]
        if pattern:
            defs, main = _pattern(pattern, main, max(view[2:]) / 5), "url(#p)"
        for tone, fill in zip(("main", "dark", "light"), (main, *tints[1:]), strict=True):
            body = body.replace("{" + tone + "}", fill)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{" ".join(map(str, view))}" '
        f'preserveAspectRatio="none" width="{width}" height="{height}">{defs}{body}</svg>'
    )


@functools.cache
def sprite(noun: str, size: str = "normal", colour: str | None = None, pattern: str | None = None) -> Sprite:
    """The noun's picture at one of its three sizes, standing on the lower edge of a box of whole lattice cells."""
    longest = dict(zip(_LONGEST, _FACTORS[noun], strict=True))[size] if noun in _FACTORS else _LONGEST[size]
    view = _icons()[noun]["view"]
    scale = longest / max(view[2:])
    width, height = round(view[2] * scale), round(view[3] * scale)
    png = bytes(resvg_py.svg_to_bytes(svg_string=_svg(noun, width, height, colour, pattern)))
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"), dtype=np.uint16)
    box_w, box_h = (math.ceil(side / CELL) * CELL for side in (width, height))
    canvas = np.zeros((box_h, box_w, 4), np.uint16)
    left = (box_w - width) // 2
    canvas[box_h - height :, left : left + width] = picture
    return Sprite(rgb=canvas[..., :3], alpha=canvas[..., 3])


def _texture(ground: str) -> np.ndarray:
    """The ground over the whole picture, (96, 96, 3) int16: the same everywhere, whatever the horizon."""
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    shade = np.zeros((SIZE, SIZE), np.int16)
    if ground == "grass":
        shade[((x + 8 * (y // 8 % 2)) % 16 == 5) & (y % 8 >= 3) & (y % 8 <= 5)] = -34
    elif ground == "sand":
        shade[((x + 4 * (y // 8 % 2)) % 12 == 6) & (y % 8 == 2)] = -38
    elif ground == "snow":
        shade[((x + 8 * (y // 12 % 2)) % 16 <= 2) & (y % 12 == 6)] = -30
    elif ground == "floor":
        shade[(y % 12 == 0) | ((x + 16 * (y // 12 % 2)) % 32 == 0)] = -32
    else:
        shade[(y >= 72) & (y < 75) & (x % 24 < 12)] = 120
    return np.asarray(_GROUND_COLOURS[ground], np.int16) + shade[..., None]


@functools.cache
def background(ground: str, sky: int, horizon: int) -> np.ndarray:
    """Sky over ground, (96, 96, 3) uint8; the ground takes the rows from ``horizon`` down."""
    picture = _texture(ground)
    picture[:horizon] = SKIES[sky]
    return picture.clip(0, 255).astype(np.uint8)


def compose(
    canvas: np.ndarray, sprites: list[tuple[Sprite, int, int]], order: list[int]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Lay sprites with (left, top) over a background.

    Args:
        canvas: the background, (96, 96, 3) uint8; not changed.
        sprites: pictures with their places; the boxes must lie inside the canvas.
        order: indices of ``sprites`` from back to front.

    Returns:
        The picture, uint8, and for each sprite its visible mask, (96, 96) bool: the pixels where it covers at least
        half and nothing in front of it does.
    """
    picture = canvas.astype(np.uint16)
    masks = [np.zeros((SIZE, SIZE), bool) for _ in sprites]
    for rank, index in enumerate(order):
        sprite_, left, top = sprites[index]
        place = (slice(top, top + sprite_.height), slice(left, left + sprite_.width))
        alpha = sprite_.alpha[..., None]
        picture[place] = (sprite_.rgb * alpha + picture[place] * (255 - alpha) + 127) // 255
        solid = sprite_.alpha >= 128
        for behind in order[:rank]:
            masks[behind][place] &= ~solid
        masks[index][place] = solid
    return picture.astype(np.uint8), masks
