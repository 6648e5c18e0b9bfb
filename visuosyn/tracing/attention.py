"""The attention call that a model makes: its own result, and beside it the probabilities of a few keys.

softmax(q k^T * scale), restricted to the wanted keys, is exp(q k_wanted^T * scale - lse), where lse is the log of the
sum over *all* keys. A fused kernel computes lse anyway; where the kernel does not return it, it is computed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.attention import SDPBackend

CHUNK = 2**20
"""How many numbers of an explicit score matrix are held at a time: 4 MB in float32."""

_FUSED = SDPBackend.FLASH_ATTENTION.value
_fused = torch._scaled_dot_product_flash_attention_for_cpu


class AttentionCall(NamedTuple):
    """The arguments of one ``torch.nn.functional.scaled_dot_product_attention``.

    ``query`` (batch, head, query, channel), ``key`` and ``value`` (batch, head, key, channel); a boolean
    ``attn_mask`` is true where attention is allowed, a float one is added to the scores.
    """

    query: Tensor
    key: Tensor
    value: Tensor
    attn_mask: Tensor | None = None
    dropout_p: float = 0.0
    is_causal: bool = False
    scale: float | None = None
    enable_gqa: bool = False


def attend(call: AttentionCall) -> tuple[Tensor, Tensor | None]:
    """The call's own result, bit for bit, and the log-sum-exp (batch, head, query) where its kernel returns it.

    On a CPU, PyTorch's fused kernel is called directly whenever PyTorch itself would choose it. Otherwise PyTorch
    answers the call unchanged, and the second result is ``None``.
    """
    if call.query.is_cpu and call.attn_mask is None and not call.enable_gqa:
        tensors = (call.query, call.key, call.value)
        if torch._fused_sdp_choice(*tensors, None, call.dropout_p, call.is_causal, scale=call.scale) == _FUSED:
            output, lse = _fused(*tensors, call.dropout_p, call.is_causal, scale=call.scale)
            return output, lse
    return functional.scaled_dot_product_attention(**call._asdict()), None


class AttentionInputs(NamedTuple):
    """What the probabilities of some rows, queries and keys are computed from, in float32.

    ``query`` (row, head, query, channel); ``key`` (row, head, key, channel); ``shift`` (row, head, 1 or key, query)
    is subtracted from the scores: the log-sum-exp over all keys, minus the mask's values.
    """

    query: Tensor
    key: Tensor
    shift: Tensor
    scale: float


def attention_inputs(
    call: AttentionCall, lse: Tensor | None, rows: slice, keys: Sequence[slice], queries: slice | None = None
) -> list[AttentionInputs]:
    """Select the batch ``rows`` and the ``queries`` (``None``: all) of a call, once for each range of ``keys``.

    ``lse`` as from ``attend``. The softmax stays that over all keys of the call.
    """
    first, count = rows.start, rows.stop - rows.start
    query, key = call.query.narrow(0, first, count).float(), call.key.narrow(0, first, count).float()
    bias = None if call.attn_mask is None and not call.is_causal else _bias(call, rows)
    lse = None if lse is None else lse.narrow(0, first, count)
    if queries is not None:
        query, lse = query[:, :, queries], None if lse is None else lse[..., queries]
        bias = None if bias is None else bias[:, :, queries]
    if call.enable_gqa:
        key = key.repeat_interleave(query.shape[1] // key.shape[1], dim=1)
    scale = float(query.shape[-1] ** -0.5 if call.scale is None else call.scale)
    shift = (_log_sum_exp(query, key, bias, scale) if lse is None else lse).unsqueeze(2)
    return [
        AttentionInputs(
            query,
            key.narrow(2, some.start, some.stop - some.start),
            shift if bias is None else shift - bias[..., some].transpose(-1, -2),
            scale,
        )
        for some in keys
    ]


def joined(inputs: Sequence[AttentionInputs]) -> AttentionInputs:
    """The inputs of several calls of one shape as those of one call with many heads."""
    if len(inputs) == 1:
        return inputs[0]
    queries, keys, shifts, scales = zip(*inputs, strict=True)
    return AttentionInputs(torch.cat(queries, 1), torch.cat(keys, 1), torch.cat(shifts, 1), scales[0])


def probabilities(inputs: AttentionInputs) -> Tensor:
    """Attention probabilities, float32 (row * head, key, query)."""
    return torch.baddbmm(
        inputs.shift.flatten(0, 1),
        inputs.key.flatten(0, 1),
        inputs.query.flatten(0, 1).transpose(1, 2),
        beta=-1,
        alpha=inputs.scale,
    ).exp_()


def _bias(call: AttentionCall, rows: slice) -> Tensor:
    """What is added to the scores: (row, head, query, key), -inf where attention is not allowed."""
    size = call.query.shape[-2], call.key.shape[-2]
    mask = call.attn_mask
    if mask is None:
        mask = torch.ones(size, dtype=torch.bool, device=call.query.device).tril()
    if mask.dtype == torch.bool:
        mask = torch.zeros(mask.shape, device=mask.device).masked_fill(~mask, -torch.inf)
    return mask.float().expand(*call.query.shape[:2], *size)[rows]


def _log_sum_exp(query: Tensor, key: Tensor, bias: Tensor | None, scale: float) -> Tensor:
    """The log of the sum of exponentiated scores over all keys, (row, head, query), in chunks of queries."""
    rows, heads, queries, _ = query.shape
    step = max(1, CHUNK // (rows * heads * key.shape[2]))
    chunks = []
    for start in range(0, queries, step):
        some = slice(start, start + step)
        scores = torch.matmul(query[:, :, some], key.transpose(-1, -2)) * scale
        chunks.append((scores if bias is None else scores + bias[:, :, some]).logsumexp(-1))
    return torch.cat(chunks, dim=-1)
