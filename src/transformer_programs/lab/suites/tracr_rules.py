"""What the cases of TracrBench and InterpBench compute, on numbers and on letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from statistics import mean

Numbers = list[int]
Letters = list[str]


# ---- Of numbers: a label per token ----


def trend(x: Numbers) -> list[str | None]:
    """Compare every number with the next; the last has no label."""
    words = ["down" if b < a else "up" if b > a else "same" for a, b in pairwise(x)]
    return [*words, None]


def oscillates(x: Numbers) -> list[int | None]:
    """Return whether a number is a turning point: rising on one side alone."""
    rises = [b > a for a, b in pairwise(x)]
    inner = [int(a != b) for a, b in pairwise(rises)]
    return [None, *inner, None][: len(x)]


def median(x: Numbers) -> list[str]:
    """Return the middle number, or the mean of the middle two, everywhere."""
    middle = sorted(x)[(len(x) - 1) // 2 : len(x) // 2 + 1]
    return [f"{mean(middle):g}"] * len(x)


def first_half_doubled(x: Numbers) -> Numbers:
    """Double the first half, the middle included."""
    return [2 * n if 2 * i < len(x) else n for i, n in enumerate(x)]


def second_half_halved(x: Numbers) -> list[str]:
    """Halve the second half, the middle included."""
    halves = [n / 2 if i >= len(x) // 2 else n for i, n in enumerate(x)]
    return [f"{n:g}" for n in halves]


def first_half_mirrored(x: Numbers) -> Numbers:
    """Put the first half, from its end, in place of the second."""
    return [x[i] if i < len(x) // 2 else x[-1 - i] for i in range(len(x))]


def halves_swapped(x: Numbers) -> Numbers:
    """Swap the halves; a number in the middle stays."""
    half = len(x) // 2
    return x[len(x) - half :] + x[half : len(x) - half] + x[:half]


def odd_indices_reversed(x: Numbers) -> Numbers:
    """Put the numbers at odd indices into reverse order."""
    odd = x[1::2][::-1]
    return [odd[i // 2] if i % 2 else n for i, n in enumerate(x)]


def swapped(x: Numbers, *, start: int = 0) -> Numbers:
    """Swap neighbours in pairs, from an index on."""
    found = list(x)
    for i in range(start, len(x) - 1, 2):
        found[i : i + 2] = x[i + 1], x[i]
    return found


def ends_swapped(x: Numbers) -> Numbers:
    """Swap the first and the last number."""
    return [x[-1], *x[1:-1], x[0]] if len(x) > 1 else x


def first_two_swapped(x: Numbers) -> Numbers:
    """Swap the first two numbers."""
    return [x[1], x[0], *x[2:]] if len(x) > 1 else x


def zeros_inserted(x: Numbers) -> Numbers:
    """Put a zero after every number, and cut off what has no room."""
    return [0 if i % 2 else x[i // 2] for i in range(len(x))]


def last_then_zeros(x: Numbers) -> Numbers:
    """Return the last number, and zeros after it."""
    return [x[-1], *[0] * (len(x) - 1)]


def reversed_if_sorted(x: Numbers) -> Numbers:
    """Reverse numbers that rise; leave others as they are."""
    return x[::-1] if x == sorted(x) else x


def duplicates_zeroed(x: Numbers) -> Numbers:
    """Put zero in place of numbers that occurred before."""
    return [0 if n in x[:i] else n for i, n in enumerate(x)]


def falls_zeroed(x: Numbers) -> Numbers:
    """Put zero in place of numbers that are less than the one before."""
    return [0 if i and n < x[i - 1] else n for i, n in enumerate(x)]


def with_next(
    x: Numbers, *, rule: Callable[[int, int], int], last: Callable[[int], int]
) -> Numbers:
    """Combine every number with the next; the last alone."""
    return [*(rule(a, b) for a, b in pairwise(x)), last(x[-1])]


def polynomial(x: Numbers) -> Numbers:
    """Return the value at the first number; the others are the coefficients."""
    value = 0
    for coefficient in x[1:]:
        value = value * x[0] + coefficient
    return [value] * len(x)


def everywhere(x: Sequence[object], answer: object) -> list[object]:
    """Return the same label for every token."""
    return [int(answer) if isinstance(answer, bool) else answer] * len(x)


# ---- Of one number ----


def is_prime(n: int) -> bool:
    """Return whether a number is prime."""
    return n > 1 and all(n % d for d in range(2, n))


def next_prime(n: int) -> int:
    """Return the least prime above a number."""
    return next(p for p in range(n + 1, 2 * n + 3) if is_prime(p))


def prime_factors(n: int) -> int:
    """Return how many primes divide a positive number."""
    return sum(is_prime(d) and n % d == 0 for d in range(2, n + 1))


def fibonacci(n: int) -> int:
    """Return a Fibonacci number: 0, 1, 1, 2, ..."""
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def reflected(n: int, *, low: int = 2, high: int = 7) -> int:
    """Fold a number into a range, back and forth from its ends."""
    place = (n - low) % (2 * (high - low))
    return low + min(place, 2 * (high - low) - place)


def wrapped(n: int, *, low: int = 2, high: int = 7) -> int:
    """Take a number into a range, the upper end of which is the lower again."""
    return low + (n - low) % (high - low)


# ---- Of letters ----


def balanced(x: Letters) -> bool:
    """Return whether both kinds of brackets are balanced, each by itself."""
    for opening, closing in ("()", "{}"):
        depth = 0
        for letter in x:
            depth += (letter == opening) - (letter == closing)
            if depth < 0:
                return False
        if depth:
            return False
    return True


def share_so_far(x: Letters, *, letter: str = "x") -> list[str]:
    """Return the share of a letter up to every place."""
    return [str(Fraction(x[: i + 1].count(letter), i + 1)) for i in range(len(x))]


def balance_so_far(x: Letters) -> list[str]:
    """Return the share of ( less that of ) up to every place."""
    return [
        str(Fraction(x[: i + 1].count("(") - x[: i + 1].count(")"), i + 1))
        for i in range(len(x))
    ]


def frequency_class(x: Letters) -> list[str]:
    """Return whether a letter is more than a half, a quarter or less of all."""
    shares = [x.count(letter) / len(x) for letter in x]
    return [
        "frequent" if s > 1 / 2 else "common" if s > 1 / 4 else "rare" for s in shares
    ]


def ends_pattern(x: Letters, *, pattern: Letters) -> list[int]:
    """Return whether a pattern ends at a letter."""
    size = len(pattern)
    return [int(x[max(0, i + 1 - size) : i + 1] == pattern) for i in range(len(x))]


def new_runs(x: Letters) -> list[str]:
    """Return every letter that differs from the one before; ``-`` for others."""
    return ["-" if i and a == x[i - 1] else a for i, a in enumerate(x)]


def first_occurrences(x: Letters) -> list[str]:
    """Return every letter where it is new; ``-`` for others."""
    return ["-" if a in x[:i] else a for i, a in enumerate(x)]


def alternates(x: Letters) -> bool:
    """Return whether two letters alternate, or there is one alone."""
    return len(set(x)) <= 2 and all(a != b for a, b in pairwise(x))
