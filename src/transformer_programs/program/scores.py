"""The readout of the interpreter: integer scores and the labels they choose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transformer_programs.program.nodes import Pooling, Program, Term, score_bound
from transformer_programs.program.types import Domain

Scores = NDArray[np.int32] | NDArray[np.int64]

_LARGE = 1 << 16
"""Numbers of more values are multiplied, not looked up."""

_JOINT = 4096
"""Rows of a joint table: large enough to save look-ups, small enough for the cache."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Variables that are looked up together: one table over their combined values.

    Attributes:
        variables: their names.
        sizes: the sizes of their domains.
        table: (product of sizes, labels) summed weights.
    """

    variables: tuple[str, ...]
    sizes: tuple[int, ...]
    table: NDArray[np.int64]


class ReadoutTables:
    """A program's readout, its terms joined into a few tables."""

    def __init__(self, program: Program) -> None:
        readout, domains = program.readout, program.domains
        self._pooling = readout.pooling
        self._labels = len(readout.labels)
        self._dtype = _score_dtype(program)
        large = [t for t in readout.terms if domains[t.variable].size > _LARGE]
        self._factors = {
            term.variable: np.array(term.weights[0], dtype=np.int64)
            for term in large
            if domains[term.variable].numerical
        }
        self._groups = _join(
            [
                _Group(
                    (term.variable,),
                    (domains[term.variable].size,),
                    _term_table(term, domains[term.variable]),
                )
                for term in readout.terms
                if term.variable not in self._factors
            ],
            self._dtype,
        )

    def labels(
        self, variables: dict[str, NDArray[np.unsignedinteger]], real: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """Label ids: (sequences, width), or (sequences,) for classification."""
        chosen: NDArray[np.int64] = self.scores(variables, real).argmax(axis=-1)
        return chosen

    def scores(
        self, variables: dict[str, NDArray[np.unsignedinteger]], real: NDArray[np.bool_]
    ) -> Scores:
        """Scores: (sequences, width, labels), or (sequences, labels)."""
        if self._pooling is Pooling.FIRST:
            variables = {name: array[:1] for name, array in variables.items()}
            real = real[:1]
        total = np.zeros((*real.shape, self._labels), dtype=self._dtype)
        for name, factors in self._factors.items():
            numbers = variables[name].astype(np.int64)
            total += (numbers[..., None] * factors).astype(self._dtype)
        for group in self._groups:
            arrays = [variables[name] for name in group.variables]
            total += group.table.take(joint_ids(arrays, group.sizes), axis=0)
        if self._pooling is Pooling.NONE:
            return total.transpose(1, 0, 2)
        total[~real] = 0
        pooled: Scores = total.sum(axis=0, dtype=self._dtype)
        return pooled


def _score_dtype(program: Program) -> np.dtype[np.int32] | np.dtype[np.int64]:
    bound = score_bound(program.readout, program.domains, program.input.max_length)
    return np.dtype(np.int32) if bound < 2**31 else np.dtype(np.int64)


def _term_table(term: Term, domain: Domain) -> NDArray[np.int64]:
    weights = np.array(term.weights, dtype=np.int64)
    if domain.numerical:
        return np.arange(domain.size)[:, None] * weights
    return weights


def _join(
    groups: list[_Group], dtype: np.dtype[np.int32] | np.dtype[np.int64]
) -> list[_Group]:
    """Merge neighbours while their joint table stays small."""
    joined: list[_Group] = []
    for group in groups:
        if joined and len(joined[-1].table) * len(group.table) <= _JOINT:
            last = joined.pop()
            table = last.table[:, None] + group.table[None]
            group = _Group(
                last.variables + group.variables,
                last.sizes + group.sizes,
                table.reshape(-1, table.shape[-1]),
            )
        joined.append(group)
    return [_Group(g.variables, g.sizes, g.table.astype(dtype)) for g in joined]


def joint_ids(
    arrays: Sequence[NDArray[np.unsignedinteger]], sizes: Sequence[int]
) -> NDArray[np.unsignedinteger]:
    """Return the row of a combined value in a table, the last array running fastest."""
    if len(arrays) == 1:
        return arrays[0]
    dtype = np.min_scalar_type(math.prod(sizes))
    joint = arrays[0].astype(dtype)
    for array, size in zip(arrays[1:], sizes[1:], strict=True):
        joint *= dtype.type(size)
        joint += array
    return joint
