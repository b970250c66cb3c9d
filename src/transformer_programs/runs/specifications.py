"""Checks of a run's program: against a specification, or for a property."""

from __future__ import annotations

from pathlib import Path

from transformer_programs.data import file_hash
from transformer_programs.errors import SettingsError
from transformer_programs.runs.base import BaseRun
from transformer_programs.runs.folder import known_hash, read_program
from transformer_programs.runs.loading import check_inputs_of_task, source_of
from transformer_programs.tasks import Task, TaskSource, find_function, task_hash
from transformer_programs.verify import (
    AGAINST,
    NOT_STATED,
    Advance,
    CheckRequest,
    CheckResult,
    Specification,
    check_property,
    check_specification,
    function_specification,
    program_specification,
    task_specification,
)

TASK = "task"
"""Names the definition of the task that a run was learned from."""


def ask(
    run: BaseRun,
    request: CheckRequest,
    advance: Advance | None = None,
    *,
    trust: bool = False,
) -> CheckResult:
    """Check a run's program as requested; a Python file that is named is executed.

    Args:
        run: The run.
        request: The check.
        advance: Called with the number of inputs examined, or of lengths proved.
        trust: Whether the Python file of the task that the run names may be executed.

    Raises:
        TransformerProgramsError: If the request does not fit the program, or what it
            names is not there.
    """
    program, drawn, budget = run.program.data, request.drawn, request.budget()
    if request.option != AGAINST:
        return check_property(
            program, request.text, drawn=drawn, budget=budget, advance=advance
        )
    wanted = _specification(run, request.text, trust=trust).of_lengths(request.lengths)
    return check_specification(
        program, wanted, drawn=drawn, budget=budget, advance=advance
    )


def _specification(run: BaseRun, against: str, *, trust: bool) -> Specification:
    program = run.program.data
    if against == TASK:
        task, _ = _task_of(run, trust=trust)
        check_inputs_of_task(run.place, program, task)
        return task_specification(task)
    if ".py:" in against:
        return function_specification(against, find_function(against), program)
    if not Path(against).exists():
        raise SettingsError(
            f"--against {against}: expected 'task', FILE.py:FUNCTION, or another "
            "run folder or program.json, and there is no such file"
        )
    return program_specification(against, read_program(Path(against)), program)


def _task_of(run: BaseRun, *, trust: bool) -> tuple[Task, str]:
    # The task that a run was learned from, and the hash of its definition.
    source = source_of(run, trust=trust)
    if not isinstance(source, TaskSource):
        raise SettingsError(
            f"{run.place}: expected a run that was learned from a task; name a "
            "function with --against FILE.py:FUNCTION, or another run"
        )
    task = source.find_task()
    return task, task_hash(task, source.sha256)


def function_file(request: CheckRequest) -> str | None:
    """Return the Python file whose function is the specification, if there is one."""
    path, is_function, _ = request.text.partition(".py:")
    return f"{path}.py" if request.option == AGAINST and is_function else None


def reference_hash(
    request: CheckRequest,
    run: BaseRun,
    *,
    trust: bool = False,
    stated: str | None = None,
) -> str | None:
    """Return the hash of a specification, if it has one, as ``known_hash``."""
    if request.option != AGAINST:
        return None
    if request.text == TASK:
        return _task_of(run, trust=trust)[1]
    function = function_file(request)
    if function is not None:
        return file_hash(Path(function))
    return known_hash(Path(request.text), stated)


def is_same(
    request: CheckRequest, stated: str | None, run: BaseRun, *, trust: bool = False
) -> bool:
    """Return whether a specification has the hash that a certificate states, if any."""
    found = reference_hash(request, run, trust=trust, stated=stated)
    return stated in (found, NOT_STATED)
