"""A word's heat map over its picture, as pure functions: maps and images in, PIL images out."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image

from visuosyn.data import HeatMap, HeatMaps
from visuosyn.data.resize import bicubic
from visuosyn.errors import UserError

COLORMAP = "inferno"  # perceptually uniform, readable in greyscale and by colour-blind readers
PLAIN = (38, 38, 42)  # behind maps whose image was not kept
HEAD, DEPENDENT, BOTH = (0, 114, 178), (213, 94, 0), (240, 228, 66)  # two areas and what they share, as on the page


def common_scale(maps: HeatMaps) -> float:
    """The largest value in any word's map: the one scale under which words may be compared by brightness.

    >>> from visuosyn.testing import heat_maps
    >>> round(common_scale(heat_maps("red ball", [[[0.01, 0.0]], [[0.0, 0.03]]])), 3)
    0.03
    """
    return float(maps.array.max(initial=0))


def display_size(maps: HeatMaps, *, at_least: int = 256) -> tuple[int, int]:
    """(width, height) to show a picture at: its own size, else the grid's shape, doubled until it is large enough."""
    rows, columns = maps.grid
    width, height = maps.image.size if maps.image is not None else (columns, rows)
    factor = max(1, -(-at_least // max(width, height)))
    return width * factor, height * factor


def backdrop(image: Image.Image | None, size: tuple[int, int]) -> Image.Image:
    """The picture as RGB at ``size`` = (width, height), or a plain ground where there is none."""
    if image is None:
        return Image.new("RGB", size, PLAIN)
    return image.convert("RGB").resize(size, Image.Resampling.BICUBIC)


def heat(array: NDArray[np.floating], size: tuple[int, int], *, scale: float | None = None) -> NDArray[np.float32]:
    """A map upscaled to ``size`` = (width, height) and divided by ``scale`` (default: its own maximum).

    float32 (row, column) in [0, 1]; bicubic, clamped at 0. A map without any positive value stays 0.
    """
    top = float(array.max(initial=0)) if scale is None else scale
    if top <= 0:
        return np.zeros(size[::-1], dtype=np.float32)
    level: NDArray[np.float32] = np.clip(bicubic(array, size[::-1]) / np.float32(top), 0, 1)
    return level


def overlay(
    image: Image.Image | None,
    heat_map: HeatMap | NDArray[np.floating],
    *,
    size: tuple[int, int] | None = None,
    scale: float | None = None,
    opacity: float = 0.85,
    colormap: str = COLORMAP,
) -> Image.Image:
    """The picture with one map over it: RGB at ``size`` = (width, height), default the picture's own.

    Colour and opacity both rise with the map, so cold regions show the picture. By default a map is scaled by its own
    maximum: every word then has a bright spot, and two overlays must *not* be compared by brightness. Give
    ``scale=common_scale(maps)`` for pictures that may.

    >>> import numpy as np
    >>> overlay(None, np.eye(4), size=(8, 8)).size
    (8, 8)
    """
    if not 0 <= opacity <= 1:
        raise UserError(f"opacity {opacity} is out of range: use 0 to 1")
    if colormap not in colormaps:
        raise UserError(f"colormap {colormap!r} is not known: use one of matplotlib's, such as inferno or magma")
    array = heat_map.array if isinstance(heat_map, HeatMap) else np.asarray(heat_map)
    if size is None:
        size = image.size if image is not None else (array.shape[1], array.shape[0])
    level = heat(array, size, scale=scale)
    ground = np.asarray(backdrop(image, size), dtype=np.float32)
    colour = colormaps[colormap](level)[..., :3].astype(np.float32) * 255
    alpha = (opacity * level)[..., None]
    return Image.fromarray((ground * (1 - alpha) + colour * alpha).round().astype(np.uint8))


def pair_overlay(
    image: Image.Image | None,
    head: NDArray[np.floating],
    dependent: NDArray[np.floating],
    *,
    size: tuple[int, int],
    opacity: float = 0.68,
) -> Image.Image:
    """The picture with two areas (row, column) in 0..1 over it: head blue, dependent orange, both yellow.

    RGB at ``size`` = (width, height). Areas are drawn as they are measured, in blocks of the grid.

    >>> import numpy as np
    >>> pair_overlay(None, np.ones((1, 2)), np.eye(2)[:1], size=(2, 1), opacity=1).tobytes().hex(" ", 3)
    'f0e442 0072b2'
    """
    b, a = (_blocks(area, size) for area in (head, dependent))
    both, either = np.minimum(a, b), np.maximum(a, b)
    blue, orange, yellow = (np.array(colour, dtype=np.float32) for colour in (HEAD, DEPENDENT, BOTH))
    share = np.divide(both, either, out=np.zeros_like(both), where=either > 0)[..., None]
    colour = share * yellow + (1 - share) * np.where((a > b)[..., None], orange, blue)
    alpha = (opacity * either)[..., None]
    ground = np.asarray(backdrop(image, size), dtype=np.float32)
    return Image.fromarray((ground * (1 - alpha) + colour * alpha).round().astype(np.uint8))


def _blocks(area: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.float32]:
    """An area with each grid point as a block of pixels."""
    (width, height), (rows, columns) = size, area.shape
    large = area[np.arange(height) * rows // height][:, np.arange(width) * columns // width]
    return np.asarray(large, dtype=np.float32)


def map_sprite(maps: HeatMaps) -> Image.Image:
    """All maps of an image below one another at the latent grid, 8 bits of each word's own maximum (mode "L").

    Shape (word * row, column). Small enough to travel with a page, which upscales it; exact to 1/255 of the maximum.
    """
    array = maps.array
    top = array.max(axis=(1, 2), keepdims=True, initial=0)
    levels = np.divide(array, top, out=np.zeros_like(array), where=top > 0)
    rows, columns = maps.grid
    return Image.fromarray((levels * 255).round().astype(np.uint8).reshape(len(maps) * rows, columns))
