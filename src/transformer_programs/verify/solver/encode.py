"""A program on all inputs of one length, as conditions of a circuit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from transformer_programs.errors import SettingsError
from transformer_programs.language import (
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Decide,
    Head,
    Pooling,
    Program,
    Scope,
    Statement,
    Table,
    Term,
)
from transformer_programs.verify.solver.cells import Cell, Cells, constant
from transformer_programs.verify.solver.circuit import FALSE, Circuit, Linear, Literal

Choice = Mapping[str, Literal]
"""Tokens or labels, each with the condition under which it stands there."""


def encode(
    program: Program, circuit: Circuit, tokens: Sequence[Choice]
) -> list[Choice]:
    """Return the labels of a program at every bare position, or one for classification.

    ``tokens`` are at every bare position the tokens that it can hold, exactly one of
    which it does.

    Raises:
        InputError: For a token that the program does not accept.
        SettingsError: For a program with surfaces.
    """
    check_solvable(program)
    return _Encoder(program, circuit, tokens).labels()


def check_solvable(program: Program) -> None:
    """Check that a program reads no more of tokens than which word they are.

    Raises:
        SettingsError: If it has surfaces.
    """
    if program.input.surfaces:
        raise SettingsError(
            f"{program.name!r} reads the characters of tokens, of which there are "
            "endlessly many: a solver cannot go through them; leave --solver out"
        )


class _Encoder:
    def __init__(
        self, program: Program, circuit: Circuit, tokens: Sequence[Choice]
    ) -> None:
        self.program, self.circuit, self.cells = program, circuit, Cells(circuit)
        form, ids = program.input, program.input.vocabulary.ids
        begin = [constant(ids[form.begin])] if form.begin is not None else []
        end = [constant(ids[form.end])] if form.end is not None else []
        framed = [*begin, *map(self._token, tokens), *end]
        self.bare = range(form.offset, form.offset + len(tokens))
        self.length = len(framed)
        self.variables: dict[str, list[Cell]] = {
            TOKENS: framed,
            POSITIONS: [constant(i) for i in range(self.length)],
            ONES: [constant(1)] * self.length,
        }
        for statement in program.statements:
            self.variables[statement.output] = self._column(statement)

    def _token(self, choice: Choice) -> Cell:
        # A token by its id; tokens that are unknown are the same one.
        form, found = self.program.input, dict[int, list[Literal]]()
        for token, literal in choice.items():
            index = form.encode([token])[form.offset]
            found.setdefault(index, []).append(literal)
        return self.cells.of(
            (i, self.circuit.any_of(some)) for i, some in found.items()
        )

    def _column(self, statement: Statement) -> list[Cell]:
        match statement:
            case Table():
                return self._lookup(statement)
            case Decide():
                return [self._decision(statement, i) for i in range(self.length)]
            case Head(aggregate=Aggregate.NEAREST):
                return [self._nearest(statement, i) for i in range(self.length)]
            case Head():
                return [self._total(statement, i) for i in range(self.length)]

    def _lookup(self, statement: Table) -> list[Cell]:
        table, columns = statement.table, [self.variables[n] for n in statement.inputs]
        if len(columns) == 1:
            return [self.cells.mapped(cell, table.__getitem__) for cell in columns[0]]
        size = self.program.domains[statement.inputs[1]].size
        return [
            self.cells.joined(a, b, lambda x, y: table[x * size + y])
            for a, b in zip(*columns, strict=True)
        ]

    def _matches(self, head: Head, i: int) -> Iterator[tuple[int, Literal]]:
        # The positions in scope, the nearest first, and whether they match.
        queries, keys = self.variables[head.query], self.variables[head.key]
        rows = [frozenset(row) for row in head.predicate]
        for j in _nearest_first(head.scope, i, self.length):
            yield j, self.cells.related(queries[i], keys[j], lambda q, k: k in rows[q])

    def _nearest(self, head: Head, i: int) -> Cell:
        # The value of the first match; of position 0 without one.
        values = self.variables[head.value]
        cases = ((match, values[j]) for j, match in self._matches(head, i))
        return self.cells.first(cases, values[0])

    def _total(self, head: Head, i: int) -> Cell:
        values, total = self.variables[head.value], Linear(())
        for j, match in self._matches(head, i):
            total = total.plus(self.cells.product(match, values[j]))
        return self.cells.of_sum(total, (0, self.program.domains[head.output].bound))

    def labels(self) -> list[Choice]:
        match self.program.readout.pooling:
            case Pooling.NONE:
                return [self._label([i]) for i in self.bare]
            case Pooling.FIRST:
                return [self._label([0])]
            case Pooling.MEAN:
                return [self._label(range(self.length))]

    def _decision(self, decide: Decide, i: int) -> Cell:
        terms, count = decide.terms, decide.domain.size
        cell = self._of_one(terms, [i])
        return cell or self.cells.of(self._winners(terms, count, [i]))

    def _label(self, positions: Sequence[int]) -> Choice:
        # The best label of scores that are summed over some positions.
        terms, labels = self.program.readout.terms, self.program.readout.labels
        cell = self._of_one(terms, positions)
        pairs = cell.values if cell else self._winners(terms, len(labels), positions)
        return {labels[label]: literal for label, literal in pairs}

    def _of_one(self, terms: Sequence[Term], positions: Sequence[int]) -> Cell | None:
        # Which sum is the largest, if they depend on one value.
        if not len(terms) == len(positions) == 1:
            return None
        (term,), (position,) = terms, positions
        numerical = self.program.domains[term.variable].numerical

        def best(value: int) -> int:
            factor, row = (value, 0) if numerical else (1, value)
            scores = [factor * weight for weight in term.weights[row]]
            return scores.index(max(scores))

        return self.cells.mapped(self.variables[term.variable][position], best)

    def _winners(
        self, terms: Sequence[Term], count: int, positions: Sequence[int]
    ) -> Iterator[tuple[int, Literal]]:
        # Which of so many sums can be the largest, and whether they are.
        scores = [self._score(terms, column, positions) for column in range(count)]
        for column in range(count):
            literal = self._wins(scores, column)
            if literal != FALSE:
                yield column, literal

    def _score(
        self, terms: Sequence[Term], column: int, positions: Sequence[int]
    ) -> Linear:
        total = Linear(())
        for term in terms:
            numerical = self.program.domains[term.variable].numerical
            for i in positions:
                cell = self.variables[term.variable][i]
                weighted = ((c, term.weights[v][column]) for v, c in cell.values)
                if numerical:
                    total = total.plus(cell.linear, term.weights[0][column])
                else:
                    total = total.plus(Linear.of(weighted))
        return total

    def _wins(self, scores: Sequence[Linear], label: int) -> Literal:
        # Whether a score is the largest, and larger than all before it.
        return self.circuit.all_of(
            self.circuit.at_least(scores[label].plus(score, -1), int(other < label))
            for other, score in enumerate(scores)
            if other != label
        )


def _nearest_first(scope: Scope, i: int, length: int) -> Iterator[int]:
    # The positions in scope: by distance, the earlier first, self last.
    for distance in range(1, length):
        if scope is not Scope.AFTER and i - distance >= 0:
            yield i - distance
        if scope in (Scope.ALL, Scope.AFTER) and i + distance < length:
            yield i + distance
    if scope in (Scope.ALL, Scope.CAUSAL):
        yield i
