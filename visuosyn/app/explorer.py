"""An explorer of one prompt for notebooks: widgets for the words, the threshold, the step, the layers and heads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from visuosyn.data import LAYERS, AttentionSlice, HeatMaps
from visuosyn.errors import UserError
from visuosyn.parse import Parser, load_parser
from visuosyn.studies.prompt.study import look
from visuosyn.view.courses import layer_name
from visuosyn.view.notebook import maps_html, pair_view, picture_html, word_overlay
from visuosyn.view.overlays import display_size, pair_overlay

NONE = -1
SMALL = 256  # pixels of a side up to which heads are kept apart: those of a large model's picture take gigabytes


def explore(prompt: str = "a dog wearing a red hat", *, pipeline: Any = "micro", parser: Parser | None = None) -> Any:
    """Widgets to look at one prompt: what to draw, the words to compare, threshold, step, layers and heads.

    ``pipeline``: a name or folder for ``load_pipeline``, or a loaded one. Draws the prompt and gives an ipywidgets box,
    which a notebook shows; "Draw" draws again (steps and layers are kept apart), everything else only changes the view.
    Raises UserError where ipywidgets is missing; the box says why a prompt cannot be drawn.

    >>> from visuosyn.testing import tiny_pipeline
    >>> box = explore("a red cat", pipeline=tiny_pipeline())
    >>> word = box.children[1].children[0]
    >>> [name for name, row in word.options]
    ['all', '0 a', '1 red', '2 cat']
    """
    from visuosyn.tracing import load_pipeline  # takes seconds to load

    loaded = load_pipeline(pipeline) if isinstance(pipeline, str) else pipeline
    explorer = Explorer(prompt, loaded, load_parser() if parser is None else parser)
    explorer.look()
    return explorer.box


def choices(maps: HeatMaps) -> dict[str, tuple[int, ...]]:
    """What can be looked at alone: the choices of ``LAYERS``, each layer, each head; their numbers in ``maps.slices``.

    Of choices with the same slices only the first is listed, so that each shows something else.

    >>> from visuosyn.testing import heat_maps
    >>> sums = heat_maps("cat", [[[1.0, 2.0]]]).slices[0].sums
    >>> heads = [AttentionSlice("up", (1, 2), sums, 1, layer="up_blocks.0.attentions.1", head=head) for head in (0, 1)]
    >>> choices(heat_maps("cat", sums, slices=tuple(heads)))
    {'default': (0, 1), 'up 0.1, head 0': (0,), 'up 0.1, head 1': (1,)}
    """
    found: dict[str, list[int]] = {name: [] for name in LAYERS}
    for number, one in enumerate(maps.slices):
        names = [name for name, stages in LAYERS.items() if one.stage in stages]
        names += [] if one.layer is None else [layer_name(one.layer)]
        names += [] if one.head is None else [layer_name(f"{one.layer} {one.head}")]
        for name in names:
            found.setdefault(name, []).append(number)
    first: dict[tuple[int, ...], str] = {}
    for name, numbers in found.items():
        first.setdefault(tuple(numbers), name)
    return {name: numbers for numbers, name in first.items() if numbers}


def seen_through(maps: HeatMaps, numbers: Sequence[int], *, step: int = 0) -> HeatMaps:
    """The maps that some of their slices alone make, in one step (from 1; 0: all), as maps with a single slice.

    >>> from visuosyn.testing import heat_maps
    >>> seen_through(heat_maps("cat", [[[1.0, 2.0]]]), [0])["cat"].array.tolist()
    [[1.0, 2.0]]
    """
    chosen = tuple(maps.slices[number] for number in numbers)
    array = maps.with_facts(slices=chosen).combine(layers="all", steps=[step - 1] if step else None)
    return maps.with_facts(slices=(AttentionSlice("total", maps.grid, array, 1),))


class Explorer:
    """The state of one explorer: its widgets and what was drawn last."""

    def __init__(self, prompt: str, pipeline: Any, parser: Parser) -> None:
        try:
            import ipywidgets as w
        except ImportError as error:
            raise UserError("the explorer needs ipywidgets: pip install 'visuosyn[notebooks]'") from error
        from visuosyn.tracing.families import family_of  # takes seconds to load

        self.pipeline, self.parser = pipeline, parser
        small = max(family_of(pipeline).native_size(pipeline)) <= SMALL
        self.detail = ("step", "layer", "head")[: 3 if small else 2]
        self.maps: HeatMaps | None = None
        self.choices: dict[str, tuple[int, ...]] = {}
        self.prompt = w.Text(prompt, description="prompt", layout=w.Layout(width="40em"))
        self.seed = w.BoundedIntText(0, min=0, max=2**31 - 1, description="seed")
        self.draw = w.Button(description="Draw", button_style="primary")
        self.word = w.Dropdown(description="word", options=[("all", NONE)])
        self.other = w.Dropdown(description="dependent", options=[("none", NONE)])
        self.threshold = w.FloatSlider(0.4, min=0.02, max=1, step=0.02, description="threshold")
        self.step = w.IntSlider(0, min=0, max=0, description="step (0: all)", continuous_update=False)
        self.layers = w.Dropdown(description="layers", options=["default"])
        self.view = w.HTML()
        rows = ([self.prompt, self.seed, self.draw], [self.word, self.other, self.layers], [self.threshold, self.step])
        self.box = w.VBox([*(w.HBox(row) for row in rows), self.view])
        self.draw.on_click(lambda _: self.look())
        for control in (self.word, self.other, self.threshold, self.step, self.layers):
            control.observe(lambda _: self.show(), names="value")

    def look(self) -> None:
        """Draw the prompt, then show it."""
        self.view.value = "drawing …"
        try:
            seen = look(
                self.prompt.value, pipeline=self.pipeline, parser=self.parser, seed=self.seed.value,
                detail=self.detail, masks=["relative:0.4"],
            )  # fmt: skip
        except UserError as error:
            self.maps, self.view.value = None, picture_html(None, str(error))
            return
        self.maps = seen.maps
        rows = [(f"{row} {word.text}", row) for row, word in enumerate(seen.maps.words)]
        self.choices = choices(seen.maps)
        _offer(self.word, [("all", NONE), *rows])
        _offer(self.other, [("none", NONE), *rows])
        _offer(self.layers, [(name, name) for name in self.choices])
        self.step.max = seen.maps.steps
        self.show()

    def show(self) -> None:
        """Show what was drawn as the widgets ask."""
        if self.maps is None:
            return
        maps = seen_through(self.maps, self.choices[self.layers.value], step=self.step.value)
        rule = f"relative:{self.threshold.value:.2f}"
        self.other.disabled = self.threshold.disabled = self.word.value == NONE  # these say how one word is looked at
        if self.word.value == NONE:
            self.view.value = maps_html(maps)
        elif self.other.value == NONE:
            self.view.value = word_html(maps, self.word.value, rule)
        else:
            self.view.value = pair_view(maps, self.word.value, self.other.value, rule=rule)._repr_html_()


def word_html(maps: HeatMaps, row: int, rule: str) -> str:
    """A word's heat map over the picture, and beside it the area that a mask rule makes of it."""
    one = maps[row]
    area = one.mask(rule)
    top = f"{one.word.text}: maximum {1000 * float(one.array.max(initial=0)):.1f}‰ of the attention"
    below = f"its area under {rule}: {100 * area.mean():.1f} % of the picture"
    shown = pair_overlay(maps.image, np.zeros_like(area), area, size=display_size(maps))
    pictures = picture_html(word_overlay(maps, row), top) + picture_html(shown, below)
    return f'<div style="display:flex;gap:16px">{pictures}</div>'


def _offer(choice: Any, options: list[tuple[str, Any]]) -> None:
    """New options for a dropdown; the same ones, as for another seed of a prompt, leave what was chosen."""
    if tuple(choice.options) != tuple(options):
        choice.options = options
