"""Linear algebra modulo primes and their powers: what vanishes on all rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from transformer_programs.search.sample import Ids
from transformer_programs.system import Work

PRIMES = (2, 3, 5, 7, 11, 13)
"""Primes of which sums are taken as remainders."""

LARGEST = 16
"""The largest power of a prime that sums are taken as remainders of."""

ENDLESS = (1 << 31) - 1
"""A prime so large that what vanishes modulo it does as well without."""

MOST_WEIGHT = 1000
"""The largest weight of a sum that is not taken as a remainder."""

DENOMINATORS = 12
"""The largest common denominator of weights that begin as fractions."""

SPARE = 40
"""Rows beyond as many as there are unknowns, so that chance leaves nothing free."""

MOST_FREE = 3
"""The most dimensions of weights that vanish; more are no evidence for a sum."""

_ALL = 9_699_690  # the product of the primes up to 19, which are told from each other

_ELIMINATING = 2  # operations for an entry of a row that is reduced


def full_rank(rows: Ids, work: Work) -> bool:
    """Return whether no weights but 0 vanish on all rows, whatever the prime.

    If it takes a closer look to tell, the answer is no.
    """
    left = rows % _ALL  # (rows, unknowns)
    count, size = left.shape
    if count < size:
        return False
    work.spend(size * (count * size * _ELIMINATING / 2 + 20_000))
    for column in range(size):
        units = np.gcd(left[column:, column], _ALL) == 1
        found = int(units.argmax())
        if not units[found]:
            return False
        _swap(left, column, column + found)
        inverse = pow(int(left[column, column]), -1, _ALL)
        left[column, column:] = left[column, column:] * inverse % _ALL
        below = left[column + 1 :, column].copy()
        left[column + 1 :, column:] -= np.outer(below, left[column, column:])
        left[column + 1 :, column:] %= _ALL
    return True


def reduced(rows: Ids, prime: int, work: Work) -> tuple[Ids, list[int]]:
    """Return the reduced echelon form of rows modulo a prime, and its pivots."""
    left = rows % prime
    count, size = left.shape
    work.spend(size * (min(count, size) * count * _ELIMINATING + 20_000))
    pivots: list[int] = []
    for column in range(size):
        rank = len(pivots)
        below = np.flatnonzero(left[rank:, column])
        if not len(below):
            continue
        _swap(left, rank, rank + int(below[0]))
        inverse = pow(int(left[rank, column]), -1, prime)
        left[rank] = left[rank] * inverse % prime
        others = left[:, column].copy()
        others[rank] = 0
        touched = np.flatnonzero(others)
        left[touched] -= others[touched, None] * left[rank] % prime
        left[touched] %= prime
        pivots.append(column)
        if len(pivots) == count:
            break
    return left[: len(pivots)], pivots


@dataclass(frozen=True, eq=False, slots=True)
class Vanishing:
    """Weights that vanish on all rows modulo a prime.

    Attributes:
        basis: (weights, unknowns) a basis of them.
        pivots: The unknowns that the others settle.
        joined: (rows, unknowns) rows that the first ones left open.
    """

    basis: Ids
    pivots: list[int]
    joined: Ids


def vanishing(rows: Ids, prime: int, work: Work) -> Vanishing:
    """Find the weights that vanish on all rows modulo a prime."""
    size = rows.shape[1]
    block, joined = rows[: size + SPARE], [rows[:0]]
    while True:
        left, pivots = reduced(block, prime, work)
        free = np.setdiff1d(np.arange(size), pivots)
        basis = np.zeros((len(free), size), dtype=np.int64)
        basis[np.arange(len(free)), free] = 1
        if pivots:
            basis[:, pivots] = -left[:, free].T % prime
        work.spend(rows.size * len(free))
        wrong = ((rows @ basis.T) % prime).any(axis=1)
        if not wrong.any():
            return Vanishing(basis, pivots, np.concatenate(joined))
        # Rows on which these do not vanish restrict them further.
        joined.append(rows[wrong][:size])
        block = np.concatenate([left, joined[-1]])


def solved(rows: Ids, work: Work, last: bool = False) -> Iterator[tuple[Ids, int]]:
    """Yield weights that vanish on all rows, modulo as much as there is evidence for.

    Args:
        rows: (rows, unknowns) integers.
        work: Budget.
        last: Whether the weight of the last unknown must be -1, or a multiple of it.

    Yields:
        Weights, (unknowns,), and their modulus, 0 for none.
    """
    if full_rank(rows[: 2 * rows.shape[1] + SPARE], work):
        return
    # Weights without a modulus vanish modulo every prime.
    endless = vanishing(rows, ENDLESS, work)
    basis = endless.basis
    if len(basis) > MOST_FREE:
        return
    integers = [
        w for w in (_integers(weights, last) for weights in basis) if w is not None
    ]
    integers = [w for w in integers if not (rows @ w).any()]
    if integers:
        yield from ((weights, 0) for weights in integers)
        return
    if len(endless.joined) and not len(basis):
        # The first rows left something open. Once more, with those that settled it.
        rows = np.concatenate([endless.joined, rows])
        if full_rank(rows[: 2 * rows.shape[1] + SPARE], work):
            return
    powers = [*_powers(rows, work, last)]
    if powers:
        weights, modulus = _together(powers)
        if last:
            weights = -weights * _inverse(weights[-1], modulus) % modulus
        yield weights, modulus


def _powers(rows: Ids, work: Work, last: bool) -> Iterator[tuple[Ids, int]]:
    # For every prime the weights that vanish modulo its largest power.
    for prime in PRIMES:
        basis = vanishing(rows, prime, work).basis
        if last:
            basis = basis[basis[:, -1] > 0]
        if 0 < len(basis) <= MOST_FREE:
            lifted = [_lifted(rows, w, prime, work) for w in basis]
            yield max(lifted, key=lambda entry: entry[1])


def adding_up_to_one(rows: Ids, work: Work) -> Ids | None:
    """Return weights whose sum is 1 on all rows; None if there are none."""
    ones = np.ones(len(rows), dtype=np.int64)
    basis = vanishing(np.column_stack([rows, ones]), ENDLESS, work).basis
    for weights in basis[basis[:, -1] > 0]:
        found = _integers(weights, last=True)
        if found is not None and found[-1] == -1:
            return found[:-1]
    return None


def units(modulus: int) -> Ids:
    """Return the numbers below a modulus that can be divided by."""
    numbers = np.arange(1, modulus)
    coprime: Ids = numbers[np.gcd(numbers, modulus) == 1]
    return coprime


def _inverse(number: int, modulus: int) -> int:
    return pow(int(number), -1, modulus)


def _swap(rows: Ids, a: int, b: int) -> None:
    if a != b:
        rows[[a, b]] = rows[[b, a]]


def _integers(weights: Ids, last: bool) -> Ids | None:
    # Small integers that the weights are multiples of modulo the large prime.
    scales = weights[-1:] if last else np.unique(weights)
    for scale in scales[scales > 0].tolist():
        one = weights * _inverse(scale, ENDLESS) % ENDLESS
        for factor in range(1, DENOMINATORS + 1):
            many = one * factor % ENDLESS
            signed = np.where(many > ENDLESS // 2, many - ENDLESS, many)
            if np.abs(signed).max() <= MOST_WEIGHT:
                return -signed if last else signed
    return None


def _lifted(rows: Ids, weights: Ids, prime: int, work: Work) -> tuple[Ids, int]:
    # From a prime to its powers: what is left of the rows, divided by the power so far,
    # has to vanish with what is added.
    modulus = prime
    while modulus * prime <= LARGEST:
        left = rows @ weights // modulus % prime
        basis = vanishing(np.column_stack([rows, left]), prime, work).basis
        basis = basis[basis[:, -1] > 0]
        if not len(basis):
            break
        added = basis[0] * _inverse(basis[0, -1], prime) % prime
        weights = (weights + modulus * added[:-1]) % (modulus * prime)
        modulus *= prime
    return weights, modulus


def _together(powers: list[tuple[Ids, int]]) -> tuple[Ids, int]:
    # The Chinese remainder theorem, weight by weight.
    weights, modulus = powers[0]
    for others, other in powers[1:]:
        step = (others - weights) * _inverse(modulus, other) % other
        weights, modulus = weights + modulus * step, modulus * other
    return weights, modulus
