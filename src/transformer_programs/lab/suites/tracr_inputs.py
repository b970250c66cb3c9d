"""Cases of TracrBench as tasks: labels, alphabets, and how inputs are drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import partial

import numpy as np

from transformer_programs.lab.suites.suite import (
    FRAME,
    Labels,
    Sample,
    SuiteTask,
    Tokens,
    integers,
    picked,
)

LONGEST = 8
"""The most tokens of training; programs are judged at twice as many."""

BITS = integers(0, 1)
DIGITS = integers(0, 4)
SIGNED = integers(-4, 4)
TENS = integers(0, 9)
BRACKETS = ("(", ")", "{", "}", "x")
ABC = ("a", "b", "c")
ABCD = (*ABC, "d")

Rule = Callable[[list[int]], Iterable[object]]
LetterRule = Callable[[list[str]], Iterable[object]]


def of_numbers(tokens: Tokens, *, rule: Rule) -> Labels:
    """Label numbers by a rule."""
    return _as_labels(rule(list(map(int, tokens))))


def of_letters(tokens: Tokens, *, rule: LetterRule) -> Labels:
    """Label letters by a rule."""
    return _as_labels(rule(list(tokens)))


def _as_labels(found: Iterable[object]) -> Labels:
    return tuple(None if label is None else str(label) for label in found)


def half(
    rng: np.random.Generator, size: int, *, letters: Tokens, special: Sample
) -> Tokens | None:
    """Draw a special input or any one, with equal chances."""
    return special(rng, size) if rng.random() < 1 / 2 else picked(rng, letters, size)


def a_palindrome(rng: np.random.Generator, size: int) -> Tokens:
    """Draw letters that read the same from both ends."""
    first = picked(rng, ABCD, (size + 1) // 2)
    return first + first[: size // 2][::-1]


def an_alternation(rng: np.random.Generator, size: int) -> Tokens:
    """Draw two letters in turn."""
    return (picked(rng, ABC, 2) * size)[:size]


def in_order(rng: np.random.Generator, size: int, *, falling: bool = False) -> Tokens:
    """Draw digits in order."""
    return tuple(sorted(picked(rng, DIGITS, size), reverse=falling))


def odd_and_even(rng: np.random.Generator, size: int) -> Tokens:
    """Draw odd and even digits in turn."""
    first = int(rng.integers(2))
    numbers = rng.integers(2, size=size).tolist()
    return tuple(str(2 * n + (first + i) % 2) for i, n in enumerate(numbers))


def even_digits(rng: np.random.Generator, size: int) -> Tokens:
    """Draw even digits."""
    return picked(rng, ("0", "2", "4"), size)


def equal_letters(rng: np.random.Generator, size: int) -> Tokens:
    """Draw one letter, again and again."""
    return picked(rng, ABC, 1) * size


def balanced_brackets(rng: np.random.Generator, size: int) -> Tokens:
    """Draw brackets of two kinds, each balanced by itself, and x between them."""
    found: list[str] = []
    awaited: list[str] = []
    while len(found) < size:
        choices = ["x", *(["(", "{"] if size - len(found) > len(awaited) + 1 else [])]
        if size - len(found) <= len(awaited):
            choices = []
        choices += awaited
        letter = choices[int(rng.integers(len(choices)))]
        if letter in "({":
            awaited.append({"(": ")", "{": "}"}[letter])
        elif letter != "x":
            awaited.remove(letter)
        found.append(letter)
    return tuple(found)


def case(
    name: str,
    summary: str,
    definition: Callable[[Tokens], Labels],
    symbols: Tokens,
    labels: Tokens,
    *,
    least: int = 1,
    most: int = LONGEST,
    grows: bool = False,
    special: Sample | None = None,
) -> SuiteTask:
    """Return a case.

    Of its inputs half are special, if such are given. Labels that grow with the length
    have no longer inputs.
    """
    sample = (
        None if special is None else partial(half, letters=symbols, special=special)
    )
    return SuiteTask(
        name=name,
        summary=summary,
        definition=definition,
        symbols=symbols,
        labels=tuple(dict.fromkeys(labels)),
        max_length=most + 1,
        min_length=least,
        begin=FRAME,
        sizes=range(least, most + 1),
        longer=() if grows else (range(2 * most, 2 * most + 1),),
        sample=sample,
    )


def about_numbers(
    name: str,
    summary: str,
    rule: Rule,
    labels: Tokens = DIGITS,
    symbols: Tokens = DIGITS,
    *,
    least: int = 1,
    most: int = LONGEST,
    grows: bool = False,
    special: Sample | None = None,
) -> SuiteTask:
    """Return a case on numbers."""
    return case(
        name,
        summary,
        partial(of_numbers, rule=rule),
        symbols,
        labels,
        least=least,
        most=most,
        grows=grows,
        special=special,
    )


def about_letters(
    name: str,
    summary: str,
    rule: LetterRule,
    labels: Tokens = ABCD,
    symbols: Tokens = ABCD,
    *,
    grows: bool = False,
    special: Sample | None = None,
) -> SuiteTask:
    """Return a case on letters."""
    return case(
        name,
        summary,
        partial(of_letters, rule=rule),
        symbols,
        labels,
        grows=grows,
        special=special,
    )


def about_each(
    name: str,
    summary: str,
    rule: Callable[[int], object],
    symbols: Tokens = TENS,
) -> SuiteTask:
    """Return a case in which a label depends on its own number alone."""
    labels = tuple(str(_plain(rule(int(symbol)))) for symbol in symbols)
    return about_numbers(
        name,
        summary,
        lambda x: [_plain(rule(n)) for n in x],
        labels,
        symbols,
    )


def _plain(found: object) -> object:
    return int(found) if isinstance(found, bool) else found


def fractions(numerators: range) -> Tokens:
    """Return fractions from -1 to 1 as labels."""
    found = {Fraction(a, b) for b in range(1, LONGEST + 1) for a in numerators}
    return tuple(str(f) for f in sorted(found) if abs(f) <= 1)
