"""More tasks with an exact definition, beyond the paper's eight.

Each definition maps bare tokens to one label per token, or to one label, and is defined
on every sequence of the task's symbols.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from transformer_programs.errors import TaskError
from transformer_programs.program.nodes import Pooling
from transformer_programs.settings import ModelSettings
from transformer_programs.tasks.task import BEGIN, END, Definition, Task

Tokens = tuple[str, ...]
Tags = tuple[str | None, ...]

NOTHING = "<s>"
"""Said where there is no token to name."""


def shift(tokens: Tokens, *, by: int = 2) -> Tags:
    """The tokens moved to the right, those that fall off coming back at the left."""
    return tuple(tokens[(i - by) % len(tokens)] for i in range(len(tokens)))


def run_length(tokens: Tokens) -> Tags:
    """The length of the run of equal neighbours that each token stands in."""
    tags: list[str] = []
    start = 0
    for end in range(1, len(tokens) + 1):
        if end == len(tokens) or tokens[end] != tokens[start]:
            tags += [str(end - start)] * (end - start)
            start = end
    return tuple(tags)


def previous_distinct(tokens: Tokens) -> Tags:
    """The nearest earlier token that differs from each token, or nothing."""
    return tuple(
        next((other for other in reversed(tokens[:i]) if other != token), NOTHING)
        for i, token in enumerate(tokens)
    )


def parity(tokens: Tokens) -> Tags:
    """Whether the number of ones so far is even or odd."""
    ones, tags = 0, []
    for token in tokens:
        ones += token == "1"
        tags.append("odd" if ones % 2 else "even")
    return tuple(tags)


def palindrome(tokens: Tokens) -> str:
    """Whether the sequence reads the same from both ends."""
    return "yes" if tokens == tokens[::-1] else "no"


def majority(tokens: Tokens) -> str:
    """The most frequent token, the one that comes first on a tie."""
    return Counter(tokens).most_common(1)[0][0] if tokens else NOTHING


def unique(tokens: Tokens) -> Tags:
    """The distinct tokens in order of appearance, then nothing."""
    distinct = tuple(dict.fromkeys(tokens))
    return distinct + (NOTHING,) * (len(tokens) - len(distinct))


def maximum_position(tokens: Tokens) -> str:
    """Where the largest number stands, counted from 1; the first of equal ones."""
    if not tokens:
        return "0"
    return str(1 + max(range(len(tokens)), key=lambda i: (int(tokens[i]), -i)))


def draw_palindromes(
    rng: np.random.Generator, count: int, length: int, *, symbols: int
) -> NDArray[np.int64]:
    """Sequences of which half are palindromes, and half of the rest nearly so."""
    ids = rng.integers(symbols, size=(count, length))
    mirror = rng.random(count) < 0.75
    ids[mirror, length - length // 2 :] = ids[mirror, : length // 2][:, ::-1]
    spoiled = np.flatnonzero(mirror & (rng.random(count) < 1 / 3))
    where = rng.integers(length, size=len(spoiled))
    ids[spoiled, where] = rng.integers(symbols, size=len(spoiled))
    return ids


def draw_runs(
    rng: np.random.Generator, count: int, length: int, *, symbols: int
) -> NDArray[np.int64]:
    """Sequences whose tokens repeat the one before them half of the time."""
    ids = rng.integers(symbols, size=(count, length))
    repeated = rng.random((count, length)) < 0.5
    for position in range(1, length):
        again = repeated[:, position]
        ids[again, position] = ids[again, position - 1]
    return ids


_FRAME_AND_PADDING = 3


def _resize(task: Task, vocabulary_size: int, max_length: int) -> Task:
    count = vocabulary_size - _FRAME_AND_PADDING
    if count < 2:
        raise TaskError(
            f"task {task.name!r}: expected a vocabulary size of at least "
            f"{_FRAME_AND_PADDING + 2}, {_FRAME_AND_PADDING} of it for frame and "
            f"padding, got {vocabulary_size}"
        )
    symbols = tuple(map(str, range(count)))
    lengths = tuple(str(n) for n in range(1, max_length - 1))
    labels = {
        "run_length": lengths,
        "maximum_position": ("0", *lengths),
        "palindrome": task.labels,
        "shift": symbols,
    }.get(task.name, (*symbols, NOTHING))
    draws = {"run_length": draw_runs, "palindrome": draw_palindromes}
    draw = draws.get(task.name)
    return replace(
        task,
        symbols=symbols,
        labels=labels,
        max_length=max_length,
        draw=None if draw is None else partial(draw, symbols=count),
    )


_PER_SEQUENCE = ModelSettings(pooling=Pooling.FIRST)


def _numbers_task(
    name: str,
    definition: Definition,
    model: ModelSettings,
    labels: tuple[str, ...] = ("?",),
) -> Task:
    """A task over numbers, framed at both ends, at vocabulary 8 and length 8."""
    summary = (definition.__doc__ or "").splitlines()[0]
    task = Task(
        name=name,
        summary=summary,
        definition=definition,
        symbols=("0", "1"),
        labels=labels,
        max_length=8,
        begin=BEGIN,
        end=END,
        model=model,
        resize=_resize,
    )
    return task.build(8, 8)


MORE = (
    _numbers_task("shift", shift, ModelSettings()),
    _numbers_task("run_length", run_length, ModelSettings()),
    _numbers_task("previous_distinct", previous_distinct, ModelSettings()),
    Task(
        name="parity",
        summary="Whether the number of ones so far is even or odd.",
        definition=parity,
        symbols=("0", "1"),
        labels=("even", "odd"),
        max_length=16,
        begin=BEGIN,
    ),
    _numbers_task("palindrome", palindrome, _PER_SEQUENCE, ("yes", "no")),
    _numbers_task("majority", majority, _PER_SEQUENCE),
    _numbers_task("unique", unique, ModelSettings()),
    _numbers_task("maximum_position", maximum_position, _PER_SEQUENCE),
)
"""The tasks of this file, ready to be registered."""
