"""Graphs of ONNX, node by node, and closed forms as nodes.

Numbers are int64 and conditions are truth values; a tensor is known by its name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transformer_programs.codegen.export.expressions import UntranslatableError
from transformer_programs.language import primitives

OPSET, IR_VERSION = 17, 8
"""Versions of ONNX that runtimes since 2022 read."""

_SIGNS: dict[type[ast.cmpop], tuple[str, bool]] = {
    ast.Eq: ("Equal", False),
    ast.NotEq: ("Equal", True),
    ast.Lt: ("Less", False),
    ast.LtE: ("LessOrEqual", False),
    ast.Gt: ("Greater", False),
    ast.GtE: ("GreaterOrEqual", False),
}
_COMBINED: dict[type[ast.operator], str] = {
    ast.Add: "Add",
    ast.Sub: "Sub",
    ast.Mult: "Mul",
}


class Graph:
    """The nodes and constants of a graph.

    Attributes:
        nodes: operator, inputs, output, name and attributes of each, in order.
        constants: arrays by name.
    """

    def __init__(self) -> None:
        self.nodes: list[tuple[str, tuple[str, ...], str, str, dict[str, Any]]] = []
        self.constants: dict[str, NDArray[Any]] = {}
        self._made: dict[tuple[object, ...], str] = {}

    def node(
        self, op: str, *inputs: str, out: str = "", name: str = "", **attributes: int
    ) -> str:
        """Add a node and return its output; what was computed before is used again."""
        key = (op, inputs, *sorted(attributes.items()))
        if key in self._made and not out:
            return self._made[key]
        output = out or f"t{len(self.nodes)}"
        self._made.setdefault(key, output)
        self.nodes.append((op, inputs, output, name or f"node_{output}", attributes))
        return output

    def number(self, value: int) -> str:
        """Return a constant number."""
        return self.array(f"number_{value}".replace("-", "minus_"), value)

    def array(self, name: str, values: object, dtype: type = np.int64) -> str:
        """Return a constant array."""
        self.constants.setdefault(name, np.array(values, dtype=dtype))
        return name

    def axes(self, *axes: int) -> str:
        """Return a constant list of axes."""
        name = "_".join(map(str, ("axes", *axes))).replace("-", "minus_")
        return self.array(name, axes)

    def compared(self, sign: str, left: str, right: str) -> str:
        """Return whether two numbers compare, for a sign as Python writes it."""
        parsed = ast.parse(f"a {sign} b", mode="eval").body
        assert isinstance(parsed, ast.Compare)
        op, negated = _SIGNS[type(parsed.ops[0])]
        found = self.node(op, left, right)
        return self.node("Not", found) if negated else found

    def as_number(self, condition: str) -> str:
        """Return 1 where a condition holds, else 0."""
        return self.node("Cast", condition, to=_INT64)

    def refuse(self, bad: str, name: str) -> str:
        """Return 0; where a condition holds, reading it fails, and names ``name``."""
        listed = self.array("zero", [0])
        return self.node("Gather", listed, self.as_number(bad), name=name)

    def added(self, parts: Sequence[str]) -> str:
        """Return the sum of some numbers."""
        return reduce(lambda a, b: self.node("Add", a, b), parts)


_INT64 = 7  # onnx.TensorProto.INT64

_MISSING = -1  # stands for a text that has no number


class Texts:
    """Texts as numbers that are the same in all domains.

    Args:
        graph: where nodes are added.
        known: all texts of the program.
    """

    def __init__(self, graph: Graph, known: Iterable[str]) -> None:
        self._graph = graph
        self._ids = {text: index for index, text in enumerate(dict.fromkeys(known))}

    def id_of(self, text: str) -> int:
        """Return the number of a text; one that is not known equals no other."""
        return self._ids.setdefault(text, len(self._ids))

    def of(self, name: str, domain: Sequence[str], ids: str) -> str:
        """Return the texts that the ids of a domain stand for."""
        found = self._graph.array(f"texts_{name}", [self._ids[x] for x in domain])
        return self._graph.node("Gather", found, ids)

    def within(self, name: str, domain: Sequence[str], texts: str, real: str) -> str:
        """Return the ids in a domain, where ``real`` holds; others are refused."""
        graph = self._graph
        ids = [_MISSING] * (len(self._ids) + 1)
        for index, text in enumerate(domain):
            ids[self._ids[text]] = index
        first = graph.number(self._ids[domain[0]])
        texts = graph.node("Where", real, texts, first)
        # What is missing counts from the end, where there is nothing.
        found = graph.node("Gather", graph.array(f"ids_within_{name}", ids), texts)
        bad = graph.compared("<", found, graph.number(0))
        return graph.node("Add", found, graph.refuse(bad, f"values_of_{name}"))

    def written(self, number: str) -> str:
        """Return the texts of numbers, as Python writes them."""
        graph = self._graph
        known = {int(x): i for x, i in self._ids.items() if _is_number(x)}
        if not known:
            raise UntranslatableError("no text is a number")
        least, size = min(known), max(known) - min(known) + 1
        if size > _MOST_NUMBERS:
            raise UntranslatableError("texts of large numbers")
        listed = [known.get(least + index, _MISSING) for index in range(size)]
        index = graph.node("Sub", number, graph.number(least))
        inside = graph.node(
            "And",
            graph.compared(">=", index, graph.number(0)),
            graph.compared("<", index, graph.number(size)),
        )
        index = graph.node("Where", inside, index, graph.number(0))
        found = graph.node("Gather", graph.array("numerals", listed), index)
        return graph.node("Where", inside, found, graph.number(_MISSING))

    def read(self, function: str, texts: str) -> str:
        """Return the numbers that texts are, as a function of closed forms reads them.

        The texts are those of a domain: none is missing.
        """
        numbers = [_read(function, text) for text in self._ids]
        if max(map(abs, numbers)) >= 2**62:
            raise UntranslatableError("large numbers")
        listed = self._graph.array(f"read_by_{function}_{len(numbers)}", numbers)
        return self._graph.node("Gather", listed, texts)


_MOST_NUMBERS = 1 << 20


def _is_number(text: str) -> bool:
    return re.fullmatch("0|-?[1-9][0-9]*", text) is not None


def _read(function: str, text: str) -> int:
    reading = getattr(primitives, function) if function != "int" else int
    try:
        return reading(text)
    except ValueError:  # int() of what no input of the closed form is
        return 0


class NodeExpression:
    """Closed forms as nodes.

    Args:
        graph: where they are added.
        names: the tensors that the names stand for.
        texts: the texts; without them, none can be expressed.
        of_text: the names that stand for texts.
    """

    def __init__(
        self,
        graph: Graph,
        names: Mapping[str, str],
        texts: Texts | None = None,
        of_text: Container[str] = (),
    ) -> None:
        self._graph, self._names = graph, names
        self._texts, self._of_text = texts, of_text

    def number(self, source: str) -> str:
        """Return the tensor of numbers that a closed form gives.

        Raises:
            UntranslatableError: If it cannot be expressed.
        """
        return self._number(ast.parse(source, mode="eval").body)

    def condition(self, source: str) -> str:
        """Return the tensor of truth values that a closed form gives.

        Raises:
            UntranslatableError: If it cannot be expressed.
        """
        return self._truth(ast.parse(source, mode="eval").body)

    def _number(self, node: ast.expr) -> str:
        graph = self._graph
        match node:
            case ast.Name(name):
                return self._names[name]
            case ast.Constant(value):
                return self._constant(value)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(ast.Not()):
                return graph.as_number(self._truth(node))
            case ast.UnaryOp(ast.USub(), operand):
                return graph.node("Neg", self._number(operand))
            case ast.IfExp(condition, yes, no):
                parts = self._truth(condition), self._number(yes), self._number(no)
                return graph.node("Where", *parts)
            case ast.BinOp(left, sign, right):
                return self._combined(sign, self._number(left), self._number(right))
            case ast.Call(ast.Name(name), arguments):
                return self._called(name, arguments)
            case ast.Subscript(ast.Tuple(items), index):
                return self._chosen([*map(self._number, items)], self._number(index))
        raise UntranslatableError(ast.unparse(node))

    def _constant(self, value: object) -> str:
        if isinstance(value, str) and self._texts is not None:
            return self._graph.number(self._texts.id_of(value))
        if not isinstance(value, int) or isinstance(value, bool):
            raise UntranslatableError(repr(value))
        return self._graph.number(value)

    def _combined(self, sign: ast.operator, left: str, right: str) -> str:
        graph = self._graph
        if type(sign) in _COMBINED:
            return graph.node(_COMBINED[type(sign)], left, right)
        # Padding may divide by 0. Mod has the sign of the divisor, as in Python; Div
        # rounds towards 0, so the rest is taken away before.
        zero = graph.node("Equal", right, graph.number(0))
        divisor = graph.node("Where", zero, graph.number(1), right)
        rest = graph.node("Mod", left, divisor)
        match sign:
            case ast.Mod():
                return rest
            case ast.FloorDiv():
                return graph.node("Div", graph.node("Sub", left, rest), divisor)
        raise UntranslatableError(type(sign).__name__)

    def _called(self, name: str, arguments: Sequence[ast.expr]) -> str:
        graph = self._graph
        match name:
            case "int" | "number" | "integer" if self._is_text(arguments[0]):
                if self._texts is not None:
                    return self._texts.read(name, self._number(arguments[0]))
            case "int":
                try:
                    return graph.as_number(self._truth(arguments[0]))
                except UntranslatableError:
                    return self._number(arguments[0])
            case "abs":
                (only,) = arguments
                return graph.node("Abs", self._number(only))
            case "min" | "max":
                parts = [*map(self._number, arguments)]
                return graph.node(name.capitalize(), *parts)
            case "str" if self._texts is not None:
                (only,) = arguments
                return self._texts.written(self._number(only))
        raise UntranslatableError(name)

    def _is_text(self, node: ast.expr) -> bool:
        match node:
            case ast.Name(name):
                return name in self._of_text
            case ast.IfExp(_, yes, _):
                return self._is_text(yes)
            case ast.Subscript(ast.Tuple(items)):
                return self._is_text(items[0])
            case ast.Call(ast.Name(name)):
                return name == "str"
            case ast.Constant(value):
                return isinstance(value, str)
        return False

    def _chosen(self, items: Sequence[str], index: str) -> str:
        graph = self._graph
        *some, found = items
        for place in range(len(some) - 1, -1, -1):
            here = graph.node("Equal", index, graph.number(place))
            found = graph.node("Where", here, some[place], found)
        return found

    def _truth(self, node: ast.expr) -> str:
        graph = self._graph
        match node:
            case ast.BoolOp(sign, values):
                op = "And" if isinstance(sign, ast.And) else "Or"
                parts = [*map(self._truth, values)]
                return reduce(lambda a, b: graph.node(op, a, b), parts)
            case ast.UnaryOp(ast.Not(), operand):
                return graph.node("Not", self._truth(operand))
            case ast.Compare(
                value, [ast.In() | ast.NotIn() as sign], [ast.Tuple(some)]
            ):
                one = self._number(value)
                parts = [graph.node("Equal", one, self._number(x)) for x in some]
                found = reduce(lambda a, b: graph.node("Or", a, b), parts)
                return found if isinstance(sign, ast.In) else graph.node("Not", found)
            case ast.Compare(left, signs, others):
                ordered = any(not isinstance(x, (ast.Eq, ast.NotEq)) for x in signs)
                texts = [self._is_text(x) for x in (left, *others)]
                if len({*texts}) > 1 or (ordered and any(texts)):
                    raise UntranslatableError("an order of texts")
                operands = [*map(self._number, (left, *others))]
                parts = [
                    self._pair(sign, a, b)
                    for sign, a, b in zip(signs, operands, operands[1:], strict=False)
                ]
                return reduce(lambda a, b: graph.node("And", a, b), parts)
        raise UntranslatableError(ast.unparse(node))

    def _pair(self, sign: ast.cmpop, left: str, right: str) -> str:
        if type(sign) not in _SIGNS:
            raise UntranslatableError(type(sign).__name__)
        op, negated = _SIGNS[type(sign)]
        found = self._graph.node(op, left, right)
        return self._graph.node("Not", found) if negated else found
