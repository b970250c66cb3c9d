"""Tasks by name: the built-in ones and those that users register."""

from __future__ import annotations

import difflib

from transformer_programs.errors import TaskError
from transformer_programs.tasks.catalog import CATALOG
from transformer_programs.tasks.task import Task

_register: dict[str, Task] = {task.name: task for task in CATALOG}


def register(task: Task, *, replace: bool = False) -> Task:
    """Make a task known by its name, and return it.

    Raises:
        TaskError: If there is a task of this name that it may not replace.
    """
    if task.name in _register and not replace:
        raise TaskError(
            f"there is a task {task.name!r} already; choose another name, "
            "or pass replace=True"
        )
    _register[task.name] = task
    return task


def get(name: str) -> Task:
    """Return the task with this name.

    Raises:
        TaskError: If the name is unknown; the message lists the known ones.
    """
    if name in _register:
        return _register[name]
    close = difflib.get_close_matches(name, _register, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise TaskError(f"unknown task {name!r}; {hint}known tasks: {', '.join(names())}")


def names() -> tuple[str, ...]:
    """Return the names of all tasks, in the order in which they were registered."""
    return tuple(_register)
