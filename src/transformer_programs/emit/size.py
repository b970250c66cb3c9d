"""How long a program is, measured in one way everywhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from transformer_programs.emit.python import PRIMITIVES
from transformer_programs.forms.closed import ClosedForms, single_term
from transformer_programs.program.nodes import (
    Attend,
    Count,
    Embed,
    Lookup,
    Program,
    Readout,
    Statement,
)

_FIXED = frozenset({*(function.__name__ for function in PRIMITIVES), "main"})
"""Functions that are the same in every program."""

_Documented = ast.Module | ast.FunctionDef


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
        case Embed() | Lookup():
            said = closed.expression(statement) is not None
            return 0 if said else len(statement.table)
        case Attend() | Count():
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

    Blank lines, comments and docstrings do not count, nor do the functions that are
    the same in every program.

    Args:
        source: the text of ``program.py``, at 88 columns.
    """
    module = ast.parse(source)
    counted = set(_with_code(source))
    for statement in module.body:
        if _is_fixed(statement):
            counted -= _lines_of(statement)
    for node in ast.walk(module):
        if isinstance(node, _Documented) and ast.get_docstring(node) is not None:
            counted -= _lines_of(node.body[0])
    return len(counted)


def _with_code(source: str) -> Iterator[int]:
    for number, line in enumerate(source.splitlines(), start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield number


def _is_fixed(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef):
        return node.name in _FIXED
    return isinstance(node, ast.If)  # the call of main


def _lines_of(node: ast.stmt) -> set[int]:
    assert node.end_lineno is not None
    return set(range(node.lineno, node.end_lineno + 1))
