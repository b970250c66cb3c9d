"""Conditions on an input as a circuit in which what is equal by structure is one node.

Nodes are free conditions, conjunctions and thresholds of sums. A literal is a node or
its negation. What is constant, repeated or contradictory folds at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
        """Return the sum of this and a multiple of another one."""
        parts = [*self.terms, *((node, factor * f) for node, f in other.terms)]
        return Linear.of(parts, self.constant + factor * other.constant)

    def times(self, factor: int) -> Linear:
        """Return a multiple."""
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


@dataclass(frozen=True, slots=True)
class Free:
    """A free condition: a position holds a certain token."""


@dataclass(frozen=True, slots=True)
class And:
    """All of some literals."""

    literals: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Whether a sum reaches a threshold."""

    sum: Linear
    least: int


Node = Free | And | AtLeast


class Circuit:
    """Nodes, each only once, in an order in which operands come first.

    Attributes:
        nodes: node i is ``nodes[i]``; the first two stand for nothing and for true.
        groups: sets of literals of which exactly one holds.
        parts: sums of two numbers by their form in thresholds: the sum, and the two
            numbers, the second perhaps negative.
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = [Free(), Free()]
        self.groups: list[tuple[Literal, ...]] = []
        self.parts: dict[Linear, tuple[Linear, Linear, Linear]] = {}
        self._known: dict[Node, Literal] = {}
        self._group: dict[Literal, int] = {}

    def choice(self, count: int) -> list[Literal]:
        """Return conditions of which exactly one holds, and any one may."""
        start = len(self.nodes)
        if count == 1:
            return [TRUE]
        if count == 2:
            self.nodes.append(Free())
            return [start, -start]
        self.nodes += [Free()] * count
        literals = list(range(start, start + count))
        self.exactly_one(literals)
        return literals

    def exactly_one(self, literals: Sequence[Literal]) -> None:
        """Remember that exactly one of these holds, which must follow from them."""
        if len(literals) > 2 and any(item not in self._group for item in literals):
            for literal in literals:
                self._group.setdefault(literal, len(self.groups))
            self.groups.append(tuple(literals))

    def all_of(self, literals: Iterable[Literal]) -> Literal:
        """Return the conjunction."""
        distinct = set(literals) - {TRUE}
        if not distinct:
            return TRUE
        if FALSE in distinct or self._contradict(distinct):
            return FALSE
        if len(distinct) == 1:
            return distinct.pop()
        return self._add(And(tuple(sorted(distinct))))

    def any_of(self, literals: Iterable[Literal]) -> Literal:
        """Return the disjunction."""
        return -self.all_of(-literal for literal in literals)

    def at_least(self, total: Linear, least: int) -> Literal:
        """Return whether a sum reaches a threshold."""
        base, least, negated = total.threshold(least)
        found = self._threshold(base, least)
        return -found if negated else found

    def equals(self, total: Linear, value: int) -> Literal:
        """Return whether a sum has a value."""
        return self.between(total, value, value)

    def between(self, total: Linear, low: int, high: int) -> Literal:
        """Return whether a sum is one of ``low`` to ``high``."""
        return self.all_of([self.at_least(total, low), -self.at_least(total, high + 1)])

    def sum_of(self, one: Linear, other: Linear) -> Linear:
        """Return a sum of two numbers, which the solver is told to be one."""
        total = one.plus(other)
        if len(one.terms) > 1 and len(other.terms) > 1 and total.terms:
            base, _, _ = total.threshold(0)
            self.parts.setdefault(base, (total, one, other))
        return total

    def bounds(self, total: Linear) -> tuple[int, int]:
        """Return the least and the largest value that a sum can have, or wider ones."""
        low = high = total.constant
        grouped: dict[int, list[int]] = {}
        for node, factor in total.terms:
            if node in self._group:
                grouped.setdefault(self._group[node], []).append(factor)
            elif -node in self._group:  # 1 - a literal of a group
                low, high = low + factor, high + factor
                grouped.setdefault(self._group[-node], []).append(-factor)
            else:
                low, high = low + min(factor, 0), high + max(factor, 0)
        for group, factors in grouped.items():
            if len(factors) < len(self.groups[group]):
                factors.append(0)
            low, high = low + min(factors), high + max(factors)
        return low, high

    def evaluate(self, inputs: Mapping[Literal, bool]) -> list[bool]:
        """Return the value of every node, given those of the free ones."""
        values = [False, True]
        for index, node in enumerate(self.nodes[2:], start=2):
            match node:
                case Free():
                    values.append(inputs[index])
                case And(literals):
                    values.append(all(values[abs(i)] == (i > 0) for i in literals))
                case AtLeast(total, least):
                    values.append(sum(f for n, f in total.terms if values[n]) >= least)
        return values

    def _threshold(self, base: Linear, least: int) -> Literal:
        low, high = self.bounds(base)
        if least <= low:
            return TRUE
        if least > high:
            return FALSE
        smallest = min(abs(factor) for _, factor in base.terms)
        signed = [node if factor > 0 else -node for node, factor in base.terms]
        if least <= sum(min(f, 0) for _, f in base.terms) + smallest:
            return self.any_of(signed)
        if least > sum(max(f, 0) for _, f in base.terms) - smallest:
            return self.all_of(signed)
        return self._add(AtLeast(base, least))

    def _contradict(self, literals: set[Literal]) -> bool:
        # Whether they exclude each other, as far as a glance can tell.
        facts = set(literals)
        for literal in literals:
            node = self.nodes[literal] if literal > 0 else None
            if isinstance(node, And) and len(node.literals) <= 4:
                facts.update(node.literals)
        groups = [self._group[fact] for fact in facts if fact in self._group]
        if len(groups) > len(set(groups)) or any(-fact in facts for fact in facts):
            return True
        least: dict[Linear, int] = {}
        most: dict[Linear, int] = {}
        for fact in facts:
            node = self.nodes[abs(fact)]
            if isinstance(node, AtLeast):
                side, bound = (least, max) if fact > 0 else (most, min)
                side[node.sum] = bound(side.get(node.sum, node.least), node.least)
        return any(least[s] >= most[s] for s in least.keys() & most.keys())

    def _add(self, node: Node) -> Literal:
        if node not in self._known:
            self._known[node] = len(self.nodes)
            self.nodes.append(node)
        return self._known[node]
