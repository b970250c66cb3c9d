"""How long a program is, measured in one way everywhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from transformer_programs.analysis import ClosedForms, single_term
from transformer_programs.codegen.sections import heart
from transformer_programs.program import (
    Head,
    Program,
    Readout,
    Statement,
    Table,
)

_Documented = ast.Module | ast.FunctionDef


def statements_in_words(program: Program) -> str:
    """How many statements there are, and of which kind."""
    heads = sum(isinstance(s, Head) for s in program.statements)
    tables = len(program.statements) - heads
    parts = [
        f"{number} {kind}{'' if number == 1 else 's'}"
        for number, kind in ((heads, "head"), (tables, "table"))
        if number
    ]
    count = len(program.statements)
    found = f"{count} statement{'' if count == 1 else 's'}"
    return f"{found} ({', '.join(parts)})" if parts else found


def table_entries(program: Program) -> int:
    """What ``program.py`` lists because no comparison or expression says it.

    Entries of tables, keys of predicates, and weights of the rows that have any.

    Args:
        program: a valid program.
    """
    closed = ClosedForms.of(program)
    listed = sum(_listed(statement, closed) for statement in program.statements)
    return listed + _listed_by_readout(program.readout, closed)


def _listed(statement: Statement, closed: ClosedForms) -> int:
    match statement:
        case Table():
            said = closed.expression(statement) is not None
            return 0 if said else len(statement.table)
        case Head():
            said = closed.condition(statement) is not None
            return 0 if said else sum(map(len, statement.predicate))


def _listed_by_readout(readout: Readout, closed: ClosedForms) -> int:
    term = single_term(readout, closed.domains)
    if term is None:
        return sum(len(row) for t in readout.terms for row in t.weights if any(row))
    said = closed.label_expression(readout, term) is not None
    return 0 if said else len(closed.labels(readout, term))


def code_lines(source: str) -> int:
    """The lines of ``program.py`` that say what this program does.

    Blank lines, comments and docstrings do not count, nor do the helpers that are
    alike in all programs.

    Args:
        source: the text of ``program.py``, at 88 columns.
    """
    own = heart(source)
    module = ast.parse(own)
    counted = set(_with_code(own))
    for node in ast.walk(module):
        if isinstance(node, _Documented) and ast.get_docstring(node) is not None:
            counted -= _lines_of(node.body[0])
    return len(counted)


def _with_code(source: str) -> Iterator[int]:
    for number, line in enumerate(source.splitlines(), start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield number


def _lines_of(node: ast.stmt) -> set[int]:
    assert node.end_lineno is not None
    return set(range(node.lineno, node.end_lineno + 1))
