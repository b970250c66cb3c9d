"""One statement as source: a line of ``trace``, or a function with a table."""

from __future__ import annotations

from collections.abc import Iterator

from transformer_programs.analysis import (
    Always,
    Both,
    Comparison,
    Condition,
    OfKey,
    ranked,
)
from transformer_programs.codegen.layout import (
    INDENT,
    Bracket,
    Entry,
    Piece,
    call,
    comment,
    comprehension,
    docstring,
    keyword,
    lay_out,
    literal,
    one_line,
)
from transformer_programs.codegen.names import Context
from transformer_programs.codegen.outside import Outside
from transformer_programs.codegen.tables import (
    Axis,
    Steps,
    one_input,
    predicate_cases,
    two_inputs,
)
from transformer_programs.codegen.words import describe
from transformer_programs.program import Domain, Head, Kind, Scope, Statement, Table


def inline(statement: Statement, context: Context) -> list[str] | None:
    """Return the lines of ``trace`` for a closed form; None if there is none."""
    target = f"{context.names.variables[statement.output]} = "
    match statement:
        case Head():
            return _inline_head(statement, target, context)
        case Table():
            return _inline_table(statement, target, context)


def _inline_head(head: Head, target: str, context: Context) -> list[str] | None:
    found = context.condition(head)
    if found is None:
        return None
    read = [context.names.variables[n] for n in head.inputs]
    beside = {Scope.BEFORE: "before", Scope.AFTER: "after"}.get(head.scope)
    if beside and not head.sums and found == Always():
        return lay_out(target, call(beside, read[-1]), indent=INDENT)
    condition = f"lambda q, k: {_condition(found, head, context)}"
    value = call(_function(head), *read, condition, *_scope(head))
    return [
        *comment(describe(head, context), indent=INDENT),
        *lay_out(target, value, indent=INDENT),
    ]


def _function(head: Head) -> str:
    return "count" if head.sums else "attend"


def _scope(head: Head) -> list[Piece]:
    """The argument, unless it is the default."""
    if head.scope is Scope.ALL:
        return []
    return [keyword("scope", literal(head.scope.value))]


def _condition(found: Condition, head: Head, context: Context) -> str:
    """The condition in ``q`` and ``k``."""
    match found:
        case Always():
            return str(found.matches)
        case OfKey():
            return context.key_condition(found, head) or ""
        case Both(comparison, of_key):
            parts = (comparison, of_key)
            return " and ".join(_condition(part, head, context) for part in parts)
        case Comparison(sign, shift, falling=True):
            return f"k {sign} {shift} - q"
        case Comparison(sign, shift):
            if context.domains[head.query].kind is Kind.TOKEN and ranked(found):
                return f"ORDER[k] {sign} ORDER[q]"
            if not shift:
                return f"k {sign} q"
            return f"k {sign} q {'+' if shift > 0 else '-'} {abs(shift)}"


def _inline_table(table: Table, target: str, context: Context) -> list[str] | None:
    text = context.expression(table)
    if text is None:
        return None
    read = [context.names.variables[n] for n in table.inputs]
    if text == literal(table.domain.value(table.table[0])):
        return [f"    {target}[{text}] * len({read[0]})"]
    clause: Bracket | str = f"for x in {read[0]}"
    if len(read) == 2:
        clause = call("for a, b in zip", *read)
    return comprehension(target, text, clause)


def function_source(
    statement: Statement, context: Context, outside: Outside
) -> list[str]:
    """Return the lines of the function that computes the statement's variable."""
    domains, names = context.domains, context.names
    parameters = (
        f"{names.variables[name]}: list[{_type(domains[name])}]"
        for name in dict.fromkeys(statement.inputs)
    )
    signature = call(f"def {names.functions[statement.output]}", *parameters)
    result = _type(domains[statement.output])
    read = [names.variables[name] for name in statement.inputs]
    return [
        *lay_out("", signature, f" -> list[{result}]:"),
        *docstring(describe(statement, context), indent=INDENT),
        *(_in_file(statement.output, read, outside) or _body(statement, read, domains)),
    ]


def _type(domain: Domain) -> str:
    return "str" if domain.tokens else "int"


def _in_file(variable: str, read: list[str], outside: Outside) -> list[str]:
    """The body where the table stands in the file of tables; else nothing."""
    if variable in outside.word_classes:
        index = outside.word_classes.index(variable)
        shown = outside.words_of(variable)
        words = [line for text in shown for line in comment(text, INDENT)]
        return [*words, f"    return [classes(x)[{index}] for x in {read[0]}]"]
    if variable in outside.large:
        pairs = f"for a, b in zip({', '.join(read)})"
        return [
            f'    table = tables()["tables"][{literal(variable)}]',
            *comprehension("return ", "table[a][b]", pairs),
        ]
    return []


def _body(
    statement: Statement, read: list[str], domains: dict[str, Domain]
) -> Iterator[str]:
    match statement:
        case Head():
            return _head(statement, read, domains)
        case Table(inputs=(_,)):
            return _one_input(statement, read[0], domains)
        case Table():
            return _two_inputs(statement, read, domains)


def _head(head: Head, read: list[str], domains: dict[str, Domain]) -> Iterator[str]:
    cases = predicate_cases(head.predicate, domains[head.query], domains[head.key])
    yield from _assign("predicate", cases.rows)
    listed = ["predicate"]
    if cases.otherwise not in (None, "set()"):
        yield from lay_out("otherwise = ", cases.otherwise, indent=INDENT)
        listed.append("otherwise")
    value = call(_function(head), *read, call("one_of", *listed), *_scope(head))
    yield from lay_out("return ", value, indent=INDENT)


def _one_input(table: Table, read: str, domains: dict[str, Domain]) -> Iterator[str]:
    axis = one_input(table.table, domains[table.inputs[0]], table.domain)
    yield from _axis(axis)
    yield from comprehension("return ", _row_of(axis, "x"), f"for x in {read}")


def _two_inputs(
    table: Table, read: list[str], domains: dict[str, Domain]
) -> Iterator[str]:
    first, second = (domains[name] for name in table.inputs)
    grid = two_inputs(table.table, first, second, table.domain)
    yield from _axis(grid.axis)
    row = _row_of(grid.axis, "a")
    if grid.stepped:
        cell = f"step({row}, b)"
    elif grid.default is None:
        cell = f"{row}[b]"
    else:
        cell = f"{row}.get(b, {grid.default})"
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


def _axis(axis: Axis) -> Iterator[str]:
    """The table; and its default by name, if it is too long for the expression."""
    yield from _assign("table", axis.rows)
    if not isinstance(axis, Steps) and isinstance(axis.otherwise, Bracket):
        yield from _assign("otherwise", axis.otherwise)


def _row_of(axis: Axis, index: str) -> str:
    """The expression that takes a row from a table."""
    if isinstance(axis, Steps):
        return f"step(table, {index})"
    if axis.otherwise is None:
        return f"table[{index}]"
    named = isinstance(axis.otherwise, Bracket)
    return f"table.get({index}, {'otherwise' if named else one_line(axis.otherwise)})"
