"""The nearest match, where every match has a probability."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable


def nearest_match(
    matches: Float[Tensor, "*heads N N B"],
) -> Float[Tensor, "*heads N N B"]:
    """How likely every position j is the nearest match of i, position 0 by default.

    Position j is taken if it matches and nothing nearer does:
    ``p[j] = m[j] * product of (1 - m[k]) over all k nearer than j``, and what remains
    goes to position 0. This is the probability if matches are independent, and exact
    for matches of 0 and 1: there is no temperature, so that the choice of the position
    is sharp as soon as the predicate is, however soft other choices still are.

    Args:
        matches: (..., i, j, batch) probabilities, 0 where i may not look at j.
    """
    out: Tensor = _NearestMatch.apply(matches)  # type: ignore[no-untyped-call]
    return out


def _bands(matrix: Tensor, rows: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Views of all pairs (i, j) of one rank, and of what belongs to their i.

    From the nearest to the farthest: one before, one after, two before, ...; i itself
    is the last.
    """
    length, heads = matrix.shape[-3], matrix.dim() - 3
    for distance in range(1, length):
        before = matrix.diagonal(-distance, heads, heads + 1).movedim(-1, heads)
        yield before, rows[..., distance:, :]
        after = matrix.diagonal(distance, heads, heads + 1).movedim(-1, heads)
        yield after, rows[..., : length - distance, :]
    yield matrix.diagonal(0, heads, heads + 1).movedim(-1, heads), rows


class _NearestMatch(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, matches: Tensor) -> Tensor:
        left = torch.empty_like(matches)  # how likely nothing nearer matches
        remains = torch.ones_like(matches[..., 0, :])
        bands = zip(_bands(matches, remains), _bands(left, remains), strict=True)
        for (match, rest), (kept, _) in bands:
            kept.copy_(rest)
            rest.addcmul_(kept, match, value=-1)
        taken = left * matches
        taken[..., 0, :] += remains
        ctx.save_for_backward(matches, left)
        return taken

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        matches, left = ctx.saved_tensors
        out = torch.empty_like(matches)
        remains = grad[..., 0, :].clone()
        bands = zip(
            _bands(matches, remains), _bands(grad, remains), _bands(out, remains),
            strict=True,
        )  # fmt: skip
        for (match, rest), (wanted, _), (found, _) in reversed(list(bands)):
            torch.sub(wanted, rest, out=found)
            rest.addcmul_(match, found)
        return out.mul_(left)
