"""Products and matches over positions whose gradients are written by hand.

The batch is the last dimension. The matrices are small, a few values by a few
positions, and there is one for every sequence: a batched matrix product would spend its
time on overhead, while sums of elementwise products run over long contiguous rows. Long
sequences have matrices that are worth the overhead.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import Function, once_differentiable

LARGE_PRODUCT = 32**3
"""Products in one matrix product from which on it is left to the library."""

WIDE = 32
"""Values of the second variable from which on a table is wide."""

BLOCK = 512
"""Places at which wide tables are read at a time."""

# ---- Pairs of positions ----


def pair_scores(
    query: Float[Tensor, "R H K N B"], key: Float[Tensor, "R H K N B"]
) -> Float[Tensor, "R H N N B"]:
    """Return how well every pair of positions i (first) and j matches."""
    out: Tensor = _Contract.apply(query, key)  # type: ignore[no-untyped-call]
    return out


def pair_mix(
    attention: Float[Tensor, "R H N N B"], value: Float[Tensor, "R H K N B"]
) -> Float[Tensor, "R H K N B"]:
    """Return the values at the positions j attended to from every i (first)."""
    # With j in front as what is summed over: (R, H, j, K, B) and (R, H, j, i, B).
    sources, weights = value.transpose(2, 3), attention.transpose(2, 3)
    out: Tensor = _Contract.apply(sources, weights)  # type: ignore[no-untyped-call]
    return out


class _Contract(Function):
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
    # Forward and backward passes agree on this, as their sizes have the same product.
    if x.shape[2] * x.shape[3] * y.shape[3] >= LARGE_PRODUCT and not x.is_cuda:
        return _by_sequence(x, y)
    out = x[:, :, 0].unsqueeze(3) * y[:, :, 0].unsqueeze(2)  # (R, H, i, j, B)
    for index in range(1, x.shape[2]):
        out.addcmul_(x[:, :, index].unsqueeze(3), y[:, :, index].unsqueeze(2))
    return out


def _by_sequence(x: Tensor, y: Tensor) -> Tensor:
    """The same by a matrix product for every sequence.

    Head by head: the batch is moved to the front and back again, and what one head
    needs for that stays in the cache.
    """
    out = x.new_empty(*x.shape[:2], x.shape[3], *y.shape[3:])  # (R, H, i, j, B)
    for a, b, to in zip(*map(_heads, (x, y, out)), strict=True):
        found = torch.bmm(_batch_first(a).mT, _batch_first(b))  # (B, i, j)
        to.flatten(0, 1).copy_(found.flatten(1).T)
    return out


def _heads(all_of_them: Tensor) -> Iterator[Tensor]:
    return (head for restart in all_of_them for head in restart)


def _batch_first(matrices: Tensor) -> Tensor:
    # (c, i, B) as (B, c, i); a transposed view is read in the order of its memory.
    if not matrices.is_contiguous():
        return _batch_first(matrices.transpose(0, 1).contiguous()).mT
    rows = matrices.flatten(0, 1).T.contiguous()
    return rows.view(len(rows), *matrices.shape[:2])


# ---- The nearest match ----


def nearest_match(
    matches: Float[Tensor, "*heads N N B"],
) -> Float[Tensor, "*heads N N B"]:
    """Return how likely every j is the nearest match of i, position 0 by default.

    Position j is taken if it matches and nothing nearer does:
    ``p[j] = m[j] * product of (1 - m[k]) over all k nearer than j``, and what remains
    goes to position 0. This is the probability if matches are independent, and exact
    for matches of 0 and 1: there is no temperature, so that the choice of the position
    is sharp as soon as the predicate is, however soft other choices still are.

    Args:
        matches: probabilities for i (first) and j, 0 where i may not look at j.
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
        yield before, rows[..., distance:, :]  # (*heads, N - distance, B)
        after = matrix.diagonal(distance, heads, heads + 1).movedim(-1, heads)
        yield after, rows[..., : length - distance, :]
    yield matrix.diagonal(0, heads, heads + 1).movedim(-1, heads), rows


class _NearestMatch(Function):
    @staticmethod
    def forward(ctx: Any, matches: Tensor) -> Tensor:
        left = torch.empty_like(matches)  # how likely nothing nearer matches
        remains = torch.ones_like(matches[..., 0, :])  # (*heads, N, B)
        bands = zip(_bands(matches, remains), _bands(left, remains), strict=True)
        for (match, rest), (kept, _) in bands:
            kept.copy_(rest)
            rest.addcmul_(kept, match, value=-1)
        taken = left * matches
        taken[..., 0, :] += remains  # nothing matches: position 0
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
        # From the farthest to the nearest, with what the farther ones want.
        for (match, rest), (wanted, _), (found, _) in reversed(list(bands)):
            torch.sub(wanted, rest, out=found)
            rest.addcmul_(match, found)
        return out.mul_(left)


# ---- Tables over two variables ----


def read_tables(
    tables: Float[Tensor, "T o a b"],
    first: Float[Tensor, "T a P"],
    second: Float[Tensor, "T b P"],
) -> Float[Tensor, "T o P"]:
    """Return ``out[o, p] = sum of table[o, a, b] * first[a, p] * second[b, p]``.

    Table by table, so that what one needs stays in the cache: the pairs of all tables
    together are the largest arrays of a training step, and reading them from memory
    took most of its time at 16 values. The pairs are computed again on the way back
    rather than kept. Of wide tables with few outputs there are more pairs than outputs
    for every value of the first variable, so these are computed instead.
    """
    if not len(tables):  # pairs of long sequences' positions would not fit anywhere
        return first.new_empty(0, tables.shape[1], first.shape[2])
    outputs, columns = tables.shape[1], tables.shape[3]
    wide = columns >= max(WIDE, 2 * outputs) and not tables.is_cuda
    read = _ReadWideTables if wide else _ReadTables
    out: Tensor = read.apply(tables, first, second)  # type: ignore[no-untyped-call]
    return out


class _ReadTables(Function):
    @staticmethod
    def forward(ctx: Any, tables: Tensor, first: Tensor, second: Tensor) -> Tensor:
        ctx.save_for_backward(tables, first, second)
        count, outputs, rows, columns = tables.shape
        places = first.shape[2]
        out = first.new_empty(count, outputs, places)
        pairs = first.new_empty(rows, columns, places)
        for table, a, b, to in zip(tables, first, second, out, strict=True):
            torch.mul(a[:, None], b, out=pairs)
            torch.mm(table.flatten(1), pairs.flatten(0, 1), out=to)  # (o, P)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, ...]:
        inputs = ctx.saved_tensors
        found = tuple(map(torch.empty_like, inputs))
        tables, first, _ = inputs
        pairs = first.new_empty(*tables.shape[2:], first.shape[2])  # (a, b, P)
        flat, part = pairs.flatten(0, 1), torch.empty_like(pairs)
        for table, a, b, out, to_table, to_first, to_second in zip(
            *inputs, grad, *found, strict=True
        ):
            torch.mul(a[:, None], b, out=pairs)
            torch.mm(out, flat.T, out=to_table.flatten(1))
            torch.mm(table.flatten(1).T, out, out=flat)  # the gradient of the pairs
            torch.sum(torch.mul(pairs, b, out=part), 1, out=to_first)
            torch.sum(pairs.mul_(a[:, None]), 0, out=to_second)
        return found


class _ReadWideTables(Function):
    """The same by way of ``parts[o, a, p] = sum of table[o, a, b] * second[b, p]``."""

    @staticmethod
    def forward(ctx: Any, tables: Tensor, first: Tensor, second: Tensor) -> Tensor:
        ctx.save_for_backward(tables, first, second)
        out = first.new_empty(*tables.shape[:2], first.shape[2])
        for table, a, b, to in zip(tables, first, second, out, strict=True):
            for here in _blocks(a):
                parts = _parts(table, b[:, here]).mul_(a[:, here])  # (o, a, P)
                to[:, here] = parts.sum(1)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, ...]:
        inputs = ctx.saved_tensors
        found = tuple(map(torch.zeros_like, inputs))
        for table, first, second, out, to_table, to_first, to_second in zip(
            *inputs, grad, *found, strict=True
        ):
            rows = table.flatten(0, 1)  # (o * a, b)
            for here in _blocks(first):
                a, b, wanted = first[:, here], second[:, here], out[:, None, here]
                parts = _parts(table, b)
                to_first[:, here] = parts.mul_(wanted).sum(0)
                flat = torch.mul(wanted, a, out=parts).flatten(0, 1)  # (o * a, P)
                to_table.flatten(0, 1).addmm_(flat, b.T)
                to_second[:, here] = rows.T @ flat
        return found


def _parts(table: Tensor, second: Tensor) -> Tensor:
    parts = table.flatten(0, 1) @ second  # (o * a, P)
    return parts.view(*table.shape[:2], -1)


def _blocks(places: Tensor) -> Iterator[slice]:
    return (slice(n, n + BLOCK) for n in range(0, places.shape[-1], BLOCK))
