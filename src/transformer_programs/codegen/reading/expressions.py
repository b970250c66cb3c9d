"""Expressions of ``program.py``, computed without Python's own evaluation.

Only what an emitted file uses is known: literals, comparisons, arithmetic, conditions,
comprehensions, and calls of a few functions. Everything else is refused with its place,
before anything is computed, so that a stranger's file cannot do anything.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from transformer_programs.errors import SchemaError
from transformer_programs.language import primitives

Names = Mapping[str, Any]
"""What names mean, besides functions that are known."""

Evaluated = Callable[[Names], Any]
"""An expression that was read: its value, given names."""

MOST_ITEMS = 1 << 22
"""So many items may a collection have."""

_MOST_BITS = 1 << 10  # of a number

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}

_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.Not: operator.not_,
}

_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}


def _range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > MOST_ITEMS:
        raise ValueError(f"range of {len(found):,} numbers")
    return found


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "dict": dict,
    "enumerate": enumerate,
    "int": int,
    "len": len,
    "list": list,
    "map": map,
    "max": max,
    "min": min,
    "range": _range,
    "set": lambda *items: _ordered_set(*items),
    "str": str,
    "tuple": tuple,
    "zip": zip,
    "integer": primitives.integer,
    "number": primitives.number,
    "one_of": primitives.one_of,
    "step": primitives.step,
}
"""Functions that may be called."""

_METHODS: dict[type, set[str]] = {
    dict: {"get", "items", "keys", "values"},
    str: {"split"},
}


class OrderedSet(dict[Any, None]):
    """A set that knows the order in which it was written."""


def _ordered_set(items: Iterable[Any] = ()) -> OrderedSet:
    return OrderedSet((item, None) for item in items)


def place(node: ast.AST) -> str:
    """Return where something stands, in words."""
    line, column = getattr(node, "lineno", None), getattr(node, "col_offset", None)
    return "" if line is None else f"line {line}, column {int(column or 0) + 1}: "


def refused(node: ast.AST, message: str) -> SchemaError:
    """Return the error that names the place."""
    return SchemaError(f"{place(node)}{message}")


def text_of(node: ast.AST) -> str:
    """Return the source of a node, shortened."""
    try:
        found = ast.unparse(node)
    except (RecursionError, ValueError):
        return type(node).__name__
    return found if len(found) <= 60 else f"{found[:57]}..."


def value_of(node: ast.expr, names: Names) -> Any:
    """Return the value of an expression.

    Raises:
        SchemaError: If it is none that a program may have, or fails.
    """
    found = expression(node)
    try:
        return found(names)
    except SchemaError:
        raise
    except Exception as error:
        message = f"{text_of(node)} cannot be computed: {_said(error)}"
        raise refused(node, message) from error


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def expression(node: ast.expr) -> Evaluated:
    """Return an expression as a function of what names mean.

    Raises:
        SchemaError: If it is none that a program may have.
    """
    reader = _READERS.get(type(node))
    if reader is None:
        raise refused(node, f"{text_of(node)!r} is nothing that a program may compute")
    return reader(node)


def _constant(node: ast.Constant) -> Evaluated:
    value = node.value
    if not isinstance(value, str | int) and value is not None:
        raise refused(node, f"expected a text or a whole number, got {value!r}")
    return lambda names: value


def _name(node: ast.Name) -> Evaluated:
    name = node.id

    def found(names: Names) -> Any:
        if name in names:
            return names[name]
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        raise refused(node, f"{name!r} is not known here")

    return found


def _items(nodes: list[ast.expr]) -> Callable[[Names], Iterator[Any]]:
    parts = [
        (True, expression(n.value))
        if isinstance(n, ast.Starred)
        else (False, expression(n))
        for n in nodes
    ]

    def found(names: Names) -> Iterator[Any]:
        for starred, part in parts:
            if starred:
                yield from part(names)
            else:
                yield part(names)

    return found


def _collection(node: Any) -> Evaluated:
    made: dict[type, Callable[[Iterable[Any]], Any]]
    made = {ast.Tuple: tuple, ast.List: list, ast.Set: _ordered_set}
    make = made[type(node)]
    items = _items(node.elts)
    return lambda names: make(items(names))


def _dict(node: ast.Dict) -> Evaluated:
    keys = []
    for key in node.keys:
        if key is None:
            raise refused(node, "** is nothing that a program may compute")
        keys.append(expression(key))
    pairs = [*zip(keys, map(expression, node.values), strict=True)]
    return lambda names: {key(names): value(names) for key, value in pairs}


def _binary(node: ast.BinOp) -> Evaluated:
    function = _BINARY.get(type(node.op))
    if function is None:
        raise refused(node, f"{text_of(node)!r}: expected + - * // or %")
    left, right = expression(node.left), expression(node.right)

    def found(names: Names) -> Any:
        a, b = left(names), right(names)
        if isinstance(a, int) and isinstance(b, int):
            if a.bit_length() + b.bit_length() <= _MOST_BITS:
                return function(a, b)
        elif isinstance(a, str) and isinstance(b, str) and function is operator.add:
            return a + b
        raise refused(node, f"{text_of(node)!r} cannot be computed of {a!r} and {b!r}")

    return found


def _unary(node: ast.UnaryOp) -> Evaluated:
    function = _UNARY.get(type(node.op))
    if function is None:
        raise refused(node, f"{text_of(node)!r}: expected - or not")
    inner = expression(node.operand)
    return lambda names: function(inner(names))


def _bool(node: ast.BoolOp) -> Evaluated:
    parts = [expression(value) for value in node.values]
    stops = isinstance(node.op, ast.Or)

    def found(names: Names) -> Any:
        value: Any = None
        for part in parts:
            value = part(names)
            if bool(value) is stops:
                return value
        return value

    return found


def _compare(node: ast.Compare) -> Evaluated:
    functions = []
    for op in node.ops:
        if type(op) not in _COMPARED:
            raise refused(node, f"{text_of(node)!r}: expected == != < <= > >= or in")
        functions.append(_COMPARED[type(op)])
    first, rest = expression(node.left), [expression(n) for n in node.comparators]

    def found(names: Names) -> bool:
        left = first(names)
        for function, part in zip(functions, rest, strict=True):
            right = part(names)
            if not function(left, right):
                return False
            left = right
        return True

    return found


def _choice(node: ast.IfExp) -> Evaluated:
    test, yes, no = map(expression, (node.test, node.body, node.orelse))
    return lambda names: yes(names) if test(names) else no(names)


def _subscript(node: ast.Subscript) -> Evaluated:
    if isinstance(node.slice, ast.Slice):
        raise refused(node, f"{text_of(node)!r}: expected one index")
    of, index = expression(node.value), expression(node.slice)
    return lambda names: of(names)[index(names)]


def _call(node: ast.Call) -> Evaluated:
    arguments = _items(node.args)
    if node.keywords:
        raise refused(node, f"{text_of(node)!r}: expected arguments without names")
    if isinstance(node.func, ast.Attribute):
        of, name = expression(node.func.value), node.func.attr

        def called(names: Names) -> Any:
            value = of(names)
            known = _METHODS.get(type(value), set())
            if name not in known:
                raise refused(node, f"{text_of(node)!r}: there is no {name!r} here")
            return getattr(value, name)(*arguments(names))

        return called
    if not isinstance(node.func, ast.Name):
        raise refused(node, f"{text_of(node)!r} calls something that is not known")
    function = _name(node.func)
    return lambda names: function(names)(*arguments(names))


def _lambda(node: ast.Lambda) -> Evaluated:
    given = node.args
    parameters = [argument.arg for argument in given.args]
    others = (given.posonlyargs, given.kwonlyargs, given.defaults)
    if any(others) or given.vararg is not None or given.kwarg is not None:
        raise refused(node, f"{text_of(node)!r}: expected parameters alone")
    body = expression(node.body)
    return lambda names: (
        lambda *values: body({**names, **dict(zip(parameters, values, strict=True))})
    )


def _rows(generators: list[ast.comprehension]) -> Callable[[Names], Iterator[Names]]:
    # What names mean in each round of a comprehension.
    loops = []
    for loop in generators:
        if loop.ifs or loop.is_async:
            raise refused(loop.target, "no program has a condition here")
        loops.append((targets_of(loop.target), expression(loop.iter)))

    def found(names: Names, depth: int = 0) -> Iterator[Names]:
        if depth == len(loops):
            yield names
            return
        targets, values = loops[depth]
        for value in values(names):
            row = (value,) if len(targets) == 1 else value
            bound = {**names, **dict(zip(targets, row, strict=True))}
            yield from found(bound, depth + 1)

    return found


def targets_of(node: ast.expr) -> list[str]:
    """Return the names that a loop gives values to.

    Raises:
        SchemaError: If these are not names.
    """
    nodes = node.elts if isinstance(node, ast.Tuple) else [node]
    names = [n.id for n in nodes if isinstance(n, ast.Name)]
    if len(names) < len(nodes):
        raise refused(node, f"expected names, got {text_of(node)!r}")
    return names


def _list_of(node: Any) -> Evaluated:
    rows, element = _rows(node.generators), expression(node.elt)
    make: Callable[[Iterable[Any]], Any] = (
        _ordered_set if isinstance(node, ast.SetComp) else list
    )
    return lambda names: make(element(row) for row in rows(names))


def _dict_of(node: ast.DictComp) -> Evaluated:
    rows = _rows(node.generators)
    key, value = expression(node.key), expression(node.value)
    return lambda names: {key(row): value(row) for row in rows(names)}


def two_of(node: ast.expr, names: Names) -> tuple[Any, Any, ast.Compare]:
    """Return what is said if a comparison fails, if it holds, and the comparison.

    Raises:
        SchemaError: If it is no choice between two constants by one comparison.
    """
    match node:
        case ast.Call(func=ast.Name(id="int"), args=[ast.Compare(ops=[_]) as test]):
            return 0, 1, test
        case ast.IfExp(test=ast.Compare(ops=[_]) as test, body=yes, orelse=no):
            return value_of(no, names), value_of(yes, names), test
    raise refused(node, f"{text_of(node)!r}: expected a comparison of sums")


def linear(
    node: ast.Compare, numbers: Sequence[str], names: Names
) -> tuple[list[int], int]:
    """Return factors and constant of a sum that is above 0 where a comparison holds.

    Raises:
        SchemaError: If its sides are not linear in the numbers.
    """
    (op,), (right,) = node.ops, node.comparators
    if not isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE):
        raise refused(node, f"{text_of(node)!r}: expected < <= > or >=")
    for side in (node.left, right):
        _check_linear(side)
    sides = expression(node.left), expression(right)

    def apart(**given: int) -> int:
        values = {**names, **dict.fromkeys(numbers, 0), **given}
        left, right = (side(values) for side in sides)
        return int(left - right)

    constant = apart()
    factors = [apart(**{name: 1}) - constant for name in numbers]
    if isinstance(op, ast.Lt | ast.LtE):
        factors, constant = [-factor for factor in factors], -constant
    return factors, constant + isinstance(op, ast.LtE | ast.GtE)


def _check_linear(node: ast.expr) -> None:
    match node:
        case ast.Name() | ast.Constant(value=int()):
            return None
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return _check_linear(inner)
        case ast.BinOp(op=ast.Add() | ast.Sub(), left=left, right=right):
            _check_linear(left)
            return _check_linear(right)
        case ast.BinOp(op=ast.Mult(), left=ast.Constant(value=int()), right=right):
            return _check_linear(right)
    raise refused(node, f"{text_of(node)!r}: expected a sum of numbers")


_READERS: dict[type[ast.expr], Callable[[Any], Evaluated]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Tuple: _collection,
    ast.List: _collection,
    ast.Set: _collection,
    ast.Dict: _dict,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _bool,
    ast.Compare: _compare,
    ast.IfExp: _choice,
    ast.Subscript: _subscript,
    ast.Call: _call,
    ast.Lambda: _lambda,
    ast.ListComp: _list_of,
    ast.GeneratorExp: _list_of,
    ast.SetComp: _list_of,
    ast.DictComp: _dict_of,
}
