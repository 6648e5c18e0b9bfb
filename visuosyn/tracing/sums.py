"""Adding attention probabilities up as they come, in bounded memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from visuosyn.tracing.attention import CHUNK, AttentionInputs, joined, probabilities

PENDING = 2**18
"""How many numbers one sum may hold back before it adds them up: 1 MB in float32."""


class Sums:
    """A running sum, (image, token, query) or with heads apart (image, head, token, query), and its number of maps.

    Small inputs are held back until there are ``PENDING`` numbers, so that a small model does not pay for each; large
    ones are added a few images at a time, so that the probabilities stay small. Memory is bounded either way.
    """

    def __init__(self, shape: Sequence[int], tokens: int, *, apart: bool, device: torch.device) -> None:
        images, heads, queries, channels = shape
        self.total = torch.zeros((images, heads if apart else 1, tokens, queries), device=device)
        self.count = 0
        self._apart = apart
        self._pending: list[AttentionInputs] = []
        self._most = max(1, PENDING // (images * heads * queries * max(tokens, channels)))

    def add(self, inputs: AttentionInputs) -> None:
        """Add the probabilities of these inputs, now or later."""
        self._pending.append(inputs)
        self.count += 1 if self._apart else inputs.query.shape[1]
        if len(self._pending) >= self._most:
            self.flush()

    def flush(self) -> None:
        """Add what was held back."""
        pending, self._pending = self._pending, []
        if not pending or not self.total.numel():  # prompts without a word have nothing to add
            return
        query, key, shift, scale = joined(pending)
        images, heads, queries, _ = query.shape
        chunk = max(1, CHUNK // max(1, heads * queries * key.shape[2]))
        for start in range(0, images, chunk):
            some = slice(start, start + chunk)
            total = self.total[some]
            p = probabilities(AttentionInputs(query[some], key[some], shift[some], scale))
            total.add_(p.view(len(total), -1, *self.total.shape[1:]).sum(1))
