"""Symbols, model shapes and sizes that built-in tasks have in common.

A vocabulary size counts the frame and ``<pad>``; a length counts the frame.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Any

from transformer_programs.errors import TaskError
from transformer_programs.program import Pooling, Scope
from transformer_programs.settings import ModelSettings, TrainSettings
from transformer_programs.tasks.task import TRAINING, Resize, Task, Tokens

LONG = replace(
    TRAINING, steps=8000, restarts=4, halvings=2, group_by_length=True, polish=10
)
"""Training on longer sequences: fewer restarts, each of more steps."""


def half_numerical(
    layers: int,
    heads: int,
    tables: int,
    scope: Scope = Scope.ALL,
    pooling: Pooling = Pooling.NONE,
    set_predicates: bool = False,
) -> ModelSettings:
    """Return a model shape of the paper (appendix B): half of the heads count."""
    return ModelSettings(
        layers=layers,
        categorical_heads=heads // 2,
        numerical_heads=heads // 2,
        set_predicates=set_predicates,
        tables=tables,
        scope=scope,
        pooling=pooling,
    )


def numbers(count: int) -> Tokens:
    """Return ``0``, ``1``, ..., ``count`` of them."""
    return tuple(map(str, range(count)))


def counts(largest: int) -> Tokens:
    """Return ``1``, ``2``, ... up to the largest."""
    return tuple(map(str, range(1, largest + 1)))


def letters(count: int) -> Tokens:
    """Return ``a``, ``b``, ..., ``count`` of them, at most 26."""
    return tuple(string.ascii_lowercase[:count])


def symbol_count(task: Task, vocabulary_size: int, fixed: int = 0) -> int:
    """Return how many symbols a vocabulary has room for.

    Args:
        task: The task, whose frame takes room, as ``<pad>`` does.
        vocabulary_size: Number of symbols, frame and ``<pad>``.
        fixed: Number of symbols that every size has, which are not counted.

    Raises:
        TaskError: If there is no room for two symbols.
    """
    specials = task.input.frame_size + 1
    taken = specials + fixed
    if vocabulary_size < taken + 2:
        also = f" and {fixed} for other signs" if fixed else ""
        raise TaskError(
            f"task {task.name!r}: expected a vocabulary size of at least {taken + 2}, "
            f"{specials} of it for frame and padding{also}, got {vocabulary_size}"
        )
    return vocabulary_size - taken


class _Sized(partial[Any]):
    """A function whose keywords are the number of symbols."""


@cache
def sized(function: Callable[..., Any], **symbols: int) -> Callable[..., Any]:
    """Bind the number of symbols; the same object for the same number.

    So tasks of the same size are equal.
    """
    return _Sized(function, **symbols)


def numeric(
    labels: Callable[[Tokens, int], Tokens] | None = None,
    longer: TrainSettings | None = None,
) -> Resize:
    """Return the ``resize`` of a task whose symbols are the numbers 0, 1, ...

    A definition or draw that is ``sized`` gets the new number of symbols.

    Args:
        labels: From the symbols and the most bare tokens to the labels, which are
            otherwise the same at every size.
        longer: How models are trained for sequences longer than the task's own.
    """

    def bound(function: Any, count: int) -> Any:
        if not isinstance(function, _Sized):
            return function
        return sized(function.func, **dict.fromkeys(function.keywords, count))

    def resize(task: Task, vocabulary_size: int, max_length: int) -> Task:
        symbols = numbers(symbol_count(task, vocabulary_size))
        length = max_length - task.input.frame_size
        grows = max_length > task.max_length
        training = longer if longer and grows else task.training
        return replace(
            task,
            symbols=symbols,
            labels=labels(symbols, length) if labels else task.labels,
            max_length=max_length,
            definition=bound(task.definition, len(symbols)),
            draw=bound(task.draw, len(symbols)),
            training=training,
        )

    return resize
