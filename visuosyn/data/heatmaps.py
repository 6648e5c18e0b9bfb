"""The heat maps of one image, and the attention sums that they are made of.

A *position* is a word's 0-based place in its sentence; a *row* is its place in ``HeatMaps.array``. They differ
only when a word could not be traced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from visuosyn.data.dropped import Dropped
from visuosyn.data.masks import MaskRule
from visuosyn.data.resize import bicubic
from visuosyn.data.sentence import Sentence, Word
from visuosyn.data.shown import ShowsItself
from visuosyn.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from PIL.Image import Image

    from visuosyn.view.notebook import PairView


@dataclass(frozen=True, eq=False, repr=False)
class AttentionSlice:
    """Accumulated attention of one slice of a run.

    ``sums``: float32 (word, row, column) at the slice's own ``grid``, attention probabilities summed over heads,
    layers and steps and averaged over a word's sub-words; ``count``: how many (head, layer, step) maps were summed.
    ``stage`` is "down", "mid" or "up" for a U-Net, "joint" for a transformer, "total" for one map over the default
    stages. ``phase``: 0, 1, 2 (early, middle, late steps), ``None`` for all. ``step``, ``layer`` and ``head``: only
    where they were traced apart. ``encoder``: the text encoder whose tokens were attended to, where the model reads the
    prompt with several apart.

    >>> from visuosyn.testing import heat_maps
    >>> [(one, one.sums.tolist()) for one in heat_maps("ball", [[[0.75, 0.25]]]).slices]
    [(AttentionSlice(total 1x2, 1 maps), [[[0.75, 0.25]]])]
    """

    stage: str
    grid: tuple[int, int]
    sums: NDArray[np.float32]
    count: int
    phase: int | None = None
    step: int | None = None
    layer: str | None = None
    head: int | None = None
    encoder: str | None = None

    def __repr__(self) -> str:
        given = {"phase": self.phase, "step": self.step, "layer": self.layer, "head": self.head}
        given |= {"encoder": self.encoder}
        kept = "".join(f", {name} {value}" for name, value in given.items() if value is not None)
        return f"AttentionSlice({self.stage} {self.grid[0]}x{self.grid[1]}{kept}, {self.count} maps)"


@dataclass(frozen=True, eq=False, repr=False)
class HeatMap(ShowsItself):
    """One word's map: ``array`` float32 (row, column), mean attention probability over heads, layers, steps.

    >>> from visuosyn.testing import heat_maps
    >>> ball = heat_maps("red ball", [[[0, 1, 0]], [[0.1, 0.8, 0.4]]])["ball"]
    >>> ball, ball.mask("relative:0.4").tolist()
    (HeatMap('ball', 1x3, maximum 0.8), [[False, True, True]])
    """

    word: Word
    array: NDArray[np.float32]
    steps: int = 1

    def __repr__(self) -> str:
        rows, columns = self.array.shape
        return f"HeatMap({self.word.text!r}, {rows}x{columns}, maximum {self.array.max():.3g})"

    def mask(self, rule: str | MaskRule = "relative:0.4", *, size: tuple[int, int] | None = None) -> NDArray[Any]:
        """The map's area under a mask rule: bool (row, column), float for ``soft``. ``size`` = (rows, columns)
        upscales the map first (bicubic, clamped at 0)."""
        rule = MaskRule.parse(rule)
        array = self.array if size is None else np.maximum(bicubic(self.array, size), 0)
        return rule.apply(array) if rule.kind == "soft" else rule.binarize(array, steps=self.steps)


LAYERS = {
    "default": ("down", "up", "joint", "total"),  # eq. 6 sums down and up blocks
    "all": ("down", "mid", "up", "joint", "total"),
    **{stage: (stage,) for stage in ("down", "mid", "up")},
}


@dataclass(frozen=True, eq=False, repr=False)
class HeatMaps(ShowsItself):
    """The heat maps of one image: a row for each traced word.

    ``grid`` is the latent's (rows, columns), at which ``array`` stands; ``steps`` the denoising steps seen;
    ``tokens`` the number of sub-words per row, of all text encoders together; ``cosines`` float32 (word, word)
    cosines of the words' text embeddings (``None`` where not computed); ``dropped`` what could not be traced, and why.

    >>> from visuosyn.testing import heat_maps
    >>> maps = heat_maps("red ball", [[[0.0, 1.0]], [[2.0, 0.0]]])
    >>> maps.array.shape, maps["ball"].array.tolist(), maps[0].word.text
    ((2, 1, 2), [[2.0, 0.0]], 'red')
    """

    prompt: str
    words: tuple[Word, ...]
    slices: tuple[AttentionSlice, ...]
    grid: tuple[int, int]
    steps: int
    tokens: tuple[int, ...] = ()
    cosines: NDArray[np.float32] | None = None
    dropped: tuple[Dropped, ...] = ()
    image: Image | None = None
    caption_id: str = ""
    noise_id: str = ""
    seed: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def array(self) -> NDArray[np.float32]:
        """float32 (word, row, column) at the latent grid: means over heads, layers (down and up), steps, encoders."""
        return self.combine()

    def combine(
        self, *, layers: str = "default", phases: Iterable[int] | None = None, steps: Iterable[int] | None = None
    ) -> NDArray[np.float32]:
        """Mean maps over a choice of layers and steps, at the latent grid; clamped at 0 once, after the sum.

        ``layers``: a choice of ``LAYERS`` ("default", "all", "down", "mid", "up") or the name of one layer where they
        were traced apart; ``phases``: 0, 1, 2 (early, middle, late steps); ``steps``, from 0, where they were traced
        apart. Upscaling is linear, so sums are added first per grid and upscaled once (Tang et al. 2023, eq. 6).
        Raises UserError for what was not stored.
        """
        phases, steps = (None if chosen is None else frozenset(chosen) for chosen in (phases, steps))
        names = {one.layer for one in self.slices if one.layer is not None}
        if layers not in LAYERS and layers not in names:
            raise UserError(f"layers {layers!r} is not known: use one of {', '.join([*LAYERS, *sorted(names)])}")
        wanted = {"layer": {layers} if layers in names else None, "phase": phases, "step": steps}
        stages = LAYERS["all"] if layers in names else LAYERS[layers]
        chosen = [
            one
            for one in self.slices
            if one.stage in stages and all(own is None or getattr(one, n) in own for n, own in wanted.items())
        ]
        if not chosen:
            asked = [f"{name}={sorted(own)}" for name, own in (("phases", phases), ("steps", steps)) if own is not None]
            raise UserError(
                f"no slice of these maps belongs to {', '.join([f'layers={layers!r}', *asked])}: was it stored? "
                'Steps and layers are stored apart by trace(pipe, detail=("step", "layer"))'
            )
        grids: dict[tuple[int, int], NDArray[np.float32]] = {}
        for one in chosen:
            grids[one.grid] = grids[one.grid] + one.sums if one.grid in grids else one.sums
        total = sum((bicubic(sums, self.grid) for sums in grids.values()), start=np.float32(0))
        return np.asarray(np.maximum(np.asarray(total) / np.float32(sum(one.count for one in chosen)), 0))

    def row(self, word: str | int | Word) -> int:
        """The row of a word by text, by row number or by span; an ambiguous text is an error naming the rows."""
        if isinstance(word, Word):
            found = [i for i, w in enumerate(self.words) if (w.start, w.end) == (word.start, word.end)]
        elif isinstance(word, str):
            found = [i for i, w in enumerate(self.words) if w.text == word]
        else:
            found = [range(len(self.words))[word]] if -len(self.words) <= word < len(self.words) else []
        if len(found) > 1:
            raise UserError(f"{word!r} stands more than once in {self.prompt!r}: choose a row of {found}")
        if not found:
            there = ", ".join(f"{i} {w.text!r}" for i, w in enumerate(self.words))
            raise UserError(f"no heat map for {word!r} in {self.prompt!r}; there are: {there}")
        return found[0]

    def __getitem__(self, word: str | int | Word) -> HeatMap:
        row = self.row(word)
        return HeatMap(self.words[row], self.array[row], self.steps)

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        words = " ".join(f"{row}:{word.text}" for row, word in enumerate(self.words))
        return f"HeatMaps({words}; {self.grid[0]}x{self.grid[1]}, {self.steps} steps, {len(self.dropped)} dropped)"

    def with_facts(self, **facts: Any) -> HeatMaps:
        """A copy with other fields, such as ``caption_id`` or ``seed``."""
        return replace(self, **facts)

    def overlay(self, word: str | int | Word, *, common: bool = False, **look: Any) -> Image:
        """The picture with one word's map over it (:func:`visuosyn.view.overlay`, which ``look`` is passed to).

        ``common`` scales by the largest value of any word, so that overlays may be compared by brightness; by
        default each map is scaled by its own maximum.

        >>> from visuosyn.testing import heat_maps
        >>> heat_maps("red ball", [[[1, 0]], [[0, 1]]]).overlay("ball", size=(64, 32)).size
        (64, 32)
        """
        overlaid: Image = self._view().word_overlay(self, word, common=common, **look)
        return overlaid

    def pair(self, head: str | int | Word, dependent: str | int | Word, *, rule: str = "relative:0.4") -> PairView:
        """The areas of two words over the picture in three colours, with IoU, IoD and IoH beside.

        >>> from visuosyn.testing import heat_maps
        >>> maps = heat_maps("red ball", [[[1.0, 1.0, 0.0]], [[0.0, 1.0, 1.0]]])
        >>> maps.pair("ball", "red")
        PairView(head 'ball', dependent 'red', relative:0.4: IoU 0.333, IoD 0.500, IoH 0.500)
        """
        shown: PairView = self._view().pair_view(self, head, dependent, rule=rule)
        return shown

    def phrase(self, head: str | int | Word, sentence: Sentence | None = None) -> HeatMap:
        """The map of a phrase: the mean of the maps of ``head`` and of all words below it in the tree.

        The tree is that of ``sentence``, or of the words themselves where they carry one and none was dropped; without
        one UserError. How to read it: as the map of the whole phrase; a long phrase is flatter than its words.

        >>> from visuosyn.testing import heat_maps, sentence
        >>> maps = heat_maps("red ball", [[[1.0, 0.0]], [[0.0, 0.5]]])
        >>> tree = sentence("red/ADJ/amod/2 ball/NOUN/root/0")
        >>> maps.phrase("ball", tree).word.text, maps.phrase("ball", tree).array.tolist()
        ('red ball', [[0.5, 0.25]])
        """
        top = self.words[self.row(head)]
        words = self._tree() if sentence is None else sentence.words
        spans = [(word.start, word.end) for word in words]
        if (top.start, top.end) not in spans:
            raise UserError(f"{top.text!r} is no word of the sentence {sentence.text if sentence else self.prompt!r}")
        below = {spans.index((top.start, top.end))}
        while more := {i for i, word in enumerate(words) if word.head in below} - below:  # a cycle does no harm
            below |= more
        inside = {spans[position] for position in below}
        rows = [row for row, word in enumerate(self.words) if (word.start, word.end) in inside]
        own = [self.words[row] for row in rows]
        whole = Word(" ".join(one.text for one in own), min(one.start for one in own), max(one.end for one in own))
        return HeatMap(whole, self.array[rows].mean(axis=0), self.steps)

    def _tree(self) -> tuple[Word, ...]:
        """The words as a tree, if they are one: heads are positions, which are rows only where no word is missing."""
        if any(lost.what == "word" for lost in self.dropped) or any(word.head is None for word in self.words):
            raise UserError("these maps do not know their whole tree: pass the sentence, as in maps.phrase(word, tree)")
        return self.words

    def to_dataframe(self) -> pd.DataFrame:
        """Every value as a row: ``word`` (row of ``array``), ``text``, ``row``, ``column``, ``attention``.

        >>> from visuosyn.testing import heat_maps
        >>> table = heat_maps("red ball", [[[1, 0]], [[0, 1]]]).to_dataframe()
        >>> table.groupby("text")["attention"].max().to_dict()
        {'ball': 1.0, 'red': 1.0}
        """
        import pandas as pd

        number, row, column = (axis.ravel() for axis in np.indices(self.array.shape))
        texts = np.array([word.text for word in self.words], dtype=object)
        places = {"word": number, "text": texts[number], "row": row, "column": column}
        return pd.DataFrame(places | {"attention": self.array.ravel()})

    def to_xarray(self) -> xr.DataArray:
        """The maps as an array of labelled axes: dimensions word, row, column; words have text, start, end, upos.

        >>> from visuosyn.testing import heat_maps
        >>> maps = heat_maps("red ball", [[[1, 0]], [[0, 1]]]).to_xarray()
        >>> maps.dims, maps[maps.text == "ball"].values.tolist()
        (('word', 'row', 'column'), [[[0.0, 1.0]]])
        """
        try:
            import xarray as xr
        except ImportError as error:
            raise UserError("to_xarray needs xarray: pip install 'visuosyn[notebooks]'") from error
        labels = ("text", "start", "end", "upos")
        coords = {name: ("word", [getattr(one, name) for one in self.words]) for name in labels}
        facts = {"prompt": self.prompt, "caption_id": self.caption_id, "steps": self.steps}
        facts |= {} if self.seed is None else {"seed": self.seed}
        return xr.DataArray(self.array, dims=("word", "row", "column"), coords=coords, name="attention", attrs=facts)
