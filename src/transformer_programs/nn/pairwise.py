"""Products over pairs of positions, with the batch as the last dimension.

The matrices are small (a few values by a few positions) and there is one for every
sequence, so that a batched matrix product spends its time on overhead. With the batch
last, a sum of elementwise products runs over long contiguous rows instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.autograd.function import once_differentiable

if TYPE_CHECKING:
    from torch import Tensor


class _Contract(torch.autograd.Function):
    """``out[r, h, i, j, b] = sum_c x[r, h, c, i, b] * y[r, h, c, j, b]``."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor) -> Tensor:
        ctx.save_for_backward(x, y)
        return _contract(x, y)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x, y = ctx.saved_tensors
        need_x, need_y = ctx.needs_input_grad
        turned = grad.transpose(2, 3)
        grad_x = _contract(y.transpose(2, 3), turned) if need_x else None
        grad_y = _contract(x.transpose(2, 3), grad) if need_y else None
        return grad_x, grad_y


def _contract(x: Tensor, y: Tensor) -> Tensor:
    """The sum over dimension 2 of both."""
    out = x[:, :, 0].unsqueeze(3) * y[:, :, 0].unsqueeze(2)
    for index in range(1, x.shape[2]):
        out.addcmul_(x[:, :, index].unsqueeze(3), y[:, :, index].unsqueeze(2))
    return out


def pair_scores(query: Tensor, key: Tensor) -> Tensor:
    """How well every pair of positions matches.

    Args:
        query: (restarts, heads, values, length, batch).
        key: (restarts, heads, values, length, batch).

    Returns:
        (restarts, heads, length i, length j, batch).
    """
    out: Tensor = _Contract.apply(query, key)  # type: ignore[no-untyped-call]
    return out


def pair_mix(attention: Tensor, value: Tensor) -> Tensor:
    """The values at the positions attended to.

    Args:
        attention: (restarts, heads, length i, length j, batch).
        value: (restarts, heads, values, length j, batch).

    Returns:
        (restarts, heads, values, length i, batch).
    """
    sources, weights = value.transpose(2, 3), attention.transpose(2, 3)
    out: Tensor = _Contract.apply(sources, weights)  # type: ignore[no-untyped-call]
    return out
