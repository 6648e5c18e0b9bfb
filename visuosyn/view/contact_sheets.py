"""Sheets of pictures with heat maps over them: maps in, Axes out."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from visuosyn.data import HeatMaps
from visuosyn.errors import UserError
from visuosyn.view.overlays import backdrop, common_scale, display_size, overlay
from visuosyn.view.styles import GREY, INK, tight, width_of

FUNCTION_POS = frozenset({"DET", "ADP", "PUNCT", "AUX", "CCONJ", "SCONJ", "PART", "SYM", "X"})
PHASES = ("early", "middle", "late")
STAGES = ("down", "mid", "up")
STEPS_SHOWN = 6
LABEL = 0.095  # height of a word and its maximum over a map, in widths of a column


def content_rows(maps: HeatMaps, *, most: int = 7) -> list[int]:
    """Rows of the words to show where not all fit: content words before function words, in sentence order."""
    ranked = sorted(range(len(maps)), key=lambda row: maps.words[row].upos in FUNCTION_POS)
    return sorted(ranked[:most])


def contact_sheet(
    maps: Sequence[HeatMaps], *, figure: Figure | None = None, most_words: int = 7, common: bool = False
) -> list[Axes]:
    """Pictures, one per row, each followed by the heat maps of its words over it.

    Each map is scaled by its own maximum, which stands under the word (in thousandths of attention); with ``common``
    all maps of a picture share one scale. Where not all words fit, content words are shown.

    >>> import numpy as np
    >>> from visuosyn.testing import heat_maps
    >>> maps = heat_maps("red ball", 0.02 * np.eye(4).reshape(2, 2, 4))
    >>> axes = contact_sheet([maps.with_facts(seed=0), maps.with_facts(seed=1)])
    >>> [strip.get_suptitle() for strip in axes[0].figure.get_figure(root=True).subfigs], len(axes)
    (['red ball   (seed 0)', 'red ball   (seed 1)'], 6)
    """
    if not maps:
        raise UserError("a contact sheet needs at least one image: the list of heat maps is empty")
    rows = [content_rows(m, most=most_words) for m in maps]
    columns = 1 + max(len(r) for r in rows)
    if figure is None:
        width = width_of("page")
        figure = tight(width, sum(width / columns * m.grid[0] / m.grid[1] + 11.5 for m in maps))
    axes: list[Axes] = []
    strips = figure.subfigures(len(maps), 1, squeeze=False)[:, 0]
    for strip, one, words in zip(strips, maps, rows, strict=True):
        cells = strip.subplots(1, columns, squeeze=False)[0]
        title = shorten(one.prompt, 110, placeholder=" …") + ("" if one.seed is None else f"   (seed {one.seed})")
        strip.suptitle(title, x=0.004, ha="left", style="italic", fontsize="medium", parse_math=False)
        _strip(list(cells), one, words, scale=common_scale(one) if common else None)
        axes += list(cells)
    return axes


def word_maps(
    maps: HeatMaps,
    *,
    words: Sequence[int] | None = None,
    width: str = "column",
    across: int = 0,
    figure: Figure | None = None,
    common: bool = False,
) -> list[Axes]:
    """One picture and the maps of its words over it, as in Figure 1 of Tang et al. (2023).

    ``words`` are rows of the maps (default: all, in their order); ``width``: a "column" or a "page"; ``across``: how
    many pictures stand side by side (default: four in a column, seven on a page). Each map is scaled by its own
    maximum, which stands under the word in thousandths of attention; with ``common`` all share one scale.

    >>> import numpy as np
    >>> from visuosyn.testing import heat_maps
    >>> cells = word_maps(heat_maps("red ball", 0.02 * np.eye(4).reshape(2, 2, 4)))
    >>> [[text.get_text() for text in cell.texts] for cell in cells]  # the picture, then a word each
    [[], ['red', 'max 20.0‰'], ['ball', 'max 20.0‰']]
    """
    words = range(len(maps)) if words is None else words
    columns = min(across or {"column": 4}.get(width, 7), 1 + len(words))
    lines = -(-(1 + len(words)) // columns)
    if figure is None:
        cell = width_of(width) / columns * maps.grid[0] / maps.grid[1]
        figure = tight(width_of(width), lines * (cell + LABEL * width_of("column")))
    cells = list(figure.subplots(lines, columns, squeeze=False).ravel())
    _strip(cells, maps, words, scale=common_scale(maps) if common else None)
    return cells


def word_course(
    maps: HeatMaps, *, by: str = "phase", words: Sequence[int] | None = None, figure: Figure | None = None
) -> list[Axes]:
    """How words' maps change over the denoising steps, or over the U-Net, one row per word.

    ``by="phase"`` shows early, middle and late steps, ``by="step"`` six single ones, as wide as a page (of maps
    traced with ``detail=("step",)``), ``by="stage"`` down, middle and up blocks; the last column is the whole map.
    ``words`` are rows of the maps (default: up to five content words). All maps of a word share one scale, so a course
    can be read off; each one's own maximum stands over it. Raises UserError where its slices were not kept.

    >>> from visuosyn.testing import tiny_pipeline
    >>> from visuosyn.tracing import trace
    >>> pipeline = tiny_pipeline()
    >>> with trace(pipeline) as tracer:
    ...     images = pipeline("a red cat", num_inference_steps=3).images
    >>> cells = word_course(tracer.heat_maps()[0], words=[1, 2])
    >>> len(cells), [cell.texts[0].get_text() for cell in cells[:5]]
    (10, ['red', 'early', 'middle', 'late', 'all'])
    """
    words = content_rows(maps, most=5) if words is None else words
    columns = _course(maps, by) | {"all": maps.array}
    if figure is None:
        width = width_of("page" if by == "step" else "column")
        height = len(words) * (width / (len(columns) + 1) * maps.grid[0] / maps.grid[1] + 3.5) + 4
        figure = tight(width, height)
    cells = figure.subplots(len(words), len(columns) + 1, squeeze=False)
    size = display_size(maps, at_least=128)
    for place, (line, row) in enumerate(zip(cells, words, strict=True)):
        scale = max(float(array[row].max(initial=0)) for array in columns.values())
        _cell(line[0], np.asarray(backdrop(maps.image, size)), maps.words[row].text)
        for cell, (name, array) in zip(line[1:], columns.items(), strict=True):
            image = np.asarray(overlay(maps.image, array[row], size=size, scale=scale))
            _cell(cell, image, "" if place else name, array[row])
    return list(cells.ravel())


def _course(maps: HeatMaps, by: str) -> dict[str, NDArray[np.float32]]:
    """The maps that a course shows one after the other, by name."""
    if by == "phase":
        return {name: maps.combine(phases=[phase]) for phase, name in enumerate(PHASES)}
    if by == "step":
        steps = sorted({one.step for one in maps.slices if one.step is not None})
        if not steps:
            raise UserError('these maps hold no single steps: trace with detail=("step",)')
        shown = np.unique(np.linspace(0, len(steps) - 1, STEPS_SHOWN).round().astype(int))
        return {f"step {steps[i] + 1}": maps.combine(steps=[steps[i]]) for i in shown}
    if by != "stage":
        raise UserError(f"a course by {by!r} is not known: use phase, step or stage")
    there = [stage for stage in STAGES if any(one.stage == stage for one in maps.slices)]
    if not there:
        raise UserError(
            "these maps have no stages to compare: they come from a transformer, or only their sum was kept"
        )
    return {stage: maps.combine(layers=stage) for stage in there}


def _strip(cells: list[Axes], maps: HeatMaps, words: Sequence[int], *, scale: float | None) -> None:
    """One picture and its overlays in a row of axes; those left over stay empty."""
    size = display_size(maps, at_least=128)
    for cell in cells:
        cell.set_axis_off()
    _cell(cells[0], np.asarray(backdrop(maps.image, size)), "")
    for cell, row in zip(cells[1:], words, strict=False):
        image = np.asarray(overlay(maps.image, maps[row], size=size, scale=scale))
        _cell(cell, image, maps.words[row].text, maps.array[row])


def _cell(cell: Axes, image: NDArray[np.uint8], title: str, array: NDArray[np.float32] | None = None) -> None:
    """An image with a title, and under it the map's maximum."""
    cell.set_axis_off()
    cell.imshow(image)
    top = "" if array is None else f"max {1000 * float(array.max(initial=0)):.1f}‰"
    for text, up, letters, colour in ((title[:18], 1.45 if top else 0.4, "medium", INK), (top, 0.4, "x-small", GREY)):
        if text:
            cell.annotate(text, (0.5, 1), xytext=(0, up), xycoords="axes fraction", textcoords="offset fontsize",
                          ha="center", va="baseline", parse_math=False, fontsize=letters, color=colour)  # fmt: skip
