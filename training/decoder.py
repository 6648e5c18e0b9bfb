"""Training of the autoencoder's decoder: ``python -m training decoder --out checkpoints/micro --minutes 8``.

The encoder is fixed (`network.autoencoder`), so the decoder can be trained apart from the denoiser. It learns on crops
of rendered scenes with a little noise on the latents, as sampled latents are never quite right.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from training.cache import training_images
from training.latents import PATCH, Projection, psnr
from training.network import LATENT_RANGE, autoencoder
from visuosyn.errors import UserError

FILE = "decoder.safetensors"
SCENES = 6000
HELD_OUT = 10_000_000
CROP = 12
BATCH = 24
RATE = 2e-3
NOISE = 0.05


class Crops(NamedTuple):
    """Crops: latents (b, 8, 12, 12), pixels (b, 3, 48, 48) in [-1, 1], cover (b, 1, 48, 48) of 0 and 1."""

    latents: Tensor
    pixels: Tensor
    cover: Tensor


def train_decoder(
    projection: Projection, *, minutes: float, start: Path | None = None, seed: int = 0
) -> AutoencoderTiny:
    """An autoencoder whose decoder was trained for some minutes, from the weights in `start` or from random ones."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    model = autoencoder(projection)
    if start is not None:
        model.decoder.load_state_dict(load_file(start))
    images, foregrounds = training_images(SCENES)
    latents = projection.encode(images) / LATENT_RANGE
    optimiser = torch.optim.AdamW(model.decoder.parameters(), lr=RATE, betas=(0.9, 0.99))
    started, steps = time.monotonic(), 0
    while (fraction := (time.monotonic() - started) / (60 * minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, (steps + 1) / 50) * max(0.01, min(1, 2 * (1 - fraction)))
        loss = decoder_loss(model.decoder, _crops(images, foregrounds, latents, random))
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(model.decoder.parameters(), 1.0)
        optimiser.step()
        steps += 1
    return model


def decoder_loss(decoder: nn.Module, crops: Crops) -> Tensor:
    """Absolute and squared error plus the absolute error of horizontal and vertical differences; objects count 3x."""
    noise = torch.randn_like(crops.latents) * NOISE / LATENT_RANGE
    error: Tensor = decoder(crops.latents + noise) - crops.pixels
    weights = 1 + 2 * crops.cover
    across, down = error.diff(dim=-1).abs() * weights[..., 1:], error.diff(dim=-2).abs() * weights[..., 1:, :]
    return ((error.abs() + error.square()) * weights).mean() + across.mean() + down.mean()


def held_out_psnr(model: AutoencoderTiny, projection: Projection, *, count: int = 128) -> dict[str, float]:
    """Decibels on unseen scenes: of the decoder, of its object pixels, of the exact inverse of the linear code."""
    images, foregrounds = training_images(count, start=HELD_OUT)
    latents = projection.encode(images)
    with torch.inference_mode():
        decoded = model.decoder(torch.from_numpy(latents / LATENT_RANGE)).clamp(-1, 1)
    drawn = ((decoded.permute(0, 2, 3, 1).numpy() + 1) * 127.5).round().astype(np.uint8)
    return {
        "decoder": psnr(drawn, images),
        "decoder_objects": psnr(drawn[foregrounds], images[foregrounds]),
        "linear": psnr(projection.decode(latents), images),
    }


def _crops(
    images: NDArray[np.uint8], foregrounds: NDArray[np.bool_], latents: NDArray[np.float32], random: np.random.Generator
) -> Crops:
    """Random crops of 12x12 latent cells; a cell's decoded pixels depend on its neighbours only."""
    last = latents.shape[-1] - CROP
    places = [(random.integers(len(images)), *random.integers(0, last + 1, 2)) for _ in range(BATCH)]
    cells = [latents[i, :, row : row + CROP, column : column + CROP] for i, row, column in places]
    windows = [
        (i, slice(PATCH * row, PATCH * (row + CROP)), slice(PATCH * col, PATCH * (col + CROP)))
        for i, row, col in places
    ]
    pixels = np.stack([images[window] for window in windows]).transpose(0, 3, 1, 2)
    cover = np.stack([foregrounds[window] for window in windows])[:, None]
    return Crops(
        torch.from_numpy(np.stack(cells)),
        torch.from_numpy(pixels.astype(np.float32) / 127.5 - 1),
        torch.from_numpy(cover.astype(np.float32)),
    )


def take_bundled(out: Path, model: Path) -> None:
    """Give a run the decoder of a pipeline folder."""
    stored = load_file(model / "vae" / "diffusion_pytorch_model.safetensors")
    prefix = "decoder."
    weights = {name.removeprefix(prefix): value.float() for name, value in stored.items() if name.startswith(prefix)}
    save_file(weights, out / FILE)


def ensure(out: Path, *, minutes: float) -> None:
    """Train the decoder of a run for some minutes if the run has none."""
    if not (out / FILE).exists():
        _train_to_file(out, minutes)


def _train_to_file(out: Path, minutes: float) -> dict[str, float]:
    projection = Projection.load(out / "latents.safetensors")
    path = out / FILE
    model = train_decoder(projection, minutes=minutes, start=path if path.exists() else None)
    save_file({name: value.contiguous() for name, value in model.decoder.state_dict().items()}, path)
    return held_out_psnr(model, projection)


def run(out: Path, *, minutes: float) -> dict[str, float]:
    """Train the decoder of a run, further if it has one; gives its decibels on unseen scenes.

    Raises:
        UserError: no time, or a folder without a training.
    """
    if not (minutes > 0 and (out / "latents.safetensors").is_file()):
        raise UserError(f"--minutes {minutes:g} must be above 0, and {out} the folder of a training")
    torch.set_num_threads(1)
    return _train_to_file(out, minutes)
