"""Statements that are closed forms: one line of ``trace`` instead of a table."""

from __future__ import annotations

from dataclasses import dataclass

from transformer_programs.analysis import (
    Always,
    Both,
    ClosedForms,
    Comparison,
    Condition,
    OfKey,
    ranked,
)
from transformer_programs.codegen.layout import (
    WIDTH,
    Bracket,
    call,
    keyword,
    lay_out,
    literal,
    one_line,
    width,
)
from transformer_programs.codegen.names import Names
from transformer_programs.program import (
    Head,
    Kind,
    Scope,
    Statement,
    Table,
)

INDENT = 4


@dataclass(frozen=True, slots=True)
class Context(ClosedForms):
    """What is known of a program when a statement of it is written.

    Attributes:
        names: what variables are called in the file.
    """

    names: Names


def inline(statement: Statement, context: Context) -> list[str] | None:
    """The lines of ``trace`` that compute the statement; None if it needs a table."""
    match statement:
        case Head():
            return _head(statement, context)
        case Table():
            return _lookup(statement, context)


def needs_order(statement: Statement, context: ClosedForms) -> bool:
    """Whether the condition of a head compares tokens by their order."""
    if not isinstance(statement, Head):
        return False
    tokens = context.domains[statement.query].kind is Kind.TOKEN
    return tokens and ranked(context.condition(statement))


def neighbour(head: Head, context: Context) -> str | None:
    """The function that copies the same: that of the position before, or after."""
    scopes = {Scope.BEFORE: "before", Scope.AFTER: "after"}
    found = context.condition(head)
    always = isinstance(found, Always) and found.matches
    return scopes.get(head.scope) if always and not head.sums else None


def _head(head: Head, context: Context) -> list[str] | None:
    found = context.condition(head)
    if found is None:
        return None
    function = neighbour(head, context)
    if function is not None:
        copied = call(function, context.names.variables[head.value])
        return lay_out(f"{_target(head, context)} = ", copied, indent=INDENT)
    text = _condition_text(found, head, context)
    read = [context.names.variables[n] for n in head.inputs]
    function = "count" if head.sums else "attend"
    scope = [keyword("scope", literal(head.scope.value))]
    if head.scope is Scope.ALL:
        scope = []
    value = call(function, *read, f"lambda q, k: {text}", *scope)
    return lay_out(f"{_target(head, context)} = ", value, indent=INDENT)


def _condition_text(found: Condition, head: Head, context: Context) -> str:
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
            if context.domains[head.query].kind is Kind.TOKEN and ranked(found):
                return f"ORDER[k] {sign} ORDER[q]"
            if not shift:
                return f"k {sign} q"
            return f"k {sign} q {'+' if shift > 0 else '-'} {abs(shift)}"


def _lookup(statement: Table, context: Context) -> list[str] | None:
    text = context.expression(statement)
    if text is None:
        return None
    read = [context.names.variables[n] for n in statement.inputs]
    if text == literal(statement.domain.value(statement.table[0])):
        return [f"    {_target(statement, context)} = [{text}] * len({read[0]})"]
    clause: Bracket | str = f"for x in {read[0]}"
    if len(read) == 2:
        clause = call("for a, b in zip", *read)
    return comprehension(f"{_target(statement, context)} = ", text, clause)


def comprehension(prefix: str, cell: str, clause: Bracket | str) -> list[str]:
    """The lines of a list comprehension."""
    margin, flat = " " * INDENT, f"{cell} {one_line(clause)}"
    line = f"{margin}{prefix}[{flat}]"
    if width(line) <= WIDTH:
        return [line]
    body = [margin * 2 + flat]
    if width(body[0]) > WIDTH:
        body = [margin * 2 + cell, *lay_out("", clause, indent=2 * INDENT)]
    return [f"{margin}{prefix}[", *body, f"{margin}]"]


def _target(statement: Statement, context: Context) -> str:
    return context.names.variables[statement.output]
