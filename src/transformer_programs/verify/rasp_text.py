"""An evaluator of RASP, as far as exports use it: the interpreter is in no registry.

It follows the grammar and the meaning of the interpreter of tech-srl: sequences hold
values of one type, aggregates average, a default stands in where nothing is selected.
Of its library ``selector_width``, ``has_focus``, ``full_s``, ``length``, ``min`` and
``max`` are known.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Value = Any
"""An atom, a list or a dictionary of atoms, a sequence, a selector, or a function."""

Names = dict[str, Value]

Evaluate = Callable[[Names], Value]
"""Gives the value of an expression."""

_WORD = re.compile(
    r'\s+|#[^\n]*|("[^"\r\n]*"|[0-9]+\.[0-9]+|[0-9]+|[A-Za-z_][A-Za-z_0-9]*'
    r"|==|<=|>=|!=|[-+*/%^<>=(){}\[\],;:])"
)

_COMPARED: dict[str, Callable[[Value, Value], bool]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "!=": operator.ne,
}
_TIGHT: tuple[dict[str, Callable[[Value, Value], Value]], ...] = (
    {"^": pow},
    {"*": operator.mul, "/": operator.truediv},
    {"%": operator.mod},
    {"+": operator.add, "-": operator.sub},
    {sign: _COMPARED[sign] for sign in ("==", "<=", ">=", ">", "<")},
)
"""Operators, those that bind most tightly first."""


class RaspError(Exception):
    """A text that the interpreter would refuse."""


class Sequenced(list[Value]):
    """A value at every position, all of one type."""

    def __init__(self, values: Iterable[Value]) -> None:
        super().__init__(values)
        kinds = {*map(type, self)}
        if len(kinds) > 1 and not kinds <= {int, float, bool}:
            raise RaspError(f"values of different types: {list(self)}")


class SelectedPairs(list[list[bool]]):
    """For every query position, whether each key position is selected."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the text."""

    arguments: tuple[str, ...]
    body: tuple[tuple[str, Evaluate], ...]
    result: Evaluate

    def __call__(self, names: Names, given: Sequence[Value]) -> Value:
        """Return its value for some arguments."""
        if len(given) != len(self.arguments):
            raise RaspError(f"{len(given)} arguments for {len(self.arguments)}")
        inner = names | dict(zip(self.arguments, given, strict=True))
        for name, value in self.body:
            inner[name] = value(inner)
        return self.result(inner)


def _mapped(function: Callable[..., Value], *given: Value) -> Value:
    # At every position, if one of them has positions.
    lengths = {len(x) for x in given if isinstance(x, Sequenced)}
    if not lengths:
        return function(*given)
    (length,) = lengths
    columns = [x if isinstance(x, Sequenced) else [x] * length for x in given]
    return Sequenced(map(function, *columns))


def _sequence(value: Value, names: Names) -> Sequenced:
    if isinstance(value, Sequenced):
        return value
    if not isinstance(value, (str, int, float, bool)):
        raise RaspError(f"expected a sequence or an atom, got {value!r}")
    return Sequenced([value] * len(names["indices"]))


def _aggregate(chosen: Value, values: Sequenced, default: Value) -> Sequenced:
    if not isinstance(chosen, SelectedPairs):
        raise RaspError("aggregate expects a selector")
    found = []
    for row in chosen:
        some = [value for value, there in zip(values, row, strict=True) if there]
        if len(some) > 1:
            if not all(isinstance(value, (int, float)) for value in some):
                raise RaspError(f"an average of {some}")
            found.append(sum(some) * 1.0 / len(some))
        else:
            found.append(some[0] if some else default)
    return Sequenced(found)


def _width(chosen: Value) -> Sequenced:
    if not isinstance(chosen, SelectedPairs):
        raise RaspError("selector_width expects a selector")
    return Sequenced([sum(row) for row in chosen])


_LIBRARY: dict[str, Callable[..., Value]] = {
    "selector_width": _width,
    "has_focus": lambda chosen: Sequenced([n > 0 for n in _width(chosen)]),
    "min": lambda a, b: _mapped(min, a, b),
    "max": lambda a, b: _mapped(max, a, b),
}


def _indexed(listed: Value, index: Value) -> Value:
    def item(place: Value) -> Value:
        try:
            return listed[place]
        except (LookupError, TypeError) as error:
            raise RaspError(f"nothing at {place!r}: {error}") from error

    if not isinstance(listed, (list, dict)) or isinstance(
        listed, (Sequenced, SelectedPairs)
    ):
        raise RaspError("only lists and dictionaries are indexed")
    return _mapped(item, index)


def _logical(word: str, one: Value, other: Value) -> Value:
    both = word == "and"
    selectors = [isinstance(x, SelectedPairs) for x in (one, other)]
    if all(selectors):
        return SelectedPairs(
            [(a and b) if both else (a or b) for a, b in zip(x, y, strict=True)]
            for x, y in zip(one, other, strict=True)
        )
    if any(selectors):
        raise RaspError(f"{word} of a selector and something else")
    return _mapped(lambda a, b: bool(a and b) if both else bool(a or b), one, other)


def _negated(value: Value) -> Value:
    if isinstance(value, SelectedPairs):
        return SelectedPairs([not chosen for chosen in row] for row in value)
    return _mapped(lambda x: not x, value)


class _Parser:
    def __init__(self, text: str) -> None:
        self._words: list[str] = []
        place = 0
        while place < len(text):
            found = _WORD.match(text, place)
            if found is None:
                raise RaspError(f"unexpected {text[place : place + 20]!r}")
            self._words += [found[1]] if found[1] else []
            place = found.end()
        self._next = 0

    @property
    def word(self) -> str:
        return self._words[self._next] if self._next < len(self._words) else ""

    def _take(self, *expected: str) -> str:
        word = self.word
        if not word or (expected and word not in expected):
            raise RaspError(f"expected {' or '.join(expected)}, got {word!r}")
        self._next += 1
        return word

    def _taken(self, *words: str) -> str:
        return self._take() if self.word in words else ""

    def statements(self) -> Iterator[tuple[str, Evaluate]]:
        """Yield what is assigned to which name, in order."""
        while self.word:
            if self._taken("set"):
                self._take("example")
                yield "", self._expression()
            elif self._taken("def"):
                yield self._definition()
            else:
                yield self._assignment()

    def _assignment(self) -> tuple[str, Evaluate]:
        name = self._take()
        self._take("=")
        value = self._expression()
        self._take(";")
        return name, value

    def _definition(self) -> tuple[str, Evaluate]:
        name, arguments, body = self._take(), [], []
        self._take("(")
        while self.word != ")":
            arguments.append(self._take())
            self._taken(",")
        self._take(")")
        self._take("{")
        while self.word != "return":
            body.append(self._assignment())
        self._take("return")
        result = self._expression()
        self._take(";")
        self._take("}")
        function = Function(tuple(arguments), tuple(body), result)
        return name, lambda names: function

    # From the operators that bind least to atoms.

    def _expression(self) -> Evaluate:
        value = self._disjunction()
        if self._taken("if"):
            condition = self._disjunction()
            self._take("else")
            parts = (condition, value, self._expression())
            value = _combined(lambda c, yes, no: yes if c else no, *parts)
        while self._taken("in"):
            one, listed = value, self._disjunction()
            value = _contained(one, listed)
        return value

    def _disjunction(self) -> Evaluate:
        value = self._binary(len(_TIGHT) - 1)
        while word := self._taken("and", "or"):
            value = _logic(word, value, self._binary(len(_TIGHT) - 1))
        return value

    def _binary(self, level: int) -> Evaluate:
        if level < 0:
            return self._unary()
        value = self._binary(level - 1)
        while sign := self._taken(*_TIGHT[level]):
            value = _combined(_TIGHT[level][sign], value, self._binary(level - 1))
        return value

    def _unary(self) -> Evaluate:
        if self._taken("not"):
            value = self._unary()
            return lambda names: _negated(value(names))
        if self._taken("-"):
            return _combined(operator.neg, self._unary())
        if word := self._taken("round", "indicator"):
            self._take("(")
            value = self._expression()
            self._take(")")
            change = round if word == "round" else (lambda x: 1 if x else 0)
            return _combined(change, value)
        value = self._atom()
        while opening := self._taken("[", "("):
            start = self._next
            given = self._listed({"[": "]", "(": ")"}[opening])
            if opening == "[" and self._in_parentheses(start, self._next - 2):
                raise RaspError("an index in parentheses is not understood")
            value = _item(value, given[0]) if opening == "[" else _call(value, given)
        return value

    def _in_parentheses(self, first: int, last: int) -> bool:
        depth = 0
        for place in range(first, last + 1):
            depth += {"(": 1, ")": -1}.get(self._words[place], 0)
            if depth == 0:
                return place == last and last > first
        return False

    def _listed(self, closing: str) -> list[Evaluate]:
        found = []
        while self.word != closing:
            found.append(self._expression())
            if self.word != closing:
                self._take(",")
        self._take(closing)
        return found

    def _atom(self) -> Evaluate:
        word = self._take()
        if word == "(":
            value = self._expression()
            self._take(")")
            return value
        if word == "[":
            return _constant_list(self._listed("]"))
        if word == "{":
            return self._dictionary()
        if word == "select":
            return self._selection()
        if word == "aggregate":
            self._take("(")
            return _aggregation(self._listed(")"))
        if word[0] == '"':
            return lambda names: word[1:-1]
        if word[0].isdigit():
            number = float(word) if "." in word else int(word)
            return lambda names: number
        return _named(word)

    def _selection(self) -> Evaluate:
        self._take("(")
        key = self._expression()
        self._take(",")
        query = self._expression()
        self._take(",")
        compared = _COMPARED[self._take(*_COMPARED)]
        self._take(")")

        def evaluate(names: Names) -> Value:
            keys = _sequence(key(names), names)
            queries = _sequence(query(names), names)
            return SelectedPairs([bool(compared(k, q)) for k in keys] for q in queries)

        return evaluate

    def _dictionary(self) -> Evaluate:
        pairs = []
        while self.word != "}":
            key = self._expression()
            self._take(":")
            pairs.append((key, self._expression()))
            if self.word != "}":
                self._take(",")
        self._take("}")
        return lambda names: {key(names): value(names) for key, value in pairs}


def _combined(function: Callable[..., Value], *parts: Evaluate) -> Evaluate:
    def evaluate(names: Names) -> Value:
        given = [part(names) for part in parts]
        if any(isinstance(x, (SelectedPairs, dict)) for x in given):
            raise RaspError("arithmetic of a selector or a dictionary")
        return _mapped(function, *given)

    return evaluate


def _logic(word: str, one: Evaluate, other: Evaluate) -> Evaluate:
    return lambda names: _logical(word, one(names), other(names))


def _contained(one: Evaluate, listed: Evaluate) -> Evaluate:
    def evaluate(names: Names) -> Value:
        items = listed(names)
        if isinstance(items, (Sequenced, SelectedPairs)) or not isinstance(items, list):
            raise RaspError("expected a list after in")
        return _mapped(lambda x: x in items, one(names))

    return evaluate


def _item(listed: Evaluate, index: Evaluate) -> Evaluate:
    return lambda names: _indexed(listed(names), index(names))


def _call(function: Evaluate, given: Sequence[Evaluate]) -> Evaluate:
    def evaluate(names: Names) -> Value:
        called, values = function(names), [part(names) for part in given]
        if isinstance(called, Function):
            return called(names, values)
        if called in _LIBRARY.values():
            return called(*values)
        raise RaspError(f"no function: {called!r}")

    return evaluate


def _aggregation(given: Sequence[Evaluate]) -> Evaluate:
    def evaluate(names: Names) -> Value:
        chosen, values, *default = (part(names) for part in given)
        return _aggregate(chosen, _sequence(values, names), *(default or [0]))

    return evaluate


def _constant_list(items: Sequence[Evaluate]) -> Evaluate:
    return lambda names: [item(names) for item in items]


def _named(name: str) -> Evaluate:
    def evaluate(names: Names) -> Value:
        if name not in names:
            raise RaspError(f"undefined name {name}")
        return names[name]

    return evaluate


class Rasp:
    """A file of RASP.

    Args:
        text: the file.

    Raises:
        RaspError: If it is no such text.
    """

    def __init__(self, text: str) -> None:
        self._statements = [*_Parser(text).statements()]

    def evaluate(self, tokens: Sequence[str]) -> Mapping[str, Value]:
        """Return the value of every name for an input.

        Raises:
            RaspError: If it cannot be computed.
        """
        length = len(tokens)
        names: Names = {
            "tokens": Sequenced(tokens),
            "indices": Sequenced(range(length)),
            "length": Sequenced([length] * length),
            "full_s": SelectedPairs([True] * length for _ in range(length)),
            "True": True,
            "False": False,
            **_LIBRARY,
        }
        for name, value in self._statements:
            found = value(names)
            if name in ("tokens", "indices", "length", *_LIBRARY):
                raise RaspError(f"{name} cannot be assigned")
            names[name] = found
        return names
