"""Candidate variables: how each is computed, and its values on the sample."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from transformer_programs.program import (
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Domain,
    Head,
    Scope,
    Statement,
    Table,
)
from transformer_programs.search.sample import Ids, Mask, Sample

Namer = Callable[["Candidate"], str]


@dataclass(frozen=True, slots=True)
class Attention:
    """How a head computes.

    Attributes:
        predicate: (queries, keys), which pairs match.
        scope: the positions that may be looked at.
        aggregate: what is made of the matching positions.
    """

    predicate: Mask
    scope: Scope
    aggregate: Aggregate


@dataclass(frozen=True, slots=True)
class Entries:
    """How a table computes.

    Attributes:
        entries: (first input, ...) an id for every combination of inputs.
    """

    entries: NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Candidate:
    """A variable that a program may contain.

    Attributes:
        family: the rule of the grammar that proposed it.
        domain: its values.
        values: its ids on the sample, 0 where padded.
        inputs: the variables read: query, key and value, or those of a table.
        rule: how it is computed; None for the inputs of every program, whose name the
            family is.
        price: what its own statement adds to the length of a description, in
            statements of a closed form.
    """

    family: str
    domain: Domain
    values: Ids
    inputs: tuple[Candidate, ...] = ()
    rule: Attention | Entries | None = None
    price: float = 1.0
    fingerprint: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Fingerprint the values: variables that agree everywhere are one."""
        kind = self.domain.kind.value.encode()
        digest = hashlib.blake2b(self.values.astype(np.int32).tobytes(), digest_size=16)
        object.__setattr__(self, "fingerprint", kind + digest.digest())

    def ancestors(self) -> list[Candidate]:
        """What has to be computed for it, itself last, in order of computation."""
        order: dict[int, Candidate] = {}
        visit(self, order)
        return list(order.values())

    @property
    def total_price(self) -> float:
        """The length of the description of everything that it needs."""
        return sum(needed.price for needed in self.ancestors())

    def statement(self, name: Namer) -> Statement:
        """Its statement, given the names of variables."""
        inputs = tuple(map(name, self.inputs))
        if isinstance(self.rule, Entries):
            return table_over(inputs, self.rule.entries, name(self), self.domain)
        assert isinstance(self.rule, Attention), (
            "an input of the program has no statement"
        )
        rows = tuple(tuple(np.flatnonzero(r).tolist()) for r in self.rule.predicate)
        query, key, value = inputs
        rule = self.rule
        return Head(name(self), query, key, value, rows, rule.scope, rule.aggregate)


def table_over(
    inputs: tuple[str, ...], entries: NDArray[np.int64], output: str, domain: Domain
) -> Statement:
    """Return a table, given an id for every combination of its inputs."""
    return Table(output, inputs, tuple(entries.ravel().tolist()), domain)


def visit(candidate: Candidate, order: dict[int, Candidate]) -> None:
    """Add a candidate to an order of computation, what it needs first."""
    if id(candidate) not in order:
        for needed in candidate.inputs:
            visit(needed, order)
        order[id(candidate)] = candidate


def input_candidates(
    sample: Sample, vocabulary: tuple[str, ...]
) -> tuple[Candidate, Candidate, Candidate]:
    """``tokens``, ``positions`` and ``ones``."""
    length = sample.shape[1]
    positions = np.where(sample.real, np.arange(length), 0)
    domains = (
        Domain.of_tokens(vocabulary),
        Domain.of_positions(length),
        Domain.of_numbers(1),
    )
    tokens, places, ones = (
        Candidate(name, domain, values, price=0.0)
        for name, domain, values in zip(
            (TOKENS, POSITIONS, ONES),
            domains,
            (sample.tokens, positions, sample.real.astype(np.int64)),
            strict=True,
        )
    )
    return tokens, places, ones


class Matches:
    """The matching pairs of positions of a query, a key and a predicate."""

    def __init__(
        self, sample: Sample, query: Candidate, key: Candidate, predicate: Mask
    ) -> None:
        assert predicate.shape == (query.domain.size, key.domain.size)
        self._sample = sample
        self._inputs = (query, key)
        self._predicate = predicate
        # (sequences, length, length): whether the key at j matches the query at i, from
        # one look-up in the flattened predicate.
        rows = query.values[:, :, None] * key.domain.size
        self._pairs = predicate.ravel().take(rows + key.values[:, None, :])

    def count(
        self, family: str, values: Iterable[Candidate], scope: Scope, price: float = 1.0
    ) -> Iterator[Candidate]:
        """One counting head for every value."""
        chosen = tuple(values)
        # All values at once: (sequences, i, j) @ (sequences, j, values), exactly.
        pairs = (self._pairs & self._sample.visible[scope]).astype(np.float32)
        stacked = np.stack([v.values for v in chosen], axis=-1).astype(np.float32)
        sums = np.rint(pairs @ stacked).astype(np.int64)
        length = self._sample.shape[1]
        seen = length - 1 if scope in (Scope.BEFORE, Scope.AFTER) else length
        rule = Attention(self._predicate, scope, Aggregate.SUM)
        for index, value in enumerate(chosen):
            domain = Domain.of_numbers(seen * value.domain.bound)
            inputs = (*self._inputs, value)
            column = np.ascontiguousarray(sums[..., index])
            yield Candidate(family, domain, column, inputs, rule, price)

    def attend(
        self, family: str, values: Iterable[Candidate], scope: Scope, price: float = 1.0
    ) -> Iterator[Candidate]:
        """One copying head for every value."""
        pairs = self._pairs & self._sample.visible[scope]
        far = np.int16(np.iinfo(np.int16).max)
        # The nearest match has the least rank; without one all ranks are equal.
        ranks = np.where(pairs, self._sample.nearness, far)
        nearest = ranks.argmin(axis=-1)  # the first position if nothing matches
        rule = Attention(self._predicate, scope, Aggregate.NEAREST)
        for value in values:
            copied = np.take_along_axis(value.values, nearest, axis=1)
            copied[~self._sample.real] = 0
            inputs = (*self._inputs, value)
            yield Candidate(family, value.domain, copied, inputs, rule, price)


def tabulate(
    family: str,
    inputs: tuple[Candidate, ...],
    entries: NDArray[np.int64],
    domain: Domain,
    real: Mask,
    price: float = 1.0,
) -> Candidate:
    """Return a lookup in a table of one axis per input."""
    values = entries[tuple(candidate.values for candidate in inputs)] * real
    return Candidate(family, domain, values, inputs, Entries(entries), price)
