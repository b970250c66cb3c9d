"""Addition of two numbers: digits in turn, or written ``a + b``."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from transformer_programs.errors import SettingName, TaskError
from transformer_programs.language import Scope
from transformer_programs.tasks.algebra import Algebra, C, N, S
from transformer_programs.tasks.sizes import (
    half_numerical,
    numbers,
    over_numbers,
    sized,
    symbol_count,
)
from transformer_programs.tasks.task import BEGIN, Tags, Task, Tokens

PLUS = "+"
"""The sign between the two numbers of ``add_numbers``."""


def add_digits(tokens: Tokens, *, base: int) -> Tags:
    """Two numbers' digits in turn, the lowest first: at the second, that of the sum.

    The first digit of a pair has no label, nor has a last one without a partner. The
    carry out of the last pair is not asked for.
    """
    tags: list[str | None] = []
    carry = 0
    for first, second in zip(tokens[::2], tokens[1::2], strict=False):
        carry, digit = divmod(int(first) + int(second) + carry, base)
        tags += [None, str(digit)]
    return tuple(tags) + (None,) * (len(tokens) % 2)


def add_digits_formula(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S | None]:
    """At the second of every pair of digits, the digit of their sum and the carry."""
    carry = algebra.some([])
    labels: list[S | None] = [None] * len(tokens)
    for i in range(1, len(tokens), 2):
        labels[i], carry = _added(
            algebra, tokens[i - 1], tokens[i], carry, len(symbols)
        )
    return labels


def _added(
    algebra: Algebra[C, N, S], first: S, second: S, carry: C, base: int
) -> tuple[S, C]:
    """The digit of a sum and whether one is carried on."""

    def digit(more: int) -> S:
        return algebra.combined(
            first, second, lambda a, b: str((int(a) + int(b) + more) % base)
        )

    def carried(more: int) -> C:
        total = algebra.combined(first, second, lambda a, b: str(int(a) + int(b)))
        over = range(base - more, 2 * base - 1)
        return algebra.within(total, tuple(map(str, over)))

    carries = algebra.some([carried(0), algebra.every([carry, carried(1)])])
    return algebra.first([(carry, digit(1))], digit(0)), carries


def draw_digits(
    rng: np.random.Generator, count: int, length: int, *, base: int
) -> NDArray[np.int64]:
    """Digits in pairs, half of which add up to base - 1 and hand a carry on."""
    ids = rng.integers(base, size=(count, length))
    first, second = ids[:, : length // 2 * 2 : 2], ids[:, 1::2]
    handing = rng.random(second.shape) < 0.5
    second[handing] = base - 1 - first[handing]
    return ids


ADD_DIGITS = over_numbers(
    name="add_digits",
    summary="Two numbers' digits in turn, lowest first: the digits of their sum.",
    definition=sized(add_digits, base=10),
    formula=add_digits_formula,
    symbols=10,
    labels=lambda symbols, length: symbols,
    min_length=2,
    draw=sized(draw_digits, base=10),
    model=half_numerical(layers=3, heads=8, tables=4, scope=Scope.CAUSAL),
)


def add_numbers(tokens: Tokens, *, base: int) -> Tags:
    """``a + b``, the highest digits first: at every digit of b, the digit of the sum.

    Only as many digits of the sum as b has are asked for. A second ``+`` ends b, and
    without a first one there is no b: all other tokens have no label.
    """
    if PLUS not in tokens:
        return (None,) * len(tokens)
    begin = tokens.index(PLUS) + 1
    end = tokens.index(PLUS, begin) if PLUS in tokens[begin:] else len(tokens)
    augend, addend = tokens[: begin - 1][::-1], tokens[begin:end][::-1]
    digits: list[str] = []
    carry = 0
    for place, second in enumerate(addend):
        first = augend[place] if place < len(augend) else "0"
        carry, digit = divmod(int(first) + int(second) + carry, base)
        digits.insert(0, str(digit))
    return (*(None,) * begin, *digits, *(None,) * (len(tokens) - end))


def add_numbers_formula(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S | None]:
    """``a + b``: from the last digit of b back, the digit of the sum and the carry.

    The plus is in the middle; b may have one digit more than a.
    """
    base, carry = len(symbols) - 1, algebra.some([])
    plus = (len(tokens) - 1) // 2
    labels: list[S | None] = [None] * len(tokens)
    for place in range(1, len(tokens) - plus):
        first = tokens[plus - place] if place <= plus else algebra.symbol("0")
        labels[-place], carry = _added(algebra, first, tokens[-place], carry, base)
    return labels


def draw_sums(
    rng: np.random.Generator, count: int, length: int, *, base: int
) -> NDArray[np.int64]:
    """``a + b`` with pairs of digits as in ``draw_digits``; the sign has index 0.

    Args:
        rng: the only source of chance.
        count: how many sequences.
        length: tokens per sequence; one in the middle is the sign. If it is even, b
            has one digit more than a.
        base: how many digits there are.
    """
    sign = (length - 1) // 2
    ids = rng.integers(base, size=(count, length))
    ids[:, sign] = 0
    first, second = ids[:, :sign], ids[:, length - sign :]
    handing = rng.random(second.shape) < 0.5
    second[handing] = base - 1 - first[handing]
    return ids


def _alphabets(digits: Tokens, length: int) -> tuple[Tokens, ...]:
    """Return digits for every position but the middle one, which holds the sign."""
    before = (length - 1) // 2
    return (*(digits,) * before, (PLUS,), *(digits,) * (length - 1 - before))


def _resize(task: Task, vocabulary_size: int, max_length: int) -> Task:
    digits = numbers(symbol_count(task, vocabulary_size, fixed=1))
    bare = max_length - task.input.frame_size
    if bare < 3:
        raise TaskError(
            f"task {task.name!r}: ",
            SettingName("max_length"),
            f" {max_length} leaves room for {bare} bare tokens, expected at least 3",
        )
    return replace(
        task,
        definition=sized(add_numbers, base=len(digits)),
        symbols=(*digits, PLUS),
        labels=digits,
        max_length=max_length,
        min_length=bare,
        alphabets=_alphabets(digits, bare),
        draw=sized(draw_sums, base=len(digits)),
    )


ADD_NUMBERS = Task(
    name="add_numbers",
    summary="a + b, highest digits first: below b, the digits of the sum.",
    definition=sized(add_numbers, base=10),
    formula=add_numbers_formula,
    symbols=(*numbers(10), PLUS),
    labels=numbers(10),
    max_length=8,
    begin=BEGIN,
    min_length=7,
    alphabets=_alphabets(numbers(10), 7),
    draw=sized(draw_sums, base=10),
    model=half_numerical(layers=3, heads=8, tables=4),
    resize=_resize,
)
