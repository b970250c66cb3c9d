"""What built-in tasks of every size are made of: symbols, labels, model shapes."""

from __future__ import annotations

import string

from transformer_programs.errors import TaskError
from transformer_programs.program import Pooling, Scope
from transformer_programs.settings import ModelSettings
from transformer_programs.tasks.task import Task


def half_numerical(
    layers: int,
    heads: int,
    tables: int,
    scope: Scope = Scope.ALL,
    pooling: Pooling = Pooling.NONE,
    set_predicates: bool = False,
) -> ModelSettings:
    """The paper's shapes: half of the heads count."""
    return ModelSettings(
        layers=layers,
        categorical_heads=heads // 2,
        numerical_heads=heads // 2,
        set_predicates=set_predicates,
        tables=tables,
        scope=scope,
        pooling=pooling,
    )


def numbers(count: int) -> tuple[str, ...]:
    """``0``, ``1``, ..., as many as asked for."""
    return tuple(map(str, range(count)))


def counts(largest: int) -> tuple[str, ...]:
    """``1``, ``2``, ... up to the largest."""
    return tuple(map(str, range(1, largest + 1)))


def letters(count: int) -> tuple[str, ...]:
    """``a``, ``b``, ..., as many as asked for, at most 26."""
    return tuple(string.ascii_lowercase[:count])


def symbol_count(task: Task, vocabulary_size: int, fixed: int = 0) -> int:
    """How many symbols a vocabulary has room for.

    Args:
        task: whose frame takes room, as ``<pad>`` does.
        vocabulary_size: symbols, frame and ``<pad>``.
        fixed: symbols that every size has, which are not counted.

    Raises:
        TaskError: where there is no room for two symbols.
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
