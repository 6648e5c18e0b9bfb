"""How figures look and how they are written: style contexts, sizes in millimetres, byte-equal files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

from visuosyn.errors import UserError
from visuosyn.run import atomic_write

# All stand out from paper in greyscale (3 to 1), and colour-blind readers can tell them apart; the first two are Okabe
# and Ito's, the others were chosen to lie far from them and from each other. With each goes a marker, with areas a
# hatch.
BLUE, VERMILLION, GREY, INK = "#0072B2", "#D55E00", "#767676", "#222222"
PALETTE = (BLUE, VERMILLION, "#05A188", "#790336", "#000000", "#233086", "#146E6D", "#9E3018")
MARKERS = ("o", "s", "^", "v", "D", "P", "X", "*")
HATCHES = ("", "////", "||||", "\\\\\\\\", "xxxx", "----", "++++", "//")  # dots would weigh ten times as much in SVG

MILLIMETRES = 25.4
STYLES: dict[str, dict[str, float]] = {  # text size in points, widths of a column and of a page in mm
    "paper": {"text": 7.5, "line": 0.8, "column": 77.0, "page": 160.0},  # ACL: two columns of 77 mm, 6 mm apart
    "notebook": {"text": 10.0, "line": 1.1, "column": 130.0, "page": 220.0},
    "slides": {"text": 14.0, "line": 1.8, "column": 160.0, "page": 300.0},
}
FORMATS = ("pdf", "svg", "png")
_CURRENT: ContextVar[str] = ContextVar("style", default="paper")  # set by ``style``, put back by it
_METADATA = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {"Software": None}}
_WRITING: dict[Any, Any] = {
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "visuosyn",
    "savefig.bbox": None,
}


@contextmanager
def style(name: str = "paper") -> Iterator[None]:
    """Draw figures in one of the styles "paper", "notebook", "slides"; rcParams are put back afterwards.

    "paper" has the columns of ACL's style: 77 mm, and 160 mm for both. Figures drawn inside have the style's own
    widths, to the millimetre, and heights that grow with them. Raises UserError for another name.

    >>> import matplotlib
    >>> before = dict(matplotlib.rcParams)
    >>> with style("slides"):
    ...     figure, axes = canvas("column", 90)
    >>> before == dict(matplotlib.rcParams)
    True
    """
    if name not in STYLES:
        raise UserError(f"style {name!r} is not known: use one of {', '.join(STYLES)}")
    sizes = STYLES[name]
    text, line = sizes["text"], sizes["line"]
    own = {
        "font.size": text,
        "axes.labelsize": text,
        "axes.titlesize": text * 1.1,
        "xtick.labelsize": text * 0.92,
        "ytick.labelsize": text * 0.92,
        "legend.fontsize": text * 0.92,
        "axes.linewidth": line,
        "lines.linewidth": line * 1.3,
        "lines.markersize": text * 0.65,
        "xtick.major.width": line,
        "ytick.major.width": line,
        "xtick.major.size": text * 0.35,
        "ytick.major.size": text * 0.35,
        "axes.edgecolor": INK,
        "text.color": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.unicode_minus": True,
        "axes.titlelocation": "left",
        "legend.frameon": False,
        "hatch.linewidth": 0.7,
        "figure.dpi": 100,
        "savefig.dpi": 200,
        "figure.figsize": (sizes["column"] / MILLIMETRES, sizes["column"] / MILLIMETRES),
        "figure.constrained_layout.use": True,
    }
    params: dict[Any, Any] = {**sns.axes_style("ticks"), **own, **_WRITING}
    token = _CURRENT.set(name)
    try:
        with matplotlib.rc_context(params):
            yield
    finally:
        _CURRENT.reset(token)


def width_of(width: str = "column") -> float:
    """The width in mm of a "column" or "page" of the current style.

    >>> width_of("page")
    160.0
    """
    if width not in ("column", "page"):
        raise UserError(f"width {width!r} is not known: use column or page")
    return STYLES[_CURRENT.get()][width]


def canvas(width: str = "column", height: float = 77.0) -> tuple[Figure, Axes]:
    """A figure with one axes, as wide as a "column" or "page" of the current style.

    ``height`` is in mm for the paper, and grows with the column in other styles. The file has exactly that size. No
    pyplot state is touched.

    >>> with style("slides"):
    ...     figure, axes = canvas("column", 77)
    >>> [round(25.4 * float(side), 3) for side in figure.get_size_inches()]
    [160.0, 160.0]
    """
    figure = blank(width, height)
    return figure, figure.subplots()


def blank(width: str = "column", height: float = 77.0) -> Figure:
    """A figure without axes, of the size that :func:`canvas` gives it.

    >>> with style("paper"):
    ...     figure = blank("page", 40)
    >>> [round(25.4 * float(side), 3) for side in figure.get_size_inches()], figure.axes
    ([160.0, 40.0], [])
    """
    tall = height * width_of("column") / STYLES["paper"]["column"]
    return Figure(figsize=(width_of(width) / MILLIMETRES, tall / MILLIMETRES), layout="constrained")


def tight(width: float, height: float, *, padding: float = 0.02, spacing: float = 0.0) -> Figure:
    """A figure of a size in millimetres, with almost no space between its axes, for pictures side by side.

    >>> [round(25.4 * float(side), 3) for side in tight(160, 80).get_size_inches()]
    [160.0, 80.0]
    """
    layout = ConstrainedLayoutEngine(w_pad=0.01, h_pad=padding, wspace=0.02, hspace=spacing)
    return Figure(figsize=(width / MILLIMETRES, height / MILLIMETRES), layout=layout)


def plain(texts: Iterable[Text]) -> None:
    """Show texts that come from data as they are: two dollar signs in a word do not make a formula.

    >>> figure, axes = canvas("column", 40)
    >>> legend = axes.legend(axes.plot([0, 1]), ["$5 or $6"])
    >>> plain(legend.get_texts())
    >>> [text.get_parse_math() for text in legend.get_texts()]
    [False]
    """
    for text in texts:
        text.set_parse_math(False)


def series_look(number: int) -> tuple[str, str]:
    """The colour and the marker of the series of this number; no two of the first eight are alike.

    >>> series_look(1)
    ('#D55E00', 's')
    """
    return PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)]


def stacked(ax: Axes, shares: pd.DataFrame, *, remainder: str) -> None:
    """Bars from 0 to 100 % at 0, 1, ...: one bar per row of ``shares``, one segment per column, in per cent.

    Segments differ in colour and in hatch, so also in greyscale; that of the column ``remainder`` is hollow.

    >>> import pandas as pd
    >>> figure, axes = canvas("column", 40)
    >>> stacked(axes, pd.DataFrame({"right": [70.0, 20.0], "missing": [30.0, 80.0]}), remainder="missing")
    >>> [(float(bar.get_x()), float(bar.get_width())) for bar in axes.patches[2:]]
    [(70.0, 30.0), (20.0, 80.0)]
    """
    left = np.zeros(len(shares))
    for number, (name, widths) in enumerate(shares.items()):
        fill, edge, hatch = PALETTE[number % len(PALETTE)], "white", HATCHES[number % len(HATCHES)]
        if name == remainder:
            fill, edge, hatch = "white", GREY, ""
        ax.barh(range(len(shares)), widths, left=left, height=0.7, label=str(name), facecolor=fill, edgecolor=edge,
                hatch=hatch, linewidth=0.6, clip_on=False)  # fmt: skip
        left += widths.to_numpy()
    ax.set_xlim(0, 100)


def save_figure(figure: Figure | SubFigure, stem: Path, *, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write ``stem.pdf``, ``stem.svg``, ``stem.png``; the same figure gives the same bytes; of a subfigure, the whole.

    Text stays text: fonts are embedded in the PDF (TrueType), and named in the SVG. No dates are written.

    >>> from pathlib import Path
    >>> figure, axes = canvas("column", 40)
    >>> _ = axes.plot([0, 1, 2], [0, 1, 4])
    >>> [path.name for path in save_figure(figure, Path("squares"))]
    ['squares.pdf', 'squares.svg', 'squares.png']
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    paths = [stem.with_name(f"{stem.name}.{suffix}") for suffix in formats]
    whole = figure.figure if isinstance(figure, SubFigure) else figure
    with matplotlib.rc_context(_WRITING):
        for path, suffix in zip(paths, formats, strict=True):
            with atomic_write(path) as temporary:
                whole.savefig(temporary, format=suffix, metadata=_METADATA[suffix])
    return paths
