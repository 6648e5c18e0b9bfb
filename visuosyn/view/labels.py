"""Names beside points in a figure, placed so that none lies on another, on a point or on an interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

ANGLES = np.deg2rad([20, 160, -20, -160, 60, 120, -60, -120, 90, -90, 0, 180])
DISTANCES = (5.0, 9.0, 14.0, 20.0, 28.0, 38.0, 50.0, 65.0)  # points


def _overlap(box: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """The area that ``box`` (x0, y0, x1, y1) shares with the boxes ``others`` (box, 4), summed."""
    if not len(others):
        return 0.0
    width = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])
    height = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1])
    return float((np.clip(width, 0, None) * np.clip(height, 0, None)).sum())


def place_labels(
    ax: Axes,
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    *,
    lines: Sequence[tuple[float, float]] = (),
    colours: Sequence[str] = (),
    size: float | None = None,
) -> None:
    """Write ``names`` beside ``points`` (data coordinates) where they cover least, in the given order.

    ``lines`` are places on lines, which a name may cover rather than another name or a point. A name that had to go
    far gets a thin line to its point. The axes' limits must be final: the places are worked out in the figure as it is
    laid out now.
    """
    figure = ax.figure.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    scale = 72 / figure.dpi  # pixels to points
    if not points:
        return
    marks, soft = (_around(ax.transData.transform(there) * scale) for there in (points, lines or points))
    names_there = np.empty((0, 4))
    frame = np.array(ax.get_window_extent().extents) * scale
    for number, (point, name) in enumerate(zip(points, names, strict=True)):
        colour = colours[number] if colours else "black"
        text = ax.annotate(
            name,
            point,
            xytext=(0, 0),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=size,
            color=colour,
            parse_math=False,
            bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 0.6},
            zorder=2.5,
        )
        extent = text.get_window_extent()
        half = np.array([extent.width, extent.height]) * scale / 2
        centre = ax.transData.transform(point) * scale
        offset, box = _best(centre, half, ((12.0, names_there), (6.0, marks), (1.0, soft)), frame)
        text.set_position(tuple(offset))
        names_there = np.vstack([names_there, box])
        if np.hypot(*np.maximum(np.abs(offset) - half, 0)) > 8:
            ax.annotate(
                "",
                point,
                xytext=tuple(offset - np.clip(offset, -half, half)),
                textcoords="offset points",
                arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": colour, "alpha": 0.6, "shrinkB": 2},
                zorder=2,
            )


def _around(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Small boxes (x0, y0, x1, y1) around places (place, 2), in points."""
    return np.hstack([places - 2.5, places + 2.5])


def _best(
    centre: NDArray[np.float64],
    half: NDArray[np.float64],
    taken: Sequence[tuple[float, NDArray[np.float64]]],
    frame: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The offset of a label of half size ``half`` that covers least of ``taken`` (weight, boxes), and its box."""
    best: tuple[float, NDArray[np.float64], NDArray[np.float64]] | None = None
    for distance in DISTANCES:
        for angle in ANGLES:
            direction = np.array([np.cos(angle), np.sin(angle)])
            offset = direction * (distance + np.abs(direction) @ half)
            middle = centre + offset
            box = np.concatenate([middle - half, middle + half])
            outside = np.maximum(frame[:2] - box[:2], 0).sum() + np.maximum(box[2:] - frame[2:], 0).sum()
            covered = sum(weight * _overlap(box, boxes) for weight, boxes in taken)
            cost = covered + 40 * outside + 0.8 * distance
            if best is None or cost < best[0]:
                best = cost, offset, box
    assert best is not None
    return best[1], best[2]
