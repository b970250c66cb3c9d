"""RASP: closed forms, literals, names, and the functions that exports are made of.

The syntax is that of the interpreter of tech-srl (arXiv 2106.06981). Operators bind as
in no other language there, so that everything inside of another expression stands in
parentheses.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from functools import reduce

from transformer_programs.codegen.export.expressions import UntranslatableError
from transformer_programs.errors import SettingsError

RESERVED = frozenset(
    [
        "if",
        "else",
        "not",
        "and",
        "or",
        "out",
        "def",
        "return",
        "range",
        "for",
        "in",
        "zip",
        "len",
        "get",
        "True",
        "False",
        "set",
        "show",
        "example",
        "examples",
        "selector",
        "on",
        "off",
        "exit",
        "quit",
        "load",
        "draw",
        "select",
        "aggregate",
        "round",
        "indicator",
        "tokens",
        "tokens_str",
        "tokens_int",
        "tokens_float",
        "tokens_bool",
        "tokens_asis",
        "indices",
        "length",
        "full_s",
        "selector_width",
        "has_focus",
        "count",
        "contains",
        "max",
        "min",
        "average",
        "load_from_location",
        "shift",
        "mark_last_instance",
        "mark_first_instance",
        "select_from_last",
        "select_from_first",
        "sort",
        "label",
        "example",
    ]
)
"""Names that the interpreter, its library or an export uses."""

MOST_LISTED = 200
"""Items of a list: the parser of the interpreter calls itself for each."""

HELPERS = {
    "_copy": """\
# The value at one position.
def _copy(place, value) {
  return aggregate(select(indices, place, ==), value);
}""",
    "_sum": """\
# The sum of the values at all selected positions.
def _sum(chosen, value) {
  return round(aggregate(chosen, value) * selector_width(chosen));
}""",
    "_before": """\
# The nearest earlier position whose key is the query, -1 if there is none: the one that
# is as many-th of its kind as there are earlier ones.
def _before(key, query) {
  kind = select(key, query, ==);
  rank = selector_width(select(key, key, ==) and select(indices, indices, <=));
  wanted = selector_width(kind and select(indices, indices, <));
  return aggregate(kind and select(rank, wanted, ==), indices, -1);
}""",
    "_after": """\
# The nearest later position whose key is the query, -1 if there is none.
def _after(key, query) {
  kind = select(key, query, ==);
  rank = selector_width(select(key, key, ==) and select(indices, indices, >=));
  wanted = selector_width(kind and select(indices, indices, >));
  return aggregate(kind and select(rank, wanted, ==), indices, -1);
}""",
    "_last": """\
# The last selected position, -1 if there is none: that of the highest digit of a sum of
# powers of 4.
def _last(chosen) {
  weight = 4 ^ indices;
  total = aggregate(chosen, weight) * selector_width(chosen);
  return selector_width(select(weight, 2 * total, <=)) - 1;
}""",
    "_first": """\
# The first selected position, -1 if there is none.
def _first(chosen) {
  weight = 4 ^ ((length - 1) - indices);
  total = aggregate(chosen, weight) * selector_width(chosen);
  left = selector_width(select(weight, 2 * total, <=));
  return (length - left) if (left > 0) else -1;
}""",
    "_nearer": """\
# The nearer of an earlier and a later position, the earlier if they are equally near;
# of none the position itself, if it matches, else 0.
def _nearer(before, after, itself) {
  other = after if (after >= 0) else (indices if itself else 0);
  nearer = (after < 0) or ((indices - before) <= (after - indices));
  return before if ((before >= 0) and nearer) else other;
}""",
    "_abs": """\
def _abs(x) {
  return x if (x >= 0) else (0 - x);
}""",
}
"""Functions by name, in the order in which they are defined."""


def literal(value: object) -> str:
    """Return a text or a number as source.

    Raises:
        SettingsError: If strings of RASP cannot hold it.
    """
    if isinstance(value, str):
        if re.search('["\r\n]', value):
            raise SettingsError(
                f"to rasp: the text {value!r} holds a quote or a line break, which "
                "strings of RASP cannot; export it to js"
            )
        return f'"{value}"'
    return f"({value})" if isinstance(value, int) and value < 0 else f"{value}"


def listed(values: Sequence[object]) -> str:
    """Return a list as source."""
    return f"[{', '.join(map(literal, values))}]"


def unwrapped(source: str) -> str:
    """Return an expression without parentheses around it.

    The interpreter takes no index in parentheses.
    """
    depth = 0
    for place, character in enumerate(re.sub('"[^"]*"', _blank, source)):
        depth += (character == "(") - (character == ")")
        if depth == 0 and place < len(source) - 1:
            return source
    return source[1:-1] if source[:1] == "(" else source


def _blank(found: re.Match[str]) -> str:
    return "_" * len(found[0])


def names_for(variables: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Return what variables are called: as they are, unless that name is taken."""
    found = dict(given)
    for name in variables:
        if name in found:
            continue
        safe = re.sub("[^a-zA-Z0-9_]", "_", name).lstrip("_") or "x"
        while safe in RESERVED or safe in found.values() or not safe[0].isalpha():
            safe = f"v_{safe}"
        found[name] = safe
    return found


_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_SUMS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}


class RaspExpression:
    """Closed forms as source.

    Args:
        names: what stands for the names.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def value(self, source: str) -> str:
        """Return a closed form in RASP.

        Raises:
            UntranslatableError: If it cannot be expressed.
        """
        return self._value(ast.parse(source, mode="eval").body)

    def condition(self, source: str) -> str:
        """Return a condition in RASP.

        Raises:
            UntranslatableError: If it cannot be expressed.
        """
        return self._truth(ast.parse(source, mode="eval").body)

    def _value(self, node: ast.expr) -> str:
        match node:
            case ast.Name(name):
                return self._names[name]
            case ast.Constant(int() | str() as value) if not isinstance(value, bool):
                return literal(value)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(ast.Not()):
                return f"indicator({self._truth(node)})"
            case ast.UnaryOp(ast.USub(), operand):
                return f"(0 - {self._value(operand)})"
            case ast.IfExp(condition, yes, no):
                one, other = self._value(yes), self._value(no)
                return f"({one} if {self._truth(condition)} else {other})"
            case ast.BinOp(left, sign, right):
                return self._combined(sign, self._value(left), right)
            case ast.Call(ast.Name(name), arguments):
                return self._called(name, arguments)
            case ast.Subscript(ast.Tuple(items), index):
                return self._chosen([*map(self._value, items)], self._value(index))
        raise UntranslatableError(ast.unparse(node))

    def _combined(self, sign: ast.operator, left: str, right: ast.expr) -> str:
        other = self._value(right)
        if type(sign) in _SUMS:
            return f"({left} {_SUMS[type(sign)]} {other})"
        if not isinstance(right, ast.Constant):
            # Every part is computed, also where it is not chosen.
            other = f"({other} if (not ({other} == 0)) else 1)"
        match sign:
            case ast.Mod():
                return f"({left} % {other})"
            case ast.FloorDiv():
                return f"round(({left} - ({left} % {other})) / {other})"
        raise UntranslatableError(type(sign).__name__)

    def _called(self, name: str, arguments: Sequence[ast.expr]) -> str:
        match name:
            case "int":
                (only,) = arguments
                return f"indicator({self._truth(only)})"
            case "abs":
                (only,) = arguments
                return f"_abs({self._value(only)})"
            case "min" | "max":
                parts = [*map(self._value, arguments)]
                return reduce(lambda a, b: f"{name}({a}, {b})", parts)
        raise UntranslatableError(name)

    def _chosen(self, items: Sequence[str], index: str) -> str:
        *some, found = items
        for place in range(len(some) - 1, -1, -1):
            found = f"({some[place]} if ({index} == {place}) else {found})"
        return found

    def _truth(self, node: ast.expr) -> str:
        match node:
            case ast.BoolOp(sign, values):
                word = "and" if isinstance(sign, ast.And) else "or"
                parts = [*map(self._truth, values)]
                return reduce(lambda a, b: f"({a} {word} {b})", parts)
            case ast.UnaryOp(ast.Not(), operand):
                return f"(not {self._truth(operand)})"
            case ast.Compare(
                value, [ast.In() | ast.NotIn() as sign], [ast.Tuple(some)]
            ):
                constants = [x.value for x in some if isinstance(x, ast.Constant)]
                if len(constants) != len(some):
                    raise UntranslatableError("a list of what is computed")
                found = f"({self._value(value)} in {listed(constants)})"
                return found if isinstance(sign, ast.In) else f"(not {found})"
            case ast.Compare(left, signs, others):
                operands = [*map(self._value, (left, *others))]
                pairs = zip(signs, operands, operands[1:], strict=False)
                parts = [self._pair(sign, a, b) for sign, a, b in pairs]
                return reduce(lambda a, b: f"({a} and {b})", parts)
        raise UntranslatableError(ast.unparse(node))

    def _pair(self, sign: ast.cmpop, left: str, right: str) -> str:
        if isinstance(sign, ast.NotEq):
            return f"(not ({left} == {right}))"
        if type(sign) not in _SIGNS:
            raise UntranslatableError(type(sign).__name__)
        return f"({left} {_SIGNS[type(sign)]} {right})"


def looked_up(
    name: str, values: Sequence[object], index: str, define: Callable[[str], None]
) -> str:
    """Return the item of a list at an index, as source.

    Args:
        name: of the list.
        values: its items.
        index: what computes the index.
        define: gets the statements that the expression needs.
    """
    if len(values) <= MOST_LISTED:
        define(f"{name} = {listed(values)};")
        return f"{name}[{unwrapped(index)}]"
    parts = []
    for number, start in enumerate(range(0, len(values), MOST_LISTED)):
        some = values[start : start + MOST_LISTED]
        define(f"{name}_{number} = {listed(some)};")
        place = f"min(max({index} - {start}, 0), {len(some) - 1})"
        parts.append((start, f"{name}_{number}[{place}]"))
    found = parts[0][1]
    for start, part in parts[1:]:
        found = f"({part} if ({index} >= {start}) else {found})"
    return found
