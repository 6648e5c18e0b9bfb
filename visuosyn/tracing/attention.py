"""The attention call that a model makes: its own result, and the probabilities of a few keys beside it.

softmax(q k^T * scale) of the wanted keys alone is exp(q k_wanted^T * scale - lse), where lse is the log of the sum
over *all* keys. A fused kernel knows lse anyway; where none returns it, it is computed apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.attention import SDPBackend

CHUNK = 2**20
"""Numbers of an explicit score matrix held at a time: 4 MB in float32."""

_FUSED = SDPBackend.FLASH_ATTENTION.value
_fused = torch._scaled_dot_product_flash_attention_for_cpu


class Attention(NamedTuple):
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


def attend(call: Attention) -> tuple[Tensor, Tensor | None]:
    """The call's own result, bit for bit, and the log-sum-exp (batch, head, query) where its kernel returns it.

    On a CPU, PyTorch's fused kernel is asked directly whenever PyTorch itself would choose it. Otherwise PyTorch
    answers the call as it came, and the second result is ``None``.
    """
    if call.query.is_cpu and call.attn_mask is None and not call.enable_gqa:
        plain = (call.query, call.key, call.value)
        if torch._fused_sdp_choice(*plain, None, call.dropout_p, call.is_causal, scale=call.scale) == _FUSED:
            output, lse = _fused(*plain, call.dropout_p, call.is_causal, scale=call.scale)
            return output, lse
    return functional.scaled_dot_product_attention(**call._asdict()), None


class Look(NamedTuple):
    """What the probabilities of some rows and keys are made of, in float32.

    ``query`` (row, head, query, channel); ``key`` (row, head, key, channel); ``shift`` (row, head, 1 or key, query)
    is what is taken off the scores: the log-sum-exp over all keys, less the mask's values.
    """

    query: Tensor
    key: Tensor
    shift: Tensor
    scale: float


def look(call: Attention, lse: Tensor | None, rows: slice, keys: slice) -> Look:
    """Take the batch ``rows`` and the ``keys`` wanted out of a call; ``lse`` as from ``attend``."""
    first, count = rows.start, rows.stop - rows.start
    query, key = call.query.narrow(0, first, count).float(), call.key.narrow(0, first, count).float()
    if call.enable_gqa:
        key = key.repeat_interleave(query.shape[1] // key.shape[1], dim=1)
    bias = None if call.attn_mask is None and not call.is_causal else _bias(call, rows)
    scale = float(query.shape[-1] ** -0.5 if call.scale is None else call.scale)
    lse = _log_sum_exp(query, key, bias, scale) if lse is None else lse.narrow(0, first, count)
    shift = lse.unsqueeze(2)
    if bias is not None:
        shift = shift - bias[..., keys].transpose(-1, -2)
    return Look(query, key.narrow(2, keys.start, keys.stop - keys.start), shift, scale)


def joined(looks: Sequence[Look]) -> Look:
    """Several looks of one shape as one of many heads."""
    if len(looks) == 1:
        return looks[0]
    queries, keys, shifts, scales = zip(*looks, strict=True)
    return Look(torch.cat(queries, 1), torch.cat(keys, 1), torch.cat(shifts, 1), scales[0])


def probabilities(look: Look) -> Tensor:
    """Attention probabilities, float32 (row * head, key, query)."""
    return torch.baddbmm(
        look.shift.flatten(0, 1),
        look.key.flatten(0, 1),
        look.query.flatten(0, 1).transpose(1, 2),
        beta=-1,
        alpha=look.scale,
    ).exp_()


def _bias(call: Attention, rows: slice) -> Tensor:
    """What is added to the scores, (row, head, query, key); -inf where attention is not allowed."""
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
    parts = []
    for start in range(0, queries, step):
        some = slice(start, start + step)
        scores = torch.matmul(query[:, :, some], key.transpose(-1, -2)) * scale
        parts.append((scores if bias is None else scores + bias[:, :, some]).logsumexp(-1))
    return torch.cat(parts, dim=-1)
