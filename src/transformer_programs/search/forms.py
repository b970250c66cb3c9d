"""Closed forms: predicates and tables that are arithmetic, not learned by entry."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from transformer_programs.program import Domain, Kind
from transformer_programs.search.candidate import Candidate, tabulate
from transformer_programs.search.sample import Mask


def compared(sign: str, queries: int, keys: int, shift: int = 0) -> Mask:
    """(queries, keys): which keys are ==, !=, < or > the query plus ``shift``."""
    query, key = np.arange(queries)[:, None] + shift, np.arange(keys)[None, :]
    forms = {"==": key == query, "!=": key != query, "<": key < query, ">": key > query}
    chosen: Mask = forms[sign]
    return chosen


def constant(keys: int, *chosen: int) -> Mask:
    """(1, keys) -> for the query ``ones`` (two ids), the same keys."""
    row = np.zeros(keys, dtype=np.bool_)
    row[list(chosen)] = True
    return np.stack([row, row])


def anything() -> Mask:
    """Every position matches, with ``ones`` as query and key."""
    return np.ones((2, 2), dtype=np.bool_)


def total(a: Candidate, b: Candidate, real: Mask) -> Candidate:
    """A + b."""
    bound = a.domain.bound + b.domain.bound
    entries = np.add.outer(np.arange(a.domain.size), np.arange(b.domain.size))
    return tabulate("sum", (a, b), entries, Domain.of_numbers(bound), real)


def difference(a: Candidate, b: Candidate, real: Mask) -> Candidate:
    """A - b, raised by the bound of b so that it is a number."""
    bound = a.domain.bound + b.domain.bound
    entries = np.subtract.outer(
        np.arange(a.domain.size), np.arange(b.domain.size) - b.domain.bound
    )
    return tabulate("difference", (a, b), entries, Domain.of_numbers(bound), real, 1.1)


def sums_of_tokens(
    a: Candidate, b: Candidate, numbers: NDArray[np.int64], real: Mask
) -> Iterator[Candidate]:
    """The sum and the difference of the numbers that two tokens stand for.

    Args:
        a: a token.
        b: another token.
        numbers: the number of every token, 0 for those that are none.
        real: which positions are not padding.
    """
    bound = int(numbers.max())
    domain = Domain.of_numbers(2 * bound)
    added = np.add.outer(numbers, numbers)
    yield tabulate("plus", (a, b), added, domain, real)
    taken = np.subtract.outer(numbers, numbers - bound)
    yield tabulate("minus", (a, b), taken, domain, real, 1.1)


def sign(a: Candidate, constant: int, real: Mask) -> Candidate:
    """0, 1 or 2: a < c, a == c, a > c."""
    entries = np.sign(np.arange(a.domain.size) - constant) + 1
    return tabulate("sign", (a,), entries, Domain.of_classes(3), real)


def sign_in_turn(
    a: Candidate, constant: int, positions: Candidate, turn: int, real: Mask
) -> Candidate:
    """The sign of a - c at every second position, 1 at the others."""
    signs = np.sign(np.arange(a.domain.size) - constant) + 1
    here = np.arange(positions.domain.size) % 2 == turn
    entries = np.where(here, signs[:, None], 1)
    return tabulate("sign", (a, positions), entries, Domain.of_classes(3), real, 1.2)


def order(a: Candidate, b: Candidate, real: Mask) -> Candidate:
    """0, 1 or 2: a < b, a == b, a > b."""
    entries = np.sign(
        np.subtract.outer(np.arange(a.domain.size), np.arange(b.domain.size))
    )
    return tabulate("order", (a, b), entries + 1, Domain.of_classes(3), real)


def same(a: Candidate, b: Candidate, real: Mask) -> Candidate:
    """1 where a == b: a flag that can be counted."""
    entries = compared("==", a.domain.size, b.domain.size).astype(np.int64)
    return tabulate("flag", (a, b), entries, Domain.of_numbers(1), real)


def differs(a: Candidate, b: Candidate, real: Mask) -> Candidate:
    """1 where a != b."""
    entries = compared("!=", a.domain.size, b.domain.size).astype(np.int64)
    return tabulate("flag", (a, b), entries, Domain.of_numbers(1), real)


def flag(
    inputs: tuple[Candidate, ...],
    up: Mask,
    real: Mask,
    price: float = 1.0,
    family: str = "flag",
) -> Candidate:
    """1 where ``up`` says so for the values of the inputs."""
    entries = up.astype(np.int64)
    return tabulate(family, inputs, entries, Domain.of_numbers(1), real, price)


def masked(a: Candidate, where: Candidate, real: Mask) -> Candidate:
    """A + 1 where the flag is 1, and 0 elsewhere: no constant grows with the length."""
    size = a.domain.size
    entries = np.zeros((size, where.domain.size), dtype=np.int64)
    entries[:, 1] = np.arange(size) + 1
    return tabulate("mask", (a, where), entries, Domain.of_classes(size + 1), real)


def fallback(a: Candidate, b: Candidate, empty: int, real: Mask) -> Candidate:
    """A unless it has the value ``empty``, else b."""
    size = a.domain.size
    entries = np.repeat(np.arange(size)[:, None], size, axis=1)
    entries[empty] = np.arange(size)
    return tabulate("fallback", (a, b), entries, a.domain, real)


def comparable(a: Candidate, b: Candidate) -> bool:
    """Whether a value of one can be told to be the same as a value of the other."""
    if Kind.TOKEN in (a.domain.kind, b.domain.kind):
        return a.domain == b.domain
    return True
