"""The learner: the two networks, their optimisers, the loss and one training step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, distributed, nn
from torch.nn.functional import interpolate
from transformers import CLIPTokenizer

from training import network
from training.cache import Cache
from training.latents import CHANNELS, PATCH
from training.muon import Muon
from training.tokenizer import encode, word_tokens
from visuosyn.errors import UserError
from visuosyn.microworld.scoring.recipe import COARSE, COARSE_UNTIL, Recipe
from visuosyn.microworld.world import words


class Examples(NamedTuple):
    """A batch: latents (b, 8, 24, 24), tokens (b, 32), cover (b, 1, 24, 24) as shares 0..1."""

    latents: Tensor
    tokens: Tensor
    cover: Tensor


class Texts(NamedTuple):
    """What the U-Net reads of captions, (b, 32, width) each: in cross attention, and in the time embedding."""

    words: Tensor
    whole: Tensor


class Losses(NamedTuple):
    """Mean squared error of the predicted velocity: over all cells, and over object cells."""

    plain: float
    objects: float


class Learner:
    """Networks, averaged weights and optimisers of one rank; all ranks hold equal weights at all times."""

    def __init__(self, recipe: Recipe, tokenizer: CLIPTokenizer, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.device = recipe, device
        self.unet = network.denoiser(recipe.channels).to(device)
        self.text = network.text_encoder(tokenizer).to(device)
        if device.type == "cpu":  # the fused kernel's backward pass is slow in bfloat16 on CPUs
            self.unet.set_attn_processor(AttnProcessor())
        self.half = device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()
        self.parameters = dict(_named(self.unet, "unet") + _named(self.text, "text"))
        self.averaged = {name: value.detach().clone() for name, value in self.parameters.items()}
        matrices = [value for name, value in self.parameters.items() if _is_matrix(name, value)]
        others = {name: value for name, value in self.parameters.items() if not _is_matrix(name, value)}
        self.muon = Muon(matrices, dtype=torch.bfloat16 if self.half else torch.float32)
        self.others = others
        self.adam = torch.optim.AdamW(_decay_groups(others.values()), betas=(0.9, 0.99))
        self.signal = network.scheduler().alphas_cumprod.to(device)
        ratio = self.signal / (1 - self.signal).clamp(min=1e-6)
        weights = (6 / (ratio + 1)).clamp(max=1)
        self.time_weights = weights / weights.mean()
        self.empty = torch.tensor(encode(tokenizer, [""]), device=device)
        self.end = tokenizer.eos_token_id
        self.qualities = torch.tensor(word_tokens(tokenizer, (*words.ADJECTIVES, *words.GROUNDS)), device=device)

    def step(self, examples: Examples, *, rates: float, generator: torch.Generator, averaging: float) -> Losses:
        """One optimiser step; `rates` scales both learning rates."""
        loss, losses = self.loss(examples, generator)
        torch.autograd.backward(loss)
        _average_gradients(list(self.parameters.values()))
        nn.utils.clip_grad_norm_(self.parameters.values(), 1.0)
        for group in self.adam.param_groups:
            group["lr"] = self.recipe.adam_rate * rates
        self.adam.step()
        self.muon.step(self.recipe.muon_rate * rates)
        for parameter in self.parameters.values():
            parameter.grad = None
        with torch.no_grad():
            torch._foreach_lerp_(list(self.averaged.values()), list(self.parameters.values()), 1 - averaging)
        return losses

    def loss(self, examples: Examples, generator: torch.Generator) -> tuple[Tensor, Losses]:
        """The weighted velocity error of a batch at random times, evenly spread quantiles of their distribution."""
        count = len(examples.latents)
        offset = torch.rand(1, generator=generator, device=self.device)
        spread = (offset + torch.randperm(count, generator=generator, device=self.device) / count) % 1
        times = (spread**self.recipe.late * len(self.signal)).long().clamp(max=len(self.signal) - 1)
        noise = self.noise(times, generator)
        texts = self.texts(examples.tokens, times, generator)
        error = self.errors(examples.latents, noise, times, texts)
        weights = 1 + self.recipe.object_weight * examples.cover
        weights = weights / (1 + 0.2 * self.recipe.object_weight)
        total = ((error * weights).mean((1, 2, 3)) * self.time_weights[times]).mean()
        objects = (error.detach() * examples.cover).mean() / examples.cover.mean().clamp(min=1e-6)
        return total, Losses(error.detach().mean().item(), objects.item())

    def noise(self, times: Tensor, generator: torch.Generator) -> Tensor:
        """White noise (b, 8, 24, 24); in the recipe's share one interpolated from few normal values is added to it.

        Not at the noisiest steps, where layout is decided: there it duplicated objects.
        """
        shape = (len(times), CHANNELS, network.GRID, network.GRID)
        noise = torch.randn(shape, generator=generator, device=self.device)
        draws = torch.rand(2, len(noise), generator=generator, device=self.device)
        coarse = (draws[0] < self.recipe.coarse_share) & (times < COARSE_UNTIL)
        for scale, some in enumerate(COARSE):
            chosen = coarse & ((draws[1] * len(COARSE)).long() == scale)
            grid = torch.randn(*shape[:2], some, some, generator=generator, device=self.device)
            wide = interpolate(grid, shape[2:], mode="bilinear", align_corners=True)
            noise += chosen.view(-1, 1, 1, 1) * wide
        return noise

    def errors(self, latents: Tensor, noise: Tensor, times: Tensor, texts: Texts) -> Tensor:
        """Squared error of the predicted velocity, of the latents' shape."""
        signal = self.signal[times].view(-1, 1, 1, 1)
        noisy = signal.sqrt() * latents + (1 - signal).sqrt() * noise
        velocity = signal.sqrt() * noise - (1 - signal).sqrt() * latents
        handle = self.unet.add_embedding.register_forward_pre_hook(lambda *_: (texts.whole,))
        with handle, torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.half):
            predicted = self.unet(noisy, times, encoder_hidden_states=texts.words, return_dict=False)[0]
        squared: Tensor = (predicted.float() - velocity) ** 2
        return squared

    def texts(self, tokens: Tensor, times: Tensor, generator: torch.Generator) -> Texts:
        """States of captions, dropped, replaced after the end or encoded token by token as often as the recipe says."""
        draws = torch.rand(4, len(tokens), generator=generator, device=self.device)
        tokens = torch.where((draws[0] < self.recipe.drop_caption)[:, None], self.empty, tokens)
        encoded = self.text(input_ids=torch.cat([tokens, self.empty])).last_hidden_state
        states, nothing = encoded[:-1], encoded[-1:]
        (alone,) = (draws[2] < self.recipe.drop_context).nonzero(as_tuple=True)
        if len(alone):
            states = states.index_copy(0, alone, self._each_alone(tokens[alone]))
        after_end = (tokens == self.end).cumsum(1) > 0
        replaced = after_end & (draws[1] < self.recipe.drop_end)[:, None]
        states = torch.where(replaced[..., None], nothing, states)
        signal = 1 - times / len(self.signal)
        hidden = torch.isin(tokens, self.qualities) & (draws[3] < self.recipe.drop_qualities * signal)[:, None]
        return Texts(states, torch.where(hidden[..., None], nothing, states))

    def _each_alone(self, tokens: Tensor) -> Tensor:
        """States (b, n, width) of tokens (b, n) that know their position but no other token."""
        places = torch.arange(tokens.shape[1], device=self.device).expand(tokens.shape)
        alone: Tensor = self.text(input_ids=tokens.reshape(-1, 1), position_ids=places.reshape(-1, 1)).last_hidden_state
        return alone.view(*tokens.shape, -1)

    @contextmanager
    @torch.no_grad()
    def with_averages(self) -> Iterator[None]:
        """Inside the block the networks hold the averaged weights."""
        present = {name: value.detach().clone() for name, value in self.parameters.items()}
        for name, parameter in self.parameters.items():
            parameter.copy_(self.averaged[name])
        yield
        for name, parameter in self.parameters.items():
            parameter.copy_(present[name])

    def tensors(self) -> dict[str, dict[str, Tensor]]:
        """Everything that a checkpoint keeps, by file."""
        adam = {
            f"{key}.{name}": torch.as_tensor(self.adam.state[value][key])
            for name, value in self.others.items()
            for key in self.adam.state[value]
        }
        weights: dict[str, Tensor] = dict(self.parameters)
        return {"weights": weights, "averaged": self.averaged, "muon": self.muon.state(), "adam": adam}

    @torch.no_grad()
    def load(self, tensors: dict[str, dict[str, Tensor]]) -> None:
        """Take over weights, averages and, where they are given, optimiser states.

        Raises:
            UserError: the weights are those of another network.
        """
        shapes, own = (
            {name: tuple(value.shape) for name, value in each.items()} for each in (tensors["weights"], self.parameters)
        )
        if other := {name for name in shapes.keys() | own.keys() if shapes.get(name) != own.get(name)}:
            raise UserError(
                f"the weights are those of another network: {len(other)} tensors stand on one side alone or have "
                f"another shape there, as {min(other)}; start a new run in another --out"
            )
        for name, parameter in self.parameters.items():
            parameter.copy_(tensors["weights"][name])
            self.averaged[name].copy_(tensors["averaged"][name])
        if "muon" in tensors:
            self.muon.load(tensors["muon"])
        for key, value in tensors.get("adam", {}).items():
            kind, name = key.split(".", 1)
            self.adam.state[self.others[name]][kind] = value


def draw(
    cache: Cache, recipe: Recipe, *, step: int, rank: int, ranks: int, single: bool, device: torch.device
) -> Examples:
    """The examples of a rank at a step: they depend on nothing but the recipe's seed, the step and the rank."""
    random = np.random.default_rng([recipe.seed, step, rank])
    count = recipe.batch // ranks
    indices = random.integers(len(cache.tokens), size=count)
    if len(rare := np.flatnonzero(cache.rare)):
        indices = np.where(random.random(count) < recipe.rare_share, random.choice(rare, count), indices)
    if single:
        ones = np.flatnonzero(cache.single)
        indices = np.where(random.random(count) < recipe.single_share, random.choice(ones, count), indices)
    latents = torch.from_numpy(cache.latents[indices]).to(device).float()
    tokens = torch.from_numpy(cache.tokens[indices].astype(np.int64)).to(device)
    cover = torch.from_numpy(cache.cover[indices]).to(device).float()[:, None] / PATCH**2
    return Examples(latents, tokens, cover)


def rate_factor(fraction: float, steps: int, recipe: Recipe) -> float:
    """Warm-up, constant, linear decay: the factor of the learning rates.

    Args:
        fraction: of the budget that is used, 0..1.
        steps: made since the (re)start.
        recipe: gives warm-up and decay.
    """
    rise = min(1.0, (steps + 1) / recipe.warmup)
    fall = min(1.0, (1 - fraction) / recipe.decay) if recipe.decay else 1.0
    return rise * max(0.02, fall)


def averaging_factor(steps: int, recipe: Recipe) -> float:
    """The decay of the averaged weights, small at first so that they forget the random start."""
    return min(recipe.ema, (1 + steps) / (10 + steps))


def _named(module: nn.Module, prefix: str) -> list[tuple[str, nn.Parameter]]:
    return [(f"{prefix}.{name}", parameter) for name, parameter in module.named_parameters()]


def _is_matrix(name: str, parameter: Tensor) -> bool:
    """Whether Muon trains it: matrices and convolutions, but no embeddings, first or last layers."""
    return parameter.ndim >= 2 and "embedding" not in name and not name.startswith(("unet.conv_in", "unet.conv_out"))


def _decay_groups(parameters: Iterable[Tensor]) -> list[dict[str, object]]:
    values = list(parameters)
    return [
        {"params": [value for value in values if value.ndim >= 2], "weight_decay": 0.01},
        {"params": [value for value in values if value.ndim < 2], "weight_decay": 0.0},
    ]


def _average_gradients(parameters: list[nn.Parameter]) -> None:
    if not distributed.is_initialized():
        return
    with torch.no_grad():
        flat = torch.cat([_gradient(parameter).reshape(-1) for parameter in parameters])
        distributed.all_reduce(flat)
        flat /= distributed.get_world_size()
        for parameter, part in zip(parameters, torch.split(flat, [p.numel() for p in parameters]), strict=True):
            parameter.grad = part.view_as(parameter).clone()


def _gradient(parameter: nn.Parameter) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
