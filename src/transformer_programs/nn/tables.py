"""Relaxed lookup tables: small networks that become tables by enumeration.

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


class _Tables(nn.Module):
    """Gates for two inputs, a hidden layer and an output layer for every table."""

    def __init__(
        self,
        tables: int,
        variables: int,
        features: int,
        hidden: int,
        outputs: int,
        restarts: int,
        generator: Generator,
    ) -> None:
        super().__init__()

        def linear(inputs: int, *shape: int) -> nn.Parameter:
            weight = torch.empty(restarts, tables, *shape)
            weight.uniform_(-1, 1, generator=generator)
            return nn.Parameter(weight / inputs**0.5)

        gates = torch.randn(restarts, 2, tables, variables, generator=generator)
        self.gates = nn.Parameter(gates)
        self.hidden_weight = linear(features, hidden, features)
        self.hidden_bias = linear(features, hidden, 1)
        self.output_weight = linear(hidden, outputs, hidden)
        self.output_bias = linear(hidden, outputs, 1)

    def logits(self, inputs: Float[Tensor, "R T features M"]) -> Tensor:
        """Logits of the outputs, (R, T, outputs, M), for M pairs of inputs."""
        hidden = _linear(self.hidden_weight, inputs, self.hidden_bias).relu()
        return _linear(self.output_weight, hidden, self.output_bias)


def _linear(weight: Tensor, inputs: Tensor, bias: Tensor) -> Tensor:
    """The product ``weight @ inputs + bias`` for every restart and table."""
    sizes = inputs.shape[:2]
    parts = (tensor.flatten(0, 1) for tensor in (bias, weight, inputs))
    return torch.baddbmm(*parts).view(*sizes, weight.shape[2], inputs.shape[3])


class CategoricalTables(_Tables):
    """Tables over two categorical variables.

    All pairs of input values are looked up once in a step, not at every position.
    Their outputs get no noise: it would be shared by every position of a step, which
    for large tables drowns the gradient.

    Args:
        tables: how many.
        variables: how many variables the gates choose from.
        plan: the sizes of variables.
        hidden: hidden units.
        restarts: how many models there are.
        generator: draws the starting point.
    """

    def __init__(
        self,
        tables: int,
        variables: int,
        plan: Plan,
        hidden: int,
        restarts: int,
        generator: Generator,
    ) -> None:
        super().__init__(
            tables, variables, 2 * plan.width, hidden, plan.cardinality,
            restarts, generator,
        )  # fmt: skip
        self.width = plan.width

    def table_logits(self) -> Float[Tensor, "R T outputs K K"]:
        """Logits of the outputs for every pair of input values."""
        first, second = torch.split(self.hidden_weight, self.width, dim=3)
        hidden = first.unsqueeze(4) + (second + self.hidden_bias).unsqueeze(3)
        logits = _linear(self.output_weight, hidden.flatten(3).relu(), self.output_bias)
        return logits.view(*logits.shape[:3], self.width, self.width)

    def forward(
        self,
        stream: Float[Tensor, "R V K N B"],
        tau: float,
        noise: GumbelPool | None,
    ) -> Float[Tensor, "R T K N B"]:
        """The outputs, padded to K values."""
        restarts, tables, outputs = self.output_bias.shape[:3]
        length, batch = stream.shape[3:]
        places = length * batch
        gates = sample(self.gates, tau, noise, dim=3).flatten(1, 2)
        read = gates @ stream.flatten(2)
        read = read.view(restarts, 2, tables, self.width, places)
        table = sample(self.table_logits(), tau, None, dim=2)  # (R, T, o, K, K)
        rows = table.flatten(2, 3) @ read[:, 1]  # (R, T, o*K, N*B)
        rows = rows.view(restarts, tables, outputs, self.width, places)
        out = (rows * read[:, 0].unsqueeze(2)).sum(3)
        out = functional.pad(out, (0, 0, 0, self.width - outputs))
        return out.view(restarts, tables, self.width, length, batch)


class NumericalTables(_Tables):
    """Tables over two numerical variables.

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
        super().__init__(
            tables, len(allowed), 2, hidden, plan.cardinality, restarts, generator
        )
        self.width = plan.width
        self.register_buffer("allowed", torch.tensor(allowed), persistent=False)

    def forward(
        self,
        stream: Float[Tensor, "R V N B"],
        tau: float,
        noise: GumbelPool | None,
    ) -> Float[Tensor, "R T K N B"]:
        """The outputs, padded to K values."""
        restarts, tables, outputs = self.output_bias.shape[:3]
        length, batch = stream.shape[2:]
        choices = self.gates.masked_fill(~self.allowed, -torch.inf)
        gates = sample(choices, tau, noise, dim=3).flatten(1, 2)
        read = gates @ stream.flatten(2)
        read = read.view(restarts, 2, tables, length * batch)
        logits = self.logits(read.transpose(1, 2))  # (R, T, o, N*B)
        out = sample(logits, tau, noise, dim=2)
        out = functional.pad(out, (0, 0, 0, self.width - outputs))
        return out.view(restarts, tables, self.width, length, batch)
