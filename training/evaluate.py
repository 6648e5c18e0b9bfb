"""Figures for the model card: ``python -m training evaluate --out checkpoints/micro``.

Errors are those of the averaged weights on scenes never trained on, with fixed white noise, so that runs compare.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from safetensors.torch import load_file
from torch import Tensor
from transformers import CLIPTokenizer

from training import checkpoints, decoder, network, samples
from training.latents import PATCH, Projection, coverage
from training.learner import Learner, Texts
from training.network import LATENT_RANGE
from training.tokenizer import encode
from visuosyn.errors import UserError
from visuosyn.microworld.scoring.recipe import Recipe
from visuosyn.microworld.world import scenes

TIMES = (100, 300, 500, 700, 900)
SCENES = 192
BATCH = 32
FILE = "evaluation.json"


@torch.inference_mode()
def held_out_errors(learner: Learner, tokenizer: CLIPTokenizer, projection: Projection) -> dict[str, float]:
    """Mean squared velocity error at five times: over everything, over object cells, over each time."""
    drawn = [scenes.sample(decoder.HELD_OUT + seed) for seed in range(SCENES)]
    latents = torch.from_numpy(projection.encode(np.stack([scene.image for scene in drawn])))
    cover = torch.from_numpy(coverage(np.stack([scene.foreground for scene in drawn])) / PATCH**2)[:, None].float()
    tokens = torch.tensor(encode(tokenizer, [scene.caption for scene in drawn]))
    generator = torch.Generator().manual_seed(0)
    errors = torch.stack([_errors_at(learner, time, latents, tokens, generator) for time in TIMES])
    by_time = {f"held-out error at t={time}": errors[index].mean().item() for index, time in enumerate(TIMES)}
    objects = (errors * cover).mean() / cover.mean()
    return {"held-out error": errors.mean().item(), "held-out error on objects": objects.item(), **by_time}


def _errors_at(learner: Learner, time: int, latents: Tensor, tokens: Tensor, generator: torch.Generator) -> Tensor:
    noise = torch.randn(latents.shape, generator=generator)
    times = torch.full((BATCH,), time)
    batches = zip(*(torch.split(each, BATCH) for each in (latents, noise, tokens)), strict=True)
    found = []
    for x, e, words in batches:
        states = learner.text(input_ids=words).last_hidden_state
        found.append(learner.errors(x, e, times, Texts(states, states)))
    return torch.cat(found)


@torch.inference_mode()
def seconds_an_image(learner: Learner, tokenizer: CLIPTokenizer, vae: AutoencoderTiny, *, repeats: int = 5) -> float:
    """Processor seconds for one image of 25 steps with guidance, decoded, on one thread; the median."""
    taken = []
    for _ in range(repeats):
        started = time.process_time()
        latents = samples.draw_latents(learner.unet, learner.text, tokenizer, ["a red ball"])
        vae.decode(torch.from_numpy(latents / LATENT_RANGE))
        taken.append(time.process_time() - started)
    return float(np.median(taken))


def evaluate(out: Path) -> dict[str, float]:
    """All figures of a run's newest checkpoint, and its step.

    Raises:
        UserError: the run lacks a checkpoint or a decoder, or is of another network.
    """
    newest = checkpoints.latest(out)
    if newest is None or not (out / decoder.FILE).exists():
        raise UserError(f"{out} lacks a checkpoint or {decoder.FILE}; train the model and its decoder first")
    state = checkpoints.read_state(newest)
    tokenizer = CLIPTokenizer.from_pretrained(out / "tokenizer")
    projection = Projection.load(out / "latents.safetensors")
    device = torch.device("cpu")
    learner = Learner(Recipe.read(state["recipe"]), tokenizer, device)
    averaged = checkpoints.read_tensors(newest, "averaged", device)
    learner.load({"weights": averaged, "averaged": averaged})
    vae = network.autoencoder(projection)
    vae.decoder.load_state_dict(load_file(out / decoder.FILE))
    decibels = decoder.held_out_psnr(vae, projection)
    return {
        "step": state["step"],
        **held_out_errors(learner, tokenizer, projection),
        "decoder, PSNR in dB": decibels["decoder"],
        "decoder on objects, PSNR in dB": decibels["decoder_objects"],
        "exact inverse of the linear code, PSNR in dB": decibels["linear"],
        "processor seconds an image (25 steps, guidance, one thread)": seconds_an_image(learner, tokenizer, vae),
    }


def run(out: Path) -> str:
    """Evaluate a run into its ``evaluation.json``, from where an export of this step takes the figures; gives its text.

    Raises:
        UserError: see `evaluate`.
    """
    torch.set_num_threads(1)
    figures = {name: round(value, 4) for name, value in evaluate(out).items()}
    text = json.dumps(figures, indent=1) + "\n"
    (out / FILE).write_text(text, encoding="utf-8")
    return text
