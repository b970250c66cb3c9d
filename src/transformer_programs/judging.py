"""Is the program of a run right? Against its task, a function, another program.

Or does it at least keep an invariant, which one line states?
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from transformer_programs import run_folder
from transformer_programs.errors import SettingsError, TaskError
from transformer_programs.program.interpret import Interpreter
from transformer_programs.program.nodes import Program
from transformer_programs.runnable import RunnableProgram
from transformer_programs.tasks.dataset import Target
from transformer_programs.tasks.sources import TaskSource, find_function
from transformer_programs.tasks.task import Definition, Task
from transformer_programs.verify.against import Inputs, Reference, judge
from transformer_programs.verify.agreement import Advance
from transformer_programs.verify.inputs import (
    EXHAUSTIVE_LIMIT,
    domain_size,
    enumerate_inputs,
    random_inputs,
)
from transformer_programs.verify.invariants import judge_claim
from transformer_programs.verify.judgement import Judgement, Tokens
from transformer_programs.verify.predictors import bare_tokens

DRAWN = 100_000
"""Inputs that are looked at by default, where not all can be."""

TASK = "task"
"""Names the definition of the task that a run was learned from."""


def judge_run(
    run: str | Path,
    against: str,
    *,
    drawn: int = DRAWN,
    advance: Advance | None = None,
) -> Judgement:
    """Compare a run's program with what it should be.

    Args:
        run: the run folder, or a ``program.json``.
        against: ``task``, the definition of the task of the run; ``FILE.py:FUNCTION``,
            a function from a tuple of tokens (the unknown token stands for unknown
            ones) to a tuple of labels, or to one label; or another run folder or
            ``program.json``.
        drawn: how many random inputs are compared where more than two million exist;
            else all are.
        advance: told how many inputs have been compared.

    Raises:
        TransformerProgramsError: if there is no such run, task, function or program,
            or the two are not about the same inputs.
    """
    run = Path(run)
    program = run_folder.read_program(run)
    if against == TASK:
        task = _task_of(run)
        inputs = inputs_of_task(task, drawn)
        reference = reference_of(task.target, task.tagging)
        name = f"the definition of {task.name}"
    elif ".py:" in against:
        inputs = _valid_inputs(program, drawn)
        function = find_function(against)
        reference, name = reference_of(function, program.tagging), against
    else:
        if not Path(against).exists():
            raise SettingsError(
                f"--against {against}: expected 'task', FILE.py:FUNCTION, or another "
                "run folder or program.json, and there is no such file"
            )
        other = run_folder.read_program(Path(against))
        _check_same_inputs(program, other, against)
        inputs = _valid_inputs(program, drawn)
        reference, name = _of_program(other), against
    return judge(program, reference, name, inputs, advance)


def judge_invariant(
    program: str | Path | Program | RunnableProgram,
    invariant: str,
    *,
    drawn: int = DRAWN,
    advance: Advance | None = None,
) -> Judgement:
    """Does a program keep an invariant on every input that it accepts?

    Args:
        program: a program, a run folder, or a ``program.json``.
        invariant: ``never LABEL``, or a name such as ``permutation``;
            docs/invariants.md lists them.
        drawn: how many random inputs are looked at, besides edge cases, where more
            than two million inputs exist; else all are.
        advance: told how many inputs have been looked at.

    Raises:
        TransformerProgramsError: if there is no such program, invariant or label, or
            the invariant says nothing about such a program.
    """
    if isinstance(program, RunnableProgram):
        program = program.program
    elif not isinstance(program, Program):
        program = run_folder.read_program(Path(program))
    if drawn < 1:
        raise SettingsError(f"expected at least 1 drawn input, got {drawn}")
    return judge_claim(Interpreter(program), invariant, drawn, advance)


def _task_of(run: Path) -> Task:
    if run_folder.is_run(run):
        source = run_folder.read_config(run).source
        if isinstance(source, TaskSource):
            return source.find_task()
    raise SettingsError(
        f"{run}: expected a run that was learned from a task; name a function with "
        "--against FILE.py:FUNCTION, or another run"
    )


def inputs_of_task(task: Task, drawn: int) -> Inputs:
    """All inputs of a task, or so many drawn ones where more than 2 million exist."""
    lengths = (task.min_length, task.input.max_bare_length)
    if task.domain_size <= EXHAUSTIVE_LIMIT:
        return Inputs(task.enumerate(), task.domain_size, whole=True, lengths=lengths)
    sequences = sorted(task.dataset(drawn, seed=1).sequences, key=len)
    return Inputs(sequences, len(sequences), whole=False, lengths=lengths)


def _valid_inputs(program: Program, drawn: int) -> Inputs:
    form = program.input
    lengths = (form.min_bare_length, form.max_bare_length)
    size = domain_size(form)
    if size <= EXHAUSTIVE_LIMIT:
        every = (
            t for batch in enumerate_inputs(form) for t in bare_tokens(program, batch)
        )
        return Inputs(every, size, whole=True, lengths=lengths)
    sequences = bare_tokens(program, random_inputs(form, drawn, seed=1))
    return Inputs(sorted(sequences, key=len), drawn, whole=False, lengths=lengths)


def reference_of(function: Definition, tagging: bool) -> Reference:
    """A function of one input as a reference for many."""

    def reference(block: Sequence[Tokens]) -> list[Target]:
        return [_label(function, tokens, tagging) for tokens in block]

    return reference


def _label(function: Definition, tokens: Tokens, tagging: bool) -> Target:
    try:
        found = function(tokens)
    except TaskError:
        raise
    except Exception as error:
        raise TaskError(
            f"the function fails for {tokens!r}: {type(error).__name__}: {error}"
        ) from error
    if not tagging and isinstance(found, str):
        return found
    listed = tagging and isinstance(found, list | tuple) and len(found) == len(tokens)
    if listed and all(label is None or isinstance(label, str) for label in found):
        return tuple(found)
    expected = f"{len(tokens)} labels" if tagging else "one label"
    raise TaskError(f"the function gives {found!r} for {tokens!r}, expected {expected}")


def _of_program(program: Program) -> Reference:
    interpreter = Interpreter(program)

    def reference(block: Sequence[Tokens]) -> list[Target]:
        labels = interpreter.labels(block)
        return [said if isinstance(said, str) else tuple(said) for said in labels]

    return reference


def _check_same_inputs(program: Program, other: Program, name: str) -> None:
    """Do both accept the same inputs, and give the same kind of labels?"""
    if program.tagging != other.tagging:
        raise SettingsError(
            f"{name}: one program gives a label per token, the other one per sequence"
        )
    ours, theirs = program.input, other.input
    if ours.vocabulary.unknown != theirs.vocabulary.unknown:
        raise SettingsError(
            f"{name}: unknown tokens count as {theirs.vocabulary.unknown!r}, expected "
            f"{ours.vocabulary.unknown!r}: the two differ on them"
        )
    if (set(ours.symbols), ours.min_bare_length, ours.max_bare_length) != (
        set(theirs.symbols),
        theirs.min_bare_length,
        theirs.max_bare_length,
    ):
        raise SettingsError(
            f"{name}: accepts other inputs: up to {theirs.max_bare_length} of "
            f"{len(theirs.symbols)} tokens, expected up to {ours.max_bare_length} of "
            f"{len(ours.symbols)}"
        )
