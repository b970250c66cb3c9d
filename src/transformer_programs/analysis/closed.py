"""How a program's statements are said: in closed form wherever there is one.

What is found here is what ``program.py`` prints, and what a program means beyond the
length that it was learned at (``length.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from transformer_programs.analysis.conditions import conditions, width
from transformer_programs.analysis.predicates import (
    Both,
    Comparison,
    Condition,
    OfKey,
    condition as condition_of,
)
from transformer_programs.analysis.reachable import Values, reachable_values
from transformer_programs.analysis.tables import LARGEST, expression
from transformer_programs.program import (
    Domain,
    Head,
    InputFormat,
    Kind,
    Pooling,
    Program,
    Readout,
    Table,
    Term,
)

_WIDEST_CONDITION = 64
"""Columns of the longest condition on a key."""

_WIDEST = 80
"""Columns of the longest expression: what a line of a comprehension has room for."""


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
        """Those of a valid program."""
        return ClosedForms(program.input, program.domains, reachable_values(program))

    @property
    def ordered(self) -> bool:
        """Whether the file's TOKENS and frame are in the order of the ids."""
        frame = [t for t in (self.form.begin, self.form.end) if t is not None]
        return self.form.vocabulary.tokens == (*self.form.symbols, *frame)

    def condition(self, head: Head) -> Condition | None:
        """The head's predicate as a condition that the file can state."""
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
        """The condition on the key ``k`` as text."""
        key, reached = self.domains[head.key], self.values[head.key].tolist()
        values = [key.value(index) for index in reached]
        chosen = set(found.keys)
        texts = conditions("k", values, [index in chosen for index in reached])
        return next((text for text in texts if width(text) <= _WIDEST_CONDITION), None)

    def expression(self, statement: Table) -> str | None:
        """The statement's table as an expression in ``x``, or in ``a`` and ``b``."""
        if statement.output not in self.found:
            self.found[statement.output] = self._expression(statement)
        return self.found[statement.output]

    def _expression(self, statement: Table) -> str | None:
        inputs = [self.domains[name] for name in statement.inputs]
        reached = [self.values[name] for name in statement.inputs]
        size = inputs[-1].size
        rows: list[int] = reached[0].tolist()
        if len(inputs) == 1:
            entries = [statement.table[i] for i in rows]
        else:
            entries = [statement.table[i * size + j] for i in rows for j in reached[1]]
        values = [
            [domain.value(int(i)) for i in ids]
            for domain, ids in zip(inputs, reached, strict=True)
        ]
        found = expression(values, [statement.domain.value(e) for e in entries])
        return found if _is_short(found) else None

    def labels(self, readout: Readout, term: Term) -> list[tuple[int, str]]:
        """The label of every id that the readout's only variable can have."""
        weights = np.array(term.weights)
        reached = self.values[term.variable].tolist()
        if self.domains[term.variable].numerical:
            best = [int((index * weights[0]).argmax()) for index in reached]
        else:
            best = weights[reached].argmax(axis=1).tolist()
        return [(i, readout.labels[b]) for i, b in zip(reached, best, strict=True)]

    def label_expression(self, readout: Readout, term: Term) -> str | None:
        """The label as an expression in the value ``x`` of its only variable."""
        labels = self.labels(readout, term)
        domain = self.domains[term.variable]
        values = [domain.value(index) for index, _ in labels]
        found = expression([values], [label for _, label in labels])
        return found if _is_short(found) else None


def single_term(readout: Readout, domains: dict[str, Domain]) -> Term | None:
    """The only term of the readout, if one value alone decides the label."""
    if len(readout.terms) != 1 or readout.pooling is Pooling.MEAN:
        return None
    (term,) = readout.terms
    return term if domains[term.variable].size <= LARGEST else None


def ranked(found: Condition | None) -> bool:
    """Whether values are compared by their order."""
    comparison = found.comparison if isinstance(found, Both) else found
    return isinstance(comparison, Comparison) and comparison.sign not in ("==", "!=")


def _is_short(text: str | None) -> bool:
    return text is not None and width(text) <= _WIDEST
