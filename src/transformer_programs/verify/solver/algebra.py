"""The algebra of formulas over the conditions of a circuit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from transformer_programs.tasks import Formula
from transformer_programs.verify.solver.cells import Cell, Cells, constant
from transformer_programs.verify.solver.circuit import Circuit, Linear, Literal
from transformer_programs.verify.solver.encode import Choice


class Symbolic(Cells):
    """Conditions are literals, numbers sums, symbols cells over numbered names.

    Methods without a description are those of ``Algebra``.
    """

    def __init__(self, circuit: Circuit) -> None:
        super().__init__(circuit)
        self.every, self.some = circuit.all_of, circuit.any_of
        self.names: list[str] = []
        self._ids: dict[str, int] = {}

    def choice(self, symbol: Cell) -> Choice:
        """Return the names that a symbol can have, and when."""
        return {self.names[index]: literal for index, literal in symbol.values}

    def of_choice(self, choice: Choice) -> Cell:
        """Return a symbol that is one of some names."""
        return self.of((self._id(name), literal) for name, literal in choice.items())

    def symbol(self, name: str) -> Cell:
        return constant(self._id(name))

    def within(self, symbol: Cell, names: Collection[str]) -> Literal:
        return self.member(symbol, {self._id(name) for name in names})

    def same(self, one: Cell, other: Cell) -> Literal:
        return self.related(one, other, lambda a, b: a == b)

    def less(self, one: Cell, other: Cell) -> Literal:
        names = self.names
        return self.related(one, other, lambda a, b: int(names[a]) < int(names[b]))

    def negated(self, condition: Literal) -> Literal:
        return -condition

    def count(self, conditions: Iterable[Literal]) -> Linear:
        return Linear.of((condition, 1) for condition in conditions)

    def combined(
        self, one: Cell, other: Cell, function: Callable[[str, str], str]
    ) -> Cell:
        names = list(self.names)
        return self.joined(
            one, other, lambda a, b: self._id(function(names[a], names[b]))
        )

    def plus(self, number: Linear, other: Linear | int, factor: int = 1) -> Linear:
        return number.plus(_sum(other), factor)

    def at_least(self, number: Linear, other: Linear | int) -> Literal:
        return self.circuit.at_least(self._difference(number, other), 0)

    def equal(self, number: Linear, other: Linear | int) -> Literal:
        return self.circuit.equals(self._difference(number, other), 0)

    def written(self, number: Linear) -> Cell:
        values = self.of_sum(number).values
        return self.of((self._id(str(value)), literal) for value, literal in values)

    def _difference(self, number: Linear, other: Linear | int) -> Linear:
        return self.circuit.sum_of(number, _sum(other).times(-1))

    def _id(self, name: str) -> int:
        if name not in self._ids:
            self._ids[name] = len(self.names)
            self.names.append(name)
        return self._ids[name]


def _sum(number: Linear | int) -> Linear:
    return Linear((), number) if isinstance(number, int) else number


def encode_formula(
    formula: Formula,
    symbols: tuple[str, ...],
    circuit: Circuit,
    tokens: Sequence[Choice],
) -> list[Choice | None]:
    """Return the labels of a formula, as ``encode`` gives those of a program."""
    algebra = Symbolic(circuit)
    found = formula(algebra, [algebra.of_choice(choice) for choice in tokens], symbols)
    labels = [found] if isinstance(found, Cell) else found
    return [None if label is None else algebra.choice(label) for label in labels]
