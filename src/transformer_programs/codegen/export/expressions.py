"""Closed forms, which are Python expressions, in other languages.

The grammar is that of ``analysis``: variables, numbers, texts, + - * // %, comparisons,
conditions, choices, a choice from a tuple, and a few functions. Languages differ in a
few of these; a ``Idiom`` says how.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["number", "truth", "text"]
"""What a part of an expression gives."""

CHOICE, OR, AND, EQUAL, COMPARED, SUM, PRODUCT, ATOM = range(1, 9)
"""How tightly parts are bound, the loosest first; C and JavaScript agree in it."""


class UntranslatableError(Exception):
    """A part that a language has no words for."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A translated part of an expression.

    Attributes:
        text: its source.
        kind: what it gives.
        bound: how tightly it is bound.
    """

    text: str
    kind: Kind
    bound: int = ATOM

    def within(self, bound: int) -> str:
        """Return the source, in parentheses where it stands in a tighter part."""
        return self.text if self.bound >= bound else f"({self.text})"


class Idiom(Protocol):
    """What languages say differently."""

    equal: str
    unequal: str

    def text(self, value: str) -> str:
        """Return a text as source, or raise an UntranslatableError."""

    def call(self, function: str, arguments: Sequence[Fragment]) -> Fragment:
        """Return a call of min, max, abs, int, str, number, integer, // or %."""

    def member(
        self, value: Fragment, listed: Sequence[Fragment], *, inside: bool
    ) -> Fragment:
        """Return whether a value is, or is not, one of a list."""

    def chosen(self, listed: Sequence[Fragment], index: Fragment) -> Fragment:
        """Return an item of a list."""


_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_SUMS: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", SUM),
    ast.Sub: ("-", SUM),
    ast.Mult: ("*", PRODUCT),
}
_CALLS: dict[type[ast.operator], str] = {ast.FloorDiv: "//", ast.Mod: "%"}


def translate(source: str, names: Mapping[str, Fragment], language: Idiom) -> Fragment:
    """Return a closed form in another language.

    Args:
        source: the expression in Python.
        names: what stands for its names.
        language: the language.

    Raises:
        UntranslatableError: If the language has no words for it.
    """
    return _Translator(names, language).part(ast.parse(source, mode="eval").body)


class _Translator:
    def __init__(self, names: Mapping[str, Fragment], language: Idiom) -> None:
        self._names, self._language = names, language

    def part(self, node: ast.expr) -> Fragment:
        match node:
            case ast.Name(name):
                return self._names[name]
            case ast.Constant(bool()):
                pass
            case ast.Constant(int() as value):
                return Fragment(str(value), "number")
            case ast.Constant(str() as value):
                return Fragment(self._language.text(value), "text")
            case ast.IfExp() | ast.BoolOp() | ast.UnaryOp():
                return self._logic(node)
            case ast.Compare():
                return self._compared(node)
            case ast.BinOp(left, sign, right):
                return self._combined(sign, self.part(left), self.part(right))
            case ast.Call(ast.Name(name), arguments):
                found = [self.part(argument) for argument in arguments]
                return self._language.call(name, found)
            case ast.Subscript(ast.Tuple(items), index):
                listed = [self.part(item) for item in items]
                return self._language.chosen(listed, self.part(index))
        raise UntranslatableError(ast.unparse(node))

    def _logic(self, node: ast.IfExp | ast.BoolOp | ast.UnaryOp) -> Fragment:
        match node:
            case ast.IfExp(condition, yes, no):
                return choice(*map(self.part, (condition, yes, no)))
            case ast.BoolOp(sign, values):
                parts = [self.part(value) for value in values]
                return all_of(parts) if isinstance(sign, ast.And) else _any_of(parts)
            case ast.UnaryOp(ast.USub(), ast.Constant(int() as value)):
                return Fragment(f"-{value}", "number", PRODUCT)
            case ast.UnaryOp(ast.USub(), operand):
                # 0 - x, because -x can be a 0 below 0 where numbers are reals.
                return Fragment(
                    f"0 - {self.part(operand).within(PRODUCT)}", "number", SUM
                )
        raise UntranslatableError(ast.unparse(node))

    def _compared(self, node: ast.Compare) -> Fragment:
        match node:
            case ast.Compare(
                value, [ast.In() | ast.NotIn() as sign], [ast.Tuple(some)]
            ):
                items, inside = [self.part(item) for item in some], type(sign) is ast.In
                return self._language.member(self.part(value), items, inside=inside)
        operands = [self.part(operand) for operand in (node.left, *node.comparators)]
        pairs = zip(node.ops, operands, operands[1:], strict=False)
        return all_of([self._pair(*pair) for pair in pairs])

    def _combined(
        self, sign: ast.operator, left: Fragment, right: Fragment
    ) -> Fragment:
        if type(sign) in _CALLS:
            return self._language.call(_CALLS[type(sign)], [left, right])
        if type(sign) not in _SUMS or "text" in (left.kind, right.kind):
            raise UntranslatableError(type(sign).__name__)
        text, bound = _SUMS[type(sign)]
        # What follows a minus is bound more tightly; a sign is no operand of another.
        first, second = left.within(bound), right.within(bound + 1)
        second = f"({second})" if second.startswith("-") else second
        return Fragment(f"{first} {text} {second}", "number", bound)

    def _pair(self, sign: ast.cmpop, left: Fragment, right: Fragment) -> Fragment:
        match sign:
            case ast.Eq():
                return equality(self._language.equal, left, right)
            case ast.NotEq():
                return equality(self._language.unequal, left, right)
            case ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE():
                one, other = left.within(SUM), right.within(SUM)
                return Fragment(
                    f"{one} {_SIGNS[type(sign)]} {other}", "truth", COMPARED
                )
        raise UntranslatableError(type(sign).__name__)


def equality(sign: str, left: Fragment, right: Fragment) -> Fragment:
    """Return whether two parts are equal, or unequal, as the sign says."""
    if "truth" in (left.kind, right.kind):
        raise UntranslatableError("a comparison of conditions")
    one, other = left.within(COMPARED), right.within(COMPARED)
    return Fragment(f"{one} {sign} {other}", "truth", EQUAL)


def choice(condition: Fragment, yes: Fragment, no: Fragment) -> Fragment:
    """Return one part where a condition holds, else another."""
    text = f"{condition.within(OR)} ? {yes.within(OR)} : {no.within(CHOICE)}"
    return Fragment(text, yes.kind, CHOICE)


def all_of(parts: Sequence[Fragment]) -> Fragment:
    """Return whether all conditions hold."""
    if len(parts) == 1:
        return parts[0]
    return Fragment(" && ".join(p.within(EQUAL) for p in parts), "truth", AND)


def _any_of(parts: Sequence[Fragment]) -> Fragment:
    return Fragment(" || ".join(p.within(EQUAL) for p in parts), "truth", OR)
