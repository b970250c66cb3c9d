"""Which statements mean something only up to the length that a program was learned at.

A closed form means something for every value; a table and a list of values only for
those that they name. What a variable can hold *at any length* is bounded here by
interval arithmetic over the closed forms: finitely many values, or endlessly many.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from transformer_programs.analysis.closed import ClosedForms, ranked, single_term
from transformer_programs.analysis.intervals import (
    Interval,
    Range,
    covers,
    negative,
    numbers_alone,
    range_of,
    runner,
)
from transformer_programs.analysis.predicates import Always, Both, OfKey
from transformer_programs.program import (
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Domain,
    Head,
    Kind,
    Predicate,
    Program,
    Readout,
    Statement,
    Table,
    Value,
)

READOUT = "readout"

INPUT_NAMES = {1: ("x",), 2: ("a", "b")}
"""What the inputs of a table are called in a closed form."""


@dataclass(frozen=True, slots=True)
class LengthBound:
    """What binds a program to its length.

    Attributes:
        statement: the variable that a statement writes, or ``readout``.
        reason: why, in words.
    """

    statement: str
    reason: str

    def __str__(self) -> str:
        return f"{self.statement} ({self.reason})"


def length_bound(program: Program) -> tuple[LengthBound, ...]:
    """Return the statements that mean nothing beyond the program's length, in order."""
    return AnyLength(program).bound


LISTED = 1 << 20
"""Of more numbers not every one is listed."""


class AnyLength:
    """What a program means at any length.

    Attributes:
        program: the program, which must be valid.
        closed: its closed forms.
        ranges: for every variable, values among which its own are at any length. What
            a bound statement writes counts as what it can write at its own length.
        bound: what binds the program to its length.
        capped: the largest number that a variable, or the readout, writes as text, by
            name, where larger ones were no labels of the data.
    """

    def __init__(self, program: Program, closed: ClosedForms | None = None) -> None:
        self.program = program
        self.closed = closed or ClosedForms.of(program)
        self.ranges: dict[str, Range] = {
            TOKENS: frozenset(program.input.vocabulary.tokens),
            POSITIONS: Interval(0),
            ONES: frozenset({1}),
            **{s.name: frozenset(s.values) for s in program.input.surfaces},
        }
        found = []
        for statement in program.statements:
            reasons = list(self._reasons(statement))
            found += [LengthBound(statement.output, reason) for reason in reasons[:1]]
            domain = program.domains[statement.output]
            self.ranges[statement.output] = (
                _all_of(domain) if reasons else self._written(statement)
            )
        reasons = list(self._readout_reasons(program.readout))
        found += [LengthBound(READOUT, reason) for reason in reasons]
        self.bound = tuple(found)
        self.capped = dict(self._caps())

    def _reasons(self, statement: Statement) -> Iterator[str]:
        match statement:
            case Table():
                yield from self._table_reasons(statement)
            case Head():
                yield from self._head_reasons(statement)
                if statement.sums and self._negative(statement.value):
                    yield f"sums {statement.value}, which can be negative"

    def _table_reasons(self, statement: Table) -> Iterator[str]:
        text = self.closed.expression(statement)
        if text is None:
            yield from self._uncovered("a table over", *statement.inputs)
        else:
            names = INPUT_NAMES[len(statement.inputs)]
            read = dict(zip(names, statement.inputs, strict=True))
            yield from self._length_constants(text, read)
            if text == "int(x)" and not numbers_alone(self.ranges[read["x"]]):
                yield f"numbers of {read['x']}, which has other values"

    def _head_reasons(self, head: Head) -> Iterator[str]:
        found = self.closed.condition(head)
        if found is None:
            yield from self._uncovered("pairs of", head.query, head.key)
            return
        if ranked(found) and self._domain(head.query).kind is Kind.TOKEN:
            yield from self._uncovered("an order of", head.query, head.key)
        of_key = found.of_key if isinstance(found, Both) else found
        if isinstance(of_key, OfKey):
            text = self.closed.key_condition(of_key, head) or ""
            yield from self._length_constants(text, {"k": head.key})

    def _uncovered(self, what: str, *names: str) -> Iterator[str]:
        """Some variables have values that are not in their domains."""
        growing = [
            name
            for name in dict.fromkeys(names)
            if not covers(self._domain(name).values, self.ranges[name])
        ]
        if growing:
            yield f"{what} {' and '.join(growing)}"

    def _length_constants(self, text: str, read: Mapping[str, str]) -> Iterator[str]:
        """Conditions that list values of what grows, or name the largest."""
        for node in ast.walk(ast.parse(text, mode="eval")):
            if not (isinstance(node, ast.Compare) and isinstance(node.left, ast.Name)):
                continue
            name, other = read[node.left.id], node.comparators[0]
            if not isinstance(self.ranges[name], Interval):
                continue
            if isinstance(other, ast.Tuple):
                yield f"lists values of {name}"
            largest = int(self.closed.values[name].max())
            if isinstance(other, ast.Constant) and other.value == largest:
                yield f"names the largest {name}"

    def _readout_reasons(self, readout: Readout) -> Iterator[str]:
        domains = self.program.domains
        single = single_term(readout, domains)
        text = self.closed.label_expression(readout, single) if single else None
        for term in readout.terms:
            name, domain = term.variable, self._domain(term.variable)
            if domain.numerical:
                if self._negative(name):
                    yield f"a factor of {name}, which can be negative"
                elif single and 0 not in self.closed.values[name]:
                    yield from self._uncovered("labels of", name)
            elif text is not None:
                yield from self._length_constants(text, {"x": name})
            elif single is None:
                yield from self._uncovered("weights of", name)
            else:
                known = {domain.value(i) for i in self.closed.values[name].tolist()}
                if not covers(known, self.ranges[name]):
                    yield f"a table of labels over {name}"

    def _caps(self) -> Iterator[tuple[str, int]]:
        """Where numbers that grow with the length are written up to a constant."""
        readout = self.program.readout
        single = single_term(readout, self.program.domains)
        read = [
            (table.output, name, self.closed.expression(table))
            for table in self.program.tables
            for name in table.inputs
        ]
        if single is not None:
            text = self.closed.label_expression(readout, single)
            read.append((READOUT, single.variable, text))
        for written, name, text in read:
            found = re.fullmatch(r"str\(min\(.+, (\d+)\)\)", text or "")
            if found and isinstance(self.ranges[name], Interval):
                yield written, int(found[1])

    def _written(self, statement: Statement) -> Range:
        match statement:
            case Table():
                return self._looked_up(statement)
            case Head(aggregate=Aggregate.NEAREST):
                return self.ranges[statement.value]
            case Head():
                return self._counted(statement)

    def _looked_up(self, statement: Table) -> Range:
        text = self.closed.expression(statement)
        read = [self.ranges[name] for name in statement.inputs]
        names = INPUT_NAMES[len(read)]
        finite = [values for values in read if not isinstance(values, Interval)]
        if len(finite) < len(read):
            assert text is not None, "a table over endless values binds"
            return range_of(text, dict(zip(names, read, strict=True)))
        cell = entry_of(statement, text, self.program.domains)
        return frozenset(cell(*values) for values in product(*finite))

    def _counted(self, head: Head) -> Range:
        """Endless, unless nothing matches, or only tokens of the frame."""
        value = self.ranges[head.value]
        if self.closed.condition(head) == Always(False) or value == frozenset({0}):
            return frozenset({0})
        matches = self._frame_matches(head.predicate) if head.key == TOKENS else None
        if matches is None or isinstance(value, Interval):
            return Interval(0)
        most = max(int(number) for number in value)
        return frozenset(range(matches * most + 1))

    def _frame_matches(self, predicate: Predicate) -> int | None:
        """How many tokens match at most; None if bare ones are among them."""
        ids = self.program.input.vocabulary.ids
        bare = {ids[token] for token in self.program.input.symbols}
        if any(bare & {*row} for row in predicate):
            return None
        return max(map(len, predicate), default=0)

    def _negative(self, name: str) -> bool:
        return negative(self.ranges[name])

    def _domain(self, name: str) -> Domain:
        return self.program.domains[name]


def entry_of(
    statement: Table, text: str | None, domains: Mapping[str, Domain]
) -> Callable[..., Value]:
    """Return the value that a table writes, as a function of the values that it reads.

    ``text`` is its closed form; None if the entries are what it means.
    """
    if text is not None:
        return runner(text, ", ".join(INPUT_NAMES[len(statement.inputs)]))
    places = [
        {value: i for i, value in enumerate(domains[name].values)}
        for name in statement.inputs
    ]

    def entry(*values: Value) -> Value:
        index = 0
        for place, value in zip(places, values, strict=True):
            index = index * len(place) + place[value]
        return statement.domain.value(statement.table[index])

    return entry


def _all_of(domain: Domain) -> Range:
    """All values of a domain; of very many numbers their bounds."""
    if domain.size > LISTED:
        return Interval(0, domain.bound)
    return frozenset(domain.values)
