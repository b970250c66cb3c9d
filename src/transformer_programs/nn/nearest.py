"""The nearest match, where every match has a probability."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from transformer_programs.nn.modules import preference


def nearest_match(
    matches: Float[Tensor, "R N N B"],
) -> Float[Tensor, "R N N B"]:
    """How likely every position j is the nearest match of i, position 0 by default.

    Position j is taken if it matches and nothing nearer does:
    ``p[j] = m[j] * product of (1 - m[k]) over all k nearer than j``, and what remains
    goes to position 0. This is the probability if matches are independent, and exact
    for matches of 0 and 1: there is no temperature, so that the choice of the position
    is sharp as soon as the predicate is, however soft other choices still are.

    Args:
        matches: (restarts, i, j, batch) probabilities, 0 where i may not look at j.
    """
    out: Tensor = _NearestMatch.apply(matches)  # type: ignore[no-untyped-call]
    return out


class _NearestMatch(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, matches: Tensor) -> Tensor:
        length = matches.shape[1]
        order = preference(length, matches.device).argsort(dim=1, descending=True)
        rows = torch.arange(length, device=matches.device)[:, None]
        match = matches[:, rows, order]  # nearest first
        left = torch.empty_like(match)  # how likely nothing nearer matches
        remains = torch.ones_like(match[:, :, 0])
        for rank in range(length):
            left[:, :, rank] = remains
            remains = remains * (1 - match[:, :, rank])
        back = order.argsort(dim=1)
        taken = (left * match)[:, rows, back]
        taken[:, :, 0] += remains
        ctx.save_for_backward(match, left, rows, order, back)
        return taken

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        match, left, rows, order, back = ctx.saved_tensors
        taken = grad[:, rows, order]
        remains = grad[:, :, 0]
        out = torch.empty_like(match)
        for rank in reversed(range(match.shape[2])):
            more = taken[:, :, rank] - remains
            out[:, :, rank] = left[:, :, rank] * more
            remains = torch.addcmul(remains, match[:, :, rank], more)
        found: Tensor = out[:, rows, back]
        return found
