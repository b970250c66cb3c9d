"""The tasks of the paper: sizes, labels and model shapes, all the paper's by default.

A vocabulary size counts the frame and ``<pad>``; a length counts the frame. The shapes
are those with which the paper's models did best (appendix B).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from transformer_programs.errors import TaskError
from transformer_programs.program import Scope
from transformer_programs.settings import ModelSettings
from transformer_programs.tasks import algorithmic, formulas
from transformer_programs.tasks.brackets import draw_brackets
from transformer_programs.tasks.sizes import (
    counts,
    half_numerical,
    letters,
    numbers,
    symbol_count,
)
from transformer_programs.tasks.task import BEGIN, END, TRAINING, Task

LONG = replace(
    TRAINING, steps=8000, restarts=4, halvings=2, group_by_length=True, polish=10
)
"""How models of longer sequences are trained, where fewer of them for longer pay."""


def _resize_permutation(task: Task, vocabulary_size: int, max_length: int) -> Task:
    symbols = numbers(symbol_count(task, vocabulary_size))
    return replace(task, symbols=symbols, labels=symbols, max_length=max_length)


def _resize_sort(task: Task, vocabulary_size: int, max_length: int) -> Task:
    longer = _resize_permutation(task, vocabulary_size, max_length)
    return replace(longer, training=LONG) if max_length > task.max_length else longer


def _resize_hist(task: Task, vocabulary_size: int, max_length: int) -> Task:
    return replace(
        task,
        symbols=numbers(symbol_count(task, vocabulary_size)),
        labels=counts(max_length - 1),
        max_length=max_length,
    )


def _resize_double_hist(task: Task, vocabulary_size: int, max_length: int) -> Task:
    count = symbol_count(task, vocabulary_size)
    return replace(
        task,
        symbols=numbers(count),
        labels=counts(min(count, max_length - 1)),
        max_length=max_length,
    )


def _resize_most_freq(task: Task, vocabulary_size: int, max_length: int) -> Task:
    symbols = numbers(symbol_count(task, vocabulary_size))
    labels = (*symbols, algorithmic.FILLER)
    return replace(
        task,
        symbols=symbols,
        labels=labels,
        max_length=max_length,
        training=LONG if max_length > task.max_length else task.training,
    )


def _resize_dyck(task: Task, vocabulary_size: int, max_length: int) -> Task:
    if vocabulary_size != task.vocabulary_size:
        raise TaskError(
            f"task {task.name!r}: the brackets are fixed, so the vocabulary size is "
            f"{task.vocabulary_size}, got {vocabulary_size}"
        )
    return replace(task, max_length=max_length, min_length=max_length - 1)


def _resize_induction(task: Task, vocabulary_size: int, max_length: int) -> Task:
    count = symbol_count(task, vocabulary_size)
    written, counted = letters(count - count // 2), numbers(count // 2)
    if len(written) + len(counted) < count:
        raise TaskError(
            f"task {task.name!r}: expected a vocabulary size of at most 54 "
            f"(26 letters, 26 numbers, <s> and <pad>), got {vocabulary_size}"
        )
    return replace(
        task,
        symbols=written + counted,
        labels=(*counted, algorithmic.NEVER_SEEN),
        alphabets=(written, counted),
        max_length=max_length,
        min_length=max_length - 1,
    )


PAPER_TASKS = (
    Task(
        name="reverse",
        summary="The tokens from the last to the first.",
        definition=algorithmic.reverse,
        symbols=numbers(5),
        labels=numbers(5),
        max_length=8,
        begin=BEGIN,
        end=END,
        model=half_numerical(layers=3, heads=12, tables=4),
        formula=formulas.reverse,
        resize=_resize_permutation,
    ),
    Task(
        name="sort",
        summary="The tokens in rising order.",
        definition=algorithmic.sort,
        symbols=numbers(5),
        labels=numbers(5),
        max_length=8,
        begin=BEGIN,
        end=END,
        model=half_numerical(layers=3, heads=12, tables=8, set_predicates=True),
        formula=formulas.sort,
        resize=_resize_sort,
    ),
    Task(
        name="hist",
        summary="How often each token occurs.",
        definition=algorithmic.hist,
        symbols=numbers(6),
        labels=counts(7),
        max_length=8,
        begin=BEGIN,
        model=half_numerical(layers=1, heads=4, tables=2),
        formula=formulas.hist,
        resize=_resize_hist,
    ),
    Task(
        name="double_hist",
        summary="How many distinct tokens occur as often as each token does.",
        definition=algorithmic.double_hist,
        symbols=numbers(6),
        labels=counts(6),
        max_length=8,
        begin=BEGIN,
        model=half_numerical(layers=3, heads=4, tables=2),
        formula=formulas.double_hist,
        resize=_resize_double_hist,
    ),
    Task(
        name="most_freq",
        summary="The distinct tokens by falling frequency, then <s>.",
        definition=algorithmic.most_freq,
        symbols=numbers(6),
        labels=(*numbers(6), algorithmic.FILLER),
        max_length=8,
        begin=BEGIN,
        model=half_numerical(layers=3, heads=12, tables=8),
        formula=formulas.most_freq,
        resize=_resize_most_freq,
    ),
    Task(
        name="dyck1",
        summary="Brackets ( ): T balanced so far, P can be completed, F neither.",
        definition=algorithmic.dyck,
        symbols=("(", ")"),
        labels=("T", "P", "F"),
        max_length=16,
        begin=BEGIN,
        min_length=15,
        draw=partial(draw_brackets, kinds=1),
        model=half_numerical(
            layers=3, heads=8, tables=2, scope=Scope.CAUSAL, set_predicates=True
        ),
        formula=formulas.dyck,
        resize=_resize_dyck,
    ),
    Task(
        name="dyck2",
        summary="Brackets ( ) { }: T balanced so far, P can be completed, F neither.",
        definition=algorithmic.dyck,
        symbols=("(", ")", "{", "}"),
        labels=("T", "P", "F"),
        max_length=16,
        begin=BEGIN,
        min_length=15,
        draw=partial(draw_brackets, kinds=2),
        model=half_numerical(
            layers=3, heads=12, tables=8, scope=Scope.CAUSAL, set_predicates=True
        ),
        training=replace(TRAINING, steps=6000, restarts=4, halvings=2),
        formula=formulas.dyck,
        resize=_resize_dyck,
    ),
    Task(
        name="induction",
        summary="For each letter, the number that followed it the last time.",
        definition=algorithmic.induction,
        symbols=letters(4) + numbers(4),
        labels=(*numbers(4), algorithmic.NEVER_SEEN),
        max_length=10,
        begin=BEGIN,
        min_length=9,
        alphabets=(letters(4), numbers(4)),
        model=ModelSettings(
            layers=2,
            categorical_heads=1,
            numerical_heads=0,
            tables=0,
            scope=Scope.CAUSAL,
        ),
        formula=formulas.induction,
        resize=_resize_induction,
    ),
)
"""In the order of the paper's table."""
