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
from transformer_programs.language import Pooling, Scope
from transformer_programs.settings import ModelSettings, TrainSettings
from transformer_programs.tasks.algebra import Formula
from transformer_programs.tasks.inputs import Draw
from transformer_programs.tasks.task import (
    BEGIN,
    END,
    TRAINING,
    Definition,
    Task,
    Tokens,
)

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


def over_numbers(
    name: str,
    summary: str,
    definition: Definition,
    formula: Formula,
    labels: Callable[[Tokens, int], Tokens],
    model: ModelSettings,
    symbols: int = 5,
    end: str | None = END,
    min_length: int = 1,
    draw: Draw | None = None,
    longer: TrainSettings | None = None,
) -> Task:
    """Return a task on sequences of the numbers 0, 1, ..., as many as its size allows.

    By default there are ``symbols`` of them and at most 8 tokens; ``longer`` is the
    training of models for longer sequences. ``labels`` gives the labels from the
    symbols and the most bare tokens. A definition or draw that is ``sized`` gets the
    number of symbols at every size. The other arguments are those of ``Task``.
    """

    def bound(function: Any, count: int) -> Any:
        if not isinstance(function, _Sized):
            return function
        return sized(function.func, **dict.fromkeys(function.keywords, count))

    def resize(task: Task, vocabulary_size: int, max_length: int) -> Task:
        symbols = numbers(symbol_count(task, vocabulary_size))
        grows = max_length > task.max_length
        return replace(
            task,
            symbols=symbols,
            labels=labels(symbols, max_length - task.input.frame_size),
            max_length=max_length,
            definition=bound(task.definition, len(symbols)),
            draw=bound(task.draw, len(symbols)),
            training=longer if longer and grows else task.training,
        )

    return Task(
        name=name,
        summary=summary,
        definition=definition,
        formula=formula,
        symbols=numbers(symbols),
        labels=labels(numbers(symbols), 7 if end is None else 6),
        max_length=8,
        begin=BEGIN,
        end=end,
        min_length=min_length,
        draw=draw,
        model=model,
        resize=resize,
    )
