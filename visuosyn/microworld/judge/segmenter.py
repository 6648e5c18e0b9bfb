"""Segmenter for pictures without ground truth: a small network that says what stands where, and counts it.

It was trained on rendered scenes only (``python -m training train-judge``), never on what the model draws. For each
pixel it says whether something stands there, which noun and colour that is, and where the centre of that thing lies;
pixels whose centres agree are one thing, so touching, overlapping and broken things are separated. What stands there
but looks like no noun (in training: shapeless patches of a thing's texture) has the noun ``None``.

>>> from visuosyn.microworld.world.scenes import sample
>>> (found,) = load_segmenter().segment(sample(3).image[None])
>>> [thing.noun for thing in found.objects()]
['traffic light']
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from visuosyn.errors import UserError
from visuosyn.microworld.judge.grouping import components, grouped
from visuosyn.microworld.world import words
from visuosyn.microworld.world.render import SIZE

JUDGE_DIR: Path = Path(__file__).parent
"""The bundled judge: weights and measured figures."""
WEIGHTS, FACTS = "segmenter.safetensors", "judge.json"
UNKNOWN = len(words.NOUNS)
"""The class of a thing that is none of the nouns."""
OWN = len(words.COLOURS)
"""The class of a thing in its own colour, or in any that is none of the six."""
REACH = 16.0
"""The unit, in pixels, in which the network gives distances to centres."""
BATCH = 32


class Found(NamedTuple):
    """One thing in a picture: its noun (None: none of the nouns), its colour (None: none of the six), its visible
    pixels, (96, 96) bool, and how sure the judge is of the noun, 0 to 1 (not a calibrated probability)."""

    noun: str | None
    colour: str | None
    mask: NDArray[np.bool_]
    score: float

    @property
    def centre(self) -> tuple[float, float]:
        """Mean row and column of its pixels."""
        row, column = np.argwhere(self.mask).mean(0)
        return float(row), float(column)


@dataclass(frozen=True, eq=False)
class Segmentation:
    """What the judge sees in one picture, pixel by pixel.

    Attributes:
        presence: (96, 96) float32, how sure it is that something stands there, 0 to 1.
        noun_shares: (26, 96, 96) float32, probabilities of the nouns (in the order of ``words.NOUNS``, then "none of
            them") for whatever stands there.
        colour_shares: (7, 96, 96) float32, of the colours (``words.COLOURS``, then "none of them").
        votes: (2, 96, 96) float32, row and column of the centre of the thing that the pixel belongs to.
    """

    presence: NDArray[np.float32]
    noun_shares: NDArray[np.float32]
    colour_shares: NDArray[np.float32]
    votes: NDArray[np.float32]

    @property
    def foreground(self) -> NDArray[np.bool_]:
        """(96, 96) bool: something stands there."""
        return self.presence > 0.5

    @property
    def nouns(self) -> NDArray[np.int64]:
        """(96, 96): 0 where nothing stands, else 1 + the place of the noun in ``words.NOUNS`` (26: none of them)."""
        return np.where(self.foreground, 1 + self.noun_shares.argmax(0), 0)

    def objects(self) -> tuple[Found, ...]:
        """The things, from left to right."""
        found = [self._thing(mask) for mask in grouped(self.foreground, self.votes)]
        return tuple(sorted(found, key=lambda thing: thing.centre[1]))

    def silhouette(self) -> NDArray[np.bool_]:
        """(96, 96) bool: the largest connected patch of foreground, whatever its nouns."""
        patches = components(self.foreground)
        return max(patches, key=np.count_nonzero, default=np.zeros((SIZE, SIZE), bool))

    def _thing(self, mask: NDArray[np.bool_]) -> Found:
        nouns, colours = self.noun_shares[:, mask].mean(1), self.colour_shares[:, mask].mean(1)
        noun, colour = int(nouns.argmax()), int(colours.argmax())
        return Found(
            noun=None if noun == UNKNOWN else words.NOUNS[noun],
            colour=None if colour == OWN else words.COLOURS[colour],
            mask=mask,
            score=float(nouns[noun]),
        )


class Outputs(NamedTuple):
    """The network's outputs: presence (n, 96, 96) as logits at the picture's size; at half of it nouns (n, 26, 48, 48)
    and colours (n, 7, 48, 48) as logits and the way to the centre (n, 2, 48, 48), row first, in ``REACH`` pixels."""

    presence: Tensor
    nouns: Tensor
    colours: Tensor
    ways: Tensor


class Network(nn.Module):
    """A U-Net of 3x3 convolutions over four scales, 48x48 down to 6x6."""

    def __init__(self, widths: Sequence[int] = (32, 64, 96, 128)) -> None:
        super().__init__()
        first, second, third, last = widths
        self.stem = nn.Sequential(nn.PixelUnshuffle(2), layer(12, first))
        self.down = nn.ModuleList(
            nn.Sequential(layer(before, after, 2), layer(after, after))
            for before, after in ((first, second), (second, third), (third, last))
        )
        steps = ((last, third), (third, second), (second, first))
        self.narrow = nn.ModuleList(nn.Conv2d(below, beside, 1) for below, beside in steps)
        self.up = nn.ModuleList(layer(beside, beside) for _, beside in steps)
        self.joint = layer(first, 48)
        self.parts = (4, UNKNOWN + 1, OWN + 1, 2)
        self.heads = nn.Conv2d(48, sum(self.parts), 1)

    def forward(self, images: Tensor) -> Outputs:
        """Pictures (n, 3, 96, 96) in [-1, 1]."""
        scales = [self.stem(images)]
        for down in self.down:
            scales.append(down(scales[-1]))
        joined = scales.pop()
        for narrow, up in zip(self.narrow, self.up, strict=True):
            joined = up(functional.interpolate(narrow(joined), scale_factor=2) + scales.pop())
        presence, nouns, colours, ways = self.heads(self.joint(joined)).split(self.parts, dim=1)
        return Outputs(functional.pixel_shuffle(presence, 2)[:, 0], nouns, colours, ways)


class SceneSegmenter:
    """A trained network with the facts of its training and its measured precision and recall."""

    def __init__(self, network: nn.Module, facts: Mapping[str, Any]) -> None:
        self.network = network.eval()
        self.facts = facts

    @torch.inference_mode()
    def segment(self, images: NDArray[np.uint8]) -> list[Segmentation]:
        """What stands where in pictures, uint8 (n, 96, 96, 3)."""
        if images.dtype != np.uint8 or images.shape[1:] != (SIZE, SIZE, 3):
            raise UserError(
                f"the segmenter reads uint8 pictures (n, {SIZE}, {SIZE}, 3), not {images.dtype} {images.shape}"
            )
        found: list[Segmentation] = []
        for start in range(0, len(images), BATCH):
            outputs = self.network(as_tensor(images[start : start + BATCH]))
            found += _segmentations(outputs)
        return found


def as_tensor(images: NDArray[np.uint8]) -> Tensor:
    """Pictures (n, 96, 96, 3) as the network reads them: (n, 3, 96, 96) in [-1, 1], channels last in memory."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1


def _segmentations(outputs: Outputs) -> list[Segmentation]:
    def wide(maps: Tensor) -> Tensor:
        return functional.interpolate(maps, scale_factor=2, mode="bilinear")

    here = torch.stack(torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij"))
    maps = (
        outputs.presence.float().sigmoid(),
        wide(outputs.nouns.float()).softmax(1),
        wide(outputs.colours.float()).softmax(1),
        here + REACH * wide(outputs.ways.float()),
    )
    return [Segmentation(*each) for each in zip(*(part.numpy() for part in maps), strict=True)]


def layer(before: int, after: int, stride: int = 1) -> nn.Sequential:
    """A 3x3 convolution, normalised over the batch, rectified."""
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)
    )


@functools.cache
def load_segmenter(folder: Path = JUDGE_DIR) -> SceneSegmenter:
    """The bundled segmenter, or one that ``python -m training train-judge`` wrote to another folder."""
    return SceneSegmenter(
        load_into(Network(), folder / WEIGHTS), json.loads((folder / FACTS).read_text(encoding="utf-8"))["segmenter"]
    )


def load_into(network: nn.Module, path: Path) -> nn.Module:
    """A network with the weights of a file, in single precision; only counters of batches are not in it."""
    state = {name: value.float() for name, value in load_file(path).items()}
    counters = {name: value for name, value in network.state_dict().items() if value.ndim == 0}
    network.load_state_dict(state | counters)
    return network
