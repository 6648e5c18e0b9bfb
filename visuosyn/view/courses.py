"""Where attention goes over the denoising steps, the layers and the heads: a course table in, Axes out."""

from __future__ import annotations

import re

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from visuosyn.errors import UserError
from visuosyn.view.contact_sheets import FUNCTION_POS
from visuosyn.view.marks import legend_above, series_mark
from visuosyn.view.styles import canvas, series_look

GROUPS = ("text", "upos")


def time_course(table: pd.DataFrame, *, ax: Axes | None = None, group: str = "text", most: int = 5) -> Axes:
    """The share of words' attention inside their own final area, over the denoising steps.

    ``table``: :func:`visuosyn.measure.course.course_table` with ``by="step"``. A line is the mean of a word, or with
    ``group="upos"`` of a part of speech over all images of the table; its thin line is what attention spread evenly
    would give. At most ``most`` lines are drawn, content words first.

    >>> from visuosyn.measure.course import course_table
    >>> from visuosyn.view.styles import style
    >>> from visuosyn.testing import tiny_pipeline
    >>> from visuosyn.tracing import trace
    >>> pipeline = tiny_pipeline()
    >>> with trace(pipeline, detail=["step"]) as tracer:
    ...     images = pipeline("a red cat", num_inference_steps=3).images
    >>> with style("paper"):
    ...     ax = time_course(course_table(tracer.heat_maps(), by="step"))
    >>> [text.get_text() for text in ax.figure.legends[0].get_texts()], ax.get_xlabel()
    (['a', 'red', 'cat', 'if spread evenly'], 'denoising step')
    """
    ax = canvas(height=62)[1] if ax is None else ax
    places = _lines(table, ax, group=group, most=most, marks=False)
    ax.set(xlabel="denoising step", xlim=(0, max(places, default=1) or 1))
    return ax


def layer_profile(table: pd.DataFrame, *, ax: Axes | None = None, group: str = "text", most: int = 5) -> Axes:
    """The share of words' attention inside their own final area, layer by layer, from the first to the last.

    ``table``: :func:`visuosyn.measure.course.course_table` with ``by="layer"``, or ``by="head"`` to see each layer's
    heads; otherwise as :func:`time_course`.

    >>> from visuosyn.measure.course import course_table
    >>> from visuosyn.view.styles import style
    >>> from visuosyn.testing import tiny_pipeline
    >>> from visuosyn.tracing import trace
    >>> pipeline = tiny_pipeline()
    >>> with trace(pipeline, detail=["layer"]) as tracer:
    ...     images = pipeline("a red cat", num_inference_steps=1).images
    >>> with style("paper"):
    ...     ax = layer_profile(course_table(tracer.heat_maps(), by="layer"))
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['down 0.0', 'down 1.0', 'mid 0', 'up 0.0', 'up 0.1', 'up 1.0', 'up 1.1']
    """
    ax = canvas(height=72)[1] if ax is None else ax
    _lines(table, ax, group=group, most=most, marks=True)
    names = table.drop_duplicates("place").sort_values("place")
    ax.set_xticks(names["place"], [layer_name(name) for name in names["name"]], rotation=90)
    ax.set_xlabel("layer and head" if names["name"].str.contains(" ").all() else "layer")
    return ax


def layer_name(name: str) -> str:
    """A layer's name, short: where it is, block, place in the block.

    >>> layer_name("up_blocks.1.attentions.2.transformer_blocks.0.attn2")
    'up 1.2'
    >>> layer_name("mid_block.attentions.0.transformer_blocks.0.attn2"), layer_name("transformer_blocks.7.attn")
    ('mid 0', '7')
    >>> layer_name("up_blocks.1.attentions.1.transformer_blocks.0.attn2 3")
    'up 1.1, head 3'
    """
    name, _, head = name.partition(" ")
    numbers = re.findall(r"\d+", name.partition(".transformer_blocks")[0]) or re.findall(r"\d+", name)
    stage = name.partition("_")[0] if name.startswith(("down_", "mid_", "up_")) else ""
    return f"{stage} {'.'.join(numbers)}".strip() + (f", head {head}" if head else "")


def _lines(table: pd.DataFrame, ax: Axes, *, group: str, most: int, marks: bool) -> list[int]:
    """Draw the means of each group, and what attention spread evenly would give; returns the places on the x axis."""
    if group not in GROUPS:
        raise UserError(f"lines by {group!r} are not known: use text or upos")
    keys = _shown(table, group, most)
    means = table.groupby([group, "place"])[["inside", "area"]].mean().mul(100)
    for number, key in enumerate(keys):
        (colour, marker), own = series_look(number), means.loc[key]
        every = 1 if marks else max(len(own) // 6, 1)
        ax.plot(
            own.index,
            own["inside"],
            color=colour,
            marker=marker,
            markersize=4,
            markevery=every,
            clip_on=False,
            zorder=3,
        )
        ax.plot(own.index, own["area"], color=colour, linewidth=0.7, linestyle=(0, (4, 3)), zorder=2)
    ax.set(ylabel="attention inside the final area (%)", ylim=(0, 100))
    handles = [series_mark(str(key), number) for number, key in enumerate(keys)]
    handles.append(Line2D([], [], color="#444444", linewidth=0.7, linestyle=(0, (4, 3)), label="if spread evenly"))
    legend_above(ax, handles, columns=3, handletextpad=0.4, columnspacing=1.0)
    sns.despine(ax=ax)
    return sorted(table["place"].unique())


def _shown(table: pd.DataFrame, group: str, most: int) -> list[str]:
    """The groups that have a line: content words first, then by frequency and place in the sentence."""
    counted = table.assign(function=table["upos"].isin(FUNCTION_POS)).groupby(group, sort=False)
    order = counted.agg(function=("function", "min"), n=("inside", "size"), word=("word", "min"))
    return list(order.sort_values(["function", "n", "word"], ascending=[True, False, True]).index[:most])
