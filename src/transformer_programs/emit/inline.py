"""Statements that are closed forms: one line of ``trace`` instead of a table."""

from __future__ import annotations

from dataclasses import dataclass

from transformer_programs.emit.layout import (
    WIDTH,
    call,
    keyword,
    lay_out,
    literal,
    width,
)
from transformer_programs.emit.names import Names
from transformer_programs.forms.conditions import conditions
from transformer_programs.forms.predicates import (
    Always,
    Both,
    Comparison,
    Condition,
    OfKey,
    condition as condition_of,
)
from transformer_programs.forms.reachable import Values
from transformer_programs.forms.tables import expression
from transformer_programs.program.nodes import (
    Attend,
    Count,
    Embed,
    Lookup,
    Scope,
    Statement,
)
from transformer_programs.program.types import Domain, InputFormat, Kind

INDENT = 4

_WIDEST = 64
"""Columns of the longest condition."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of a program when a statement of it is written.

    Attributes:
        form: the sequences that the program accepts.
        domains: of every variable.
        values: the ids that every variable can have.
        names: what variables are called in the file.
    """

    form: InputFormat
    domains: dict[str, Domain]
    values: dict[str, Values]
    names: Names

    @property
    def ordered(self) -> bool:
        """Whether the file's TOKENS and frame are in the order of the ids."""
        frame = [t for t in (self.form.begin, self.form.end) if t is not None]
        return self.form.vocabulary.tokens == (*self.form.symbols, *frame)

    def condition(self, head: Attend | Count) -> Condition | None:
        """The head's predicate as a condition that the file can state."""
        query, key = self.domains[head.query], self.domains[head.key]
        found = condition_of(
            head.predicate, query, key, self.values[head.query], self.values[head.key]
        )
        of_key = found.of_key if isinstance(found, Both) else found
        if isinstance(of_key, OfKey) and not self.key_condition(of_key, head):
            return None
        if _ranked(found) and query.kind is Kind.TOKEN:
            known = self.ordered and query.tokens == self.form.vocabulary.tokens
            return found if known else None
        return found

    def key_condition(self, found: OfKey, head: Attend | Count) -> str | None:
        """The condition on the key ``k`` as text."""
        key, reached = self.domains[head.key], self.values[head.key].tolist()
        values = [key.value(index) for index in reached]
        chosen = set(found.keys)
        texts = conditions("k", values, [index in chosen for index in reached])
        return next((text for text in texts if width(text) <= _WIDEST), None)

    def expression(self, statement: Embed | Lookup) -> str | None:
        """The statement's table as an expression."""
        inputs = [self.domains[name] for name in statement.inputs]
        reached = [self.values[name] for name in statement.inputs]
        size = inputs[-1].size
        rows: list[int] = reached[0].tolist()
        if len(inputs) == 1:
            entries = [statement.table[i] for i in rows]
        else:
            entries = [statement.table[i * size + j] for i in rows for j in reached[1]]
        return expression(
            [
                [domain.value(int(i)) for i in ids]
                for domain, ids in zip(inputs, reached, strict=True)
            ],
            [statement.domain.value(entry) for entry in entries],
        )


def inline(statement: Statement, context: Context) -> list[str] | None:
    """The lines of ``trace`` that compute the statement; None if it needs a table."""
    match statement:
        case Attend() | Count():
            return _head(statement, context)
        case Embed() | Lookup():
            return _lookup(statement, context)


def needs_order(statement: Statement, context: Context) -> bool:
    """Whether the condition of a head compares tokens by their order."""
    if not isinstance(statement, Attend | Count):
        return False
    tokens = context.domains[statement.query].kind is Kind.TOKEN
    return tokens and _ranked(context.condition(statement))


def _ranked(found: Condition | None) -> bool:
    """Whether values are compared by their order."""
    comparison = found.comparison if isinstance(found, Both) else found
    return isinstance(comparison, Comparison) and comparison.sign not in ("==", "!=")


def _head(head: Attend | Count, context: Context) -> list[str] | None:
    found = context.condition(head)
    if found is None:
        return None
    text = _condition_text(found, head, context)
    read = [context.names.variables[n] for n in head.inputs]
    function = "attend" if isinstance(head, Attend) else "count"
    scope = [keyword("scope", literal(head.scope.value))]
    if head.scope is Scope.ALL:
        scope = []
    value = call(function, *read, f"lambda q, k: {text}", *scope)
    return lay_out(f"{_target(head, context)} = ", value, indent=INDENT)


def _condition_text(found: Condition, head: Attend | Count, context: Context) -> str:
    """The condition in ``q`` and ``k``."""
    match found:
        case Always():
            return str(found.matches)
        case OfKey():
            return context.key_condition(found, head) or ""
        case Both(comparison, of_key):
            parts = (comparison, of_key)
            return " and ".join(_condition_text(p, head, context) for p in parts)
        case Comparison(sign, shift, falling=True):
            return f"k {sign} {shift} - q"
        case Comparison(sign, shift):
            if context.domains[head.query].kind is Kind.TOKEN and _ranked(found):
                return f"ORDER[k] {sign} ORDER[q]"
            if not shift:
                return f"k {sign} q"
            return f"k {sign} q {'+' if shift > 0 else '-'} {abs(shift)}"


def _lookup(statement: Embed | Lookup, context: Context) -> list[str] | None:
    text = context.expression(statement)
    if text is None:
        return None
    read = [context.names.variables[n] for n in statement.inputs]
    if text == literal(statement.domain.value(statement.table[0])):
        return [f"    {_target(statement, context)} = [{text}] * len({read[0]})"]
    clause = f"for x in {read[0]}"
    if len(read) == 2:
        clause = f"for a, b in zip({', '.join(read)})"
    lines = comprehension(f"{_target(statement, context)} = ", text, clause)
    return lines if fits(lines) else None


def fits(lines: list[str]) -> bool:
    """Whether no line is too long."""
    return all(width(line) <= WIDTH for line in lines)


def comprehension(prefix: str, cell: str, clause: str) -> list[str]:
    """The lines of a list comprehension."""
    margin = " " * INDENT
    line = f"{margin}{prefix}[{cell} {clause}]"
    if width(line) <= WIDTH:
        return [line]
    inner = margin * 2 + f"{cell} {clause}"
    body = [inner]
    if width(inner) > WIDTH:
        body = [margin * 2 + cell, margin * 2 + clause]
    return [f"{margin}{prefix}[", *body, f"{margin}]"]


def _target(statement: Statement, context: Context) -> str:
    return context.names.variables[statement.output]
