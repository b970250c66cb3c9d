"""The variables of a relaxed program, in whichever form they are read.

Letters in shapes are those of ``relaxed.py``; the leading dimension is 1 for what is
the same in all restarts.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from transformer_programs.nn.hardened import visible
from transformer_programs.program import (
    ONES,
    POSITIONS,
    TOKENS,
    Domain,
    InputFormat,
    Scope,
)


class Signals:
    """Every variable written so far, for a batch.

    A variable is written as a distribution over its values or, by a count, as a real
    number. It is converted only where it is read as the other, and then once.

    Args:
        form: what the ids are codes of.
        domains: those of all variables.
        ids: codes of framed tokens.
        lengths: framed lengths.
    """

    def __init__(
        self,
        form: InputFormat,
        domains: dict[str, Domain],
        ids: Int64[Tensor, "B N"],
        lengths: Int64[Tensor, " B"],
    ) -> None:
        self.tokens = form.word_ids(ids).T  # (N, B)
        self._given = {TOKENS: self.tokens} | {
            s.name: form.surface_ids(ids, s.name).T for s in form.surfaces
        }
        self._domains, self._lengths = domains, lengths
        ones = torch.ones(1, *self.tokens.shape, device=ids.device)
        self._numbers: dict[str, Tensor] = {ONES: ones}
        self._distributions: dict[str, Tensor] = {}
        self._counted = {ONES}
        self._visible: dict[Scope, Tensor] = {}

    def counted(self, name: str) -> bool:
        """Return whether a variable was written as a number."""
        return name in self._counted

    def write(self, name: str, values: Float[Tensor, "#R K N B"]) -> None:
        """Add a variable as a distribution over its values."""
        self._distributions[name] = values

    def write_number(self, name: str, values: Float[Tensor, "#R N B"]) -> None:
        """Add a variable as a real number."""
        self._numbers[name] = values
        self._counted.add(name)

    def distribution(self, name: str) -> Float[Tensor, "#R K N B"]:
        """Return how likely every value of a variable is."""
        if name not in self._distributions:
            self._distributions[name] = self._distribution(name)
        return self._distributions[name]

    def _distribution(self, name: str) -> Tensor:
        size = self._domains[name].size
        if name in self._given:
            one_hot = functional.one_hot(self._given[name], size)  # (N, B, K)
            return one_hot.movedim(2, 0).float()[None].contiguous()
        if name == POSITIONS:
            length, batch = self.tokens.shape
            rows = torch.eye(size, length, device=self.tokens.device)
            return rows[None, :, :, None].expand(1, size, length, batch)
        return interpolated(self._numbers[name], size)

    def number(self, name: str) -> Float[Tensor, "#R N B"]:
        """Return the expected value of a numerical variable."""
        if name not in self._numbers:
            likely = self._distributions[name]
            values = torch.arange(likely.shape[1], device=likely.device)
            self._numbers[name] = (likely * values[:, None, None]).sum(1)
        return self._numbers[name]

    def visible(self, scope: Scope) -> Float[Tensor, "N N B"]:
        """Return 1 where position i (first) may look at j, else 0."""
        if scope not in self._visible:
            allowed = visible(scope, self._lengths, len(self.tokens))  # (B, N, N)
            self._visible[scope] = allowed.permute(1, 2, 0).float()
        return self._visible[scope]


def interpolated(
    numbers: Float[Tensor, "#R N B"], size: int
) -> Float[Tensor, "#R K N B"]:
    """Return a distribution with the given mean on the two integers next to it.

    Exact on integers. There the gradient is that of a step to either side, because a
    clamped value passes gradients at its bound: a count of exactly 3 still learns
    whether 2 or 4 would have been better.

    Args:
        numbers: within 0 .. size - 1.
        size: how many integers there are.
    """
    values = torch.arange(size, device=numbers.device)
    distance = (numbers[:, None] - values[:, None, None]).abs()
    return (1 - distance).clamp(min=0)
