"""Variables of a program that is being written, and the statements that they become.

An ``Expression`` is a function of one or two variables; operators make larger ones of
it without a statement. It becomes a ``Table`` where a head reads it, where it would
read a third variable, or where it is what the program returns. A table over more
variables is written as tables over two: the first two are joined to as few classes as
the others need.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from types import CodeType
from typing import Any, NoReturn

from transformer_programs.errors import WritingError
from transformer_programs.language.frontend.values import (
    Function,
    Row,
    Selector,
    Values,
    Weighed,
    plain,
)
from transformer_programs.language.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Decide,
    Head,
    Scope,
    Statement,
    Table,
    Term,
    input_domains,
    visible_positions,
)
from transformer_programs.language.types import Domain, InputFormat

MOST_CELLS = 1 << 20
"""Cells of a table, and pairs of a query and a key, that a function is called for."""

MOST_NUMBER = 1 << 16
"""The largest number that is held as one; larger ones are names."""


@dataclass(eq=False, slots=True)
class Expression(Values):
    """A function of the values of one or two variables.

    Attributes:
        writer: Where its statement will be written.
        inputs: The variables.
        function: Called with a value of each.
        line: Of the function that is written, if it is known.
    """

    writer: Writer = field(repr=False)
    inputs: tuple[Variable, ...]
    function: Function
    line: int | None = None
    written: Variable | None = field(default=None, init=False, repr=False)

    def combined(self, function: Function, operands: tuple[object, ...]) -> Expression:
        """Return a larger expression."""
        return self.writer.combine(function, operands)

    def attended(self, head: Selector, value: Values) -> Expression:
        """Write a head that copies the nearest match."""
        return self.writer.attend(head, value)

    def counted(self, head: Selector, value: Values) -> Expression:
        """Write a head that adds up the matches."""
        return self.writer.count(head, value)

    def decided(self, values: Sequence[Any], terms: Sequence[Weighed]) -> Expression:
        """Write a decision."""
        return self.writer.decide(values, terms)

    def __iter__(self) -> NoReturn:
        raise WritingError(
            "a variable cannot be listed, counted through or indexed: a program does "
            "the same at every position; use attend or count to look at others"
        )

    def __len__(self) -> NoReturn:
        raise WritingError(
            "a variable has no length before there is an input; the number of "
            "positions is count(ones, ones, ones, lambda q, k: True)"
        )

    def __getitem__(self, index: object) -> NoReturn:
        self.__iter__()

    def __str__(self) -> str:
        raise WritingError(
            "a variable has no text before there is an input; use table(str, x) for "
            "the text of every value"
        )


class Variable(Expression):
    """A variable that is written.

    Attributes:
        name: Its name for now.
        domain: Its ids.
        values: What every id is, as functions see it.
    """

    __slots__ = ("domain", "name", "values")

    def __init__(
        self, writer: Writer, name: str, domain: Domain, values: Sequence[Any]
    ) -> None:
        super().__init__(writer, (), lambda value: value)
        self.inputs, self.written = (self,), self
        self.name, self.domain, self.values = name, domain, tuple(values)

    def __repr__(self) -> str:
        return f"Variable({self.name!r})"


class Writer:
    """Writes statements in the order in which a function asks for their variables.

    Attributes:
        form: The input of the program.
        statements: What was written.
        inputs: tokens, positions and ones.
        surfaces: the character features.
        local: The local variables of the function, when a statement was last written
            or when it returned.
    """

    def __init__(self, form: InputFormat, code: CodeType | None, name: str) -> None:
        self.form, self._code, self._name = form, code, name
        self.statements: list[Statement] = []
        self.local: dict[str, Any] = {}
        domains = input_domains(form)
        self.inputs = tuple(
            Variable(self, role, domains[role], domains[role].values)
            for role in (TOKENS, POSITIONS, ONES)
        )
        self.surfaces = tuple(
            Variable(self, s.name, domains[s.name], s.values) for s in form.surfaces
        )
        self._known: dict[object, Variable] = {}

    def line(self) -> int | None:
        """Return the line of the written function that is being run."""
        frame = sys._getframe(1)  # noqa: SLF001
        while frame is not None:
            if frame.f_code is self._code:
                self.local = dict(frame.f_locals)
                return frame.f_lineno
            frame = frame.f_back  # type: ignore[assignment]
        return None

    def refuse(self, message: str, line: int | None) -> WritingError:
        """Return the error that names the line."""
        at = f", line {line}" if line is not None else ""
        return WritingError(f"{self._name}{at}: {message}")

    def combine(self, function: Function, operands: tuple[object, ...]) -> Expression:
        """Return the expression of a function of operands, some of them constants."""
        parts = [self.own(x) for x in operands if isinstance(x, Values)]
        line = self.line() or parts[0].line
        while len(_read(parts)) > 2:
            parts = self._fewer(parts, function, operands, line)
            if len(parts) == 1:
                return parts[0]
        inputs = _read(parts)
        fixed = [None if isinstance(x, Values) else x for x in operands]
        places = [i for i, x in enumerate(operands) if isinstance(x, Values)]
        reads = [
            (place, part.function, [_place(v, inputs) for v in part.inputs])
            for place, part in zip(places, parts, strict=True)
        ]

        def of_inputs(*values: Any) -> Any:
            given = list(fixed)
            for place, inner, read in reads:
                given[place] = plain(inner(*(values[i] for i in read)))
            return function(*given)

        return Expression(self, inputs, of_inputs, line)

    def _fewer(
        self,
        parts: list[Expression],
        function: Function,
        operands: tuple[object, ...],
        line: int | None,
    ) -> list[Expression]:
        # First every part becomes a variable; if these are three or more, the first
        # two are joined.
        wide = [part for part in parts if part.written is None]
        if wide:
            return [self.variable(part) for part in parts]
        return [self._joined(parts, function, operands, line)]

    def _joined(
        self,
        parts: Sequence[Expression],
        function: Function,
        operands: tuple[object, ...],
        line: int | None,
    ) -> Expression:
        first, second, *others = _read(parts)
        sizes = [len(v.values) for v in (first, second, *others)]
        self._check_cells(math.prod(sizes), (first, second, *others), line)
        order = (first, second, *others)
        whole = self.combine_all(function, operands, parts, order)
        # Pairs that no value of the others tells apart are one class; its first pair
        # stands for it.
        numbers: dict[tuple[Any, ...], int] = {}
        pairs: list[tuple[Any, Any]] = []
        class_of: dict[tuple[Any, Any], int] = {}
        rest = [*product(*(v.values for v in others))]
        for pair in product(first.values, second.values):
            row = tuple(
                _exactly(self._called(whole, (*pair, *more), order, line))
                for more in rest
            )
            if row not in numbers:
                pairs.append(pair)
            one, two = map(_exactly, pair)
            class_of[one, two] = numbers.setdefault(row, len(numbers))

        def joint(one: Any, two: Any) -> int:
            return class_of[_exactly(one), _exactly(two)]

        joined = self.classes(Expression(self, (first, second), joint, line))
        return self.combine(
            lambda number, *more: whole(*pairs[number], *more), (joined, *others)
        )

    def combine_all(
        self,
        function: Function,
        operands: tuple[object, ...],
        parts: Sequence[Expression],
        order: Sequence[Variable],
    ) -> Function:
        """Return the function of the values of variables, in an order."""
        found = iter(parts)
        places = [
            _place(next(found).inputs[0], order) if isinstance(x, Values) else None
            for x in operands
        ]

        def whole(*values: Any) -> Any:
            given = (
                x if place is None else values[place]
                for x, place in zip(operands, places, strict=True)
            )
            return function(*given)

        return whole

    def variable(self, expression: Expression, name: str = "value") -> Variable:
        """Return the variable of an expression, written if it is not yet."""
        if expression.written is None:
            expression.written = self._shared(expression, name)
        return expression.written

    def _shared(
        self, expression: Expression, stem: str, *, classes: bool = False
    ) -> Variable:
        # Equal tables are one.
        table, values = self._table(expression, classes=classes)
        key = (table.inputs, table.table, table.domain, tuple(map(_exactly, values)))
        if key not in self._known:
            table = replace(table, output=self._free(stem))
            self._known[key] = self._tabulated(table, values)
        return self._known[key]

    def tabulated(
        self,
        expression: Expression,
        output: str,
        *,
        classes: bool = False,
        bound: int = 0,
    ) -> Variable:
        """Write an expression as a table with a name of its own.

        Args:
            expression: What is tabulated.
            output: The name.
            classes: Whether numbers are classes, which cannot be added up.
            bound: The largest number that is possible at least, if there are numbers.
        """
        table, values = self._table(expression, classes=classes)
        domain = table.domain
        if (
            not domain.tokens
            and values == (*range(len(values)),)
            and bound > max(values)
        ):
            values = (*range(bound + 1),)
            domain = replace(domain, size=len(values))
        return self._tabulated(replace(table, output=output, domain=domain), values)

    def _tabulated(self, table: Table, values: tuple[Any, ...]) -> Variable:
        self.statements.append(table)
        return Variable(self, table.output, table.domain, values)

    def _table(
        self, expression: Expression, *, classes: bool
    ) -> tuple[Table, tuple[Any, ...]]:
        inputs, line = expression.inputs, expression.line
        self._check_cells(math.prod(len(v.values) for v in inputs), inputs, line)
        cells = self.cells(expression)
        values, domain = _domain(cells, self.form)
        if classes and domain.numerical:
            domain = Domain.of_classes(domain.size)
        ids = {_exactly(value): index for index, value in enumerate(values)}
        entries = tuple(ids[_exactly(cell)] for cell in cells)
        return Table("", tuple(v.name for v in inputs), entries, domain), values

    def cells(self, expression: Expression) -> Sequence[Any]:
        """Return the values of a table, the last input running fastest."""
        return [
            self._called(
                expression.function, values, expression.inputs, expression.line
            )
            for values in product(*(v.values for v in expression.inputs))
        ]

    def classes(self, expression: Expression) -> Variable:
        """Return a variable with the same values that is no number."""
        if expression.written is None or expression.written.domain.numerical:
            return self._shared(expression, "value", classes=True)
        return expression.written

    def attend(self, head: Selector, value: Values) -> Variable:
        """Write a head that copies the nearest match."""
        line = self.line()
        copied = self.variable(self.own(value))
        return self._head(head, copied, Aggregate.NEAREST, line)

    def count(self, head: Selector, value: Values) -> Variable:
        """Write a head that adds up the matches."""
        line = self.line()
        summed = self.variable(self.own(value))
        return self._head(head, summed, Aggregate.SUM, line)

    def headed(
        self, head: Selector, value: Variable, aggregate: Aggregate, output: str
    ) -> Variable:
        """Write a head with a name of its own."""
        found = self._predicated(head, value, aggregate, self.line())
        return self._written(replace(found, output=output), value)

    def _head(
        self, head: Selector, value: Variable, aggregate: Aggregate, line: int | None
    ) -> Variable:
        found = self._predicated(head, value, aggregate, line)
        if found not in self._known:  # equal heads are one
            output = self._free("total" if found.sums else "copy")
            self._known[found] = self._written(replace(found, output=output), value)
        return self._known[found]

    def _predicated(
        self, head: Selector, value: Variable, aggregate: Aggregate, line: int | None
    ) -> Head:
        if aggregate is Aggregate.SUM and not _counts(value):
            shown = ", ".join(map(repr, value.values[:3]))
            raise self.refuse(
                f"count: the values that are added up must be numbers from 0, got "
                f"{shown}{', ...' if len(value.values) > 3 else ''}",
                line,
            )
        query, read_query = self._side(head.query)
        key, read_key = self._side(head.key)
        self._check_cells(len(query.values) * len(key.values), (query, key), line)
        keys = [read_key(k) for k in key.values]
        what = "count" if aggregate is Aggregate.SUM else "attend"
        rows = tuple(
            tuple(
                index
                for index, k in enumerate(keys)
                if self._matches(head.predicate, q, k, what, line)
            )
            for q in map(read_query, query.values)
        )
        names = query.name, key.name, value.name
        return Head("", *names, rows, Scope(head.scope), aggregate)

    def _written(self, head: Head, value: Variable) -> Variable:
        self.statements.append(head)
        if not head.sums:
            return Variable(self, head.output, value.domain, value.values)
        seen = visible_positions(head.scope, self.form.max_length)
        domain = Domain.of_numbers(seen * value.domain.bound)
        if domain.size > MOST_CELLS:
            raise self.refuse(
                f"count: the sum can reach {domain.bound:,}, expected less than "
                f"{MOST_CELLS:,}",
                self.line(),
            )
        return Variable(self, head.output, domain, domain.values)

    def decide(self, values: Sequence[Any], terms: Sequence[Weighed]) -> Variable:
        """Write a decision by sums of weights."""
        found = self._decision(values, terms, self.line())
        key = (found, *map(_exactly, values))
        if key not in self._known:  # equal decisions are one
            output = self._free("decision")
            self._known[key] = self.decision(replace(found, output=output), values)
        return self._known[key]

    def decided(
        self, values: Sequence[Any], terms: Sequence[Weighed], output: str
    ) -> Variable:
        """Write a decision with a name of its own."""
        found = self._decision(values, terms, self.line())
        return self.decision(replace(found, output=output), values)

    def decision(self, decide: Decide, values: Sequence[Any]) -> Variable:
        """Write a decision on values."""
        self.statements.append(decide)
        return Variable(self, decide.output, decide.domain, values)

    def _decision(
        self, values: Sequence[Any], terms: Sequence[Weighed], line: int | None
    ) -> Decide:
        found = [self._term(values, side, added, line) for side, added in terms]
        if all(isinstance(value, str) for value in values):
            domain = Domain.of_tokens(values)
        elif [*values] == [*range(len(values))]:
            domain = Domain.of_numbers(len(values) - 1)
        else:
            domain = Domain.of_classes(len(values))
        return Decide("", added_up(found), domain)

    def _term(
        self,
        values: Sequence[Any],
        side: Values,
        added: Mapping[Any, Row] | Row,
        line: int | None,
    ) -> Term:
        own = self.own(side)
        if isinstance(added, Mapping):
            variable, nothing = self.classes(own), (0,) * len(values)
            rows = tuple(added.get(value, nothing) for value in variable.values)
            return Term(variable.name, rows)
        variable = self.variable(own)
        if _counts(variable):
            return Term(variable.name, (added,))
        odd = [value for value in variable.values if type(value) is not int]
        if odd:
            raise self.refuse(
                f"decide: one row of weights is multiplied by a number, and {odd[0]!r} "
                "is none; give a row for every value",
                line,
            )
        variable = self.classes(variable)
        rows = tuple(tuple(v * weight for weight in added) for v in variable.values)
        return Term(variable.name, rows)

    def _side(self, values: Values) -> tuple[Variable, Function]:
        # A function of one variable is left to the predicate.
        side = self.own(values)
        if len(side.inputs) == 1 and side.written is None:
            variable = side.inputs[0]

            def read(value: Any) -> Any:
                return self._called(side.function, (value,), (variable,), side.line)

            return variable, read
        return self.variable(side), lambda value: value

    def _matches(
        self, predicate: Function, query: Any, key: Any, what: str, line: int | None
    ) -> bool:
        pair = f"for query {query!r} and key {key!r}"
        try:
            found = plain(predicate(query, key))
        except Exception as error:
            message = f"the predicate of {what} fails {pair}: {_said(error)}"
            raise self.refuse(message, line) from error
        if found not in (0, 1):
            raise self.refuse(
                f"the predicate of {what} returned {found!r} {pair}; expected True or "
                "False",
                line,
            )
        return bool(found)

    def _called(
        self,
        function: Function,
        values: Sequence[Any],
        inputs: Sequence[Variable],
        line: int | None,
    ) -> Any:
        try:
            found = plain(function(*values))
            hash(found)
        except Exception as error:
            pairs = zip(inputs, values, strict=True)
            given = ", ".join(f"{self._called_by(v)} = {x!r}" for v, x in pairs)
            message = f"the value for {given} cannot be computed: {_said(error)}"
            raise self.refuse(message, line) from error
        return found

    def _check_cells(
        self, cells: int, inputs: Sequence[Variable], line: int | None
    ) -> None:
        if cells > MOST_CELLS:
            sizes = ", ".join(
                f"{self._called_by(v)} ({len(v.values):,} values)" for v in inputs
            )
            raise self.refuse(
                f"a function of {sizes} has {cells:,} cases, expected at most "
                f"{MOST_CELLS:,}; reduce one of them first, or make max_length smaller",
                line,
            )

    def _called_by(self, variable: Variable) -> str:
        # As the function calls it, if it does.
        for name, value in self.local.items():
            if isinstance(value, Expression) and value.written is variable:
                return name
        return variable.name

    def own(self, values: Values) -> Expression:
        """Return values as an expression of this program."""
        if isinstance(values, Expression) and values.writer is self:
            return values if values.written is None else values.written
        raise self.refuse("this variable belongs to another program", self.line())

    def _free(self, stem: str) -> str:
        taken = {statement.output for statement in self.statements}
        return next(
            n for i in range(len(taken) + 1) if (n := f"{stem}_{i}") not in taken
        )


def added_up(terms: Iterable[Term]) -> tuple[Term, ...]:
    """Return the terms with one for each variable, whose weights are added."""
    found: dict[str, Term] = {}
    for term in terms:
        before = found.get(term.variable)
        if before is not None:
            rows = zip(before.weights, term.weights, strict=True)
            sums = (tuple(map(sum, zip(*pair, strict=True))) for pair in rows)
            term = replace(term, weights=tuple(sums))
        found[term.variable] = term
    return tuple(found.values())


def _counts(variable: Variable) -> bool:
    return variable.domain.numerical and variable.values[0] == 0


def _read(parts: Sequence[Expression]) -> tuple[Variable, ...]:
    # The variables that expressions read, each once.
    return tuple(dict.fromkeys(v for part in parts for v in part.inputs))


def _place(variable: Variable, among: Sequence[Variable]) -> int:
    # Equality of variables is a variable itself.
    return next(i for i, other in enumerate(among) if other is variable)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _exactly(value: Any) -> tuple[type, Any, str]:
    # 1 and 1.0 are equal, and so are (1,) and (1.0,), but they are other labels.
    return type(value), value, str(value)


def _domain(cells: Sequence[Any], form: InputFormat) -> tuple[tuple[Any, ...], Domain]:
    # Whole numbers in a row, texts in the order of the vocabulary, or anything.
    values: tuple[Any, ...] = tuple({_exactly(cell): cell for cell in cells}.values())
    if all(type(value) is int for value in values):
        least, most = min(0, *values), max(0, *values)
        if most - least <= MOST_NUMBER:
            return tuple(range(least, most + 1)), Domain.of_numbers(most - least)
    if all(isinstance(value, str) for value in values):
        rank = form.vocabulary.ids
        if all(value in rank for value in values):
            values = tuple(sorted(values, key=rank.__getitem__))
        return values, Domain.of_tokens(values)
    return values, Domain.of_classes(len(values))
