"""Training and measuring of the judge: ``python -m training train-judge --out FOLDER``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderTiny
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from training.defaults import JUDGE_STEPS
from training.judge_measures import measure_segmenter, measure_silhouettes
from training.lessons import COLOUR, NOUN, ROW, Lessons, lessons
from training.muon import Muon
from training.outlines import outlines
from visuosyn.microworld import MODEL_DIR
from visuosyn.microworld.judge import silhouette
from visuosyn.microworld.judge.segmenter import FACTS, REACH, WEIGHTS, Network, Outputs, SceneSegmenter, load_into
from visuosyn.microworld.world.render import SIZE
from visuosyn.run.files import sha256, write_text

FIRST_SEED = 20_000_000
"""Scenes from here on (split ``any``) are those that the judge learns from."""
BATCH = 16
SHAPES = 64
SHAPE_STEPS = 1500
RATE = 4e-3
Note = Callable[[int, float], None]
"""Called with the number of each step and its loss."""


class Lectures(Dataset[Lessons]):
    """Batches of disturbed scenes by number; each depends on its number and the seed alone."""

    def __init__(self, steps: int, seed: int) -> None:
        self.steps, self.seed = steps, seed
        self.codec: Any = None  # loaded where it is used, which may be another process

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, number: int) -> Lessons:
        if self.codec is None:
            torch.set_num_threads(1)
            self.codec = AutoencoderTiny.from_pretrained(MODEL_DIR / "vae").eval()
        first = FIRST_SEED + number * BATCH
        return lessons(range(first, first + BATCH), self.codec, np.random.default_rng((self.seed, number)))


def train_segmenter(*, steps: int = JUDGE_STEPS, seed: int = 0, note: Note | None = None) -> Network:
    """A network trained on that many batches of rendered scenes; another process renders them."""
    torch.manual_seed(seed)
    network = Network()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    step = optimiser(network)
    loader = DataLoader(
        Lectures(steps, seed), batch_size=None, num_workers=1, prefetch_factor=4, multiprocessing_context="forkserver"
    )
    for number, batch in enumerate(loader):
        with torch.autocast("cpu", torch.bfloat16):
            outputs = network(batch.pictures.contiguous(memory_format=torch.channels_last))
        loss = segmentation_loss(Outputs(*(part.float() for part in outputs)), batch)
        torch.autograd.backward(loss)
        step(rate_factor(number, steps))
        if note:
            note(number, loss.item())
    return network


def segmentation_loss(outputs: Outputs, batch: Lessons) -> Tensor:
    """Errors of presence everywhere; of noun, colour and the offset to the centre where something stands."""
    present = (batch.labels[:, NOUN] > 0).float()
    coarse = batch.labels[:, :, 1::2, 1::2]
    there = coarse[:, NOUN] > 0
    rows, columns = torch.meshgrid(torch.arange(1, SIZE, 2), torch.arange(1, SIZE, 2), indexing="ij")
    ways = (coarse[:, ROW:] - torch.stack([rows, columns])) / REACH

    def at(maps: Tensor) -> Tensor:
        return maps.permute(0, 2, 3, 1)[there]

    return (
        functional.binary_cross_entropy_with_logits(outputs.presence, present) * 3
        + functional.cross_entropy(at(outputs.nouns), coarse[:, NOUN][there].long() - 1)
        + functional.cross_entropy(at(outputs.colours), coarse[:, COLOUR][there].long() - 1) * 0.5
        + functional.smooth_l1_loss(at(outputs.ways), at(ways), beta=0.25) * 3
    )


def optimiser(network: nn.Module) -> Callable[[float], None]:
    """One step at a share of the full rate: Muon for convolutions and matrices, AdamW for the rest."""
    matrices = [value for value in network.parameters() if value.ndim > 1]
    muon = Muon(matrices, dtype=torch.bfloat16)
    adam = torch.optim.AdamW([value for value in network.parameters() if value.ndim < 2], lr=RATE, weight_decay=0)

    def step(factor: float) -> None:
        muon.step(RATE * factor)
        for group in adam.param_groups:
            group["lr"] = RATE * factor
        adam.step()
        network.zero_grad()

    return step


def rate_factor(number: int, steps: int) -> float:
    """The factor of the learning rate: up over 30 steps, constant, then down to 0 over the second half."""
    return min(1.0, (number + 1) / 30, 2 * (1 - number / steps))


def save_half(network: nn.Module, path: Path) -> None:
    """The weights in half precision; counters of batches are left out."""
    tensors = {name: value.half().contiguous() for name, value in network.state_dict().items() if value.ndim > 0}
    save_file(tensors, path)


def train_silhouettes(*, steps: int = SHAPE_STEPS, seed: int = 0, note: Note | None = None) -> nn.Module:
    """A classifier trained on that many batches of outlines."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    network = silhouette.network()
    step = optimiser(network)
    for number in range(steps):
        shapes, classes = outlines(SHAPES, random)
        loss = functional.cross_entropy(network(shapes), classes)
        torch.autograd.backward(loss)
        step(rate_factor(number, steps))
        if note:
            note(number, loss.item())
    return network


def measure(folder: Path) -> dict[str, Any]:
    """What `judge.json` holds: how good either network of a folder is, and the checksums of their weights."""
    segmenter = SceneSegmenter(load_into(Network(), folder / WEIGHTS), {})
    silhouettes = silhouette.Silhouettes(load_into(silhouette.network(), folder / silhouette.WEIGHTS), {})
    return {
        "segmenter": measure_segmenter(segmenter),
        "silhouette": measure_silhouettes(silhouettes, segmenter),
        "sha256": {path.name: sha256(path) for path in sorted(folder.glob("*.safetensors"))},
    }


def run(out: Path, *, part: str = "all", steps: int = JUDGE_STEPS) -> None:
    """Train the judge into a folder, or one part of it, and measure it where both parts are there.

    Args:
        out: folder of the judge; it is made.
        part: all, segmenter, silhouette, or measure, which trains nothing.
        steps: of the segmenter.
    """
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    if part in ("all", "segmenter"):
        save_half(train_segmenter(steps=steps, note=_note), out / WEIGHTS)
    if part in ("all", "silhouette"):
        save_half(train_silhouettes(note=_note), out / silhouette.WEIGHTS)
    lacking = [name for name in (WEIGHTS, silhouette.WEIGHTS) if not (out / name).is_file()]
    if lacking:
        sys.stderr.write(f"not measured, since {out} has no {' and no '.join(lacking)}\n")
        return
    facts = json.dumps(measure(out), indent=1) + "\n"
    write_text(out / FACTS, facts)
    sys.stdout.write(facts)


def _note(number: int, loss: float) -> None:
    if number % 25 == 0:
        sys.stderr.write(f"step {number}: loss {loss:.3f}\n")
