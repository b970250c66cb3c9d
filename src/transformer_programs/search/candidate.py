"""Candidate variables: how each is computed, and its values on the sample."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from transformer_programs.language import (
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Decide,
    Domain,
    Head,
    Predicate,
    Scope,
    Statement,
    Table,
    Term,
    visible_positions,
)
from transformer_programs.search import kernels
from transformer_programs.search.sample import Mask, Sample, Values

ENTRY_PRICE = 0.01
"""Price of an entry of a table that is learned, in statements."""

Namer = Callable[["Candidate"], str]


@dataclass(frozen=True, slots=True)
class Attention:
    """Rule of a head.

    Attributes:
        predicate: (queries, keys) which pairs match.
        scope: Positions that may be looked at.
        aggregate: What is made of the matching positions.
    """

    predicate: Mask
    scope: Scope
    aggregate: Aggregate


@dataclass(frozen=True, slots=True)
class Entries:
    """Rule of a table.

    Attributes:
        entries: (first input, ...) id for every combination of inputs.
    """

    entries: NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Candidate:
    """A variable that a program may contain.

    Attributes:
        family: Rule of the grammar that proposed it.
        domain: Its domain.
        values: (sequences, length) ids on the sample, 0 where padded.
        inputs: Variables read: query, key and value, or those of a table.
        rule: How it is computed; None for the inputs of every program, whose name the
            family is.
        price: Description length of its own statement, in statements of a closed form.
        fingerprint: Hash of domain and values: variables that agree everywhere are one.
        total_price: Description length of everything that it needs, in statements.
        before: All that has to be computed before it, in order.
    """

    family: str
    domain: Domain
    values: Values
    inputs: tuple[Candidate, ...] = ()
    rule: Attention | Entries | None = None
    price: float = 1.0
    fingerprint: bytes = field(init=False, repr=False)
    total_price: float = field(init=False, repr=False)
    before: tuple[Candidate, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        kind = self.domain.kind.value.encode()
        # Compiled loops rely on all of this: without a sign, negative ids are large.
        values = np.ascontiguousarray(self.values, dtype=np.int32)
        object.__setattr__(self, "values", values)
        most = int(values.view(np.uint32).max(initial=0))
        assert most < self.domain.size, f"{self.family}: {most} is not in the domain"
        # Of the narrowest type of their values, whatever the domain.
        narrow = values.astype(np.min_scalar_type(most))
        digest = hashlib.blake2b(narrow.data, digest_size=16)
        object.__setattr__(self, "fingerprint", kind + digest.digest())
        before = tuple(needed(self.inputs))
        object.__setattr__(self, "before", before)
        price = sum(candidate.price for candidate in before) + self.price
        object.__setattr__(self, "total_price", price)

    def statement(self, name: Namer) -> Statement:
        """Return its statement, given the names of variables."""
        inputs, rule = tuple(map(name, self.inputs)), self.rule
        assert rule is not None, "an input of the program has no statement"
        if isinstance(rule, Entries):
            return table_over(inputs, rule.entries, name(self), self.domain)
        rows = tuple(tuple(np.flatnonzero(row).tolist()) for row in rule.predicate)
        query, key, value = inputs
        read = query, key, value
        return head_over(read, rows, name(self), rule.scope, rule.aggregate)


def table_over(
    inputs: tuple[str, ...], entries: NDArray[np.int64], output: str, domain: Domain
) -> Statement:
    """Return a table, given an id for every combination of its inputs."""
    return Table(output, inputs, tuple(entries.ravel().tolist()), domain)


def head_over(
    inputs: tuple[str, str, str],
    predicate: Predicate,
    output: str,
    scope: Scope,
    aggregate: Aggregate,
) -> Statement:
    """Return a head, given the keys that match every query."""
    return Head(output, *inputs, predicate, scope, aggregate)


def decision_over(terms: Iterable[Term], output: str, domain: Domain) -> Statement:
    """Return a decision, given what each variable adds to the sum of every value."""
    return Decide(output, tuple(terms), domain)


def needed(inputs: Iterable[Candidate]) -> list[Candidate]:
    """Return everything that has to be computed for some variables, in order."""
    order: dict[Candidate, None] = {}
    for candidate in inputs:
        order.update(dict.fromkeys(candidate.before))
        order[candidate] = None
    return list(order)


def input_candidates(
    sample: Sample, vocabulary: tuple[str, ...]
) -> tuple[Candidate, Candidate, Candidate]:
    """Return ``tokens``, ``positions`` and ``ones``."""
    length = sample.shape[1]
    real = sample.real.astype(np.int32)
    positions, ones = np.arange(length, dtype=np.int32) * real, real
    tokens = Domain.of_tokens(vocabulary)
    return (
        Candidate(TOKENS, tokens, sample.tokens.astype(np.int32), price=0.0),
        Candidate(POSITIONS, Domain.of_positions(length), positions, price=0.0),
        Candidate(ONES, Domain.of_numbers(1), ones, price=0.0),
    )


class Matches:
    """Matching pairs of positions of a query, a key and a predicate.

    Args:
        sample: Sequences that candidates are computed on.
        query: Variable read at the position that attends.
        key: Variable that the predicate is asked about.
        predicate: (queries, keys) which pairs match.
    """

    def __init__(
        self, sample: Sample, query: Candidate, key: Candidate, predicate: Mask
    ) -> None:
        assert predicate.shape == (query.domain.size, key.domain.size)
        self._sample = sample
        self._inputs = (query, key)
        self._predicate = predicate
        current = kernels.current()
        self._heads = current.heads(sample, query.values, key.values, predicate)

    def count(
        self, family: str, values: Iterable[Candidate], scope: Scope, price: float = 1.0
    ) -> Iterator[Candidate]:
        """Yield one counting head for every value."""
        chosen = tuple(values)
        sums = self._heads.sums(scope, [value.values for value in chosen])
        seen = visible_positions(scope, self._sample.shape[1])
        rule = Attention(self._predicate, scope, Aggregate.SUM)
        for index, value in enumerate(chosen):
            domain = Domain.of_numbers(seen * value.domain.bound)
            inputs = (*self._inputs, value)
            yield Candidate(family, domain, sums[index], inputs, rule, price)

    def attend(
        self, family: str, values: Iterable[Candidate], scope: Scope, price: float = 1.0
    ) -> Iterator[Candidate]:
        """Yield one copying head for every value."""
        nearest = self._heads.nearest(scope)
        rule = Attention(self._predicate, scope, Aggregate.NEAREST)
        for value in values:
            copied = value.values.ravel().take(nearest)
            copied *= self._sample.real
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
    assert entries.shape == tuple([c.domain.size for c in inputs])
    read = [candidate.values for candidate in inputs]
    values = kernels.current().look_up(entries, read, real)
    return Candidate(family, domain, values, inputs, Entries(entries), price)
