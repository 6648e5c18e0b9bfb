"""What the tracer must know of an architecture. A family is one file without state; ``families()`` is the list of all.

Every call of a pipeline is read in three steps. ``request``: what is asked for; ``encode``: which tokens of each text
encoder the words of a text are; ``run``: what the rows, queries and keys are in each run of the denoiser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn

from visuosyn.tracing.align import Encoding
from visuosyn.tracing.families.request import Request


@dataclass(frozen=True, eq=False)
class Layer:
    """A module that attends to text. ``stage`` is "down", "mid" or "up" of a U-Net, "joint" of a transformer.

    It calls attention after its part ``begin`` and before its part ``end`` have run: it is watched only in between.
    """

    name: str
    stage: str
    module: nn.Module
    begin: nn.Module
    end: nn.Module


@dataclass(frozen=True, eq=False)
class TextSegment:
    """The text of one encoder as a layer attends to it.

    ``keys``: where it is among all keys of the layer; ``states``: the text states behind these keys, one
    (token, channel) a row, as one tensor or as a sequence where the rows are of unequal length; ``encoder``: its name,
    the same as that of its ``Encoding``. A segment that no encoding names is not traced.
    """

    keys: slice
    states: Tensor | Sequence[Tensor]
    encoder: str | None = None


@dataclass(frozen=True, eq=False)
class AttentionLayout:
    """What the axes of a layer's attention to text are: the number of all ``keys``, those that are text, and those
    ``queries`` that are the image's, ``None`` for all as in cross-attention."""

    keys: int
    segments: tuple[TextSegment, ...]
    queries: slice | None = None


@dataclass(frozen=True, eq=False)
class DenoiserRun:
    """One run of the denoiser.

    ``grid``: the latent's (rows, columns), in patches where the model cuts patches; ``grids``: for each number of image
    queries the grid that they form; ``layout``: what the layers attend to, and ``layouts`` by name for layers that
    differ from it; ``conditional`` and ``unconditional``: the rows drawn from the prompts and from the negative
    prompts, ``None`` where this run has none; ``starts_step``: false for a further run within a denoising step, such
    as one for guidance alone.
    """

    grid: tuple[int, int]
    grids: Mapping[int, tuple[int, int]]
    layout: AttentionLayout
    conditional: slice | None
    unconditional: slice | None
    starts_step: bool = True
    layouts: Mapping[str, AttentionLayout] = field(default_factory=dict)

    def layout_of(self, layer: Layer) -> AttentionLayout:
        """What this layer attends to."""
        return self.layouts.get(layer.name, self.layout)


@runtime_checkable
class Family(Protocol):
    """An architecture: which modules attend to text, what their rows, queries and keys are, and what it can draw.

    ``name`` is unique; ``pipelines`` are the classes of diffusers that are listed where a pipeline is unknown.
    """

    name: str
    pipelines: tuple[str, ...]

    def supports(self, pipeline: type, components: Mapping[str, type]) -> bool:
        """Whether pipelines of this class, with components of these classes, are of this family.

        Asked before weights are read; a component whose class is unknown is missing. Never guess: what is not known
        is not supported.
        """

    def denoiser(self, pipeline: Any) -> nn.Module:
        """The module that runs once (or more) a step."""

    def layers(self, pipeline: Any) -> tuple[Layer, ...]:
        """The modules that attend to text, by their role, in the order of their names."""

    def tokenizers(self, pipeline: Any) -> tuple[Any, ...]:
        """The tokenizers that read a prompt."""

    def request(self, pipeline: Any, arguments: Mapping[str, Any], *, negative: bool) -> Request:
        """Read the arguments of a call, defaults included; ``UserError`` for one whose words cannot be known."""

    def encode(self, pipeline: Any, request: Request, text: str) -> tuple[Encoding, ...]:
        """The tokens of a text, once for each text encoder that the image attends to."""

    def steps(self, pipeline: Any) -> int:
        """How many denoising steps this call takes; known once the denoiser runs."""

    def run(
        self, pipeline: Any, request: Request, number: int, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> DenoiserRun:
        """Read the arguments of a run of the denoiser, the ``number``-th of the call, from 0."""

    def native_size(self, pipeline: Any) -> tuple[int, int]:
        """(width, height) in pixels that the model was made for."""

    def require_drawable(self, pipeline: Any, *, size: tuple[int, int], steps: int) -> None:
        """``UserError`` where the model cannot draw this size, (width, height) in pixels, or so many steps."""


def derives_from(kind: type | None, names: Sequence[str]) -> bool:
    """Whether a class, or one that it derives from, has one of the names: nothing is imported to find out.

    >>> derives_from(bool, ["int"]), derives_from(str, ["int"]), derives_from(None, ["int"])
    (True, False, False)
    """
    return kind is not None and any(base.__name__ in names for base in kind.__mro__)
