"""Tables as expressions in the values of one or two variables.

Candidates are texts. Each is executed for every combination of values that can occur,
and taken only if it says what the table says: nothing here has to be believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from transformer_programs.analysis.conditions import conditions, literal, numeral
from transformer_programs.program import Value, number

LARGEST = 20_000
"""Tables with more cells are not looked at."""

_MOST_CASES = 4
"""The most constants that an expression chooses from."""

NAMES = ("a", "b")
"""What the values of two inputs are called; that of one is called ``x``."""


def expression(
    inputs: Sequence[Sequence[Value]], outputs: Sequence[Value]
) -> str | None:
    """Return the simplest expression that is a table, in ``x``, or in ``a`` and ``b``.

    None if no expression of the kinds that are tried says the same.

    Args:
        inputs: the values that each of the one or two inputs can have, each once.
        outputs: the table's value for every combination, the last input running
            fastest.
    """
    if len(outputs) > LARGEST or not outputs:
        return None
    cells = list(product(*inputs))
    names = ("x",) if len(inputs) == 1 else NAMES
    candidates = (
        _of_one(inputs[0], outputs)
        if len(inputs) == 1
        else _of_two(inputs[0], inputs[1], outputs)
    )
    for text in candidates:
        if _says(text, names, cells, outputs):
            return text
    return None


def _says(
    text: str,
    names: Sequence[str],
    cells: Sequence[tuple[Value, ...]],
    outputs: Sequence[Value],
) -> bool:
    """Whether the text, executed, gives every output, and of the same type."""
    function = eval(f"lambda {', '.join(names)}: {text}", {"number": number})
    try:
        for cell, output in zip(cells, outputs, strict=True):
            found = function(*cell)
            if found != output or type(found) is not type(output):
                return False
    except ValueError:  # int() of a token that is no number
        return False
    return True


def _of_one(values: Sequence[Value], outputs: Sequence[Value]) -> Iterator[str]:
    yield "x"
    if len(set(outputs)) == 1:
        yield literal(outputs[0])
    if isinstance(values[0], str) and isinstance(outputs[0], int):
        if all(str(value).isascii() for value in values):
            yield "int(x)"
        yield "number(x)"
    if isinstance(values[0], int):
        yield from _arithmetic_of_one(values, outputs)
    yield from _two_valued_of_one(values, outputs)
    changed = [v != output for v, output in zip(values, outputs, strict=True)]
    constants = {output for output, c in zip(outputs, changed, strict=True) if c}
    if len(constants) == 1:
        for text in conditions("x", values, changed):
            yield f"{literal(*constants)} if {text} else x"


def _kinds(outputs: Sequence[Value]) -> list[Value]:
    """The different outputs, in order of appearance; 1 before 0."""
    kinds = list(dict.fromkeys(outputs))
    return [1, 0] if kinds == [0, 1] else kinds


def _arithmetic_of_one(
    values: Sequence[Value], outputs: Sequence[Value]
) -> Iterator[str]:
    first, last = int(values[0]), int(values[-1])
    if isinstance(outputs[0], str):
        yield from _written_numbers(values, outputs)
        return
    yield _shifted("x", outputs[0] - first)
    yield f"{outputs[0] + first} - x"
    yield f"max({_shifted('x', int(outputs[-1]) - last)}, 0)"
    yield f"min(x, {outputs[-1]})"
    modulus = max(int(output) for output in outputs) + 1
    yield f"x % {modulus}"


def _written_numbers(
    values: Sequence[Value], outputs: Sequence[Value]
) -> Iterator[str]:
    """The number plus a constant, kept between bounds, as text."""
    numbers = _numerals(outputs)
    if numbers is None:
        return
    least, most = min(numbers), max(numbers)
    for shift in sorted({n - int(v) for n, v in zip(numbers, values, strict=True)}):
        text = _shifted("x", shift)
        yield f"str({text})"
        yield f"str(max({text}, {least}))"
        yield f"str(min({text}, {most}))"
        yield f"str(min(max({text}, {least}), {most}))"


def _numerals(outputs: Sequence[Value]) -> list[int] | None:
    """The numbers that all outputs are as text, if they are."""
    numbers = [n for n in map(numeral, outputs) if n is not None]
    return numbers if len(numbers) == len(outputs) else None


def _two_valued_of_one(
    values: Sequence[Value], outputs: Sequence[Value]
) -> Iterator[str]:
    kinds = _kinds(outputs)
    if len(kinds) != 2:
        return
    for yes, no in (kinds, kinds[::-1]):
        for text in conditions("x", values, [output == yes for output in outputs]):
            yield _choice(text, yes, no)


def _of_two(
    firsts: Sequence[Value], seconds: Sequence[Value], outputs: Sequence[Value]
) -> Iterator[str]:
    yield from NAMES
    if all(isinstance(values[0], int) for values in (firsts, seconds, outputs)):
        yield from _arithmetic_of_two(firsts, seconds, outputs)
    if all(isinstance(values[0], str) for values in (firsts, seconds)):
        yield from ("number(a) + number(b)", *_difference_of_tokens(outputs))
    if isinstance(firsts[0], int) and isinstance(outputs[0], str):
        yield from _sums_with_carry(firsts, seconds, outputs)
    yield from _two_valued_of_two(firsts, seconds, outputs)
    yield from _selections(firsts, seconds, outputs)
    yield from _cases(firsts, seconds, outputs)


def _arithmetic_of_two(
    firsts: Sequence[Value], seconds: Sequence[Value], outputs: Sequence[Value]
) -> Iterator[str]:
    first, second, output = int(firsts[0]), int(seconds[0]), int(outputs[0])
    yield _shifted("a + b", output - first - second)
    yield _shifted("a - b", output - first + second)
    yield _shifted("b - a", output - second + first)
    yield from ("abs(a - b)", "min(a, b)", "max(a, b)")
    yield from ("max(a - b, 0)", "max(b - a, 0)")
    yield from ("1 + (a > b) - (a < b)", "1 + (b > a) - (b < a)")
    modulus = max(map(int, outputs)) + 1
    yield from (f"(a + b) % {modulus}", f"(a - b) % {modulus}")


def _difference_of_tokens(outputs: Sequence[Value]) -> Iterator[str]:
    """The difference of two numbers, raised so that none is negative."""
    if all(isinstance(output, int) for output in outputs):
        most = max(int(output) for output in outputs)
        for raised in sorted({most, (most + 1) // 2}):
            yield f"{_shifted('number(a) - number(b)', raised)}"


def _sums_with_carry(
    firsts: Sequence[Value], seconds: Sequence[Value], outputs: Sequence[Value]
) -> Iterator[str]:
    """The first number, and one more where a condition on the second holds, modulo."""
    numbers = _numerals(outputs)
    if numbers is None:
        return
    modulus = max(numbers) + 1
    width = len(seconds)
    added = [(numbers[j] - int(firsts[0])) % modulus for j in range(width)]
    for least in sorted(set(added)):
        carried = [value == (least + 1) % modulus for value in added]
        for text in conditions("b", seconds, carried)[:1]:
            yield f"str(({_shifted('a', least)} + int({text})) % {modulus})"


def _two_valued_of_two(
    firsts: Sequence[Value], seconds: Sequence[Value], outputs: Sequence[Value]
) -> Iterator[str]:
    kinds = _kinds(outputs)
    if len(kinds) != 2:
        return
    same_kind = isinstance(firsts[0], int) == isinstance(seconds[0], int)
    signs = ("==", "!=", "<", "<=", ">", ">=") if same_kind else ()
    comparisons = [f"a {sign} b" for sign in signs]
    width = len(seconds)
    for yes, no in (kinds, kinds[::-1]):
        yield from (_choice(text, yes, no) for text in comparisons)
        # True on a rectangle of first and second values, or where they compare in it.
        rows = [yes in outputs[i : i + width] for i in range(0, len(outputs), width)]
        columns = [yes in outputs[j::width] for j in range(width)]
        lefts = conditions("a", firsts, rows) or [""]
        rights = conditions("b", seconds, columns) or [""]
        for parts in product(["", *comparisons], lefts[:2], rights[:2]):
            if any(parts[1:]):
                yield _choice(" and ".join(filter(None, parts)), yes, no)


def _selections(
    firsts: Sequence[Value], seconds: Sequence[Value], outputs: Sequence[Value]
) -> Iterator[str]:
    """One of the inputs, or a constant, where a condition on one input holds."""
    width = len(seconds)
    rows = [outputs[i : i + width] for i in range(0, len(outputs), width)]
    columns = [outputs[j::width] for j in range(width)]
    for name, other, values, others, lines in (
        ("a", "b", firsts, seconds, rows),
        ("b", "a", seconds, firsts, columns),
    ):
        copies_other = [list(line) == list(others) for line in lines]
        copies_own = [
            set(line) == {value} for value, line in zip(values, lines, strict=True)
        ]
        for text in conditions(name, values, copies_other):
            yield f"{other} if {text} else {name}"
            for constant in _constants(lines, copies_other):
                yield f"{other} if {text} else {constant}"
        if all(isinstance(value, int) for value in others):
            raised = [list(line) == [int(v) + 1 for v in others] for line in lines]
            for text in conditions(name, values, raised):
                for constant in _constants(lines, raised):
                    yield f"{other} + 1 if {text} else {constant}"
        for text in conditions(name, values, copies_own):
            yield f"{name} if {text} else {other}"


def _cases(
    firsts: Sequence[Value], seconds: Sequence[Value], outputs: Sequence[Value]
) -> Iterator[str]:
    """One constant after the other, each where a condition on one input holds."""
    if len(set(outputs)) > _MOST_CASES:
        return
    width = len(seconds)
    rows = [tuple(outputs[i : i + width]) for i in range(0, len(outputs), width)]
    text = _peeled(list(firsts), list(seconds), rows, _MOST_CASES)
    if text is not None:
        yield text


def _peeled(
    firsts: list[Value], seconds: list[Value], rows: list[tuple[Value, ...]], left: int
) -> str | None:
    """Constant rows or columns taken away, until a constant is left."""
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
            kept = [v for v, k in zip(values, keep, strict=True) if k]
            rest = [line for line, k in zip(lines, keep, strict=True) if k]
            if name == "a":
                other = _peeled(kept, seconds, rest, left - 1)
            else:
                turned = list(zip(*rest, strict=True))
                other = _peeled(firsts, kept, turned, left - 1)
            if other is not None:
                return f"{literal(kind)} if {texts[0]} else {other}"
    return None


def _constants(lines: Sequence[Sequence[Value]], copied: Sequence[bool]) -> list[str]:
    """The only value of the lines that copy nothing, if there is one."""
    rest = {v for line, copies in zip(lines, copied, strict=True) if not copies
            for v in line}  # fmt: skip
    return [literal(value) for value in rest] if len(rest) == 1 else []


def _shifted(text: str, shift: int) -> str:
    if not shift:
        return text
    return f"{text} {'+' if shift > 0 else '-'} {abs(shift)}"


def _choice(condition: str, yes: Value, no: Value) -> str:
    if type(yes) is int and (yes, no) == (1, 0):
        return f"int({condition})"
    return f"{literal(yes)} if {condition} else {literal(no)}"
