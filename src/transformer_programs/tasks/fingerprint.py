"""What a task says, as one hash: a claim about its definition depends on all of it."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable
from functools import partial
from typing import Any

from transformer_programs.tasks.task import Task


def task_hash(task: Task, file_sha256: str = "") -> str:
    """The SHA-256 of a task at its size: inputs, labels, and the text of its functions.

    Args:
        task: the task.
        file_sha256: of the file that registers it, "" for one of this package, whose
            version says the rest: text of functions that others call is left out.
    """
    settings: list[Any] = [
        *(task.name, task.symbols, task.labels, task.max_length, task.begin, task.end),
        *(task.min_length, task.alphabets, task.tagging, file_sha256),
        *(_text(part) for part in (task.definition, task.formula, task.draw)),
    ]
    return hashlib.sha256(json.dumps(settings).encode()).hexdigest()


def _text(function: Callable[..., object] | None) -> list[str]:
    """The source text of a function, as far as it can be had."""
    if function is None:
        return []
    if isinstance(function, partial):
        given = sorted(function.keywords.items())
        named = [(name, _named(value)) for name, value in given]
        return [*_text(function.func), *map(_named, function.args), repr(named)]
    try:
        return [inspect.getsource(function)]
    except (OSError, TypeError):
        return [getattr(function, "__qualname__", type(function).__qualname__)]


def _named(value: object) -> str:
    """A value in a text that is the same in every process."""
    return getattr(value, "__qualname__", None) or repr(value)
