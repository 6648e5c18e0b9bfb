"""What the classifier of silhouettes learns from: outlines of the world's sprites and shapeless blobs, disturbed."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from training.lessons import Lessons, bent, blob
from visuosyn.microworld.judge.segmenter import UNKNOWN
from visuosyn.microworld.judge.silhouette import shape
from visuosyn.microworld.world import words
from visuosyn.microworld.world.render import SIZE, sprite

SIZES = ("small", "normal", "big")
BLOBS = 1 / (UNKNOWN + 1)
NIBBLED = 0.3


def outlines(count: int, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Outlines (n, 1, 32, 32) from 0 to 1 and the classes of their nouns (n,); every noun as often as the others."""
    classes = np.where(random.random(count) < BLOBS, UNKNOWN, random.integers(UNKNOWN, size=count))
    masks = torch.from_numpy(np.stack([_mask(number, random) for number in classes])).float()[:, None]
    moved = bent(Lessons(masks, torch.zeros(count, 4, SIZE, SIZE)), random).pictures
    soft = functional.avg_pool2d(functional.pad(moved, (1, 1, 1, 1)), 3, 1)
    level = torch.from_numpy(random.uniform(0.3, 0.7, (count, 1, 1, 1))).float()
    cut = (torch.where(level < 0.5, moved, soft) > level)[:, 0].numpy()
    return torch.from_numpy(np.stack([shape(mask) for mask in cut]))[:, None], torch.from_numpy(classes)


def _mask(number: int, random: np.random.Generator) -> NDArray[np.bool_]:
    """A noun's sprite, or a blob, about the middle; some have lost a bit at the edge of their box."""
    if number == UNKNOWN:
        return blob(random, SIZE // 2, SIZE // 2)
    solid = sprite(words.NOUNS[number], str(random.choice(SIZES))).alpha >= 128
    mask = np.zeros((SIZE, SIZE), bool)
    (height, width), middle = solid.shape, SIZE // 2
    top, left = middle - height // 2, middle - width // 2
    mask[top : top + height, left : left + width] = solid
    if random.random() < NIBBLED:
        row, column = top + random.integers(height), left + random.integers(width)
        half = max(1, round(max(solid.shape) * random.uniform(0.03, 0.1)))
        mask[max(0, row - half) : row + half, max(0, column - half) : column + half] = False
    return mask
