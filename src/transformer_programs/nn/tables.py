"""Relaxed lookup tables: entries, or small networks, that become tables.

Letters in shapes are those of ``relaxed.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from transformer_programs.nn.sampling import GumbelPool, sample

if TYPE_CHECKING:
    from torch import Generator

    from transformer_programs.nn.plan import Plan


HEAD_START = 5.0
"""Logits by which a table prefers the two variables that it starts with. Without it a
table spends the hot part of training reading other variables at every step."""


def start_gates(
    restarts: int, tables: int, variables: int, generator: Generator
) -> nn.Parameter:
    """Logits of the inputs, (restarts, 2, tables, variables).

    Every table starts with a preference for a random pair of variables, two different
    ones where there are two.
    """
    gates = torch.randn(restarts, 2, tables, variables, generator=generator)
    order = torch.rand(restarts, tables, variables, generator=generator).argsort(2)
    pair = torch.stack([order[..., 0], order[..., min(1, variables - 1)]], dim=1)
    return nn.Parameter(gates + HEAD_START * functional.one_hot(pair, variables))


class CategoricalTables(nn.Module):
    """Tables over two categorical variables, a logit for every output of every entry.

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
        self.gates = start_gates(restarts, tables, variables, generator)
        shape = (restarts, tables, plan.cardinality, plan.width, plan.width)
        self.entries = nn.Parameter(torch.randn(shape, generator=generator))

    def forward(
        self,
        stream: Float[Tensor, "R V K N B"],
        tau: float,
        noise: GumbelPool | None,
    ) -> Float[Tensor, "R T K N B"]:
        """The outputs, padded to K values."""
        restarts, tables, outputs = self.entries.shape[:3]
        length, batch = stream.shape[3:]
        places = length * batch
        gates = sample(self.gates, tau, noise, dim=3).flatten(1, 2)
        read = gates @ stream.flatten(2)
        read = read.view(restarts, 2, tables, self.width, places)
        table = sample(self.entries, tau, None, dim=2)  # (R, T, o, K, K)
        rows = table.flatten(2, 3) @ read[:, 1]  # (R, T, o*K, N*B)
        rows = rows.view(restarts, tables, outputs, self.width, places)
        out = (rows * read[:, 0].unsqueeze(2)).sum(3)
        out = functional.pad(out, (0, 0, 0, self.width - outputs))
        return out.view(restarts, tables, self.width, length, batch)


class NumericalTables(nn.Module):
    """Tables over two numerical variables: a hidden layer of ReLU units for each.

    Args:
        tables: how many.
        allowed: for every numerical variable, whether a table may read it.
        plan: the sizes of variables.
        hidden: hidden units.
        restarts: how many models there are.
        generator: draws the starting point.
    """

    allowed: Tensor

    def __init__(
        self,
        tables: int,
        allowed: tuple[bool, ...],
        plan: Plan,
        hidden: int,
        restarts: int,
        generator: Generator,
    ) -> None:
        super().__init__()

        def linear(inputs: int, *shape: int) -> nn.Parameter:
            weight = torch.empty(restarts, tables, *shape)
            weight.uniform_(-1, 1, generator=generator)
            return nn.Parameter(weight / inputs**0.5)

        self.width = plan.width
        gates = torch.randn(restarts, 2, tables, len(allowed), generator=generator)
        self.gates = nn.Parameter(gates)
        self.hidden_weight = linear(2, hidden, 2)
        self.hidden_bias = linear(2, hidden, 1)
        self.output_weight = linear(hidden, plan.cardinality, hidden)
        self.output_bias = linear(hidden, plan.cardinality, 1)
        self.register_buffer("allowed", torch.tensor(allowed), persistent=False)

    def choices(self) -> Float[Tensor, "R 2 T V"]:
        """Logits of the inputs; those that no table may read have none."""
        return self.gates.masked_fill(~self.allowed, -torch.inf)

    def forward(
        self,
        stream: Float[Tensor, "R V N B"],
        tau: float,
        noise: GumbelPool | None,
    ) -> Float[Tensor, "R T K N B"]:
        """The outputs, padded to K values."""
        restarts, tables, outputs = self.output_bias.shape[:3]
        length, batch = stream.shape[2:]
        gates = sample(self.choices(), tau, noise, dim=3).flatten(1, 2)
        read = gates @ stream.flatten(2)
        read = read.view(restarts, 2, tables, length * batch).transpose(1, 2)
        hidden = _linear(self.hidden_weight, read, self.hidden_bias).relu()
        logits = _linear(self.output_weight, hidden, self.output_bias)
        out = sample(logits, tau, noise, dim=2)  # (R, T, o, N*B)
        out = functional.pad(out, (0, 0, 0, self.width - outputs))
        return out.view(restarts, tables, self.width, length, batch)


def _linear(weight: Tensor, inputs: Tensor, bias: Tensor) -> Tensor:
    """The product ``weight @ inputs + bias`` for every restart and table."""
    sizes = inputs.shape[:2]
    parts = (tensor.flatten(0, 1) for tensor in (bias, weight, inputs))
    return torch.baddbmm(*parts).view(*sizes, weight.shape[2], inputs.shape[3])
