"""Figures of a report: drawn, written to files, and described in words for the page."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from visuosyn.view.styles import save_figure, style

Draw = Callable[..., Axes | Figure]  # what draws a figure, called without arguments when it is written
Kind = Literal["chart", "chart wide", "photo"]


@dataclass(frozen=True)
class ReportFigure:
    """A figure as the page shows it. ``source`` is a data URI, for a photo a path; ``size`` (width, height) lets the
    page keep its place before it is loaded; ``alt`` says it in words for those who cannot see it."""

    name: str
    title: str
    kind: Kind
    source: str
    size: tuple[int, int]
    alt: str
    caption: str


def write_figure(
    folder: Path,
    name: str,
    draw: Draw,
    *,
    title: str,
    alt: str,
    caption: str,
    kind: Kind = "chart",
) -> ReportFigure:
    """Draw a figure in the paper's style and write it as PDF, SVG and PNG; gives what the page shows of it.

    >>> from visuosyn.view.styles import canvas
    >>> figure = write_figure(Path("figures"), "empty", lambda: canvas()[1], title="nothing", alt="Empty", caption="")
    >>> figure.source[:26], sorted(path.name for path in Path("figures").iterdir())
    ('data:image/svg+xml;base64,', ['empty.pdf', 'empty.png', 'empty.svg'])
    """
    with style("paper"):
        made = draw()
        figure = made if isinstance(made, Figure) else made.figure.get_figure(root=True)
        assert figure is not None
        save_figure(figure, folder / name)
    with Image.open(folder / f"{name}.png") as picture:
        size = picture.size
    if kind == "photo":
        source = f"{folder.name}/{name}.png"
    else:
        content = base64.b64encode((folder / f"{name}.svg").read_bytes()).decode("ascii")
        source = f"data:image/svg+xml;base64,{content}"
    return ReportFigure(name, title, kind, source, size, alt, caption)
