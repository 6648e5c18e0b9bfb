"""Muon: momentum whose update is orthogonalised (Jordan et al. 2024), shared out over the ranks."""

# Not torch.optim.Muon: it refuses convolutions, cannot share the work of ranks, and always multiplies in bfloat16: on a
# CPU without it (AVX2, one thread) 6.3 s a step of the bundled model, for which float32 here takes 0.4 s.

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, distributed


def orthogonalise(matrices: Tensor, *, steps: int = 5, dtype: torch.dtype = torch.float32) -> Tensor:
    """Push the singular values of matrices (n, rows, columns) towards 1 with Newton-Schulz steps.

    After five steps they lie between about 0.7 and 1.2; the coefficients are Jordan's.
    """
    tall = matrices.shape[-2] > matrices.shape[-1]
    x: Tensor = (matrices.mT if tall else matrices).to(dtype)
    x = x / (torch.linalg.matrix_norm(x.float(), keepdim=True) + 1e-7).to(dtype)
    for _ in range(steps):
        square = x @ x.mT
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return (x.mT if tall else x).to(matrices.dtype)


class Muon:
    """The optimiser for matrices and convolutions (read as matrices: outputs x everything else).

    Every rank must hold the same, already averaged gradients; each orthogonalises a share of the matrices and sends
    the result to the others.

    Args:
        parameters: tensors of two or more dimensions.
        momentum: of the running mean of gradients (Nesterov).
        decay: decoupled weight decay.
        dtype: of the Newton-Schulz products.
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        *,
        momentum: float = 0.95,
        decay: float = 0.01,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.momentum, self.decay, self.dtype = momentum, decay, dtype
        groups: dict[tuple[int, int], list[Tensor]] = {}
        for parameter in parameters:
            groups.setdefault((parameter.shape[0], parameter[0].numel()), []).append(parameter)
        self.groups = list(groups.items())
        self.means = [torch.zeros(len(group), *shape, device=group[0].device) for shape, group in self.groups]
        ranks = distributed.get_world_size() if distributed.is_initialized() else 1
        self.rank = distributed.get_rank() if distributed.is_initialized() else 0
        self.shares = _share([len(group) * min(shape) ** 2 * max(shape) for shape, group in self.groups], ranks)

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """One update; an orthogonal update of root mean square 0.2 at rate 1, as large as AdamW's usually is."""
        updates = [self._update(index) for index in range(len(self.groups))]
        for owner, share in enumerate(self.shares if len(self.shares) > 1 else ()):
            _broadcast([updates[index] for index in share], owner)
        for (shape, group), update in zip(self.groups, updates, strict=True):
            for parameter, direction in zip(group, update, strict=True):
                parameter.mul_(1 - rate * self.decay)
                parameter.add_(direction.view(parameter.shape), alpha=-rate * 0.2 * max(shape) ** 0.5)

    def _update(self, index: int) -> Tensor:
        shape, group = self.groups[index]
        gradients = torch.stack([_gradient(parameter).reshape(shape) for parameter in group])
        mean = self.means[index].lerp_(gradients, 1 - self.momentum)
        if index not in self.shares[self.rank]:
            return torch.empty_like(mean)
        return orthogonalise(gradients.lerp(mean, self.momentum), dtype=self.dtype)

    def state(self) -> dict[str, Tensor]:
        """The running means by group number."""
        return {f"mean.{index}": mean for index, mean in enumerate(self.means)}

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over what `state` gave."""
        for index, mean in enumerate(self.means):
            mean.copy_(state[f"mean.{index}"])


def _gradient(parameter: Tensor) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _share(costs: Sequence[int], ranks: int) -> list[list[int]]:
    """Deal groups to ranks, the most costly first, each to the rank with the least to do."""
    shares: list[list[int]] = [[] for _ in range(ranks)]
    for index in sorted(range(len(costs)), key=lambda index: -costs[index]):
        min(shares, key=lambda share: sum(costs[other] for other in share)).append(index)
    return [sorted(share) for share in shares]


def _broadcast(tensors: list[Tensor], owner: int) -> None:
    flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
    distributed.broadcast(flat, owner)
    for tensor, part in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
        tensor.copy_(part.view_as(tensor))
