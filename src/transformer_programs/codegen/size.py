"""How long a program is, measured in one way everywhere."""

from __future__ import annotations

import ast

from transformer_programs.analysis import ClosedForms
from transformer_programs.codegen.outside import Outside
from transformer_programs.codegen.templates import heart
from transformer_programs.language import Program


def statements_in_words(program: Program) -> str:
    """Return how many statements there are, and of which kind."""
    heads = sum(statement.looks_around for statement in program.statements)
    count, decided = len(program.statements), len(program.decisions)
    tables = count - heads - decided
    numbers = ((heads, "head"), (tables, "table"), (decided, "decision"))
    parts = [_counted(number, kind) for number, kind in numbers if number]
    found = _counted(count, "statement")
    return f"{found} ({', '.join(parts)})" if parts else found


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def table_entries(program: Program) -> int:
    """Count what ``program.py`` lists because no comparison or expression says it.

    Entries of tables, keys of predicates, and weights of the rows that have any. Of a
    large table that is mostly one value, ``tables.json`` lists the others.
    """
    closed, terms = ClosedForms(program), program.readout.terms
    sparse = Outside(closed).defaults
    listed = sum(
        statement.uncommon if statement.output in sparse else statement.entries
        for statement in program.statements
        if not closed.has(statement)
    )
    if closed.single is None:
        return listed + sum(len(r) for t in terms for r in t.weights if any(r))
    return listed + (len(closed.labels) if closed.label_expression is None else 0)


def code_lines(source: str) -> int:
    """Count the lines of ``program.py`` that say what this program does.

    Blank lines, comments and docstrings do not count, nor do the helpers that are
    alike in all programs.
    """
    own = heart(source)
    lines = enumerate(map(str.strip, own.splitlines()), start=1)
    counted = {number for number, text in lines if text and text[0] != "#"}
    for node in ast.walk(ast.parse(own)):
        if isinstance(node, ast.Module | ast.FunctionDef) and ast.get_docstring(node):
            first = node.body[0]
            counted -= {*range(first.lineno, (first.end_lineno or 0) + 1)}
    return len(counted)
