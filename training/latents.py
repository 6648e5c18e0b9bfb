"""Linear latents: 4x4 pixel patches projected on their first principal components.

A linear code needs no training, is the same wherever a sprite stands on the 4-pixel lattice, and can be held exactly by
the convolutions of an `AutoencoderTiny` (`training.network.autoencoder`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from visuosyn.microworld.scoring.recipe import LATENT_CHANNELS

PATCH = 4
CHANNELS = LATENT_CHANNELS


@dataclass(frozen=True)
class Projection:
    """A linear code for patches of 4x4 RGB pixels in [-1, 1], flattened row by row with the channel last.

    `mean` (48,), `basis` (48, 8) with orthonormal columns, `scale` (8,): latent = (patch - mean) @ basis * scale.
    """

    mean: NDArray[np.float32]
    basis: NDArray[np.float32]
    scale: NDArray[np.float32]

    def encode(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Images (n, height, width, 3) to latents (n, 8, height / 4, width / 4)."""
        count, height, width, _ = images.shape
        codes = (patches(images) - self.mean) @ (self.basis * self.scale)
        grid = codes.reshape(count, height // PATCH, width // PATCH, CHANNELS)
        return np.ascontiguousarray(grid.transpose(0, 3, 1, 2))

    def decode(self, latents: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Latents (n, 8, rows, columns) to the nearest images of the code, (n, 4 rows, 4 columns, 3)."""
        count, _, rows, columns = latents.shape
        codes = latents.transpose(0, 2, 3, 1) / self.scale
        pixels = (codes @ self.basis.T + self.mean).reshape(count, rows, columns, PATCH, PATCH, 3)
        images = pixels.transpose(0, 1, 3, 2, 4, 5).reshape(count, rows * PATCH, columns * PATCH, 3)
        return np.round((images.clip(-1, 1) + 1) * 127.5).astype(np.uint8)

    def save(self, path: Path) -> None:
        """Write the three arrays as safetensors."""
        save_file({"mean": self.mean, "basis": self.basis, "scale": self.scale}, path)

    @classmethod
    def load(cls, path: Path) -> Projection:
        """Read what `save` wrote."""
        return cls(**load_file(path))


def patches(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Cut images (n, height, width, 3) into patches (n * height / 4 * width / 4, 48) in [-1, 1]."""
    count, height, width, _ = images.shape
    cells = images.reshape(count, height // PATCH, PATCH, width // PATCH, PATCH, 3).transpose(0, 1, 3, 2, 4, 5)
    return cells.reshape(-1, PATCH * PATCH * 3).astype(np.float32) / 127.5 - 1


def coverage(foregrounds: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """How many of the 16 pixels of each latent cell belong to an object: (n, height, width) to (n, rows, columns)."""
    count, height, width = foregrounds.shape
    cells = foregrounds.reshape(count, height // PATCH, PATCH, width // PATCH, PATCH)
    covered: NDArray[np.uint8] = cells.sum((2, 4)).astype(np.uint8)
    return covered


def fit(images: NDArray[np.uint8], foregrounds: NDArray[np.bool_], *, weight: float = 8.0) -> Projection:
    """Principal components of the images' patches; a patch full of objects counts 1 + `weight` times.

    Components are scaled by the inverse root of their standard deviation, then to a root mean square of 1 over the
    unweighted patches: the coarse components stay the larger ones, the fine ones are not lost in the noise.
    """
    cells = patches(images).astype(np.float64)
    importance = 1 + weight * coverage(foregrounds).ravel() / PATCH**2
    importance /= importance.sum()
    mean = importance @ cells
    centred = cells - mean
    _, vectors = np.linalg.eigh((centred * importance[:, None]).T @ centred)
    basis = vectors[:, ::-1][:, :CHANNELS]
    largest = np.take_along_axis(basis, np.abs(basis).argmax(0)[None], 0)
    codes = centred @ (basis * np.sign(largest))
    deviation = codes.std(0)
    scale = deviation**-0.5
    scale /= np.sqrt(np.mean((codes * scale) ** 2))
    single = [np.ascontiguousarray(a, dtype=np.float32) for a in (mean, basis * np.sign(largest), scale)]
    return Projection(*single)


def psnr(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio of two stacks of 8-bit images in decibels; infinite for equal ones."""
    error = np.mean((first.astype(np.float64) - second.astype(np.float64)) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else float("inf")
