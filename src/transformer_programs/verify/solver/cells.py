"""What one variable can hold at one position, as conditions of a circuit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import groupby

from transformer_programs.verify.solver.circuit import (
    FALSE,
    TRUE,
    Circuit,
    Linear,
    Literal,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """The values that can occur, each with the condition under which it does.

    Attributes:
        values: value and literal, values rising; exactly one literal holds.
        sum: the value as a sum, where the value is a number that was made as one.
    """

    values: tuple[tuple[int, Literal], ...]
    sum: Linear | None = None

    @property
    def linear(self) -> Linear:
        """The value as a sum of literals."""
        if self.sum is not None:
            return self.sum
        if len(self.values) == 2:  # one literal says it all
            (low, _), (high, literal) = self.values
            return Linear.of([(literal, high - low)], low)
        return Linear.of((literal, value) for value, literal in self.values)

    @property
    def summed(self) -> bool:
        """Whether ``linear`` is short: a sum by nature, or at most two values."""
        return self.sum is not None or len(self.values) <= 2


def constant(value: int) -> Cell:
    """Return a value that is known."""
    return Cell(((value, TRUE),), Linear((), value))


class Cells:
    """Makes cells from cells, and their conditions in a circuit."""

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit

    def of(self, literals: Iterable[tuple[int, Literal]]) -> Cell:
        """Return a cell from conditions of which exactly one holds."""
        possible = tuple(sorted(pair for pair in literals if pair[1] != FALSE))
        certain = [value for value, literal in possible if literal == TRUE]
        if certain or len(possible) == 1:
            return constant(certain[0] if certain else possible[0][0])
        if len(possible) == 2:  # also where folding did not see that they exclude
            (low, _), (high, literal) = possible
            possible = ((low, -literal), (high, literal))
        self.circuit.exactly_one([literal for _, literal in possible])
        return Cell(possible)

    def of_sum(self, total: Linear, within: tuple[int, int] | None = None) -> Cell:
        """Return a number that is a sum.

        ``within`` are the bounds of the number where they are known: those of the
        circuit may be wider.
        """
        low, high = self.circuit.bounds(total)
        if within is not None:
            low, high = max(low, within[0]), min(high, within[1])
        if low == high:
            return constant(low)
        cell = self.of((v, self.circuit.equals(total, v)) for v in range(low, high + 1))
        return cell if len(cell.values) == 1 else Cell(cell.values, total)

    def member(self, cell: Cell, values: Collection[int]) -> Literal:
        """Return whether a cell holds one of some values."""
        rest = {value for value, _ in cell.values} - set(values)
        if not rest:
            return TRUE
        if cell.sum is not None:
            inside, outside = _runs(cell, values), _runs(cell, rest)
            fewer = inside if len(inside) <= len(outside) else outside
            found = self.circuit.any_of(
                self.circuit.between(cell.sum, low, high) for low, high in fewer
            )
            return found if fewer is inside else -found
        there = [literal for value, literal in cell.values if value in values]
        others = [literal for value, literal in cell.values if value in rest]
        if len(there) <= len(others):
            return self.circuit.any_of(there)
        return -self.circuit.any_of(others)

    def mapped(self, cell: Cell, function: Callable[[int], int]) -> Cell:
        """Return a function of a cell."""
        images = {value: function(value) for value, _ in cell.values}
        total = _affine(images, cell.linear) if cell.summed else None
        if total is not None:
            return self.of_sum(total, (min(images.values()), max(images.values())))
        return self.of(
            (image, self.member(cell, {v for v, i in images.items() if i == image}))
            for image in set(images.values())
        )

    def joined(
        self, first: Cell, second: Cell, function: Callable[[int, int], int]
    ) -> Cell:
        """Return a function of two cells."""
        a, b = first.values[0][0], second.values[0][0]
        if len(first.values) > 1 and first == second:
            return self.mapped(first, lambda value: function(value, value))
        rows = {
            tuple(function(x, y) for y, _ in second.values) for x, _ in first.values
        }
        if len(rows) == 1:  # the first does not matter
            return self.mapped(second, lambda other: function(a, other))
        if all(len(set(row)) == 1 for row in rows):
            return self.mapped(first, lambda other: function(other, b))
        merged = self._of_one_sum(first, second, function)
        if merged is not None:
            return merged
        pairs: dict[int, set[tuple[int, int]]] = {}
        for x, _ in first.values:
            for y, _ in second.values:
                pairs.setdefault(function(x, y), set()).add((x, y))
        return self.of(
            (image, self._pairs(first, second, some)) for image, some in pairs.items()
        )

    def related(
        self, first: Cell, second: Cell, holds: Callable[[int, int], bool]
    ) -> Literal:
        """Return whether two cells are in a relation."""
        return self.member(self.joined(first, second, holds), {1})

    def first(self, cases: Iterable[tuple[Literal, Cell]], otherwise: Cell) -> Cell:
        """Return the cell of the first condition that holds, or another one."""
        circuit, none = self.circuit, TRUE
        found: dict[int, list[Literal]] = {}
        for condition, cell in [*cases, (TRUE, otherwise)]:
            taken = circuit.all_of([none, condition])
            for value, literal in cell.values:
                found.setdefault(value, []).append(circuit.all_of([taken, literal]))
            none = circuit.all_of([none, -condition])
            if none == FALSE:
                break
        return self.of((v, circuit.any_of(some)) for v, some in found.items())

    def product(self, condition: Literal, cell: Cell) -> Linear:
        """Return the number in a cell if a condition holds, else 0."""
        total = cell.linear
        parts = [(self.circuit.all_of([condition, node]), f) for node, f in total.terms]
        return Linear.of([*parts, (condition, total.constant)])

    def _of_one_sum(
        self, first: Cell, second: Cell, function: Callable[[int, int], int]
    ) -> Cell | None:
        # A function that depends on the sum or difference of two numbers alone.
        if not (first.summed and second.summed):
            return None
        for sign in (1, -1):
            images: dict[int, int] = {}
            if all(
                images.setdefault(a + sign * b, image := function(a, b)) == image
                for a, _ in first.values
                for b, _ in second.values
            ):
                total = self.circuit.sum_of(first.linear, second.linear.times(sign))
                known = defaultdict(int, images)  # other values cannot occur
                return self.mapped(self.of_sum(total), known.__getitem__)
        return None

    def _pairs(self, first: Cell, second: Cell, pairs: set[tuple[int, int]]) -> Literal:
        # Whether two cells hold one of some pairs of values. The cells are put in an
        # order, whatever their values are called, so that equal conditions are one.
        one, two = (sorted(i for _, i in cell.values) for cell in (first, second))
        if one > two:
            first, second = second, first
            pairs = {(b, a) for a, b in pairs}
        rows: dict[frozenset[int], set[int]] = {}
        for a, _ in first.values:
            row = frozenset(b for b, _ in second.values if (a, b) in pairs)
            rows.setdefault(row, set()).add(a)
        return self.circuit.any_of(
            self.circuit.all_of([self.member(first, some), self.member(second, row)])
            for row, some in rows.items()
            if row
        )


def _runs(cell: Cell, values: Collection[int]) -> list[tuple[int, int]]:
    # The stretches of values, in the order of those that can occur.
    stretches = groupby((v for v, _ in cell.values), lambda value: value in values)
    runs = [list(stretch) for inside, stretch in stretches if inside]
    return [(run[0], run[-1]) for run in runs]


def _affine(images: dict[int, int], total: Linear) -> Linear | None:
    # The images as a multiple of a sum plus a constant, if they are that.
    (a, at_a), (b, at_b), *_ = [*sorted(images.items()), (0, 0), (0, 0)]
    if len(images) < 2 or (at_b - at_a) % (b - a):
        return None
    factor = (at_b - at_a) // (b - a)
    if not factor or any(i != at_a + factor * (v - a) for v, i in images.items()):
        return None
    return Linear((), at_a - factor * a).plus(total, factor)
