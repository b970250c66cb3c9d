"""Readout weights as integers whose sums are exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jaxtyping import Float, Int64
from torch import Tensor

from transformer_programs.program import Domain, Pooling, Readout, Term

EXACT_LIMIT = 1 << 24
"""Integers below it are exact in float32, whatever the order of a sum."""


def hard_readout(
    rows: Mapping[str, Float[Tensor, "values C"]],
    domains: Mapping[str, Domain],
    labels: tuple[str, ...],
    pooling: Pooling,
    max_length: int,
    scale: float,
) -> Readout:
    """Return a readout in integers.

    Args:
        rows: the weights of every variable in float64; one row if it is numerical.
        domains: those of the variables.
        labels: the C labels.
        pooling: how scores become labels.
        max_length: the most positions that scores are summed over.
        scale: fixed-point steps per unit, halved until all sums are small enough.
    """
    # Least weights of 0 make all scores non-negative: their bound is a sum of maxima.
    bounds = term_bounds(rows, domains, pooling, max_length)
    weights = rounded(map(from_zero, rows.values()), bounds, scale)
    terms = tuple(
        Term(name, tuple(map(tuple, found.tolist())))
        for name, found in zip(rows, weights, strict=True)
    )
    return Readout(labels, terms, pooling)


def from_zero(rows: Float[Tensor, "values C"]) -> Float[Tensor, "values C"]:
    """Return the weights shifted so that the least of every value is 0.

    To shift all labels' weights of a value by the same amount changes no decision.
    """
    return rows - rows.min(1, keepdim=True).values


def term_bounds(
    names: Iterable[str],
    domains: Mapping[str, Domain],
    pooling: Pooling,
    max_length: int,
) -> list[int]:
    """Return the most that the weights of every variable are multiplied by."""
    added = max_length if pooling is Pooling.MEAN else 1
    return [
        added * (domains[name].bound if domains[name].numerical else 1)
        for name in names
    ]


def rounded(
    rows: Iterable[Float[Tensor, "values C"]], bounds: list[int], scale: float
) -> tuple[Int64[Tensor, "values C"], ...]:
    """Return weights in fixed point, such that no score reaches ``EXACT_LIMIT``.

    Args:
        rows: finite weights of every variable, none negative.
        bounds: the most that the weights of every variable are multiplied by.
        scale: steps per unit, halved until all sums are small enough.
    """
    rows = tuple(rows)
    assert all(row.isfinite().all() for row in rows)
    # Half as many steps per unit until the largest score is small enough.
    while True:
        integers = tuple((row * scale).round() for row in rows)
        pairs = zip(integers, bounds, strict=True)
        if sum(float(row.max()) * bound for row, bound in pairs) < EXACT_LIMIT:
            return tuple(row.long() for row in integers)
        scale /= 2
