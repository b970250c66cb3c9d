"""Checks of a run's program: against a specification, or for a property."""

from __future__ import annotations

from pathlib import Path

from transformer_programs.data import file_hash
from transformer_programs.errors import SettingsError
from transformer_programs.program import InputFormat, Program
from transformer_programs.runs import folder as run_folder
from transformer_programs.runs.progress import shows_progress
from transformer_programs.tasks import Task, TaskSource, find_function, task_hash
from transformer_programs.verify import (
    AGAINST,
    DEFAULT_WORK,
    DRAWN,
    INVARIANT,
    NOT_STATED,
    Advance,
    CheckRequest,
    CheckResult,
    Specification,
    as_read,
    check_property,
    check_specification,
    function_specification,
    open_ended,
    program_specification,
    task_specification,
)

TASK = "task"
"""Names the definition of the task that a run was learned from."""


@shows_progress("comparing")
def judge_run(
    run: str | Path,
    against: str,
    *,
    drawn: int = DRAWN,
    lengths: tuple[int, int] | None = None,
    solver: bool = False,
    solver_work: float = DEFAULT_WORK,
    solver_seconds: float | None = None,
    advance: Advance | None = None,
    trust: bool = False,
    progress: bool | None = None,
) -> CheckResult:
    """Compare the labels of a run's program with a specification.

    Args:
        run: the run folder, or a ``program.json``.
        against: ``task``, the definition of the task of the run; ``FILE.py:FUNCTION``,
            a function from a tuple of tokens, as they are typed, to a tuple of
            labels, or to one label; or another run folder or ``program.json``.
        drawn: the number of random inputs that are compared where more than two
            million exist; else all are. Where a function is given tokens that the
            program reads as others, at most 10,000 more are spelled differently.
        lengths: the fewest and the most tokens of the inputs; by default all lengths.
        solver: where more than two million inputs exist, prove by a solver that there
            is no difference, or find one; where the solver cannot, inputs are drawn.
        solver_work: the budget of the solver, in units of its deterministic time:
            about a second each.
        solver_seconds: a limit on its wall time as well, on which the result then
            depends.
        advance: told how many inputs have been compared, or lengths proved.
        trust: whether the Python file of the task that the run names may be executed
            for ``task``; one that ``against`` names is.
        progress: whether progress is shown; by default on terminals and in notebooks,
            if ``advance`` is not given.

    Raises:
        TransformerProgramsError: If there is no such run, task, function or program,
            the two are not about the same inputs, or no solver is installed.
    """
    request = CheckRequest(
        AGAINST, against, drawn, lengths, solver, solver_work, solver_seconds
    )
    return ask(Path(run), request, advance, trust=trust)


@shows_progress("looking for an exception")
def judge_invariant(
    program: str | Path | Program,
    invariant: str,
    *,
    drawn: int = DRAWN,
    solver: bool = False,
    solver_work: float = DEFAULT_WORK,
    solver_seconds: float | None = None,
    advance: Advance | None = None,
    progress: bool | None = None,
) -> CheckResult:
    """Check whether a program has a property on every input that it accepts.

    Args:
        program: a program, a run folder, or a ``program.json``.
        invariant: ``never LABEL``, or a name such as ``permutation``;
            docs/how-to/properties.md lists them.
        drawn: the number of random inputs that are examined, besides edge cases, where
            more than two million inputs exist; else all are.
        solver: whether a solver is asked before, where more than two million exist.
        solver_work: its budget, as for ``judge_run``.
        solver_seconds: a limit on its wall time as well.
        advance: told how many inputs have been examined.
        progress: whether progress is shown, as for ``judge_run``.

    Raises:
        TransformerProgramsError: If there is no such program, property or label, or
            the property is not defined for such a program.
    """
    if not isinstance(program, Program):
        program = run_folder.read_program(Path(program))
    request = CheckRequest(
        INVARIANT, invariant, drawn, None, solver, solver_work, solver_seconds
    )
    return _check_property(program, request, advance)


def ask(
    run: Path,
    request: CheckRequest,
    advance: Advance | None = None,
    *,
    trust: bool = False,
) -> CheckResult:
    """Check a run's program as requested; a Python file that is named is executed.

    Args:
        run: the run folder, or a ``program.json``.
        request: the check.
        advance: told how many inputs have been examined.
        trust: whether the Python file of the task that the run names may be executed.

    Raises:
        TransformerProgramsError: If the request is invalid, or there is no such
            program.
    """
    program = run_folder.read_program(run)
    if request.option != AGAINST:
        return _check_property(program, request, advance)
    specification = _specification(run, program, request.text, trust=trust)
    return check_specification(
        program,
        specification.of_lengths(request.lengths),
        drawn=request.drawn,
        budget=request.budget(),
        advance=advance,
    )


def _check_property(
    program: Program, request: CheckRequest, advance: Advance | None
) -> CheckResult:
    return check_property(
        program,
        request.text,
        drawn=request.drawn,
        budget=request.budget(),
        advance=advance,
    )


def _specification(
    run: Path, program: Program, against: str, *, trust: bool
) -> Specification:
    if against == TASK:
        task, _ = task_of(run, trust=trust)
        check_inputs_of_task(run, program, task)
        return task_specification(task)
    if ".py:" in against:
        return function_specification(against, find_function(against), program)
    if not Path(against).exists():
        raise SettingsError(
            f"--against {against}: expected 'task', FILE.py:FUNCTION, or another "
            "run folder or program.json, and there is no such file"
        )
    other = run_folder.read_program(Path(against))
    return program_specification(against, other, program)


def task_of(run: Path, *, trust: bool = False) -> tuple[Task, str]:
    """Return the task that a run was learned from, and the hash of its definition.

    Raises:
        SettingsError: If the run was not learned from a task.
        TaskError: If the task is no longer available.
    """
    if run_folder.is_run(run):
        source = run_folder.read_config(run, trust=trust).source
        if isinstance(source, TaskSource):
            task = source.find_task()
            return task, task_hash(task, source.sha256)
    raise SettingsError(
        f"{run}: expected a run that was learned from a task; name a function with "
        "--against FILE.py:FUNCTION, or another run"
    )


def check_inputs_of_task(run: Path, program: Program, task: Task) -> None:
    """Check that a task is about the inputs that the program of a run accepts.

    Raises:
        SettingsError: If not: its settings are not those that the program was learned
            with, and it says nothing about the inputs that it leaves out.
    """
    ours, theirs = program.input, task.input
    same = (
        set(ours.symbols) == set(theirs.symbols)
        and ours.max_bare_length == theirs.max_bare_length
        and not open_ended(ours)
    )
    if not same:
        raise SettingsError(
            f"{run}: the task {task.name!r} of its {run_folder.CONFIG} is about "
            f"{_inputs_in_words(theirs)}; the program accepts "
            f"{_inputs_in_words(ours)}: nothing follows from the task for the others; "
            "learn it anew, or compare it with a function (--against FILE.py:FUNCTION)"
        )


def _inputs_in_words(form: InputFormat) -> str:
    shown = " ".join(form.symbols[:10]) + (" ..." if len(form.symbols) > 10 else "")
    read = as_read(form)
    more = f" ({read})" if read else ""
    return f"up to {form.max_bare_length} of {len(form.symbols)} tokens{more}: {shown}"


def function_file(request: CheckRequest) -> str | None:
    """Return the Python file whose function is the specification, if there is one."""
    path, is_function, _ = request.text.partition(".py:")
    return f"{path}.py" if request.option == AGAINST and is_function else None


def reference_hash(
    request: CheckRequest, run: Path, *, trust: bool = False, stated: str | None = None
) -> str | None:
    """Return the hash of a specification; None for a property.

    Args:
        request: the check.
        run: the run folder.
        trust: whether Python files may be executed.
        stated: the hash that is compared with it, if there is one.

    Raises:
        TransformerProgramsError: If the specification is not available.
    """
    if request.option != AGAINST:
        return None
    if request.text == TASK:
        return task_of(run, trust=trust)[1]
    function = function_file(request)
    if function is not None:
        return file_hash(Path(function))
    return run_folder.known_hash(Path(request.text), stated)


def is_same(
    request: CheckRequest, stated: str | None, run: Path, *, trust: bool = False
) -> bool:
    """Return whether a specification has the hash that a certificate states, if any.

    Raises:
        TransformerProgramsError: If the specification is not available.
    """
    found = reference_hash(request, run, trust=trust, stated=stated)
    return stated in (found, NOT_STATED)
