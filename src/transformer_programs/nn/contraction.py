"""Tables of distributions, read at distributions, without large arrays between."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable


def read_tables(
    tables: Float[Tensor, "T o a b"],
    first: Float[Tensor, "T a P"],
    second: Float[Tensor, "T b P"],
) -> Float[Tensor, "T o P"]:
    """``out[t, o, p] = sum of tables[t, o, a, b] * first[t, a, p] * second[t, b, p]``.

    Table by table, so that what one needs stays in the cache: the pairs of all tables
    together are the largest arrays of a training step, and reading them from memory
    took most of its time at 16 values. The pairs are computed again on the way back
    rather than kept.
    """
    if not len(tables):  # pairs of long sequences' positions would not fit anywhere
        return first.new_empty(0, tables.shape[1], first.shape[2])
    out: Tensor = _ReadTables.apply(tables, first, second)  # type: ignore[no-untyped-call]
    return out


class _ReadTables(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tables: Tensor, first: Tensor, second: Tensor) -> Tensor:
        ctx.save_for_backward(tables, first, second)
        count, outputs, rows, columns = tables.shape
        places = first.shape[2]
        out = first.new_empty(count, outputs, places)
        pairs = first.new_empty(rows, columns, places)
        for index in range(count):
            torch.mul(first[index][:, None], second[index], out=pairs)
            entries = tables[index].flatten(1)
            torch.mm(entries, pairs.flatten(0, 1), out=out[index])
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        tables, first, second = ctx.saved_tensors
        outs = (
            torch.empty_like(tables),
            torch.empty_like(first),
            torch.empty_like(second),
        )
        pairs = first.new_empty(*tables.shape[2:], first.shape[2])
        flat, part = pairs.flatten(0, 1), torch.empty_like(pairs)
        for index in range(len(tables)):
            table, a, b, out = tables[index], first[index], second[index], grad[index]
            to_table, to_first, to_second = (tensor[index] for tensor in outs)
            torch.mul(a[:, None], b, out=pairs)
            torch.mm(out, flat.T, out=to_table.flatten(1))
            torch.mm(table.flatten(1).T, out, out=flat)  # the gradient of the pairs
            torch.sum(torch.mul(pairs, b, out=part), 1, out=to_first)
            torch.sum(pairs.mul_(a[:, None]), 0, out=to_second)
        return outs
