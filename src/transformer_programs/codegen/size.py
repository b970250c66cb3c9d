"""How long a program is, measured in one way everywhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from transformer_programs.analysis import ClosedForms, single_term
from transformer_programs.codegen.templates import heart
from transformer_programs.program import Program

_Documented = ast.Module | ast.FunctionDef


def statements_in_words(program: Program) -> str:
    """Return how many statements there are, and of which kind."""
    heads = sum(statement.looks_around for statement in program.statements)
    count = len(program.statements)
    numbers = ((heads, "head"), (count - heads, "table"))
    parts = [_counted(number, kind) for number, kind in numbers if number]
    found = _counted(count, "statement")
    return f"{found} ({', '.join(parts)})" if parts else found


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def table_entries(program: Program) -> int:
    """Count what ``program.py`` lists because no comparison or expression says it.

    Entries of tables, keys of predicates, and weights of the rows that have any.
    """
    closed, readout = ClosedForms.of(program), program.readout
    listed = sum(s.entries for s in program.statements if not closed.has(s))
    term = single_term(readout, closed.domains)
    if term is None:
        rows = (row for t in readout.terms for row in t.weights if any(row))
        return listed + sum(map(len, rows))
    if closed.label_expression(readout, term) is not None:
        return listed
    return listed + len(closed.labels(readout, term))


def code_lines(source: str) -> int:
    """Count the lines of ``program.py`` that say what this program does.

    Blank lines, comments and docstrings do not count, nor do the helpers that are
    alike in all programs.
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
