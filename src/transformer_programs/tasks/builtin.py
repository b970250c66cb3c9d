"""The built-in tasks: the paper's, then further ones at sizes like the paper's.

A vocabulary size counts the frame and ``<pad>``; a length counts the frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Any

from transformer_programs.errors import SettingName, TaskError
from transformer_programs.program import Pooling, Scope
from transformer_programs.tasks import further, further_formulas
from transformer_programs.tasks.algorithmic import FILLER
from transformer_programs.tasks.draws import (
    draw_digits,
    draw_palindromes,
    draw_runs,
    draw_sums,
)
from transformer_programs.tasks.paper import PAPER_TASKS
from transformer_programs.tasks.sizes import (
    counts,
    half_numerical,
    numbers,
    symbol_count,
)
from transformer_programs.tasks.task import BEGIN, END, Task


@cache
def _with(function: Callable[..., Any], **fixed: int) -> Callable[..., Any]:
    """A function with some arguments fixed; the same object for the same ones.

    So tasks of the same size are equal.
    """
    return partial(function, **fixed)


def _resized(task: Task, vocabulary_size: int, max_length: int) -> Task:
    """Other symbols and another length; the labels are those of the old size."""
    symbols = numbers(symbol_count(task, vocabulary_size))
    return replace(task, symbols=symbols, max_length=max_length)


def _resize_shift(task: Task, vocabulary_size: int, max_length: int) -> Task:
    task = _resized(task, vocabulary_size, max_length)
    return replace(task, labels=task.symbols)


def _resize_filled(task: Task, vocabulary_size: int, max_length: int) -> Task:
    task = _resized(task, vocabulary_size, max_length)
    return replace(task, labels=(*task.symbols, FILLER))


def _resize_run_length(task: Task, vocabulary_size: int, max_length: int) -> Task:
    task = _resized(task, vocabulary_size, max_length)
    draw = _with(draw_runs, symbols=len(task.symbols))
    return replace(task, labels=counts(task.input.max_bare_length), draw=draw)


def _resize_palindrome(task: Task, vocabulary_size: int, max_length: int) -> Task:
    task = _resized(task, vocabulary_size, max_length)
    return replace(task, draw=_with(draw_palindromes, symbols=len(task.symbols)))


def _resize_maximum(task: Task, vocabulary_size: int, max_length: int) -> Task:
    task = _resized(task, vocabulary_size, max_length)
    return replace(task, labels=numbers(task.input.max_bare_length + 1))


def _resize_add_digits(task: Task, vocabulary_size: int, max_length: int) -> Task:
    task = _resized(task, vocabulary_size, max_length)
    base = len(task.symbols)
    return replace(
        task,
        definition=_with(further.add_digits, base=base),
        labels=task.symbols,
        draw=_with(draw_digits, base=base),
    )


def _resize_add_numbers(task: Task, vocabulary_size: int, max_length: int) -> Task:
    base = symbol_count(task, vocabulary_size, fixed=1)
    digits = numbers(base)
    bare = max_length - task.input.frame_size
    if bare < 3:
        raise TaskError(
            f"task {task.name!r}: ",
            SettingName("max_length"),
            f" {max_length} leaves room for {bare} bare tokens, expected at least 3",
        )
    return replace(
        task,
        definition=_with(further.add_numbers, base=base),
        symbols=(*digits, further.PLUS),
        labels=digits,
        max_length=max_length,
        min_length=bare,
        alphabets=_sum_alphabets(digits, bare),
        draw=_with(draw_sums, base=base),
    )


def _sum_alphabets(digits: tuple[str, ...], length: int) -> tuple[tuple[str, ...], ...]:
    """Digits everywhere but in the middle, where the sign stands."""
    before = (length - 1) // 2
    return (
        *(digits,) * before,
        (further.PLUS,),
        *(digits,) * (length - 1 - before),
    )


_PER_TOKEN = half_numerical(layers=3, heads=8, tables=4)
_CAUSAL = half_numerical(layers=3, heads=8, tables=4, scope=Scope.CAUSAL)
_PER_SEQUENCE = half_numerical(layers=3, heads=8, tables=4, pooling=Pooling.FIRST)

_NUMBERS = Task(
    name="numbers",
    summary="What the tasks on sequences of numbers have in common.",
    definition=lambda tokens: tokens,
    symbols=numbers(5),
    labels=numbers(5),
    max_length=8,
    begin=BEGIN,
    end=END,
    model=_PER_TOKEN,
)

FURTHER_TASKS = (
    replace(
        _NUMBERS,
        name="shift",
        summary="The tokens moved two places to the right, wrapping around.",
        definition=further.shift,
        formula=further_formulas.shift,
        resize=_resize_shift,
    ),
    replace(
        _NUMBERS,
        name="run_length",
        summary="How long the run of equal neighbours is that each token stands in.",
        definition=further.run_length,
        labels=counts(6),
        draw=_with(draw_runs, symbols=5),
        formula=further_formulas.run_length,
        resize=_resize_run_length,
    ),
    replace(
        _NUMBERS,
        name="previous_distinct",
        summary="The nearest earlier token that differs from each token, or <s>.",
        definition=further.previous_distinct,
        labels=(*numbers(5), FILLER),
        formula=further_formulas.previous_distinct,
        resize=_resize_filled,
    ),
    replace(
        _NUMBERS,
        name="unique",
        summary="The distinct tokens in order of appearance, then <s>.",
        definition=further.unique,
        labels=(*numbers(5), FILLER),
        formula=further_formulas.unique,
        resize=_resize_filled,
    ),
    Task(
        name="prefix_parity",
        summary="Whether the number of ones so far is even or odd.",
        definition=further.prefix_parity,
        symbols=numbers(2),
        labels=("even", "odd"),
        max_length=16,
        begin=BEGIN,
        formula=further_formulas.prefix_parity,
        model=_CAUSAL,
    ),
    replace(
        _NUMBERS,
        name="palindrome",
        summary="Whether the sequence reads the same from both ends.",
        definition=further.palindrome,
        labels=("yes", "no"),
        draw=_with(draw_palindromes, symbols=5),
        model=_PER_SEQUENCE,
        formula=further_formulas.palindrome,
        resize=_resize_palindrome,
    ),
    replace(
        _NUMBERS,
        name="majority",
        summary="The most frequent token, the one that comes first on a tie.",
        definition=further.majority,
        labels=(*numbers(5), FILLER),
        model=_PER_SEQUENCE,
        formula=further_formulas.majority,
        resize=_resize_filled,
    ),
    replace(
        _NUMBERS,
        name="maximum_position",
        summary="Where the largest number stands, counted from 1; the first of equals.",
        definition=further.maximum_position,
        labels=numbers(7),
        model=_PER_SEQUENCE,
        formula=further_formulas.maximum_position,
        resize=_resize_maximum,
    ),
    Task(
        name="add_digits",
        summary="Two numbers' digits in turn, lowest first: the digits of their sum.",
        definition=_with(further.add_digits, base=10),
        symbols=numbers(10),
        labels=numbers(10),
        max_length=8,
        begin=BEGIN,
        end=END,
        min_length=2,
        draw=_with(draw_digits, base=10),
        model=_CAUSAL,
        formula=further_formulas.add_digits,
        resize=_resize_add_digits,
    ),
    Task(
        name="add_numbers",
        summary="a + b, highest digits first: below b, the digits of the sum.",
        definition=_with(further.add_numbers, base=10),
        symbols=(*numbers(10), further.PLUS),
        labels=numbers(10),
        max_length=8,
        begin=BEGIN,
        min_length=7,
        alphabets=_sum_alphabets(numbers(10), 7),
        draw=_with(draw_sums, base=10),
        model=_PER_TOKEN,
        formula=further_formulas.add_numbers,
        resize=_resize_add_numbers,
    ),
)
"""Beyond the paper's tasks."""

BUILT_IN = (*PAPER_TASKS, *FURTHER_TASKS)
"""The paper's in the order of its table, then the others."""
