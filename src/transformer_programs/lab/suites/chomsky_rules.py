"""What the tasks along the Chomsky hierarchy compute, and their inputs.

Labels stand at the places that the output has; ``_`` fills up inputs that are shorter
than their output. Definitions are total: what is no input has ``INVALID`` as its label,
or none.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product
from math import isqrt

import numpy as np

from transformer_programs.lab.suites.suite import (
    Labels,
    Tokens,
    integers,
    picked,
)

MODULUS = 5
DIGITS = integers(0, MODULUS - 1)
BITS = integers(0, 1)
BLANK = "_"
STOP = "end"
"""The label after the last of an output that is shorter than its input."""

INVALID = "0"

Step = tuple[int, Tokens] | None
"""A value and what is left to be read; None where nothing can be read."""


# ---- Regular ----


def even_pairs(tokens: Tokens) -> str:
    """Return 0 if the pairs 01 and 10 are even in number, else 1."""
    return str(sum(a != b for a, b in pairwise(tokens)) % 2)


def parity_check(tokens: Tokens) -> str:
    """Return the parity of the ones."""
    return str(tokens.count("1") % 2)


def cycle_navigation(tokens: Tokens) -> str:
    """Return the place on a circle of five after steps of 0, 1 or -1."""
    return str(sum(map(int, tokens)) % MODULUS)


def modular_arithmetic(tokens: Tokens) -> str:
    """Return the value of numbers with + - * between them; * binds more strongly."""
    total, term, sign = 0, 1, 1
    for place, token in enumerate(tokens):
        if (token in DIGITS) != (place % 2 == 0):
            return INVALID
        if token in DIGITS:
            term *= int(token)
        elif token != "*":
            total, term, sign = total + sign * term, 1, 1 if token == "+" else -1
    return str((total + sign * term) % MODULUS) if len(tokens) % 2 else INVALID


def arithmetic(rng: np.random.Generator, size: int) -> Tokens:
    """Draw numbers with operators between them; of an even size one token less."""
    count = (size + 1) // 2
    numbers, operators = picked(rng, DIGITS, count), picked(rng, "+-*", count - 1)
    return (*sum(zip(numbers, operators, strict=False), ()), numbers[-1])


def all_arithmetic(size: int) -> Iterator[Tokens]:
    """Yield all numbers with operators between them."""
    if size % 2:
        yield from product(*([DIGITS, ("+", "-", "*")] * size)[:size])


# ---- Deterministic context-free ----


def value_in_brackets(tokens: Tokens) -> Step:
    """Read ``d``, ``-d``, ``(d)``, ``(-d)`` or ``(x op y)`` of two such things."""
    if not tokens:
        return None
    first, rest = tokens[0], tokens[1:]
    if first in DIGITS:
        return int(first), rest
    if first == "-":
        return (-int(rest[0]), rest[1:]) if rest and rest[0] in DIGITS else None
    left = value_in_brackets(rest) if first == "(" else None
    if left is None or not left[1]:
        return None
    value, (sign, *after) = left
    if sign in "+-":
        right = value_in_brackets(tuple(after))
        if right is None or not right[1]:
            return None
        value += right[0] if sign == "+" else -right[0]
        sign, *after = right[1]
    return (value % MODULUS, tuple(after)) if sign == ")" else None


def modular_arithmetic_brackets(tokens: Tokens) -> str:
    """Return the value of an expression in which brackets are around every sum."""
    read = value_in_brackets(tokens)
    return INVALID if read is None or read[1] else str(read[0] % MODULUS)


def expression(rng: np.random.Generator, size: int) -> Tokens:
    """Draw an expression in brackets, of exactly this size."""
    if size <= 4:
        digit = picked(rng, DIGITS, 1)
        signed = ("-", *digit) if size % 2 == 0 else digit
        return signed if size <= 2 else ("(", *signed, ")")
    left = int(rng.integers(1, size - 3))
    parts = expression(rng, left), expression(rng, size - 3 - left)
    return ("(", *parts[0], *picked(rng, "+-", 1), *parts[1], ")")


def all_expressions(size: int) -> Iterator[Tokens]:
    """Yield all expressions in brackets."""
    if size <= 4:
        for digit in DIGITS:
            signed = ("-", digit) if size % 2 == 0 else (digit,)
            yield signed if size <= 2 else ("(", *signed, ")")
    for left in range(1, size - 3):
        for first in all_expressions(left):
            for sign in "+-":
                for second in all_expressions(size - 3 - left):
                    yield ("(", *first, sign, *second, ")")


def solve_equation(tokens: Tokens) -> str:
    """Return the digit for x with which an expression has the value after ``=``."""
    if tokens.count("x") == 1 and "=" in tokens:
        for digit in DIGITS:
            *left, sign, value = (digit if token == "x" else token for token in tokens)
            read = value_in_brackets(tuple(left))
            found = None if read is None or read[1] else str(read[0] % MODULUS)
            if sign == "=" and found == value:
                return digit
    return INVALID


def equation(rng: np.random.Generator, size: int) -> Tokens | None:
    """Draw an expression and its value, with x for one of its digits."""
    if size < 3:
        return None
    found = expression(rng, size - 2)
    digits = [place for place, token in enumerate(found) if token in DIGITS]
    place = digits[int(rng.integers(len(digits)))]
    value = modular_arithmetic_brackets(found)
    return (*found[:place], "x", *found[place + 1 :], "=", value)


def all_equations(size: int) -> Iterator[Tokens]:
    """Yield every expression with x for every one of its digits, and every value."""
    for found in all_expressions(size - 2) if size > 2 else ():
        for place, token in enumerate(found):
            if token == "0":
                for value in DIGITS:
                    yield (*found[:place], "x", *found[place + 1 :], "=", value)


def stack_manipulation(tokens: Tokens) -> Labels:
    """Return the stack, the top first, after POP and PUSH; then an end."""
    body = tokens[:-1] if tokens[-1:] == (BLANK,) else tokens
    stack: list[str] = []
    acted = False
    for token in body:
        acted = acted or token not in BITS
        if token == BLANK or (token in BITS and acted):
            return (None,) * len(tokens)
        if token == "POP":
            stack = stack[:-1]
        else:
            stack.append(token[-1])
    return _padded([*stack[::-1], STOP], len(tokens))


def stack_actions(rng: np.random.Generator, size: int) -> Tokens:
    """Draw a stack, the bottom first, what is done to it, and a blank."""
    height = int(rng.integers(1, max(size, 2)))
    actions = picked(rng, ("POP", "PUSH0", "PUSH1"), size - height)
    return (*picked(rng, BITS, height), *actions, BLANK)


def all_stack_actions(size: int) -> Iterator[Tokens]:
    """Yield all stacks with all that can be done to them."""
    actions = ("POP", "PUSH0", "PUSH1")
    for height in range(1, max(size, 2)):
        parts = [BITS] * height + [actions] * (size - height)
        yield from product(*parts, (BLANK,))


def reverse_string(tokens: Tokens) -> Labels:
    """Return the tokens in reverse order."""
    return tokens[::-1]


# ---- Context-sensitive ----


def duplicate_string(tokens: Tokens) -> Labels:
    """Return the string that stands before as many blanks, twice."""
    half = len(tokens) // 2
    string, blanks = tokens[:half], tokens[half:]
    if BLANK in string or set(blanks) != {BLANK} or len(tokens) % 2:
        return (None,) * len(tokens)
    return string + string


def before_blanks(rng: np.random.Generator, size: int) -> Tokens:
    """Draw a string, and put as many blanks after it."""
    return (*picked(rng, BITS, size), *(BLANK,) * size)


def all_before_blanks(size: int) -> Iterator[Tokens]:
    """Yield all strings with as many blanks after them."""
    yield from product(*[BITS] * size, *[(BLANK,)] * size)


def missing_duplicate(tokens: Tokens) -> str:
    """Return the token of a string, written twice, for which ``?`` stands."""
    string = tokens[:-1] if tokens[-1:] == (BLANK,) else tokens
    half = len(string) // 2
    if string.count("?") != 1 or len(string) % 2:
        return INVALID
    found = string[(string.index("?") + half) % len(string)]
    return found if found in BITS else INVALID


def with_a_gap(rng: np.random.Generator, size: int) -> Tokens | None:
    """Draw a string twice, one token missing; an odd size is filled by a blank."""
    if size < 2:
        return None
    string = picked(rng, BITS, size // 2) * 2
    gap = int(rng.integers(len(string)))
    return (*string[:gap], "?", *string[gap + 1 :], *(BLANK,) * (size % 2))


def all_with_a_gap(size: int) -> Iterator[Tokens]:
    """Yield all strings twice, with all gaps."""
    for string in product(*[BITS] * (size // 2)):
        twice = string * 2
        for gap in range(len(twice)):
            yield (*twice[:gap], "?", *twice[gap + 1 :], *(BLANK,) * (size % 2))


def odds_first(tokens: Tokens) -> Labels:
    """Return the first token, the third and so on, then the second and so on."""
    return tokens[::2] + tokens[1::2]


def binary_result(tokens: Tokens, *, sign: str) -> Labels:
    """Return the sum or product of two numbers, the lowest bits first; then an end."""
    body = tokens[:-1] if tokens[-1:] == (BLANK,) else tokens
    nothing = (None,) * len(tokens)
    if body.count(sign) != 1 or BLANK in body:
        return nothing
    at = body.index(sign)
    first, second = body[:at], body[at + 1 :]
    if not first or not second:
        return nothing
    a, b = (int("".join(number[::-1]), 2) for number in (first, second))
    result = f"{a + b if sign == '+' else a * b:b}"
    return _padded([*result[::-1], STOP], len(tokens))


def two_numbers(
    rng: np.random.Generator, size: int, *, sign: str, blanks: int
) -> Tokens | None:
    """Draw two positive binary numbers of together this size, the lowest bits first."""
    if size < 3:
        return None
    first = int(rng.integers(1, size - 1))
    numbers = [_positive(rng, length) for length in (first, size - 1 - first)]
    return (*numbers[0], sign, *numbers[1], *(BLANK,) * blanks)


def _positive(rng: np.random.Generator, length: int) -> Tokens:
    while "1" not in (bits := picked(rng, BITS, length)):
        pass
    return bits


def all_two_numbers(size: int, *, sign: str, blanks: int) -> Iterator[Tokens]:
    """Yield all pairs of positive binary numbers."""
    for first in range(1, size - 1):
        for found in product(*[BITS] * first, (sign,), *[BITS] * (size - 1 - first)):
            if "1" in found[:first] and "1" in found[first + 1 :]:
                yield (*found, *(BLANK,) * blanks)


def compute_sqrt(tokens: Tokens) -> Labels:
    """Return the root, rounded down, in the first half; the highest bits first."""
    half = (len(tokens) + 1) // 2
    return _padded(f"{isqrt(int(''.join(tokens), 2)):0{half}b}", len(tokens))


def positive_number(rng: np.random.Generator, size: int) -> Tokens:
    """Draw a positive binary number."""
    return _positive(rng, size)


def all_positive_numbers(size: int) -> Iterator[Tokens]:
    """Yield all positive binary numbers."""
    return (bits for bits in product(BITS, repeat=size) if "1" in bits)


def bucket_sort(tokens: Tokens) -> Labels:
    """Return the digits in rising order."""
    return tuple(sorted(tokens))


def _padded(labels: list[str] | str, length: int) -> Labels:
    # Nothing is asked for after them; what has no place is not asked for either.
    return (*labels, *(None,) * (length - len(labels)))[:length]
