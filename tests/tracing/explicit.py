"""Attention of a U-Net written down in full, which the tracer's maps are compared with."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional

from visuosyn.data import HeatMaps


class Explicit:
    """An attention processor that writes down softmax(q k^T / sqrt(d)) in float64; its result is the ordinary one."""

    def __init__(self, name: str, records: dict[str, list[torch.Tensor]]) -> None:
        self.name, self.records = name, records

    def __call__(self, attn: Any, hidden_states: torch.Tensor, encoder_hidden_states: Any = None, **_: Any) -> Any:
        text = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        projected = [attn.to_q(hidden_states), attn.to_k(text), attn.to_v(text)]
        q, k, v = (x.unflatten(-1, (attn.heads, -1)).transpose(1, 2) for x in projected)
        if encoder_hidden_states is not None:
            scores = torch.einsum("bhqc,bhkc->bhqk", q.double(), k.double()) / q.shape[-1] ** 0.5
            self.records.setdefault(self.name, []).append(scores.softmax(-1))
        result = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        return attn.to_out[0](result)


def explicit_attention(pipe: Any, *args: Any, **kwargs: Any) -> tuple[dict[str, list[torch.Tensor]], Any]:
    """Every cross-attention layer's probabilities, one (batch, head, query, key) a step, and the images."""
    records: dict[str, list[torch.Tensor]] = {}
    own = pipe.unet.attn_processors
    pipe.unet.set_attn_processor({name: Explicit(name.removesuffix(".processor"), records) for name in own})
    try:
        return records, pipe(*args, **kwargs).images
    finally:
        pipe.unet.set_attn_processor(own)


def expected_sums(records: dict[str, list[torch.Tensor]], row: int, weights: np.ndarray, steps: int) -> dict[Any, Any]:
    """(stage, phase, number of queries) -> sums (word, query), from explicit probabilities."""
    sums: dict[Any, Any] = {}
    for name, each in records.items():
        for step, probabilities in enumerate(each):
            p = probabilities[row].sum(0).T.numpy()  # (key, query)
            stage = {"down_blocks": "down", "mid_block": "mid", "up_blocks": "up"}[name.split(".")[0]]
            phase = 0 if step < steps / 3 else 1 if step < 2 * steps / 3 else 2
            key = (stage, phase, p.shape[1])
            sums[key] = sums.get(key, 0) + weights @ p
    return sums


def token_weights(maps: HeatMaps, tokenizer: Any) -> np.ndarray:
    """Means over each word's tokens, found by encoding the words one by one (words are apart by blanks)."""
    weights = np.zeros((len(maps.words), tokenizer.model_max_length))
    at = 1
    for row, word in enumerate(maps.words):
        count = len(tokenizer(word.text).input_ids) - 2
        weights[row, at : at + count] = 1 / count
        at += count
    return weights


def check(maps: HeatMaps, expected: dict[Any, Any], tolerance: float = 1e-5) -> None:
    """Every slice's sums are the expected ones, up to a share of their maximum."""
    assert len(expected) == len(maps.slices)
    for one in maps.slices:
        theirs = expected[one.stage, one.phase, one.grid[0] * one.grid[1]]
        assert np.abs(one.sums.reshape(theirs.shape) - theirs).max() <= tolerance * theirs.max()
