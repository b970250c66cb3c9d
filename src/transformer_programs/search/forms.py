"""Closed forms: predicates and tables that are arithmetic, not learned by entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from transformer_programs.analysis import Completed, complete, numeral
from transformer_programs.language import Domain, Kind, Value
from transformer_programs.search.candidate import Candidate, tabulate
from transformer_programs.search.sample import Ids, Mask
from transformer_programs.system import Work

MOST_COMPLETED = 16_384
"""The most entries of a table that a closed form is looked for."""

LARGEST_NUMBER = 255
"""Tokens that are larger numbers count as none."""

COMPLETING = 30e6
"""Operations of looking for a closed form of a table."""


def compared(sign: str, queries: int, keys: int, shift: int = 0) -> Mask:
    """Return the keys that are ==, !=, < or > query + ``shift``: (queries, keys)."""
    query, key = np.arange(queries)[:, None] + shift, np.arange(keys)[None, :]
    forms = {"==": key == query, "!=": key != query, "<": key < query, ">": key > query}
    chosen: Mask = forms[sign]
    return chosen


def constant(keys: int, *chosen: int) -> Mask:
    """Return the predicate that matches some keys whatever the query: (2, keys)."""
    row = np.zeros(keys, dtype=np.bool_)
    row[list(chosen)] = True
    return np.stack([row, row])  # the query is ``ones``, which has two ids


def completed(
    inputs: Sequence[Candidate],
    table: Ids,
    seen: Mask,
    outputs: Sequence[Value],
    work: Work,
) -> Ids | None:
    """Return a table whose unseen entries follow the closed form of the seen ones.

    None if no closed form is clearly shorter than a list of the seen entries.
    """
    found = completion(inputs, table, seen, outputs, work)
    return None if found is None else found.table


def completion(
    inputs: Sequence[Candidate],
    table: Ids,
    seen: Mask,
    outputs: Sequence[Value],
    work: Work,
) -> Completed | None:
    """Return the closed form of the seen entries of a table, and the table by it."""
    if table.size > MOST_COMPLETED or not seen.any():
        return None
    work.spend(COMPLETING)
    values = [candidate.domain.values for candidate in inputs]
    return complete(values, table, seen, outputs)


def _outer(operation: np.ufunc, a: Candidate, b: Candidate) -> Ids:
    # (values of a, values of b)
    entries: Ids = operation.outer(np.arange(a.domain.size), np.arange(b.domain.size))
    return entries


def total(a: Candidate, b: Candidate, real: Mask) -> Candidate:
    """Return a + b."""
    domain = Domain.of_numbers(a.domain.bound + b.domain.bound)
    return tabulate("sum", (a, b), _outer(np.add, a, b), domain, real)


def difference(a: Candidate, b: Candidate, real: Mask) -> Candidate:
    """Return a - b, raised by the bound of b so that it is a number."""
    domain = Domain.of_numbers(a.domain.bound + b.domain.bound)
    entries = _outer(np.subtract, a, b) + b.domain.bound
    return tabulate("difference", (a, b), entries, domain, real, 1.1)


def remainder(a: Candidate, modulus: int, real: Mask) -> Candidate:
    """Return a % modulus."""
    entries = np.arange(a.domain.size) % modulus
    domain = Domain.of_numbers(modulus - 1)
    return tabulate("remainder", (a,), entries, domain, real)


def half(a: Candidate, real: Mask) -> Candidate:
    """Return a // 2."""
    entries = np.arange(a.domain.size) // 2
    domain = Domain.of_numbers(int(entries[-1]))
    return tabulate("half", (a,), entries, domain, real)


def numbers_of(vocabulary: Sequence[str]) -> Ids:
    """Return the number that every token is, 0 for those that are none: (tokens,)."""
    numbers = (numeral(token) or 0 for token in vocabulary)
    return np.array([n if abs(n) <= LARGEST_NUMBER else 0 for n in numbers])


def number_of_token(a: Candidate, numbers: Ids, real: Mask) -> Iterator[Candidate]:
    """Yield the number that a token is; with a sign also its size."""
    least = min(int(numbers.min()), 0)
    for entries in (numbers - least, abs(numbers))[: 2 if least else 1]:
        domain = Domain.of_numbers(int(entries.max()))
        yield tabulate("number", (a,), entries, domain, real)


def sums_of_tokens(
    a: Candidate, b: Candidate, numbers: Ids, real: Mask
) -> Iterator[Candidate]:
    """Yield the sum and the difference of the numbers that two tokens stand for.

    They are raised where they can be below 0. Of numbers with a sign, those of their
    sizes are also given.

    Args:
        a: A token.
        b: Another token.
        numbers: (tokens,) number of every token, 0 for those that are none.
        real: (sequences, length) which positions are not padding.
    """
    least = min(int(numbers.min()), 0)
    for said in (numbers - least, abs(numbers))[: 2 if least else 1]:
        bound = int(said.max())
        domain = Domain.of_numbers(2 * bound)
        added = np.add.outer(said, said)  # (tokens, tokens)
        yield tabulate("plus", (a, b), added, domain, real)
        taken = np.subtract.outer(said, said - bound)
        yield tabulate("minus", (a, b), taken, domain, real, 1.1)


def larger_of_tokens(
    a: Candidate, b: Candidate, numbers: Ids, real: Mask
) -> Iterator[Candidate]:
    """Yield the token of two that is the larger number, and the smaller one."""
    first, second = np.arange(a.domain.size)[:, None], np.arange(b.domain.size)
    for compare in (np.greater_equal, np.less_equal):
        entries = np.where(compare.outer(numbers, numbers), first, second)
        yield tabulate("larger", (a, b), entries, a.domain, real)


def sign(a: Candidate, constant: int, real: Mask) -> Candidate:
    """Return 0, 1 or 2 for a < c, a == c, a > c."""
    entries = np.sign(np.arange(a.domain.size) - constant) + 1
    return tabulate("sign", (a,), entries, Domain.of_classes(3), real)


def sign_in_turn(
    a: Candidate, constant: int, positions: Candidate, turn: int, real: Mask
) -> Candidate:
    """Return the sign of a - c at every second position, 1 at the others."""
    signs = np.sign(np.arange(a.domain.size) - constant) + 1
    here = np.arange(positions.domain.size) % 2 == turn
    entries = np.where(here, signs[:, None], 1)  # (values, positions)
    return tabulate("sign", (a, positions), entries, Domain.of_classes(3), real, 1.2)


def order(a: Candidate, b: Candidate, real: Mask) -> Candidate:
    """Return 0, 1 or 2 for a < b, a == b, a > b."""
    entries = np.sign(_outer(np.subtract, a, b)) + 1
    return tabulate("order", (a, b), entries, Domain.of_classes(3), real)


def flag(
    inputs: tuple[Candidate, ...],
    up: Mask,
    real: Mask,
    price: float = 1.0,
    family: str = "flag",
) -> Candidate:
    """Return 1 where ``up`` holds for the values of the inputs, 0 elsewhere."""
    entries = up.astype(np.int64)
    return tabulate(family, inputs, entries, Domain.of_numbers(1), real, price)


def masked(a: Candidate, where: Candidate, real: Mask) -> Candidate:
    """Return a + 1 where the flag is 1, 0 elsewhere: no constant grows with length."""
    size = a.domain.size
    entries = np.zeros((size, where.domain.size), dtype=np.int64)
    entries[:, 1] = np.arange(size) + 1
    return tabulate("mask", (a, where), entries, Domain.of_classes(size + 1), real)


def fallback(a: Candidate, b: Candidate, empty: int, real: Mask) -> Candidate:
    """Return a unless it has the value ``empty``, else b."""
    size = a.domain.size
    entries = np.repeat(np.arange(size)[:, None], size, axis=1)  # (a's, b's values)
    entries[empty] = np.arange(size)
    return tabulate("fallback", (a, b), entries, a.domain, real)


def comparable(a: Candidate, b: Candidate) -> bool:
    """Check that values of one can equal values of the other."""
    if Kind.TOKEN in (a.domain.kind, b.domain.kind):
        return a.domain == b.domain
    return True
