"""Decisions by sums of weights: which values can win, and comparisons of sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import gcd

import numpy as np
from numpy.typing import NDArray

from transformer_programs.analysis.predicates import Values
from transformer_programs.analysis.tables import INPUT_NAMES, literal
from transformer_programs.language import Domain, Term

LETTERS = "abcdefgh"
"""What the numbers of a comparison are called; of more there is none."""

_MOST_STEPS = 1 << 22  # of the search for values that never win

Found = Values | range
"""The ids that a variable can have; those of sums as ranges, which can be long."""


@dataclass(frozen=True, slots=True)
class ComparedSums:
    """A decision between two values by a comparison of two sums.

    Attributes:
        text: the value decided on, as an expression in letters.
        factors: the variables that the letters stand for, in order, and what the number
            that each holds is multiplied by.
        constant: what is added; the second value wins if the sum is above 0.
    """

    text: str
    factors: tuple[tuple[str, int], ...]
    constant: int

    def condition(self, names: Sequence[str]) -> str:
        """Return when the second value wins, with other names for the numbers."""
        return _condition(self.factors, self.constant, names)

    @property
    def names(self) -> dict[str, str]:
        """The variable that each letter stands for."""
        letters = letters_for(len(self.factors))
        return {x: name for x, (name, _) in zip(letters, self.factors, strict=True)}


def letters_for(count: int) -> Sequence[str]:
    """Return what so many numbers are called."""
    return INPUT_NAMES.get(count, LETTERS[:count])


def comparison_of(
    terms: Sequence[Term],
    domain: Domain,
    domains: Mapping[str, Domain],
    values: Mapping[str, Values],
) -> ComparedSums | None:
    """Return a decision between two values as a comparison of sums of numbers.

    None if there are more values, or if what a term adds is no multiple of a number.

    Args:
        terms: what is added up.
        domain: the values that are decided on.
        domains: those of the variables.
        values: the ids that they can have, but for sums of very many.
    """
    if domain.size > 2:
        return None
    factors, constant = [], 0
    for term in terms if domain.size == 2 else ():
        name = term.variable
        line = _line(term, domains[name], values.get(name))
        if line is None:
            return None
        factor, added = line
        constant += added
        factors += [(name, factor)] if factor else []
    if len(factors) > len(LETTERS):
        return None
    divisor = reduce(gcd, [factor for _, factor in factors], 0)
    if not divisor:
        return ComparedSums(literal(domain.value(int(constant > 0))), (), constant)
    # divisor * sum + constant > 0 is sum + ceil(constant / divisor) > 0: all are whole.
    constant = -(-constant // divisor)
    parts = tuple((name, factor // divisor) for name, factor in factors)
    condition = _condition(parts, constant, letters_for(len(parts)))
    no, yes = map(domain.value, (0, 1))
    text = f"{literal(yes)} if {condition} else {literal(no)}"
    if (no, yes) == (0, 1):
        text = f"int({condition})"
    return ComparedSums(text, parts, constant)


def _line(term: Term, domain: Domain, reached: Values | None) -> tuple[int, int] | None:
    # By how much a number raises the second value over the first: factor and constant.
    leads = [row[1] - row[0] for row in term.weights]
    if domain.numerical and (reached is None or len(reached) > 1):
        return leads[0], 0
    assert reached is not None, "only sums are left out"
    ids = reached.tolist()
    if domain.numerical:
        return 0, leads[0] * ids[0]
    added = [leads[i] for i in ids]
    if len(set(added)) == 1:
        return 0, added[0]
    if domain.tokens:
        return None
    factor, rest = divmod(added[1] - added[0], ids[1] - ids[0])
    constant = added[0] - factor * ids[0]
    straight = all(factor * i + constant == a for i, a in zip(ids, added, strict=True))
    return (factor, constant) if straight and not rest else None


def _condition(
    factors: Sequence[tuple[str, int]], constant: int, names: Sequence[str]
) -> str:
    # The sum is above 0: what is subtracted stands on the other side.
    sides: tuple[list[str], list[str]] = ([], [])
    for name, (_, factor) in zip(names, factors, strict=True):
        times = "" if abs(factor) == 1 else f"{abs(factor)} * "
        sides[factor < 0].append(times + name)
    more, less = sides
    if not more:
        return f"{' + '.join(less)} < {constant}"
    if constant > 0 and less:
        more.append(str(constant))
    elif constant or not less:
        less.append(str(-constant))
    return f"{' + '.join(more)} > {' + '.join(less)}"


def added_by(
    terms: Sequence[Term], domains: Mapping[str, Domain], ids: Mapping[str, int]
) -> dict[str, tuple[int, ...]]:
    """Return what each variable adds to all sums, given its id; none that tell nothing.

    Args:
        terms: what is added up.
        domains: those of the variables.
        ids: of every variable.
    """
    found = {}
    for term in terms:
        name, index = term.variable, ids[term.variable]
        if domains[name].numerical:
            row = tuple(index * factor for factor in term.weights[0])
        else:
            row = term.weights[index]
        if len(set(row)) > 1:
            found[name] = row
    return found


def winners(
    terms: Sequence[Term],
    size: int,
    domains: Mapping[str, Domain],
    found: Mapping[str, Found],
) -> NDArray[np.int64]:
    """Return the ids that can be decided on, and maybe more.

    Another id always wins over one that is left out, whatever the variables hold.
    """
    everything = np.arange(size)
    rows = sum(len(term.weights) for term in terms)
    if rows * size * size > _MOST_STEPS:
        return everything
    # By how much one id (first) can lead over another (last).
    leads = np.zeros((size, size), dtype=np.int64)
    for term in terms:
        added = _added(term, domains[term.variable], found[term.variable])
        for one in range(size):
            leads[one] += (added[:, one, None] - added).max(axis=0)
    # The first one wins a tie.
    enough = leads >= (everything[:, None] > everything)
    np.fill_diagonal(enough, True)
    return everything[enough.all(axis=1)]


def _added(term: Term, domain: Domain, found: Found) -> NDArray[np.int64]:
    # What the values of a variable add; of a number, the least and the largest.
    weights = np.array(term.weights, dtype=np.int64)
    if domain.numerical:
        weights = np.array([[int(found[0])], [int(found[-1])]]) * weights
    else:
        weights = weights[np.asarray(found)]
    return weights
