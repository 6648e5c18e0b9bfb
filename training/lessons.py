"""What the judge learns from: rendered scenes, disturbed as the pictures of a model are.

Pictures that a model draws differ from rendered ones: edges are soft, colours drift, shapes bend. Labels move with the
pixels, so that the judge follows what it sees and not what the world's sprites look like. No picture here is one
that the model drew.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from visuosyn.microworld.judge.segmenter import OWN, UNKNOWN
from visuosyn.microworld.world import words
from visuosyn.microworld.world.render import SIZE, sprite
from visuosyn.microworld.world.scenes import sample

NOUN, COLOUR, ROW, COLUMN = range(4)
"""The planes of labels: noun (0 nothing, 1 + its place, 26 none of them), colour (likewise), centre."""
PATCHES = 0.3
"""Share of the pictures with a shapeless patch of some thing's texture, which belongs to no noun."""


class Lessons(NamedTuple):
    """Pictures (n, 3, 96, 96) in [-1, 1] and their labels (n, 4, 96, 96)."""

    pictures: Tensor
    labels: Tensor


def lessons(seeds: range, codec: Any, random: np.random.Generator) -> Lessons:
    """The scenes of some seeds (split ``any``), disturbed.

    Args:
        seeds: of the scenes.
        codec: an `AutoencoderTiny` of this world, which some of the pictures go through.
        random: decides how each is disturbed.
    """
    images, labels = zip(*(_scene(seed, random) for seed in seeds), strict=True)
    pictures = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return disturbed(Lessons(pictures, torch.from_numpy(np.stack(labels))), codec, random)


def disturbed(lessons: Lessons, codec: Any, random: np.random.Generator) -> Lessons:
    """Bent, coded, blurred, tinted and noisy; each happens to about half of the pictures."""
    warped = bent(lessons, random)
    pictures = _coded(warped.pictures, codec, random)
    blurred = functional.avg_pool2d(functional.pad(pictures, (1, 1, 1, 1), mode="replicate"), 3, 1)
    count = len(pictures)
    pictures = torch.lerp(pictures, blurred, _amount(random, count, 0.5))
    gain = 1 + 0.08 * torch.from_numpy(random.uniform(-1, 1, (count, 3, 1, 1))).float() * _chosen(random, count)
    shift = 0.08 * torch.from_numpy(random.uniform(-1, 1, (count, 3, 1, 1))).float() * _chosen(random, count)
    noise = torch.from_numpy(random.standard_normal(pictures.shape, dtype=np.float32)) * _amount(random, count, 0.5)
    return Lessons((pictures * gain + shift + 0.08 * noise).clamp(-1, 1), warped.labels)


def _scene(seed: int, random: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    scene = sample(seed, split="any")
    labels = np.zeros((4, SIZE, SIZE), np.float32)
    for thing in scene.objects:
        left, top, width, height = thing.box
        colour = OWN if thing.colour is None else words.COLOURS.index(thing.colour)
        label = (1 + words.NOUNS.index(thing.noun), 1 + colour, top + height / 2, left + width / 2)
        labels[:, thing.mask] = np.array(label, np.float32)[:, None]
    if random.random() >= PATCHES:
        return scene.image, labels
    image = scene.image.copy()
    _patch(image, labels, random)
    return image, labels


def _patch(image: NDArray[np.uint8], labels: NDArray[np.float32], random: np.random.Generator) -> None:
    """Lay a shapeless patch of a thing's texture over a picture and its labels."""
    noun = str(random.choice(words.NOUNS))
    colour = str(random.choice(words.COLOURS)) if noun in words.COLOURED else None
    row, column = (int(random.integers(low, high)) for low, high in ((40, SIZE - 24), (16, SIZE - 16)))
    shape = blob(random, row, column)
    image[shape] = inside(noun, colour, random)[shape]
    kind = OWN if colour is None else words.COLOURS.index(colour)
    labels[:, shape] = np.array((1 + UNKNOWN, 1 + kind, row, column), np.float32)[:, None]


def blob(random: np.random.Generator, row: int, column: int) -> NDArray[np.bool_]:
    """A shapeless patch about a place of a picture, (96, 96) bool: an ellipse with an uneven edge."""
    wander = torch.from_numpy(random.standard_normal((1, 1, 6, 6))).float()
    wide = functional.interpolate(wander, (SIZE, SIZE), mode="bicubic")[0, 0].numpy()
    y, x = (np.mgrid[:SIZE, :SIZE] - np.reshape((row, column), (2, 1, 1))) / random.uniform(10, 22, (2, 1, 1))
    return np.asarray(x**2 + y**2 + 0.6 * wide < 1)


def inside(noun: str, colour: str | None, random: np.random.Generator) -> NDArray[np.uint8]:
    """A picture (96, 96, 3) filled with a thing's texture: an opaque square of its sprite, mirrored again and again."""
    drawn = sprite(noun, "normal", colour)
    side = 12
    solid = np.lib.stride_tricks.sliding_window_view(drawn.alpha, (side, side)).mean((2, 3))
    places = np.argwhere(solid >= np.quantile(solid, 0.9))
    row, column = places[random.integers(len(places))]
    square = drawn.rgb[row : row + side, column : column + side].astype(np.uint8)
    return np.pad(square, ((0, SIZE - side), (0, SIZE - side), (0, 0)), mode="symmetric")


def bent(lessons: Lessons, random: np.random.Generator) -> Lessons:
    """Scaled, turned, sheared, moved and warped; where the picture ends its edge is repeated."""
    count = len(lessons.pictures)
    chosen = _chosen(random, count)[:, 0]
    theta = np.tile(np.eye(2, 3), (count, 1, 1))
    theta[:, :, :2] += random.uniform(-0.12, 0.12, (count, 2, 2))
    theta[:, :, :2] *= np.exp(random.uniform(-1, 1, (count, 2, 1)) * [[0.35], [0.2]])  # a longer bus is still one bus
    theta[:, :, 2] += random.uniform(-0.12, 0.12, (count, 2))
    matrix = torch.lerp(torch.eye(2, 3).expand(count, 2, 3), torch.from_numpy(theta).float(), chosen)
    grid = functional.affine_grid(matrix, [count, 1, SIZE, SIZE], align_corners=False)
    wander = torch.from_numpy(random.standard_normal((count, 2, 8, 8))).float() * 0.03 * chosen[..., None]
    grid = grid + functional.interpolate(wander, (SIZE, SIZE), mode="bicubic").permute(0, 2, 3, 1)
    pictures = functional.grid_sample(lessons.pictures, grid, padding_mode="border", align_corners=False)
    labels = functional.grid_sample(lessons.labels, grid, mode="nearest", padding_mode="border", align_corners=False)
    return Lessons(pictures, torch.cat([labels[:, :ROW], _moved(labels[:, ROW:], matrix)], dim=1))


def _moved(centres: Tensor, matrix: Tensor) -> Tensor:
    """Centres (n, 2, 96, 96) of the picture before it was bent, moved as the bending (target to source) moves them."""
    places = (2 * centres.flip(1) + 1) / SIZE - 1  # x, y from -1 to 1
    back = torch.linalg.inv(matrix[:, :, :2])
    moved = torch.einsum("nij,njhw->nihw", back, places - matrix[:, :, 2, None, None])
    return ((moved + 1) * SIZE - 1).flip(1) / 2


@torch.no_grad()
def _coded(pictures: Tensor, codec: Any, random: np.random.Generator) -> Tensor:
    """Some of the pictures through the autoencoder, with noise on their latents."""
    some = torch.from_numpy(random.random(len(pictures)) < 0.4)
    if not some.any():
        return pictures
    latents = codec.encode(pictures[some]).latents
    noise = torch.from_numpy(random.standard_normal(latents.shape, dtype=np.float32))
    strength = 0.25 * _amount(random, len(latents), 0.7) / codec.config.scaling_factor
    coded = pictures.clone()
    coded[some] = codec.decode(latents + noise * strength).sample.clamp(-1, 1)
    return coded


def _chosen(random: np.random.Generator, count: int, share: float = 0.5) -> Tensor:
    """1 for about this share of the pictures, else 0: (n, 1, 1, 1)."""
    return torch.from_numpy((random.random(count) < share).astype(np.float32))[:, None, None, None]


def _amount(random: np.random.Generator, count: int, share: float) -> Tensor:
    """Between 0 and 1 for about this share of the pictures, 0 for the others: (n, 1, 1, 1)."""
    return _chosen(random, count, share) * torch.from_numpy(random.random((count, 1, 1, 1))).float()
