"""What a program is compared with, and the hash that says it is the same again."""

from __future__ import annotations

from pathlib import Path

from transformer_programs.runs import folder as run_folder
from transformer_programs.errors import SettingsError
from transformer_programs.program import Program
from transformer_programs.program import InputFormat
from transformer_programs.tasks import task_hash
from transformer_programs.tasks import (
    TaskSource,
)
from transformer_programs.data import file_hash
from transformer_programs.tasks import Task
from transformer_programs.verify import AGAINST, NOT_STATED, Question
from transformer_programs.verify import as_read, open_ended

TASK = "task"
"""Names the definition of the task that a run was learned from."""


def task_of(run: Path, *, trust: bool = False) -> tuple[Task, str]:
    """The task that a run was learned from, and the hash of all that it says.

    Raises:
        SettingsError: if there is none.
        TaskError: if it cannot be had again.
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
    """Refuse a task that is about other inputs than the program of a run.

    Raises:
        SettingsError: if it is: its settings are not those that the program was learned
            with, and nothing follows from it for the inputs that it leaves out.
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
    most = form.max_bare_length
    read = as_read(form)
    more = f" ({read})" if read else ""
    return f"up to {most} of {len(form.symbols)} tokens{more}: {shown}"


def function_file(question: Question) -> str | None:
    """The Python file whose function a question compares with, if it names one."""
    path, is_function, _ = question.text.partition(".py:")
    return f"{path}.py" if question.option == AGAINST and is_function else None


def reference_hash(
    question: Question, run: Path, *, trust: bool = False, stated: str | None = None
) -> str | None:
    """The hash of what the program of a run is compared with; None if with nothing.

    Args:
        question: what is asked.
        run: the run folder.
        trust: whether Python files may be executed.
        stated: the hash that is compared with it, if there is one.

    Raises:
        TransformerProgramsError: if that cannot be had.
    """
    if question.option != AGAINST:
        return None
    if question.text == TASK:
        return task_of(run, trust=trust)[1]
    function = function_file(question)
    if function is not None:
        return file_hash(Path(function))
    return run_folder.known_hash(Path(question.text), stated)


def is_same(
    question: Question, stated: str | None, run: Path, *, trust: bool = False
) -> bool:
    """Whether what was asked about is what it was, as far as a hash of it is stated.

    Raises:
        TransformerProgramsError: if it cannot be had.
    """
    found = reference_hash(question, run, trust=trust, stated=stated)
    return stated in (found, NOT_STATED)
