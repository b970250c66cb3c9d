"""One statement as source: a line of ``trace``, or a function with a table."""

from __future__ import annotations

from collections.abc import Iterator

from transformer_programs.analysis import (
    Always,
    Both,
    Comparison,
    Condition,
    OfKey,
    Relation,
    describe,
    ranked,
    shifted,
)
from transformer_programs.codegen.decide import by_numbers, compared, decision, glances
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
    one_input,
    predicate_cases,
    two_inputs,
)
from transformer_programs.language import (
    Decide,
    Domain,
    Head,
    Kind,
    Scope,
    Statement,
    Table,
)

MANY_KEYS = 64
"""If a key has more values, those that equal the query are found in one pass."""

MOST_CLASSES = 64
"""Classes of words that a comment names the first words of."""

_SAME = Comparison("==", 0)


def inline(statement: Statement, context: Context) -> list[str] | None:
    """Return the lines of ``trace`` for a closed form; None if there is none."""
    target = f"{context.variables[statement.output]} = "
    read = [context.variables[name] for name in statement.inputs]
    match statement:
        case Head():
            return _inline_head(statement, target, read, context)
        case Table():
            return _inline_table(statement, target, read, context)
        case Decide():
            return _inline_decision(statement, target, context)


def _inline_head(
    head: Head, target: str, read: list[str], context: Context
) -> list[str] | None:
    found = context.condition(head)
    if found is None:
        return None
    beside = {Scope.BEFORE: "before", Scope.AFTER: "after"}.get(head.scope)
    if beside and not head.sums and found == Always():
        return lay_out(target, call(beside, read[-1]), indent=INDENT)
    if found == _SAME and context.domains[head.key].size > MANY_KEYS:
        text = call(f"{_function(head)}_equal", *read, *_scope(head))
    else:
        condition = f"lambda q, k: {_condition(found, head, context)}"
        text = _call(head, *read, condition)
    return [
        *comment(describe(head, context), indent=INDENT),
        *lay_out(target, text, indent=INDENT),
    ]


def _inline_table(
    table: Table, target: str, read: list[str], context: Context
) -> list[str] | None:
    text = context.expression(table)
    if text is None:
        return None
    if text == literal(table.domain.value(table.table[0])):
        return [f"    {target}[{text}] * len({read[0]})"]
    clause: Bracket | str = f"for x in {read[0]}"
    if len(read) == 2:
        clause = call("for a, b in zip", *read)
    return comprehension(target, text, clause)


def _inline_decision(decide: Decide, target: str, context: Context) -> list[str] | None:
    domains, variables = context.domains, context.variables
    found = context.comparison(decide)
    if found is not None:
        return compared(target, found, variables)
    if decide.terms and not by_numbers(decide.terms, domains):
        return None
    _, value = decision(decide.terms, decide.domain, domains, variables)
    return lay_out(target, value, indent=INDENT)


def _call(head: Head, *arguments: Piece) -> Bracket:
    return call(_function(head), *arguments, *_scope(head))


def _function(head: Head) -> str:
    return "count" if head.sums else "attend"


def _scope(head: Head) -> list[Entry]:
    # It is left out where it is the default.
    return [keyword("scope", literal(head.scope.value))] * (head.scope != Scope.ALL)


def _condition(found: Condition, head: Head, context: Context) -> str:
    match found:
        case Always():
            return str(found.matches)
        case OfKey():
            return context.key_condition(found, head) or ""
        case Relation(text):
            return text
        case Both(comparison, of_key):
            parts = (comparison, of_key)
            return " and ".join(_condition(part, head, context) for part in parts)
        case Comparison(sign, shift, falling=True):
            return f"k {sign} {shift} - q"
        case Comparison(sign, shift):
            if context.domains[head.query].kind is Kind.TOKEN and ranked(found):
                return f"ORDER[k] {sign} ORDER[q]"
            return f"k {sign} {shifted('q', shift)}"


def function_source(statement: Statement, context: Context) -> list[str]:
    """Return the lines of the function that computes the statement's variable."""
    name, domains, variables = statement.output, context.domains, context.variables
    parameters = (
        f"{variables[read]}: list[{_type(domains[read])}]"
        for read in dict.fromkeys(statement.inputs)
    )
    signature = call(f"def {context.functions[name]}", *parameters)
    read = [variables[name] for name in statement.inputs]
    return [
        *lay_out("", signature, f" -> list[{_type(domains[name])}]:"),
        *docstring(describe(statement, context), indent=INDENT),
        *(_in_file(name, read, context.outside) or _body(statement, read, context)),
    ]


def _type(domain: Domain) -> str:
    return "str" if domain.tokens else "int"


def _in_file(variable: str, read: list[str], outside: Outside) -> list[str]:
    # Nothing unless the table stands in the file of tables.
    if variable in outside.word_classes:
        index = outside.word_classes.index(variable)
        shown = [*outside.words_of(variable)]
        rest = len(shown) - MOST_CLASSES
        if rest > 0:
            shown[MOST_CLASSES:] = [f"... and {rest:,} more classes"]
        words = [line for text in shown for line in comment(text, INDENT)]
        return [*words, f"    return [classes(x)[{index}] for x in {read[0]}]"]
    if variable in outside.large:
        table = f'    table = tables()["tables"][{literal(variable)}]'
        default = literal(outside.defaults.get(variable, ""))
        if len(read) == 1:
            cell = f"table.get(x, {default})"
            if variable not in outside.defaults:
                cell = "table[x]"
            return [table, *comprehension("return ", cell, f"for x in {read[0]}")]
        cell = "table[a][b]"
        if variable in outside.defaults:
            row = "table[a]" if variable in outside.sparse else "table.get(a, {})"
            cell = f"{row}.get(b, {default})"
        pairs = f"for a, b in zip({', '.join(read)})"
        return [table, *comprehension("return ", cell, pairs)]
    return []


def _body(statement: Statement, read: list[str], context: Context) -> Iterator[str]:
    match statement:
        case Head():
            return _head(statement, read, context.domains)
        case Table():
            return _table(statement, read, context.domains)
        case Decide():
            return _decide(statement, context)


def _decide(decide: Decide, context: Context) -> Iterator[str]:
    stored = ""
    if decide.output in context.outside.decisions:
        stored = "weights"
        yield from glances(decide.terms, decide.domain, context.domains)
        yield f'    weights = tables()["decisions"][{literal(decide.output)}]'
    terms, domain, variables = decide.terms, decide.domain, context.variables
    named, value = decision(terms, domain, context.domains, variables, stored)
    for name, rows in named.items():
        yield from _assign(name, rows)
    yield from lay_out("return ", value, indent=INDENT)


def _head(head: Head, read: list[str], domains: dict[str, Domain]) -> Iterator[str]:
    cases = predicate_cases(head.predicate, domains[head.query], domains[head.key])
    yield from _assign("predicate", cases.rows)
    listed = ["predicate"]
    if cases.otherwise not in (None, "set()"):
        yield from lay_out("otherwise = ", cases.otherwise, indent=INDENT)
        listed.append("otherwise")
    value = _call(head, *read, call("one_of", *listed))
    yield from lay_out("return ", value, indent=INDENT)


def _table(table: Table, read: list[str], domains: dict[str, Domain]) -> Iterator[str]:
    first, *more = (domains[name] for name in table.inputs)
    if not more:
        axis = one_input(table.table, first, table.domain)
        yield from _axis(axis)
        cell = _row_of(axis, "x")
        yield from comprehension("return ", cell, f"for x in {read[0]}")
        return
    grid = two_inputs(table.table, first, more[0], table.domain)
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


def _axis(axis: Axis) -> Iterator[str]:
    # The default has a name if it is too long for the expression.
    yield from _assign("table", axis.rows)
    if isinstance(axis.otherwise, Bracket):
        yield from _assign("otherwise", axis.otherwise)


def _assign(name: str, rows: Bracket) -> list[str]:
    if _empty(rows):  # a type checker cannot infer what it would hold
        name += ": dict[Any, Any]"
    return lay_out(f"{name} = ", rows, indent=INDENT)


def _empty(piece: Piece) -> bool:
    # An empty collection, or one of empty collections.
    if isinstance(piece, Entry):
        return _empty(piece.value)
    if isinstance(piece, Bracket):
        return all(map(_empty, piece.items))
    return piece == "set()"


def _row_of(axis: Axis, index: str) -> str:
    if axis.stepped:
        return f"step(table, {index})"
    if axis.otherwise is None:
        return f"table[{index}]"
    named = isinstance(axis.otherwise, Bracket)
    return f"table.get({index}, {'otherwise' if named else one_line(axis.otherwise)})"
