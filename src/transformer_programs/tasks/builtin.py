"""The built-in tasks: their sizes, labels and model shapes, all the paper's by default.

A vocabulary size counts the frame and ``<pad>``; a length counts the frame. The shapes
are those with which the paper's models did best (appendix B).
"""

from __future__ import annotations

import string
from dataclasses import replace
from functools import partial

from transformer_programs.errors import TaskError
from transformer_programs.program.nodes import Scope
from transformer_programs.settings import ModelSettings
from transformer_programs.tasks import algorithmic
from transformer_programs.tasks.brackets import draw_brackets
from transformer_programs.tasks.task import BEGIN, END, Task


def _half_numerical(
    layers: int, heads: int, tables: int, scope: Scope = Scope.ALL
) -> ModelSettings:
    """The paper's shapes: half of the heads and tables are numerical."""
    return ModelSettings(
        layers=layers,
        categorical_heads=heads // 2,
        numerical_heads=heads // 2,
        categorical_tables=tables // 2,
        numerical_tables=tables // 2,
        scope=scope,
    )


def _numbers(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


def _counts(largest: int) -> tuple[str, ...]:
    return tuple(map(str, range(1, largest + 1)))


def _letters(count: int) -> tuple[str, ...]:
    return tuple(string.ascii_lowercase[:count])


def _symbol_count(task: Task, vocabulary_size: int) -> int:
    """How many symbols a vocabulary has room for beside the frame and ``<pad>``."""
    specials = task.input.frame_size + 1
    if vocabulary_size < specials + 2:
        raise TaskError(
            f"task {task.name!r}: expected a vocabulary size of at least "
            f"{specials + 2}, {specials} of it for frame and padding, "
            f"got {vocabulary_size}"
        )
    return vocabulary_size - specials


def _resize_permutation(task: Task, vocabulary_size: int, max_length: int) -> Task:
    symbols = _numbers(_symbol_count(task, vocabulary_size))
    return replace(task, symbols=symbols, labels=symbols, max_length=max_length)


def _resize_hist(task: Task, vocabulary_size: int, max_length: int) -> Task:
    return replace(
        task,
        symbols=_numbers(_symbol_count(task, vocabulary_size)),
        labels=_counts(max_length - 1),
        max_length=max_length,
    )


def _resize_double_hist(task: Task, vocabulary_size: int, max_length: int) -> Task:
    count = _symbol_count(task, vocabulary_size)
    return replace(
        task,
        symbols=_numbers(count),
        labels=_counts(min(count, max_length - 1)),
        max_length=max_length,
    )


def _resize_most_freq(task: Task, vocabulary_size: int, max_length: int) -> Task:
    symbols = _numbers(_symbol_count(task, vocabulary_size))
    labels = (*symbols, algorithmic.FILLER)
    return replace(task, symbols=symbols, labels=labels, max_length=max_length)


def _resize_dyck(task: Task, vocabulary_size: int, max_length: int) -> Task:
    if vocabulary_size != task.vocabulary_size:
        raise TaskError(
            f"task {task.name!r}: the brackets are fixed, so the vocabulary size is "
            f"{task.vocabulary_size}, got {vocabulary_size}"
        )
    return replace(task, max_length=max_length, min_length=max_length - 1)


def _resize_induction(task: Task, vocabulary_size: int, max_length: int) -> Task:
    count = _symbol_count(task, vocabulary_size)
    letters, numbers = _letters(count - count // 2), _numbers(count // 2)
    if len(letters) + len(numbers) < count:
        raise TaskError(
            f"task {task.name!r}: expected a vocabulary size of at most 54 "
            f"(26 letters, 26 numbers, <s> and <pad>), got {vocabulary_size}"
        )
    return replace(
        task,
        symbols=letters + numbers,
        labels=(*numbers, algorithmic.NEVER_SEEN),
        alphabets=(letters, numbers),
        max_length=max_length,
        min_length=max_length - 1,
    )


BUILT_IN = (
    Task(
        name="reverse",
        summary="The tokens from the last to the first.",
        definition=algorithmic.reverse,
        symbols=_numbers(5),
        labels=_numbers(5),
        max_length=8,
        begin=BEGIN,
        end=END,
        model=_half_numerical(layers=3, heads=8, tables=2),
        resize=_resize_permutation,
    ),
    Task(
        name="sort",
        summary="The tokens in rising order.",
        definition=algorithmic.sort,
        symbols=_numbers(5),
        labels=_numbers(5),
        max_length=8,
        begin=BEGIN,
        end=END,
        model=_half_numerical(layers=3, heads=8, tables=4),
        resize=_resize_permutation,
    ),
    Task(
        name="hist",
        summary="How often each token occurs.",
        definition=algorithmic.hist,
        symbols=_numbers(6),
        labels=_counts(7),
        max_length=8,
        begin=BEGIN,
        model=_half_numerical(layers=1, heads=4, tables=2),
        resize=_resize_hist,
    ),
    Task(
        name="double_hist",
        summary="How many distinct tokens occur as often as each token does.",
        definition=algorithmic.double_hist,
        symbols=_numbers(6),
        labels=_counts(6),
        max_length=8,
        begin=BEGIN,
        model=_half_numerical(layers=3, heads=4, tables=2),
        resize=_resize_double_hist,
    ),
    Task(
        name="most_freq",
        summary="The distinct tokens by falling frequency, then <s>.",
        definition=algorithmic.most_freq,
        symbols=_numbers(6),
        labels=(*_numbers(6), algorithmic.FILLER),
        max_length=8,
        begin=BEGIN,
        model=_half_numerical(layers=3, heads=8, tables=4),
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
        model=_half_numerical(layers=3, heads=8, tables=2, scope=Scope.CAUSAL),
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
        model=_half_numerical(layers=3, heads=4, tables=4, scope=Scope.CAUSAL),
        resize=_resize_dyck,
    ),
    Task(
        name="induction",
        summary="For each letter, the number that followed it the last time.",
        definition=algorithmic.induction,
        symbols=_letters(4) + _numbers(4),
        labels=(*_numbers(4), algorithmic.NEVER_SEEN),
        max_length=10,
        begin=BEGIN,
        min_length=9,
        alphabets=(_letters(4), _numbers(4)),
        model=ModelSettings(
            layers=2,
            categorical_heads=1,
            numerical_heads=0,
            categorical_tables=0,
            numerical_tables=0,
            scope=Scope.CAUSAL,
        ),
        resize=_resize_induction,
    ),
)
"""In the order of the paper's table."""
