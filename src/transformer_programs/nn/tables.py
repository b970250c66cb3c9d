"""Relaxed lookup tables: a logit for every output of every entry.

Letters in shapes are those of ``relaxed.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from transformer_programs.nn.contraction import read_tables
from transformer_programs.nn.sampling import GumbelPool, Heat, sample, start_gates

if TYPE_CHECKING:
    from torch import Generator

    from transformer_programs.nn.plan import Plan


class Tables(nn.Module):
    """Tables over two variables.

    The tables are sampled once in a step, not at every position. Their entries get no
    noise: it would be shared by every position of a step, which for large tables drowns
    the gradient.

    Args:
        tables: how many.
        variables: how many variables the gates choose from.
        plan: the sizes of variables.
        restarts: how many models there are.
        generator: draws the starting point.
    """

    def __init__(
        self,
        tables: int,
        variables: int,
        plan: Plan,
        restarts: int,
        generator: Generator,
    ) -> None:
        super().__init__()
        self.width = plan.width
        self.gates = start_gates((restarts, tables, 2, variables), generator)
        shape = (restarts, tables, plan.cardinality, plan.width, plan.width)
        self.entries = nn.Parameter(torch.randn(shape, generator=generator))

    def forward(
        self,
        streams: Float[Tensor, "R V K N B"],
        heat: Heat,
        noise: GumbelPool | None,
    ) -> Float[Tensor, "R T K N B"]:
        """The outputs, padded to K values."""
        restarts, tables, outputs = self.entries.shape[:3]
        length, batch = streams.shape[3:]
        gates = sample(self.gates, heat, noise, dim=3).flatten(1, 2)
        read = gates @ streams.flatten(2)
        read = read.view(restarts * tables, 2, self.width, length * batch)
        first, second = read.unbind(1)
        table = sample(self.entries, heat, None, dim=2).flatten(0, 1)
        out = read_tables(table, first, second)
        out = out.view(restarts, tables, outputs, length * batch)
        out = functional.pad(out, (0, 0, 0, self.width - outputs))
        return out.view(restarts, tables, self.width, length, batch)
