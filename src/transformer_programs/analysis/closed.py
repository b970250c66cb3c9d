"""The values that occur in a program, and the closed forms of its statements.

``program.py`` prints these closed forms, and they are what a program means beyond the
length that it was learned at (``length.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from transformer_programs.analysis.conditions import conditions, width
from transformer_programs.analysis.predicates import (
    Both,
    Comparison,
    Condition,
    OfKey,
    Values,
    condition as condition_of,
)
from transformer_programs.analysis.tables import LARGEST, expression
from transformer_programs.program import (
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Domain,
    Head,
    InputFormat,
    Kind,
    Pooling,
    Program,
    Readout,
    Scope,
    Statement,
    Table,
    Term,
    visible_positions,
)

MOST_VALUES = 1 << 20
"""More values than these are listed only where a table or predicate lists them too."""

_WIDEST_CONDITION = 64
"""Columns of the longest condition on a key."""

_WIDEST = 80
"""Columns of the longest expression: what a line of a comprehension has room for."""

_Found = Values | range
"""The values of one variable; those of sums as ranges, which can be of any length."""


def reachable_values(program: Program) -> dict[str, Values]:
    """Return the ids that every variable can have on valid inputs, and maybe more.

    Each variable is looked at alone, so that combinations count as possible that never
    occur: the sets may be too large, never too small. Sums with more than
    ``MOST_VALUES`` values are left out, unless a statement lists something for each.
    """
    form = program.input
    found: dict[str, _Found] = {
        TOKENS: np.arange(len(form.vocabulary)),
        POSITIONS: np.arange(form.max_length),
        ONES: np.array([1]),
        **{s.name: np.arange(len(s.values)) for s in form.surfaces},
    }
    for statement in program.statements:
        found[statement.output] = _written(statement, found, program)
    needed = {name for s in program.statements for name in s.listed}
    return {
        name: np.asarray(values, dtype=np.int64)
        for name, values in found.items()
        if name in needed or not _is_large(values)
    }


def _is_large(values: _Found) -> bool:
    if isinstance(values, range):  # its length may be too large for len()
        return values.stop - values.start > MOST_VALUES * values.step
    return False


def _written(
    statement: Statement, found: Mapping[str, _Found], program: Program
) -> _Found:
    match statement:
        case Table():
            sizes = [program.domains[name].size for name in statement.inputs]
            table = np.array(statement.table, dtype=np.int64).reshape(sizes)
            return np.unique(table[np.ix_(*(found[n] for n in statement.inputs))])
        case Head(aggregate=Aggregate.NEAREST):
            return found[statement.value]
        case Head():
            least, most = _matches(statement, found, program)
            smallest = int(found[statement.value][0])
            largest = int(found[statement.value][-1])
            # Sums of the same number are its multiples.
            step = max(smallest, 1) if smallest == largest else 1
            return range(least * smallest, most * largest + 1, step)


def _matches(
    head: Head, found: Mapping[str, _Found], program: Program
) -> tuple[int, int]:
    """Return bounds of the number of positions that can match."""
    queries, keys = (
        np.asarray(found[name], dtype=np.int64) for name in (head.query, head.key)
    )
    key_set = set(keys.tolist())
    rows = [key_set & {*head.predicate[q]} for q in queries.tolist()]
    if not any(rows):
        return 0, 0
    most = seen = visible_positions(head.scope, program.input.max_length)
    if head.key == TOKENS:  # a token of the frame stands at one position
        bare = {program.input.vocabulary.ids[t] for t in program.input.symbols}
        room = program.input.max_bare_length
        most = max(len(row - bare) + (room if row & bare else 0) for row in rows)
    matches_itself = (
        head.scope in (Scope.ALL, Scope.CAUSAL)
        and head.query == head.key
        and all(q in row for q, row in zip(queries.tolist(), rows, strict=True))
    )
    return int(matches_itself), min(seen, most)


@dataclass(frozen=True, slots=True)
class ClosedForms:
    """What is known of a program's variables, and the closed forms over them.

    Attributes:
        form: the sequences that the program accepts.
        domains: of every variable.
        values: the ids that every variable can have.
        found: the closed forms found so far, by the variable that is written: looking
            for one in a large table takes long.
    """

    form: InputFormat
    domains: dict[str, Domain]
    values: dict[str, Values]
    found: dict[str, str | None] = field(default_factory=dict, kw_only=True)

    @classmethod
    def of(cls, program: Program) -> ClosedForms:
        """Return those of a valid program."""
        return ClosedForms(program.input, program.domains, reachable_values(program))

    @property
    def ordered(self) -> bool:
        """Whether the file's TOKENS and frame are in the order of the ids."""
        form = self.form
        return form.vocabulary.tokens == (*form.symbols, *form.frame)

    def has(self, statement: Statement) -> bool:
        """Whether a statement has a closed form, so that no entries are listed."""
        match statement:
            case Head():
                return self.condition(statement) is not None
            case Table():
                return self.expression(statement) is not None

    def condition(self, head: Head) -> Condition | None:
        """Return the head's predicate as a condition that the file can state."""
        query, key = self.domains[head.query], self.domains[head.key]
        found = condition_of(
            head.predicate, query, key, self.values[head.query], self.values[head.key]
        )
        of_key = found.of_key if isinstance(found, Both) else found
        if isinstance(of_key, OfKey) and not self.key_condition(of_key, head):
            return None
        if ranked(found) and query.kind is Kind.TOKEN:
            known = self.ordered and query.tokens == self.form.vocabulary.tokens
            return found if known else None
        return found

    def key_condition(self, found: OfKey, head: Head) -> str | None:
        """Return the condition on the key ``k`` as text."""
        key, reached = self.domains[head.key], self.values[head.key].tolist()
        values = [key.value(index) for index in reached]
        chosen = set(found.keys)
        texts = conditions("k", values, [index in chosen for index in reached])
        return next((text for text in texts if width(text) <= _WIDEST_CONDITION), None)

    def ranks_tokens(self, statement: Statement) -> bool:
        """Whether the condition of a head compares tokens by their order."""
        if not isinstance(statement, Head):
            return False
        tokens = self.domains[statement.query].kind is Kind.TOKEN
        return tokens and ranked(self.condition(statement))

    def expression(self, statement: Table) -> str | None:
        """Return the table as an expression in ``x``, or in ``a`` and ``b``."""
        if statement.output not in self.found:
            self.found[statement.output] = self._expression(statement)
        return self.found[statement.output]

    def _expression(self, statement: Table) -> str | None:
        inputs = [self.domains[name] for name in statement.inputs]
        reached = [self.values[name] for name in statement.inputs]
        table = np.array(statement.table).reshape([domain.size for domain in inputs])
        entries = table[np.ix_(*reached)].ravel().tolist()
        values = [
            [domain.value(index) for index in ids.tolist()]
            for domain, ids in zip(inputs, reached, strict=True)
        ]
        return _short(expression(values, [statement.domain.value(e) for e in entries]))

    def labels(self, readout: Readout, term: Term) -> list[tuple[int, str]]:
        """Return the label of every id that the readout's only variable can have."""
        weights = np.array(term.weights)
        reached = self.values[term.variable].tolist()
        if self.domains[term.variable].numerical:
            best = [int((index * weights[0]).argmax()) for index in reached]
        else:
            best = weights[reached].argmax(axis=1).tolist()
        return [(i, readout.labels[b]) for i, b in zip(reached, best, strict=True)]

    def label_expression(self, readout: Readout, term: Term) -> str | None:
        """Return the label as an expression in the value ``x`` of its only variable."""
        labels = self.labels(readout, term)
        values = [self.domains[term.variable].value(index) for index, _ in labels]
        return _short(expression([values], [label for _, label in labels]))


def single_term(readout: Readout, domains: Mapping[str, Domain]) -> Term | None:
    """Return the only term of the readout, if one value alone decides the label."""
    if len(readout.terms) != 1 or readout.pooling is Pooling.MEAN:
        return None
    (term,) = readout.terms
    return term if domains[term.variable].size <= LARGEST else None


def ranked(found: Condition | None) -> bool:
    """Whether values are compared by their order."""
    comparison = found.comparison if isinstance(found, Both) else found
    return isinstance(comparison, Comparison) and comparison.sign not in ("==", "!=")


def _short(text: str | None) -> str | None:
    return text if text is not None and width(text) <= _WIDEST else None
