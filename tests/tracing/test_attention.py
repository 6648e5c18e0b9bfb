"""Probabilities of a few keys against softmax over all keys, in float64, for every kind of call."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from visuosyn.tracing import attention
from visuosyn.tracing.attention import AttentionCall, attend, attention_inputs, joined, probabilities

BATCH, HEADS, QUERIES, KEYS, CHANNELS = 3, 4, 10, 7, 6


def tensors(key_heads: int = HEADS, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    chance = torch.Generator().manual_seed(0)
    sizes = [(HEADS, QUERIES), (key_heads, KEYS), (key_heads, KEYS)]
    made = [torch.randn(BATCH, length, heads, CHANNELS, generator=chance) for heads, length in sizes]
    q, k, v = (x.transpose(1, 2).to(dtype) for x in made)  # laid out as diffusers does it
    return 3 * q, k, v


def by_hand(q: Tensor, k: Tensor, bias: Tensor | None = None, scale: float | None = None) -> Tensor:
    """softmax(q k^T * scale + bias), (batch, head, query, key) in float64."""
    k = k.repeat_interleave(q.shape[1] // k.shape[1], dim=1)
    scores = torch.einsum("bhqc,bhkc->bhqk", q.double(), k.double()) * (scale or CHANNELS**-0.5)
    return (scores if bias is None else scores + bias).softmax(-1)


def blocked(allowed: Tensor) -> Tensor:
    return torch.zeros(allowed.shape).masked_fill(~allowed, -torch.inf)


ALLOWED = torch.rand(BATCH, 1, QUERIES, KEYS, generator=torch.Generator().manual_seed(1)) > 0.3
BIAS = torch.randn(BATCH, HEADS, 1, KEYS, generator=torch.Generator().manual_seed(2))
CASES: dict[str, tuple[dict[str, Any], Tensor | None, int]] = {
    "plain": ({}, None, HEADS),
    "scale": ({"scale": 0.3}, None, HEADS),
    "boolean mask": ({"attn_mask": ALLOWED}, blocked(ALLOWED), HEADS),
    "float mask": ({"attn_mask": BIAS}, BIAS, HEADS),
    "mask of two axes": ({"attn_mask": ALLOWED[0, 0]}, blocked(ALLOWED[0, 0]), HEADS),
    "causal": ({"is_causal": True}, blocked(torch.ones(QUERIES, KEYS, dtype=torch.bool).tril()), HEADS),
    "fewer key heads": ({"enable_gqa": True}, None, 2),
    "fewer key heads, masked": ({"enable_gqa": True, "attn_mask": ALLOWED}, blocked(ALLOWED), 2),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("chunk", [2**20, 60])
def test_probabilities_are_softmax(case: str, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "CHUNK", chunk)  # the explicit log-sum-exp in one piece and in several
    options, bias, key_heads = CASES[case]
    q, k, v = tensors(key_heads)
    call = AttentionCall(q, k, v, **options)
    output, lse = attend(call)
    assert torch.equal(output, functional.scaled_dot_product_attention(q, k, v, **options))
    expected = by_hand(q, k, bias, options.get("scale"))
    ranges = [slice(2, 6), slice(0, 3)]  # they may share keys
    for known, queries in itertools.product({lse, None}, [None, slice(1, 8), slice(4, 5)]):
        inputs = attention_inputs(call, known, slice(1, 3), ranges, queries)
        for keys, each in zip(ranges, inputs, strict=True):
            theirs = expected[1:3, :, queries or slice(None), keys].transpose(2, 3).flatten(0, 1)
            # scores reach 30, where float32 steps are 2e-6
            assert (probabilities(each) - theirs).abs().max() <= 5e-6
    if case in ("plain", "scale"):
        assert lse is not None  # returned by PyTorch's own kernel


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_calls_give_single_precision_probabilities(dtype: torch.dtype) -> None:
    q, k, v = tensors(dtype=dtype)
    call = AttentionCall(q, k, v)
    output, lse = attend(call)
    assert torch.equal(output, functional.scaled_dot_product_attention(q, k, v))
    (inputs,) = attention_inputs(call, lse, slice(0, 3), [slice(0, KEYS)])
    p = probabilities(inputs)
    assert p.dtype == torch.float32
    assert (p.sum(1) - 1).abs().max() < 1e-2
    assert (p - by_hand(q, k).transpose(2, 3).flatten(0, 1)).abs().max() < 1e-2


def test_joined_inputs_give_the_probabilities_of_each() -> None:
    q, k, v = tensors()
    calls = [AttentionCall(q, k, v), AttentionCall(q + 1, k - 1, v)]
    inputs = [attention_inputs(call, attend(call)[1], slice(0, 2), [slice(1, 4)])[0] for call in calls]
    together = probabilities(joined(inputs)).unflatten(0, (2, 2, HEADS))
    for i, one in enumerate(inputs):
        assert torch.allclose(together[:, i], probabilities(one).unflatten(0, (2, HEADS)), atol=1e-6)
