"""Formal languages and algorithms: what may come next, judged at greater lengths.

arXiv 2602.08857. The algorithms are sequences ``x | f(x)``, whose labels from the bar
on are the next tokens. Definitions are total: a label depends on x and on the place
after the bar, not on what stands there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, permutations, product

import numpy as np

from transformer_programs.lab.suites.languages import (
    END,
    LANGUAGES,
    LONGER,
    LONGEST,
    language_task,
)
from transformer_programs.lab.suites.suite import (
    FRAME,
    Labels,
    Sample,
    Suite,
    SuiteTask,
    Tokens,
    integers,
    picked,
)

BAR = "|"
BITS = integers(0, 1)
NUMBERS = integers(0, 149)
LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")
STRINGS = 3
"""How many strings are interleaved."""

Answer = Callable[[Tokens], Tokens | None]
"""From x to f(x); None if x is no input."""


def after_bar(tokens: Tokens, *, answer: Answer) -> Labels:
    """Label the bar and what comes after it with f(x), token by token."""
    if BAR not in tokens:
        return (None,) * len(tokens)
    bar = tokens.index(BAR)
    found = answer(tokens[:bar]) or ()
    asked = found[: len(tokens) - bar]
    return (*(None,) * bar, *asked, *(None,) * (len(tokens) - bar - len(asked)))


def written(x: Tokens | None, *, answer: Answer) -> Tokens | None:
    """Return ``x | f(x)`` without the last token of f(x), which is only a label."""
    found = None if x is None else answer(x)
    return None if x is None or found is None else (*x, BAR, *found[:-1])


def drawn(
    rng: np.random.Generator, size: int, *, sample: Sample, answer: Answer
) -> Tokens | None:
    """Draw x, and return ``x | f(x)``."""
    return written(sample(rng, size), answer=answer)


def listed(
    size: int, *, every: Callable[[int], Iterator[Tokens]], answer: Answer
) -> Iterator[Tokens]:
    """Yield ``x | f(x)`` for every x of a size."""
    return (
        found for x in every(size) if (found := written(x, answer=answer)) is not None
    )


# ---- f ----


def copied(x: Tokens) -> Tokens:
    """Return x."""
    return (*x, END)


def reversed_(x: Tokens) -> Tokens:
    """Return x from its end."""
    return (*x[::-1], END)


def in_order(x: Tokens) -> Tokens:
    """Return the numbers in rising order."""
    return (*sorted(x, key=int), END)


def counted(x: Tokens) -> Tokens | None:
    """Return all numbers from the first to the second."""
    if len(x) != 2 or not int(x[0]) < int(x[1]):
        return None
    return (*integers(int(x[0]), int(x[1])), END)


def parity(x: Tokens) -> Tokens:
    """Return the parity of the ones."""
    return (str(x.count("1") % 2),)


def majority(x: Tokens) -> Tokens | None:
    """Return the most frequent token; none on a tie."""
    (best, most), *others = Counter(x).most_common(2) or [("", 0)]
    return None if not most or any(count == most for _, count in others) else (best,)


def majorities(x: Tokens) -> Tokens | None:
    """Return the majority of every third token, from the first, second and third."""
    found = [majority(x[start::STRINGS]) for start in range(STRINGS)]
    bits = [best for best in found if best is not None]
    same = len(x) % STRINGS == 0
    return (*chain(*bits), END) if same and len(bits) == STRINGS else None


def sum_of(x: Tokens) -> Tokens | None:
    """Return the sum of two binary numbers with a plus between them."""
    first, _, second = "".join(x).partition("+")
    if not first or not second or "+" in second:
        return None
    return (*f"{int(first, 2) + int(second, 2):b}", END)


# ---- x ----


def repeating(rng: np.random.Generator, size: int, *, letters: Tokens) -> Tokens:
    """Draw tokens that may repeat."""
    return picked(rng, letters, size)


def distinct(rng: np.random.Generator, size: int) -> Tokens:
    """Draw different numbers."""
    return tuple(NUMBERS[i] for i in rng.permutation(len(NUMBERS))[:size].tolist())


def skewed_bits(rng: np.random.Generator, size: int) -> Tokens:
    """Draw bits, the number of ones uniform."""
    ones = int(rng.integers(size + 1))
    bits = ["1"] * ones + ["0"] * (size - ones)
    return tuple(bits[i] for i in rng.permutation(size).tolist())


def interleaved_bits(rng: np.random.Generator, size: int) -> Tokens:
    """Draw strings of bits in turn, each with a uniform number of ones.

    A size that is no multiple of their number is rounded down.
    """
    strings = [skewed_bits(rng, size // STRINGS) for _ in range(STRINGS)]
    return tuple(chain(*zip(*strings, strict=True)))


def first_and_last(rng: np.random.Generator, size: int) -> Tokens | None:
    """Draw the ends of a range of so many numbers."""
    if size < 2:
        return None
    start = int(rng.integers(len(NUMBERS) - size + 1))
    return NUMBERS[start], NUMBERS[start + size - 1]


def all_first_and_last(size: int) -> Iterator[Tokens]:
    """Yield the ends of all ranges of so many numbers."""
    for start in range(len(NUMBERS) - size + 1) if size > 1 else ():
        yield NUMBERS[start], NUMBERS[start + size - 1]


def two_numbers(rng: np.random.Generator, size: int) -> Tokens | None:
    """Draw two binary numbers, the highest bits first, with a plus between them."""
    if size < 3:
        return None
    length = int(rng.integers(1, size - 1))
    return (*_number(rng, length), "+", *_number(rng, size - 1 - length))


def _number(rng: np.random.Generator, length: int) -> Tokens:
    bits = picked(rng, BITS, length)
    return bits if length == 1 else ("1", *bits[1:])


def all_two_numbers(size: int) -> Iterator[Tokens]:
    """Yield all pairs of binary numbers with a plus between them."""
    for length in range(1, size - 1):
        for x in product(*[BITS] * length, ("+",), *[BITS] * (size - 1 - length)):
            numbers = x[:length], x[length + 1 :]
            if all(number[0] == "1" or len(number) == 1 for number in numbers):
                yield x


def all_repeating(size: int, *, letters: Tokens) -> Iterator[Tokens]:
    """Yield all sequences of the letters."""
    yield from product(letters, repeat=size)


def all_distinct(size: int) -> Iterator[Tokens]:
    """Yield all sequences of different numbers."""
    yield from permutations(NUMBERS, size)


def _algorithm(
    name: str,
    summary: str,
    answer: Answer,
    letters: Tokens,
    sample: Sample,
    every: Callable[[int], Iterator[Tokens]],
    *,
    written_out: int = 1,
) -> SuiteTask:
    # written_out: the most tokens of f(x).
    ends = name not in ("parity", "majority", "bin_majority")
    numbers = tuple(letter for letter in letters if letter != "+")
    return SuiteTask(
        name=name,
        summary=summary,
        definition=partial(after_bar, answer=answer),
        symbols=(*letters, BAR),
        labels=(*numbers, END) if ends else numbers,
        max_length=1 + LONGEST + written_out,
        begin=FRAME,
        sizes=range(1, LONGEST + 1),
        longer=LONGER,
        sample=partial(drawn, sample=sample, answer=answer),
        inputs=partial(listed, every=every, answer=answer),
        causal=True,
    )


_BINARY = partial(all_repeating, letters=BITS)

TASKS = (
    *map(language_task, LANGUAGES),
    _algorithm(
        "bin_majority",
        "Which bit is more frequent.",
        majority,
        BITS,
        skewed_bits,
        _BINARY,
    ),
    _algorithm(
        "bin_majority_interleave",
        "Which bit is more frequent in every third place.",
        majorities,
        BITS,
        interleaved_bits,
        _BINARY,
        written_out=1 + STRINGS,
    ),
    _algorithm(
        "majority",
        "The most frequent letter.",
        majority,
        LETTERS,
        partial(repeating, letters=LETTERS),
        partial(all_repeating, letters=LETTERS),
    ),
    _algorithm(
        "sort",
        "The numbers in rising order.",
        in_order,
        NUMBERS,
        distinct,
        all_distinct,
        written_out=1 + LONGEST,
    ),
    _algorithm(
        "unique_copy",
        "The numbers again, all different.",
        copied,
        NUMBERS,
        distinct,
        all_distinct,
        written_out=1 + LONGEST,
    ),
    _algorithm(
        "unique_reverse",
        "The numbers in reverse order, all different.",
        reversed_,
        NUMBERS,
        distinct,
        all_distinct,
        written_out=1 + LONGEST,
    ),
    _algorithm(
        "repeat_copy",
        "The letters again.",
        copied,
        ("a", "b"),
        partial(repeating, letters=("a", "b")),
        partial(all_repeating, letters=("a", "b")),
        written_out=1 + LONGEST,
    ),
    _algorithm(
        "count",
        "The numbers from the first to the second.",
        counted,
        NUMBERS,
        first_and_last,
        all_first_and_last,
        written_out=1 + LONGEST,
    ),
    _algorithm(
        "parity",
        "The parity of the ones.",
        parity,
        BITS,
        skewed_bits,
        _BINARY,
    ),
    _algorithm(
        "addition",
        "The sum of two binary numbers, highest bits first.",
        sum_of,
        (*BITS, "+"),
        two_numbers,
        all_two_numbers,
        written_out=1 + LONGEST,
    ),
)
"""17 languages and 10 algorithms."""

_PUBLISHED = {
    "tomita3": ".9995 / .9755 / .8825",
    "tomita5": ".9890 / .7045 / .2155",
    "tomita6": ".6805 / .0945 / .0225",
    "D4": "1 / 1 / .9825",
    "D12": "1 / 1 / .9740",
    "bin_majority_interleave": "1 / .9955 / .9165",
    "majority": "1 / 1 / .9970",
    "sort": ".9780 / 1 / 1",
    "unique_copy": "1 / 1 / .9905",
    "unique_reverse": "1 / 1 / .9915",
    "repeat_copy": "1 / .2660 / 0",
    "count": "1 / 1 / .9480",
    "parity": ".9390 / .6745 / .6320",
    "addition": ".4995 / .0110 / 0",
}
"""Those that are not 1 everywhere."""

_NOT_DECOMPILED = (
    *("parity", "addition", "repeat_copy", "tomita3", "tomita5", "tomita6", "D3"),
)

SUITE = Suite(
    name="formal",
    title="Formal languages and algorithms",
    about=(
        "Decompiling Transformers, arXiv 2602.08857: 17 languages, where the label of "
        "a token (and of `^`, which stands before the string) is the set of letters "
        "that may come next, `$` for the end; and 10 algorithms, as sequences "
        "`x | f(x)` whose labels from the bar on are the next tokens. Sizes are those "
        "of strings and of x, uniform from 1 to 50, then 51 to 100 and 101 to 150. All "
        "programs are learned with `causal`, so that labels depend on no later token. "
        "Published is the share of whole sequences right, of a Transformer, at these "
        "three ranges of sizes, and whether it was decompiled into a program."
    ),
    tasks=TASKS,
    best="Transformers 13 of 27 without errors at all three ranges",
    published={
        "Transformer": {
            task.name: _PUBLISHED.get(task.name, "1 / 1 / 1") for task in TASKS
        },
        "decompiled": {
            task.name: "no" if task.name in _NOT_DECOMPILED else "" for task in TASKS
        },
    },
)
