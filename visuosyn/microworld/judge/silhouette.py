"""What a thing's outline says it is: a classifier of binary silhouettes, which texture and colour cannot fool.

A small model paints zebra stripes long before it can draw a zebra, and a judge that looks at pixels names it. So the
thing in a one-object picture is named here from its silhouette alone: the largest connected patch of what the segmenter
calls foreground (`Segmentation.silhouette`; the nouns that it sees are ignored), cut out, scaled to 32x32 with its
proportions kept, position and size forgotten. It learns outlines of the world's sprites, bent, nibbled and smoothed,
and shapeless blobs, which stand for no noun (``python -m training train-judge``).

Texture still matters in one way: the segmenter finds the foreground by its pixels, and it has seen the sprites. Bent
sprites and shapeless patches of their texture taught it to follow what it sees; a shape that it completes by habit
would still be named here.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from visuosyn.microworld.judge.grouping import LEAST
from visuosyn.microworld.judge.segmenter import FACTS, JUDGE_DIR, UNKNOWN, layer, load_into
from visuosyn.microworld.world import words

SIDE = 32
WEIGHTS = "silhouette.safetensors"


class Silhouettes:
    """A trained classifier with its measured accuracy."""

    def __init__(self, network: nn.Module, facts: Mapping[str, Any]) -> None:
        self.network = network.eval()
        self.facts = facts

    @torch.inference_mode()
    def name(self, masks: Sequence[NDArray[np.bool_]], *, forced: bool = False) -> list[str | None]:
        """The noun whose outline each mask (rows, columns) has; None if it has no noun's, or is empty.

        ``forced`` takes the likeliest noun even where none of them is likelier.
        """
        if not len(masks):
            return []
        shapes = torch.from_numpy(np.stack([shape(mask) for mask in masks]))[:, None]
        classes = self.network(shapes)[:, : UNKNOWN + (not forced)].argmax(1).tolist()
        return [
            None if number == UNKNOWN or mask.sum() < LEAST else words.NOUNS[number]
            for number, mask in zip(classes, masks, strict=True)
        ]


def shape(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """A mask's outline, cut out and scaled to (32, 32) from 0 to 1: its longer side fills it, the rest is 0.

    >>> shape(np.eye(96, dtype=bool)).shape
    (32, 32)
    """
    if not mask.any():
        return np.zeros((SIDE, SIDE), np.float32)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    cut = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = (max(1, round(SIDE * side / max(cut.shape))) for side in cut.shape)
    small = Image.fromarray(np.uint8(255) * cut).resize((width, height), Image.Resampling.BOX)
    canvas = np.zeros((SIDE, SIDE), np.float32)
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    canvas[top : top + height, left : left + width] = np.asarray(small, np.float32) / 255
    return canvas


def network() -> nn.Module:
    """Convolutions over 32x32, 16x16, 8x8 and 4x4, then all places of the last at once."""
    return nn.Sequential(
        layer(1, 16), layer(16, 32, 2), layer(32, 64, 2), layer(64, 64, 2), nn.Flatten(), nn.Linear(1024, UNKNOWN + 1)
    )


@functools.cache
def load_silhouettes(folder: Path = JUDGE_DIR) -> Silhouettes:
    """The bundled classifier, or one that was trained into another folder."""
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    return Silhouettes(load_into(network(), folder / WEIGHTS), facts["silhouette"])
