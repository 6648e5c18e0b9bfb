"""An explorer of one prompt for notebooks: widgets for the words, the threshold, the step, the layers."""

from __future__ import annotations

from typing import Any

from visuosyn.errors import UserError
from visuosyn.parse import Parser, load_parser
from visuosyn.records import LAYERS, HeatMaps, Part
from visuosyn.report import maps_html, pair_view, word_overlay
from visuosyn.report.courses import layer_name
from visuosyn.report.notebook import picture_html
from visuosyn.study import look

NONE = -1


def explore(prompt: str = "a dog wearing a red hat", *, pipeline: Any = "micro", parser: Parser | None = None) -> Any:
    """Widgets to look at one prompt: what to draw, the words to compare, threshold, step and layers.

    ``pipeline``: a name or folder for ``load_pipeline``, or a loaded one. Draws the prompt and gives an ipywidgets box,
    which a notebook shows; "Draw" draws again (steps and layers are kept apart), everything else only looks again.
    Raises UserError where ipywidgets is missing; a prompt that cannot be drawn is told in the box.

    >>> from visuosyn.testing import tiny_pipeline
    >>> box = explore("a red cat", pipeline=tiny_pipeline())
    >>> word = box.children[1].children[0]
    >>> [name for name, row in word.options]
    ['all', '0 a', '1 red', '2 cat']
    """
    from visuosyn.trace import load_pipeline  # takes seconds to load

    loaded = load_pipeline(pipeline) if isinstance(pipeline, str) else pipeline
    explorer = Explorer(prompt, loaded, load_parser() if parser is None else parser)
    explorer.look()
    return explorer.box


def seen_through(maps: HeatMaps, *, layers: str = "default", step: int = 0) -> HeatMaps:
    """The maps as one step (from 1; 0: all) and some layers alone have them, in place of their parts.

    >>> from visuosyn.testing import heat_maps
    >>> seen_through(heat_maps("cat", [[[1.0, 2.0]]]))["cat"].array.tolist()
    [[1.0, 2.0]]
    """
    array = maps.combine(layers=layers, steps=[step - 1] if step else None)
    return maps.with_facts(parts=(Part("total", maps.grid, array, 1),))


class Explorer:
    """The state of one explorer: its widgets and what was drawn last."""

    def __init__(self, prompt: str, pipeline: Any, parser: Parser) -> None:
        try:
            import ipywidgets as w
        except ImportError as error:
            raise UserError("the explorer needs ipywidgets: pip install 'visuosyn[notebooks]'") from error
        self.pipeline, self.parser = pipeline, parser
        self.maps: HeatMaps | None = None
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
                detail=("step", "layer"), masks=["relative:0.4"],
            )  # fmt: skip
        except UserError as error:
            self.maps, self.view.value = None, picture_html(None, str(error))
            return
        self.maps = seen.maps
        rows = [(f"{row} {word.text}", row) for row, word in enumerate(seen.maps.words)]
        names = dict.fromkeys(part.layer for part in seen.maps.parts if part.layer is not None)
        stages = [name for name in LAYERS if any(part.stage in LAYERS[name] for part in seen.maps.parts)]
        _offer(self.word, [("all", NONE), *rows])
        _offer(self.other, [("none", NONE), *rows])
        _offer(self.layers, [*zip(stages, stages, strict=True), *((layer_name(name), name) for name in names)])
        self.step.max = seen.maps.steps
        self.show()

    def show(self) -> None:
        """Show what was drawn as the widgets ask."""
        if self.maps is None:
            return
        maps = seen_through(self.maps, layers=self.layers.value, step=self.step.value)
        rule = f"relative:{self.threshold.value:.2f}"
        if self.word.value == NONE:
            self.view.value = maps_html(maps)
        elif self.other.value == NONE:
            top = 1000 * float(maps.array[self.word.value].max(initial=0))
            text = f"{maps.words[self.word.value].text}: maximum {top:.1f}‰ of the attention"
            self.view.value = picture_html(word_overlay(maps, self.word.value), text)
        else:
            self.view.value = pair_view(maps, self.word.value, self.other.value, rule=rule)._repr_html_()


def _offer(choice: Any, options: list[tuple[str, Any]]) -> None:
    """New options for a dropdown; the same ones, as for another seed of a prompt, leave what was chosen."""
    if tuple(choice.options) != tuple(options):
        choice.options = options
