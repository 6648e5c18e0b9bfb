"""What the tracer must know of an architecture. A family is one file; ``families()`` is the table of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor, nn

from visuosyn.tracing.align import Encoding


@dataclass(frozen=True, eq=False)
class Layer:
    """A module that attends to text. ``stage`` is "down", "mid" or "up" of a U-Net, "joint" of a transformer.

    It calls attention after its part ``begin`` and before its part ``end`` have run: only in between is it watched.
    """

    name: str
    stage: str
    module: nn.Module
    begin: nn.Module
    end: nn.Module


@dataclass(frozen=True)
class Request:
    """What a call of the pipeline asks for: its texts, one a prompt, and how many images of each.

    ``negatives`` are the negative prompts, ``None`` where none were given.
    """

    prompts: tuple[str, ...]
    negatives: tuple[str, ...] | None
    repeats: int


@dataclass(frozen=True, eq=False)
class Forward:
    """One run of the denoiser.

    ``grid``: the latent's (rows, columns); ``grids``: for a number of image queries the grid they stand on;
    ``text``: the text states it attends to, (row, key, channel); ``conditional`` and ``unconditional``: the
    rows drawn from the prompts and from the negative prompts, ``None`` where this run has none.
    """

    grid: tuple[int, int]
    grids: Mapping[int, tuple[int, int]]
    text: Tensor
    conditional: slice | None
    unconditional: slice | None


class Family(Protocol):
    """An architecture: which modules attend to text, and what their rows, queries and keys are."""

    name: str
    pipelines: tuple[str, ...]

    def supports(self, kind: type) -> bool:
        """Whether pipelines of this class are of this family."""

    def denoiser(self, pipeline: Any) -> nn.Module:
        """The module that runs once (or more) a step."""

    def layers(self, pipeline: Any) -> tuple[Layer, ...]:
        """The modules that attend to text, in the order of their names."""

    def request(self, pipeline: Any, arguments: Mapping[str, Any]) -> Request:
        """Read the arguments of a call; ``UserError`` for one whose words cannot be known."""

    def tokenizers(self, pipeline: Any) -> tuple[Any, ...]:
        """The tokenizers that read a prompt."""

    def encode(self, pipeline: Any, text: str) -> Encoding:
        """The tokens of a prompt on the axis of the text states."""

    def steps(self, pipeline: Any) -> int:
        """How often the denoiser will run in this call; known once it runs."""

    def forward(self, pipeline: Any, images: int, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Forward:
        """Read the arguments of a run of the denoiser that draws so many images."""
