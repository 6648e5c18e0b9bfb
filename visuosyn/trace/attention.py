"""The attention call that a model makes: its own result, and the probabilities of a few keys beside it.

softmax(q k^T * scale) of the wanted keys alone is exp(q k_wanted^T * scale - lse), where lse is the log of the sum
over *all* keys. A fused kernel knows lse anyway; where none returns it, it is computed apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.attention import SDPBackend

CHUNK = 2**20
"""Numbers of an explicit score matrix held at a time: 4 MB in float32."""


@dataclass(frozen=True, eq=False)
class Attention:
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

    @property
    def factor(self) -> float:
        """What the scores are multiplied with."""
        return float(self.query.shape[-1] ** -0.5 if self.scale is None else self.scale)


def attend(call: Attention) -> tuple[Tensor, Tensor | None]:
    """The call's own result, bit for bit, and the log-sum-exp (batch, head, query) where its kernel returns it.

    On a CPU, PyTorch's fused kernel is asked directly whenever PyTorch itself would choose it. Otherwise PyTorch
    answers the call as it came, and the second result is ``None``.
    """
    if call.query.device.type == "cpu" and call.attn_mask is None and not call.enable_gqa:
        plain = (call.query, call.key, call.value)
        choice = torch._fused_sdp_choice(*plain, None, call.dropout_p, call.is_causal, scale=call.scale)
        if choice == SDPBackend.FLASH_ATTENTION.value:
            output, lse = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
                *plain, call.dropout_p, call.is_causal, attn_mask=None, scale=call.scale
            )
            return output, lse
    return functional.scaled_dot_product_attention(**vars(call)), None


def probabilities(call: Attention, lse: Tensor | None, rows: slice, keys: slice) -> Tensor:
    """Attention probabilities of some keys, in float32.

    Shape: (row, head, key, query) for the batch ``rows`` and the ``keys`` wanted. ``lse`` as from ``attend``.
    """
    query, key = _rows(call, rows)
    batch, heads, queries, channels = query.shape
    lse = _log_sum_exp(call, rows, query, key) if lse is None else lse[rows]
    wanted = key[:, :, keys]
    scores = torch.baddbmm(
        lse.reshape(batch * heads, 1, queries),
        wanted.reshape(batch * heads, -1, channels),
        query.reshape(batch * heads, queries, channels).transpose(1, 2),
        beta=-1,
        alpha=call.factor,
    ).view(batch, heads, -1, queries)
    bias = _bias(call, rows, slice(0, queries))
    if bias is not None:
        scores = scores + bias[..., keys].transpose(-1, -2)
    return scores.exp_()


def _rows(call: Attention, rows: slice) -> tuple[Tensor, Tensor]:
    """Queries and keys of some rows in float32, with a key head for each query head."""
    query, key = call.query[rows].float(), call.key[rows].float()
    if query.shape[1] != key.shape[1]:
        key = key.repeat_interleave(query.shape[1] // key.shape[1], dim=1)
    return query, key


def _bias(call: Attention, rows: slice, queries: slice) -> Tensor | None:
    """What is added to the scores, (row or 1, head or 1, query, key); -inf where attention is not allowed."""
    mask = call.attn_mask
    size = call.query.shape[-2], call.key.shape[-2]
    if call.is_causal:
        mask = torch.ones(size, dtype=torch.bool, device=call.query.device).tril()
    if mask is None:
        return None
    if mask.dtype == torch.bool:
        mask = torch.zeros(mask.shape, device=mask.device).masked_fill(~mask, -torch.inf)
    mask = mask.float().expand(*(1,) * (4 - mask.ndim), *mask.shape[:-2], *size)
    return (mask if mask.shape[0] == 1 else mask[rows])[:, :, queries]


def _log_sum_exp(call: Attention, rows: slice, query: Tensor, key: Tensor) -> Tensor:
    """The log of the sum of exponentiated scores over all keys, (row, head, query), in chunks of queries."""
    batch, heads, queries, _ = query.shape
    step = max(1, CHUNK // max(1, batch * heads * key.shape[-2]))
    parts = []
    for start in range(0, queries, step):
        chunk = slice(start, start + step)
        scores = torch.matmul(query[:, :, chunk], key.transpose(-1, -2)) * call.factor
        bias = _bias(call, rows, chunk)
        parts.append((scores if bias is None else scores + bias).logsumexp(-1))
    return torch.cat(parts, dim=-1)
