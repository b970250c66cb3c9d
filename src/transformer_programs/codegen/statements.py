"""One statement -> one function: parameters, docstring in words, table, return."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from transformer_programs.codegen.inline import Context, comprehension
from transformer_programs.codegen.layout import (
    WIDTH,
    Bracket,
    Entry,
    Piece,
    call,
    keyword,
    lay_out,
    literal,
    one_line,
)
from transformer_programs.codegen.names import Names
from transformer_programs.codegen.outside import Outside
from transformer_programs.codegen.tables import (
    Axis,
    Steps,
    one_input,
    predicate_cases,
    two_inputs,
)
from transformer_programs.codegen.words import describe
from transformer_programs.program import (
    Domain,
    Head,
    Scope,
    Statement,
    Table,
)

INDENT = 4


def function_source(
    statement: Statement, context: Context, outside: Outside
) -> list[str]:
    """The lines of the function that computes the statement's variable."""
    domains, names = context.domains, context.names
    parameters = (
        f"{names.variables[name]}: list[{python_type(domains[name])}]"
        for name in dict.fromkeys(statement.inputs)
    )
    signature = call(f"def {names.functions[statement.output]}", *parameters)
    result = python_type(domains[statement.output])
    return [
        *lay_out("", signature, f" -> list[{result}]:"),
        *docstring(describe(statement, context), indent=INDENT),
        *(_in_file(statement, names, outside) or _body(statement, domains, names)),
    ]


def python_type(domain: Domain) -> str:
    """The type of the domain's values, as an annotation."""
    return "str" if domain.tokens else "int"


def docstring(*paragraphs: str, indent: int = 0) -> list[str]:
    """The lines of a docstring, filled to the width of a line."""
    margin = " " * indent
    safe = [_escape(paragraph) for paragraph in paragraphs]
    if safe[0].startswith('"'):
        safe[0] = " " + safe[0]
    text = "\n\n".join(_fill(paragraph, WIDTH - indent - 3) for paragraph in safe)
    if "\n" not in text:  # the closing quotes belong to the same line
        text = _fill(text, WIDTH - indent - 6)
    if "\n" not in text:
        return [f'{margin}"""{text}"""']
    lines = f'"""{text}\n"""'.split("\n")
    return [margin + line if line else "" for line in lines]


def comment(text: str, indent: int) -> list[str]:
    """The lines of a comment, filled to the width of a line."""
    margin = " " * indent + "# "
    lines = _fill(_printable(text), WIDTH - len(margin)).split("\n")
    return [margin + line for line in lines]


def _fill(text: str, columns: int) -> str:
    return textwrap.fill(text, columns, break_long_words=False, break_on_hyphens=False)


def _escape(text: str) -> str:
    """Text that a docstring shows as it is, on one line."""
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return _printable(text)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _in_file(statement: Statement, names: Names, outside: Outside) -> list[str]:
    """The body where the table stands in the file of tables; else nothing."""
    if not isinstance(statement, Table):
        return []
    read = [names.variables[name] for name in statement.inputs]
    if statement.output in outside.word_classes:
        index = outside.word_classes.index(statement.output)
        words = [
            line
            for text in outside.words_of(statement)
            for line in comment(text, INDENT)
        ]
        return [*words, f"    return [classes(x)[{index}] for x in {read[0]}]"]
    if statement.output in outside.large:
        pairs = f"for a, b in zip({', '.join(read)})"
        return [
            f'    table = tables()["tables"][{literal(statement.output)}]',
            *comprehension("return ", "table[a][b]", pairs),
        ]
    return []


def _body(
    statement: Statement, domains: dict[str, Domain], names: Names
) -> Iterator[str]:
    match statement:
        case Head():
            yield from _head(statement, domains, names)
        case Table(inputs=(_,)):
            yield from _one_input(statement, domains, names)
        case Table():
            yield from _two_inputs(statement, domains, names)


def _head(head: Head, domains: dict[str, Domain], names: Names) -> Iterator[str]:
    cases = predicate_cases(head.predicate, domains[head.query], domains[head.key])
    yield from _assign("predicate", cases.rows)
    listed = ["predicate"]
    if cases.otherwise not in (None, "set()"):
        yield from lay_out("otherwise = ", cases.otherwise, indent=INDENT)
        listed.append("otherwise")
    read = (head.query, head.key, head.value)
    arguments: list[Piece] = [names.variables[name] for name in read]
    arguments.append(call("one_of", *listed))
    if head.scope is not Scope.ALL:
        arguments.append(keyword("scope", literal(head.scope.value)))
    function = "count" if head.sums else "attend"
    yield from lay_out("return ", call(function, *arguments), indent=INDENT)


def _one_input(
    statement: Table, domains: dict[str, Domain], names: Names
) -> Iterator[str]:
    (name,) = statement.inputs
    axis = one_input(statement.table, domains[name], statement.domain)
    yield from _assign("table", axis.rows)
    yield from _otherwise(axis)
    cell = _row_of(axis, "x")
    yield from comprehension("return ", cell, f"for x in {names.variables[name]}")


def _two_inputs(
    lookup: Table, domains: dict[str, Domain], names: Names
) -> Iterator[str]:
    first, second = lookup.inputs
    grid = two_inputs(lookup.table, domains[first], domains[second], lookup.domain)
    yield from _assign("table", grid.axis.rows)
    yield from _otherwise(grid.axis)
    row = _row_of(grid.axis, "a")
    if grid.stepped:
        cell = f"step({row}, b)"
    elif grid.default is None:
        cell = f"{row}[b]"
    else:
        cell = f"{row}.get(b, {grid.default})"
    read = [names.variables[name] for name in lookup.inputs]
    pairs = f"zip({', '.join(reversed(read) if grid.swapped else read)})"
    yield from comprehension("return ", cell, f"for a, b in {pairs}")


def _assign(name: str, rows: Bracket) -> list[str]:
    if _empty(rows):  # a type checker cannot infer what it would hold
        name += ": dict[Any, Any]"
    return lay_out(f"{name} = ", rows, indent=INDENT)


def _empty(piece: Piece) -> bool:
    """Whether this is an empty collection, or one of empty collections."""
    if isinstance(piece, Entry):
        return _empty(piece.value)
    if isinstance(piece, Bracket):
        return all(map(_empty, piece.items))
    return piece == "set()"


def _otherwise(axis: Axis) -> list[str]:
    """The default row by name, where it is too long to stand in the expression."""
    if isinstance(axis, Steps) or not isinstance(axis.otherwise, Bracket):
        return []
    return _assign("otherwise", axis.otherwise)


def _row_of(axis: Axis, index: str) -> str:
    """The expression that takes a row from a table."""
    if isinstance(axis, Steps):
        return f"step(table, {index})"
    if axis.otherwise is None:
        return f"table[{index}]"
    named = isinstance(axis.otherwise, Bracket)
    return f"table.get({index}, {'otherwise' if named else one_line(axis.otherwise)})"
