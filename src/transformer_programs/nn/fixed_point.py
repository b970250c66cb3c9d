"""Readout weights as integers whose sums are exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transformer_programs.nn.modules import HardReadout
from transformer_programs.program import Pooling

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

    from transformer_programs.program import Domain

EXACT_LIMIT = 1 << 24
"""Integers below it are exact in float32, whatever the order of a sum."""


def hard_readout(
    rows: dict[str, Tensor],
    domains: dict[str, Domain],
    pooling: Pooling,
    max_length: int,
    scale: float,
) -> HardReadout:
    """A readout in integers.

    Args:
        rows: for every variable read, (values, labels) weights in float64; one row if
            it is numerical.
        domains: those of the variables.
        pooling: whether scores are summed over positions.
        max_length: over how many at most.
        scale: steps per unit, halved until all sums are small enough.
    """
    numerical = tuple(domains[name].numerical for name in rows)
    bounds = term_bounds(rows, domains, pooling, max_length)
    weights = rounded(map(from_zero, rows.values()), bounds, scale)
    return HardReadout(tuple(rows), weights, numerical)


def from_zero(rows: Tensor) -> Tensor:
    """Weights (values, labels) with 0 as the least of every value.

    To shift all labels' weights of a value by the same amount changes no decision.
    """
    return rows - rows.min(1, keepdim=True).values


def term_bounds(
    names: Iterable[str],
    domains: dict[str, Domain],
    pooling: Pooling,
    max_length: int,
) -> list[int]:
    """What the weights of every variable are multiplied by at most."""
    added = max_length if pooling is Pooling.MEAN else 1
    return [
        added * (domains[name].bound if domains[name].numerical else 1)
        for name in names
    ]


def rounded(
    rows: Iterable[Tensor], bounds: list[int], scale: float
) -> tuple[Tensor, ...]:
    """Weights in fixed point, so that no sum of scores reaches ``EXACT_LIMIT``.

    Args:
        rows: finite weights of every variable, none negative.
        bounds: what the weights of every variable are multiplied by at most.
        scale: steps per unit, halved until all sums are small enough.
    """
    rows = tuple(rows)
    assert all(row.isfinite().all() for row in rows)
    while True:
        integers = tuple((row * scale).round() for row in rows)
        pairs = zip(integers, bounds, strict=True)
        if sum(float(row.max()) * bound for row, bound in pairs) < EXACT_LIMIT:
            return tuple(row.long() for row in integers)
        scale /= 2
