"""Drawing with the networks themselves, without a pipeline: for sheets of samples while training runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from numpy.typing import NDArray
from transformers import CLIPTextModel, CLIPTokenizer

from training.latents import CHANNELS
from training.network import GRID, scheduler
from training.tokenizer import encode

PROMPTS = (
    "a cat", "a dog on the grass", "a zebra", "a giraffe in the snow", "an elephant", "a rabbit on the road",
    "a pig", "an apple", "a banana", "a pear on the sand", "a red car", "a blue bus on the road",
    "a black bicycle", "a fire truck", "a green chair", "a yellow table", "a purple hat", "a crown",
    "a green box", "a basket", "a blue ball", "a red balloon", "a teddy bear", "a yellow umbrella",
    "a traffic light", "a striped ball", "a small dotted box", "a big red car", "two apples", "three pears on the sand",
    "a cat and a dog", "a red ball next to a blue box", "a zebra to the left of a pig", "a bus and a bicycle",
    "a cat wearing a hat", "a dog that is wearing a red hat", "a rabbit holding a balloon", "a pear on a red chair",
    "an apple on a green table", "a pig under a purple umbrella", "a dog in front of a blue bus",
    "a basket of apples", "a pair of dogs", "a cat, a ball and a hat", "a giraffe and an elephant",
    "a teddy bear on a table", "a crown and a green balloon in the snow", "a banana and a yellow car",
)  # fmt: skip
"""Forty-eight captions: every noun alone, then numbers, pairs and relations."""


@torch.inference_mode()
def draw_latents(
    unet: UNet2DConditionModel,
    text: CLIPTextModel,
    tokenizer: CLIPTokenizer,
    prompts: Sequence[str],
    *,
    steps: int = 25,
    guidance: float = 3.0,
    seed: int = 0,
) -> NDArray[np.float32]:
    """Latents (n, 8, 24, 24) of one picture a prompt, sampled with classifier-free guidance."""
    device = unet.device
    schedule = scheduler()
    schedule.set_timesteps(steps, device=device)
    tokens = torch.tensor(encode(tokenizer, [""] * len(prompts) + list(prompts)), device=device)
    states = text(input_ids=tokens).last_hidden_state
    generator = torch.Generator().manual_seed(seed)
    latents = torch.randn(len(prompts), CHANNELS, GRID, GRID, generator=generator).to(device)
    for time in schedule.timesteps:
        both = unet(torch.cat([latents, latents]), time, encoder_hidden_states=states, return_dict=False)[0]
        empty, worded = both.chunk(2)
        latents = schedule.step(empty + guidance * (worded - empty), time, latents, return_dict=False)[0]
    return latents.cpu().numpy()
