"""Tables as expressions in the values of one or two variables.

Candidates are texts. Each is executed for every combination of values that can occur,
and taken only if it says what the table says: nothing here has to be believed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import compress, product
from typing import Any

from transformer_programs.language import Value, integer, number

LARGEST, LISTED = 20_000, 1 << 16
"""Cells of the largest tables that forms are fitted to, and that texts are tried on."""

INPUT_NAMES = {1: ("x",), 2: ("a", "b")}
"""What the inputs of a table are called in a closed form."""

_FUNCTIONS = {function.__name__: function for function in (number, integer)}
_MOST_CASES = 4  # constants that an expression chooses from
_LISTED = 4  # values that a condition lists
_MODULI = (2, 3, 4, 5)
_SIGNS = ("==", "!=", "<", "<=", ">", ">=")
_MOST_DIGITS = 18  # Python refuses numerals of more than 4,300 digits

# The values of one input, and the outputs for each of them.
_Values = Sequence[Value]
_Lines = Sequence[_Values]


def expression(inputs: Sequence[_Values], outputs: _Values) -> str | None:
    """Return the simplest expression that is a table, in ``x``, or in ``a`` and ``b``.

    None if no expression of the kinds that are tried says the same.

    Args:
        inputs: the values that each of the one or two inputs can have, each once.
        outputs: the table's value for every combination, the last input running
            fastest.
    """
    if len(outputs) > LISTED or not outputs:
        return None
    cells = list(product(*inputs))
    names = ", ".join(INPUT_NAMES[len(inputs)])
    first, *more = inputs
    texts = _of_two(first, more[0], outputs) if more else _of_one(first, outputs)
    for text in texts:
        if _says(runner(text, names), cells, outputs):
            return text
    return None


def runner(text: str, names: str = "x") -> Callable[..., Any]:
    """Return a closed form as a function of its names, such as ``a, b``."""
    function: Callable[..., Any] = eval(f"lambda {names}: {text}", _FUNCTIONS)
    return function


def _says(
    function: Callable[..., Value], cells: Sequence[_Values], outputs: _Values
) -> bool:
    try:
        for cell, output in zip(cells, outputs, strict=True):
            found = function(*cell)
            if found != output or type(found) is not type(output):
                return False
    except ValueError:  # int() of a token that is no number
        return False
    return True


# Of one input.


def _of_one(values: _Values, outputs: _Values) -> Iterator[str]:
    yield "x"
    if len(set(outputs)) == 1:
        yield literal(outputs[0])
    if isinstance(values[0], str) and isinstance(outputs[0], int):
        yield from _numbers_of_texts(values, outputs)
    if isinstance(values[0], int):
        arithmetic = isinstance(outputs[0], int)
        yield from (_arithmetic_of_one if arithmetic else _as_text)(values, outputs)
    for yes, no in _two_kinds(outputs):
        for text in conditions("x", values, [output == yes for output in outputs]):
            yield _choice(text, yes, no)
    changed = [v != output for v, output in zip(values, outputs, strict=True)]
    constants = {*compress(outputs, changed)}
    if len(constants) == 1:
        for text in conditions("x", values, changed):
            yield f"{literal(*constants)} if {text} else x"


def _numbers_of_texts(values: _Values, outputs: _Values) -> Iterator[str]:
    if all(str(value).isascii() for value in values):
        yield "int(x)"
    yield "number(x)"
    if _signed(values):
        for text in ("integer(x)", "abs(integer(x))"):
            yield shifted(text, int(outputs[0]) - int(runner(text)(values[0])))


def _arithmetic_of_one(values: _Values, outputs: _Values) -> Iterator[str]:
    first, last, start, end = (
        int(value) for value in (values[0], values[-1], outputs[0], outputs[-1])
    )
    yield shifted("x", start - first)
    yield f"{start + first} - x"
    yield f"max({shifted('x', end - last)}, 0)"
    yield f"min(x, {end})"
    yield f"x % {max(map(int, outputs)) + 1}"


def _as_text(values: _Values, outputs: _Values) -> Iterator[str]:
    # The number plus a constant, kept between bounds.
    numbers = _numerals(outputs)
    if not numbers:
        return
    least, most = min(numbers), max(numbers)
    for shift in sorted({n - int(v) for n, v in zip(numbers, values, strict=True)}):
        text = shifted("x", shift)
        yield f"str({text})"
        yield f"str(max({text}, {least}))"
        yield f"str(min({text}, {most}))"
        yield f"str(min(max({text}, {least}), {most}))"


# Of two inputs.


def _of_two(firsts: _Values, seconds: _Values, outputs: _Values) -> Iterator[str]:
    width = len(seconds)
    rows = [outputs[i : i + width] for i in range(0, len(outputs), width)]
    columns = [outputs[j::width] for j in range(width)]
    yield from INPUT_NAMES[2]
    if all(isinstance(values[0], int) for values in (firsts, seconds, outputs)):
        yield from _arithmetic_of_two(firsts, seconds, outputs)
    if all(isinstance(values[0], str) for values in (firsts, seconds)):
        yield "number(a) + number(b)"
        if all(isinstance(output, int) for output in outputs):
            # Their difference, raised so that none is negative.
            most = max(map(int, outputs))
            for raised in sorted({most, (most + 1) // 2}):
                yield shifted("number(a) - number(b)", raised)
            if _signed(firsts) or _signed(seconds):
                yield from _signed_of_two(firsts, seconds, outputs)
    if isinstance(firsts[0], int) and isinstance(outputs[0], str):
        yield from _sums_with_carry(firsts, seconds, outputs)
    yield from _two_valued_of_two(firsts, seconds, rows, columns)
    yield from _selections("a", "b", firsts, seconds, rows)
    yield from _selections("b", "a", seconds, firsts, columns)
    if len(set(outputs)) <= _MOST_CASES:
        text = _peeled(firsts, seconds, rows, _MOST_CASES)
        if text is not None:
            yield text


def _signed(values: _Values) -> bool:
    # Whether numbers below 0 are among them.
    return any((numeral(value) or 0) < 0 for value in values)


def _signed_of_two(
    firsts: _Values, seconds: _Values, outputs: _Values
) -> Iterator[str]:
    # Sums and differences of integers or of their sizes, raised by a constant.
    for part in ("integer({})", "abs(integer({}))"):
        one, other = part.format("a"), part.format("b")
        for text in (f"{one} + {other}", f"{one} - {other}", f"abs({one} - {other})"):
            first = runner(text, "a, b")(firsts[0], seconds[0])
            yield shifted(text, int(outputs[0]) - int(first))


def _arithmetic_of_two(
    firsts: _Values, seconds: _Values, outputs: _Values
) -> Iterator[str]:
    first, second, output = int(firsts[0]), int(seconds[0]), int(outputs[0])
    yield shifted("a + b", output - first - second)
    yield shifted("a - b", output - first + second)
    yield shifted("b - a", output - second + first)
    yield from ("abs(a - b)", "min(a, b)", "max(a, b)")
    yield from ("max(a - b, 0)", "max(b - a, 0)")
    yield from ("1 + (a > b) - (a < b)", "1 + (b > a) - (b < a)")
    modulus = max(map(int, outputs)) + 1
    yield from (f"(a + b) % {modulus}", f"(a - b) % {modulus}")


def _sums_with_carry(
    firsts: _Values, seconds: _Values, outputs: _Values
) -> Iterator[str]:
    # The first number, and one more where a condition on the second holds, modulo.
    numbers = _numerals(outputs)
    if not numbers:
        return
    modulus = max(numbers) + 1
    added = [(n - int(firsts[0])) % modulus for n in numbers[: len(seconds)]]
    for least in sorted(set(added)):
        carried = [value == (least + 1) % modulus for value in added]
        for text in conditions("b", seconds, carried)[:1]:
            yield f"str(({shifted('a', least)} + int({text})) % {modulus})"


def _two_valued_of_two(
    firsts: _Values, seconds: _Values, rows: _Lines, columns: _Lines
) -> Iterator[str]:
    same_kind = isinstance(firsts[0], int) == isinstance(seconds[0], int)
    comparisons = [f"a {sign} b" for sign in _SIGNS] if same_kind else []
    for yes, no in _two_kinds([output for row in rows for output in row]):
        yield from (_choice(text, yes, no) for text in comparisons)
        # True on a rectangle of first and second values, or where they compare in it.
        lefts = conditions("a", firsts, [yes in row for row in rows]) or [""]
        rights = conditions("b", seconds, [yes in line for line in columns]) or [""]
        for parts in product(["", *comparisons], lefts[:2], rights[:2]):
            if any(parts[1:]):
                yield _choice(" and ".join(filter(None, parts)), yes, no)


def _selections(
    name: str, other: str, values: _Values, others: _Values, lines: _Lines
) -> Iterator[str]:
    # One of the inputs, or a constant, where a condition on one input holds.
    copied = [list(line) == list(others) for line in lines]
    for text in conditions(name, values, copied):
        yield f"{other} if {text} else {name}"
        yield from (f"{other} if {text} else {c}" for c in _constant(lines, copied))
    if all(isinstance(value, int) for value in others):
        raised = [list(line) == [int(v) + 1 for v in others] for line in lines]
        for text in conditions(name, values, raised):
            for constant in _constant(lines, raised):
                yield f"{other} + 1 if {text} else {constant}"
    own = [set(line) == {value} for value, line in zip(values, lines, strict=True)]
    for text in conditions(name, values, own):
        yield f"{name} if {text} else {other}"


def _constant(lines: _Lines, copied: Sequence[bool]) -> list[str]:
    rest = {v for line, c in zip(lines, copied, strict=True) if not c for v in line}
    return [*map(literal, rest)] if len(rest) == 1 else []


def _peeled(firsts: _Values, seconds: _Values, rows: _Lines, left: int) -> str | None:
    """Take constant rows or columns away, one condition each, until one is left."""
    kinds = list(dict.fromkeys(output for row in rows for output in row))
    if len(kinds) == 1:
        return literal(kinds[0])
    if not left:
        return None
    columns = list(zip(*rows, strict=True))
    for kind in kinds:
        for name, values, lines in (("a", firsts, rows), ("b", seconds, columns)):
            constant = [set(line) == {kind} for line in lines]
            texts = conditions(name, values, constant)
            if not texts:
                continue
            keep = [not c for c in constant]
            kept, rest = [*compress(values, keep)], [*compress(lines, keep)]
            if name == "a":
                other = _peeled(kept, seconds, rest, left - 1)
            else:
                turned = list(zip(*rest, strict=True))
                other = _peeled(firsts, kept, turned, left - 1)
            if other is not None:
                return f"{literal(kind)} if {texts[0]} else {other}"
    return None


def _two_kinds(outputs: _Values) -> Iterator[tuple[Value, Value]]:
    # The different outputs in order of appearance, 1 before 0; then the other way.
    kinds = list(dict.fromkeys(outputs))
    if len(kinds) == 2:
        one, other = (1, 0) if kinds == [0, 1] else kinds
        yield from ((one, other), (other, one))


def _numerals(outputs: _Values) -> list[int]:
    # Nothing unless all outputs are numbers as text.
    numbers = [n for n in map(numeral, outputs) if n is not None]
    return numbers if len(numbers) == len(outputs) else []


def shifted(text: str, shift: int) -> str:
    """Return the sum of an expression and a number, as text."""
    if not shift:
        return text
    return f"{text} {'+' if shift > 0 else '-'} {abs(shift)}"


def _choice(condition: str, yes: Value, no: Value) -> str:
    if type(yes) is int and (yes, no) == (1, 0):
        return f"int({condition})"
    return f"{literal(yes)} if {condition} else {literal(no)}"


# Values and conditions on one value, as Python text.


def conditions(name: str, values: _Values, chosen: Sequence[bool]) -> list[str]:
    """Return texts that hold for the chosen values and no other, the best first.

    ``values`` are all that are possible, each once; ``name`` is what a value is called.
    """
    inside = [*compress(values, chosen)]
    outside = [*compress(values, (not c for c in chosen))]
    if not inside or not outside:
        return []
    return list(_conditions(name, inside, outside))


def _conditions(name: str, inside: _Values, outside: _Values) -> Iterator[str]:
    if len(inside) == 1:
        yield f"{name} == {literal(inside[0])}"
    if len(outside) == 1:
        yield f"{name} != {literal(outside[0])}"
    numbers = [v for v in inside if isinstance(v, int)]
    others = [v for v in outside if isinstance(v, int)]
    if numbers and others:
        if max(numbers) < min(others):
            yield f"{name} < {min(others)}"
        if min(numbers) > max(others):
            yield f"{name} > {max(others)}"
        for modulus in _MODULI:
            rests = {v % modulus for v in numbers}
            if len(rests) == 1 and rests.isdisjoint(v % modulus for v in others):
                yield f"{name} % {modulus} == {rests.pop()}"
    if 1 < len(inside) <= _LISTED:
        yield f"{name} in {_listed(inside)}"
    if 1 < len(outside) <= _LISTED:
        yield f"{name} not in {_listed(outside)}"


def _listed(values: _Values) -> str:
    return f"({', '.join(map(literal, values))})"


def literal(value: Value) -> str:
    """A token or number as Python source; strings quoted as ``ruff format`` does."""
    if isinstance(value, int):
        return str(value)
    quote = "'" if value.count('"') > value.count("'") else '"'
    return quote + "".join(_escape(c, quote) for c in value) + quote


def _escape(character: str, quote: str) -> str:
    if character in (quote, "\\"):
        return "\\" + character
    if character.isprintable():
        return character
    return repr(character)[1:-1]


def width(line: str) -> int:
    """Columns that a line takes: wide characters take two, combining ones none."""
    if line.isascii():
        return len(line)
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c)
        for c in line
    )


def numeral(text: Value) -> int | None:
    """Return the number that ASCII digits are, "-" before them; None for any other."""
    if not isinstance(text, str) or len(text) > _MOST_DIGITS:
        return None
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() else None
