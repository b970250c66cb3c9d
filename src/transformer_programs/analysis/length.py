"""Which statements mean something only up to the length that a program was learned at.

A closed form means something for every value; a table and a list of values only for
those that they name. What a variable can hold *at any length* is bounded here by
interval arithmetic over the closed forms: finitely many values, or endlessly many.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from transformer_programs.analysis.closed import ClosedForms, entry_of, ranked
from transformer_programs.analysis.intervals import (
    Interval,
    Range,
    covers,
    divides,
    negative,
    numbers_alone,
    range_of,
)
from transformer_programs.analysis.predicates import Always, Both, OfKey
from transformer_programs.analysis.tables import INPUT_NAMES
from transformer_programs.language import (
    ONES,
    POSITIONS,
    TOKENS,
    Domain,
    Kind,
    Program,
    Scope,
    Statement,
)

READOUT = "readout"

LISTED = 1 << 20  # of more numbers not every one is listed


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


class AnyLength:
    """What a program means at any length.

    Attributes:
        program: the program, which must be valid.
        closed: its closed forms.
        ranges: for every variable, values among which its own are at any length. What
            a bound statement writes counts as what it can write at its own length.
        bound: what binds the program to its length, in order.
        capped: the largest number that a variable, or the readout, writes as text, by
            name, where larger ones were no labels of the data.
    """

    def __init__(self, program: Program, closed: ClosedForms | None = None) -> None:
        self.program = program
        self.closed = closed or ClosedForms(program)
        self.ranges: dict[str, Range] = {
            TOKENS: frozenset(program.input.vocabulary.tokens),
            POSITIONS: Interval(0),
            ONES: frozenset({1}),
            **{s.name: frozenset(s.values) for s in program.input.surfaces},
        }
        self._heads = {head.output: head for head in program.heads}
        self._tables = {table.output: table for table in program.tables}
        self._decisions = {d.output: d for d in program.decisions}
        found = []
        for statement in program.statements:
            name = statement.output
            reason = next(self._reasons(statement), None)
            found += [] if reason is None else [LengthBound(name, reason)]
            domain = program.domains[name]
            written = self._written(statement) if reason is None else None
            self.ranges[name] = _all_of(domain) if written is None else written
        found += [LengthBound(READOUT, reason) for reason in self._readout_reasons()]
        self.bound = tuple(found)
        self.capped = dict(self._caps())

    def _reasons(self, statement: Statement) -> Iterator[str]:
        head = self._heads.get(statement.output)
        if statement.output in self._decisions:
            yield from self._decision_reasons(statement)
            return
        if head is None:
            yield from self._table_reasons(statement)
            return
        found = self.closed.condition(head)
        if found is None:
            yield from self._uncovered("pairs of", head.query, head.key)
        elif ranked(found) and self.program.domains[head.query].kind is Kind.TOKEN:
            yield from self._uncovered("an order of", head.query, head.key)
        of_key = found.of_key if isinstance(found, Both) else found
        if isinstance(of_key, OfKey):
            text = self.closed.key_condition(of_key, head) or ""
            yield from self._length_constants(text, {"k": head.key})
        if head.sums and negative(self.ranges[head.value]):
            yield f"sums {head.value}, which can be negative"

    def _table_reasons(self, statement: Statement) -> Iterator[str]:
        text = self.closed.expression(statement)
        if text is None:
            yield from self._uncovered("a table over", *statement.inputs)
            return
        names = INPUT_NAMES[len(statement.inputs)]
        read = dict(zip(names, statement.inputs, strict=True))
        yield from self._length_constants(text, read)
        if not divides(text, {name: self.ranges[n] for name, n in read.items()}):
            yield f"divides by numbers of {' and '.join(statement.inputs)}"
        if text == "int(x)" and not numbers_alone(self.ranges[read["x"]]):
            yield f"numbers of {read['x']}, which has other values"

    def _decision_reasons(self, statement: Statement) -> Iterator[str]:
        # A number has a factor, which holds for all; other values have weights each.
        found = self.closed.comparison(statement)
        if found is not None:
            yield from self._length_constants(found.text, found.names)
            return
        for name in statement.inputs:
            if not self.program.domains[name].numerical:
                yield from self._uncovered("weights of", name)

    def _uncovered(self, what: str, *names: str) -> Iterator[str]:
        # Some variables have values that are not in their domains.
        domains = self.program.domains
        growing = [
            name
            for name in dict.fromkeys(names)
            if not covers(domains[name].values, self.ranges[name])
        ]
        if growing:
            yield f"{what} {' and '.join(growing)}"

    def _length_constants(self, text: str, read: Mapping[str, str]) -> Iterator[str]:
        # Conditions that list values of what grows, or name the largest.
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

    def _readout_reasons(self) -> Iterator[str]:
        single, text = self.closed.single, self.closed.label_expression
        for term in self.program.readout.terms:
            name = term.variable
            if self.program.domains[name].numerical:
                if negative(self.ranges[name]):
                    yield f"a factor of {name}, which can be negative"
                elif single and 0 not in self.closed.values[name]:
                    yield from self._uncovered("labels of", name)
            elif text is not None:
                yield from self._length_constants(text, {"x": name})
            elif single is None:
                yield from self._uncovered("weights of", name)
            elif not covers(self.closed.labels, self.ranges[name]):
                yield f"a table of labels over {name}"

    def _caps(self) -> Iterator[tuple[str, int]]:
        # Where numbers that grow with the length are written up to a constant.
        read = [
            (table.output, name, self.closed.expression(table))
            for table in self.program.tables
            for name in table.inputs
        ]
        if self.closed.single is not None:
            name = self.closed.single.variable
            read.append((READOUT, name, self.closed.label_expression))
        for written, name, text in read:
            found = re.fullmatch(r"str\(min\(.+, (\d+)\)\)", text or "")
            if found and isinstance(self.ranges[name], Interval):
                yield written, int(found[1])

    def _written(self, statement: Statement) -> Range | None:
        name = statement.output
        if statement.copied is not None:
            return self.ranges[statement.copied]
        if name in self._heads:
            return self._summed(name)
        return self._looked_up(name) if name in self._tables else None

    def _looked_up(self, name: str) -> Range:
        table = self._tables[name]
        text = self.closed.expression(table)
        read = [self.ranges[name] for name in table.inputs]
        finite = [values for values in read if not isinstance(values, Interval)]
        if len(finite) == len(read):
            domains = self.program.domains
            whole = (
                len(values) == domains[name].size
                for name, values in zip(table.inputs, finite, strict=True)
            )
            if text is None and all(whole):
                return frozenset(map(table.domain.value, set(table.table)))
            cell = entry_of(table, text, domains)
            return frozenset(cell(*values) for values in product(*finite))
        assert text is not None, "a table over endless values binds"
        names = INPUT_NAMES[len(read)]
        return range_of(text, dict(zip(names, read, strict=True)))

    def _summed(self, name: str) -> Range:
        # Endlessly many, unless nothing matches, or only tokens of the frame.
        head, form = self._heads[name], self.program.input
        value = self.ranges[head.value]
        if self.closed.condition(head) == Always(False) or value == frozenset({0}):
            return frozenset({0})
        bare = {form.vocabulary.ids[token] for token in form.symbols}
        endless = head.key != TOKENS or any(bare & {*row} for row in head.predicate)
        if endless or isinstance(value, Interval):
            itself = head.scope in (Scope.ALL, Scope.CAUSAL)
            if itself and self.closed.condition(head) == Always():
                return Interval(_least(value))  # its own position counts, too
            return Interval(0)
        matches = max(map(len, head.predicate), default=0)
        return frozenset(range(matches * max(map(int, value)) + 1))


def length_bound(program: Program) -> tuple[LengthBound, ...]:
    """Return the statements that mean nothing beyond the program's length, in order."""
    return AnyLength(program).bound


def _least(values: Range) -> float:
    if isinstance(values, Interval):
        return values.least
    return min(map(int, values))


def _all_of(domain: Domain) -> Range:
    if domain.size > LISTED:
        return Interval(0, domain.bound)
    return frozenset(domain.values)
