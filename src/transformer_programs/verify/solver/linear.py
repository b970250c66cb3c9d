"""Sums of literals with integer coefficients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import gcd

Literal = int
"""A node of a circuit, or minus it: its negation. 1 is true, -1 is false."""

TRUE: Literal = 1
FALSE: Literal = -1


@dataclass(frozen=True, slots=True)
class Linear:
    """A constant and a sum of coefficient times node.

    Attributes:
        terms: (node, coefficient), nodes rising, no coefficient 0.
        constant: added to the sum.
    """

    terms: tuple[tuple[Literal, int], ...]
    constant: int = 0

    @classmethod
    def of(cls, parts: Iterable[tuple[Literal, int]], constant: int = 0) -> Linear:
        """A sum of coefficient times literal, where a negated literal is 1 - node."""
        found: dict[int, int] = {}
        for literal, factor in parts:
            if literal < 0:
                constant += factor
                literal, factor = -literal, -factor
            if literal == TRUE:
                constant += factor
            else:
                found[literal] = found.get(literal, 0) + factor
        return cls(tuple(sorted((n, f) for n, f in found.items() if f)), constant)

    def plus(self, other: Linear, factor: int = 1) -> Linear:
        """The sum of this and a multiple of another one."""
        scaled = [(node, factor * f) for node, f in other.terms]
        return Linear.of(
            [*self.terms, *scaled], self.constant + factor * other.constant
        )

    def times(self, factor: int) -> Linear:
        """A multiple."""
        return Linear(()).plus(self, factor)

    def threshold(self, least: int) -> tuple[Linear, int, bool]:
        """``self >= least`` in a form that is the same for the same condition.

        Returns:
            A sum without constant, without common factor, the first coefficient
            positive; its least value; and whether the condition is the negation.
        """
        least -= self.constant
        base, negated = Linear(self.terms), False
        if self.terms and self.terms[0][1] < 0:  # not (-s >= 1 - least)
            base, least, negated = base.times(-1), 1 - least, True
        common = gcd(*(factor for _, factor in base.terms))
        if common > 1:
            base = Linear(tuple((node, f // common) for node, f in base.terms))
            least = -(-least // common)
        return base, least, negated
