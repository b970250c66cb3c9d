"""Tasks by name: built-in ones, those that users register, and those of suites."""

from __future__ import annotations

import difflib
from importlib import import_module

from transformer_programs.errors import TaskError
from transformer_programs.tasks.catalog import CATALOG
from transformer_programs.tasks.task import Task

_register: dict[str, Task] = {task.name: task for task in CATALOG}

SUITES = ("mips", "formal", "tracrbench", "chomsky", "flipflop")
"""Public suites, of which a task is called ``SUITE:TASK``; no list of tasks has them,
and each is a module of ``lab.suites``, which is loaded when a task of it is named."""


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
    suite, _, inner = name.partition(":")
    if suite in SUITES:
        return _of_suite(suite, inner)
    close = difflib.get_close_matches(name, _register, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise TaskError(f"unknown task {name!r}; {hint}known tasks: {', '.join(names())}")


def names() -> tuple[str, ...]:
    """Return the names of all tasks, in the order in which they were registered."""
    return tuple(_register)


def _of_suite(suite: str, name: str) -> Task:
    module = import_module(f"transformer_programs.lab.suites.{suite}")
    tasks: dict[str, Task] = {task.name: task for task in module.TASKS}
    if name not in tasks:
        known = ", ".join(tasks)
        raise TaskError(f"suite {suite!r} has no task {name!r}; its tasks: {known}")
    return tasks[name]
