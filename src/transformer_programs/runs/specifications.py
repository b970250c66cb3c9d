"""Is the program of a run right? Against its task, a function, another program.

Or does it at least keep an invariant, which one line states?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from transformer_programs.runs import folder as run_folder
from transformer_programs.errors import (
    SettingsError,
    TaskError,
    TransformerProgramsError,
)
from transformer_programs.program import Interpreter
from transformer_programs.program import Program
from transformer_programs.program import InputFormat
from transformer_programs.runs.progress import shows_progress
from transformer_programs.runs.references import (
    TASK as TASK,
    check_inputs_of_task,
    task_of,
)
from transformer_programs.tasks import Formula
from transformer_programs.data import Target
from transformer_programs.data import brief, called
from transformer_programs.tasks import Draw, check_drawn_fit, sample_distinct
from transformer_programs.tasks import find_function
from transformer_programs.tasks import InputSpace
from transformer_programs.tasks import Definition, Task
from transformer_programs.program import EXHAUSTIVE_LIMIT
from transformer_programs.verify import Inputs, Reference, judge
from transformer_programs.verify import Advance
from transformer_programs.verify import (
    open_ended,
    rewritten,
    spellings,
)
from transformer_programs.verify import judge_claim, which_inputs
from transformer_programs.verify import Judgement, Tokens
from transformer_programs.verify import encode_formula
from transformer_programs.verify import DEFAULT_WORK, SolverBudget
from transformer_programs.verify import Circuit
from transformer_programs.verify import Choice, encode
from transformer_programs.verify import (
    Encode,
    Encoded,
    Other,
    prove_equal,
)

DRAWN = 100_000
"""Inputs that are looked at by default, where not all can be."""

REWRITTEN = 10_000
"""Random inputs among those that are written in other ways, at most."""


@dataclass(frozen=True, slots=True)
class _Expected:
    """What a program should be, and on which inputs.

    Attributes:
        name: what it is called.
        reference: its labels.
        space: the inputs.
        draw: how they are drawn, by default uniformly.
        encode: the labels in a form that a solver reads, if there is one.
        exact: whether the space is all inputs that there are.
        opaque: what the program reads tokens as, if the reference may tell apart what
            it reads as the same.
        which: as ``Judgement`` has it.
    """

    name: str
    reference: Reference
    space: InputSpace
    draw: Draw | None = None
    encode: Encode | None = None
    exact: bool = True
    opaque: InputFormat | None = None
    which: str = ""

    def inputs(self, drawn: int, lengths: tuple[int, int] | None) -> Inputs:
        """What is compared: of these lengths, and so many random ones if need be."""
        space = _of_lengths(self.space, lengths)
        inputs = _inputs(space, drawn, self.draw, exact=self.exact)
        other = None
        if self.opaque is not None:
            other = rewritten(self.opaque, inputs.lengths, min(drawn, REWRITTEN))
        return replace(inputs, rewritten=other, which=self.which)


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
) -> Judgement:
    """Compare a run's program with what it should be.

    Args:
        run: the run folder, or a ``program.json``.
        against: ``task``, the definition of the task of the run; ``FILE.py:FUNCTION``,
            a function from a tuple of tokens, as they are typed, to a tuple of
            labels, or to one label; or another run folder or ``program.json``.
        drawn: how many random inputs are compared where more than two million exist;
            else all are. Where a function is given tokens that the program reads as
            others, at most 10,000 more are written in other ways.
        lengths: the fewest and the most tokens of the inputs; by default all lengths.
        solver: where more than two million inputs exist, prove by a solver that there
            is no difference, or find one; where the solver cannot, inputs are drawn.
        solver_work: how long the solver may look, in units of its deterministic time:
            about a second each.
        solver_seconds: a limit on its wall time as well, on which the answer then
            depends.
        advance: told how many inputs have been compared, or lengths proved.
        trust: whether the Python file of the task that the run names may be executed
            for ``task``; one that ``against`` names is.
        progress: whether progress is shown; by default on terminals and in notebooks,
            if ``advance`` is not given.

    Raises:
        TransformerProgramsError: if there is no such run, task, function or program,
            the two are not about the same inputs, or no solver is installed.
    """
    if drawn < 1:
        raise SettingsError(f"expected at least 1 drawn input, got {drawn}")
    run = Path(run)
    program = run_folder.read_program(run)
    expected = _expected(run, program, against, trust=trust)
    name, reference = expected.name, expected.reference
    space = _of_lengths(expected.space, lengths)
    inputs = expected.inputs(drawn, lengths)
    if inputs.whole or not solver:
        return judge(program, reference, name, inputs, advance)
    if expected.encode is None:
        judgement = judge(program, reference, name, inputs, advance)
        return replace(judgement, reservation=f"a solver cannot read {name}")
    form = " (its formula)" if against == TASK else ""
    other = Other(name + form, expected.encode, reference)
    budget = SolverBudget(solver_work, solver_seconds)
    return prove_equal(program, other, space, inputs, budget, advance)


def _expected(run: Path, program: Program, against: str, *, trust: bool) -> _Expected:
    if against == TASK:
        task, _ = task_of(run, trust=trust)
        check_inputs_of_task(run, program, task)
        chosen = any(set(some) < set(task.symbols) for some in task.alphabets)
        return _Expected(
            f"the definition of {task.name}",
            reference_of(task.name, task.target, task.tagging),
            task.space,
            task.draw,
            task.formula and partial(_encoded, task.name, task.formula, task.symbols),
            which=", those that the task asks about" if chosen else "",
        )
    if ".py:" in against:
        function = _labelling_all(against, find_function(against))
        reference = reference_of(against, function, program.tagging)
        form = program.input
        space = _accepted(form)
        if form.surfaces:
            space = replace(space, alphabets=(tuple(filter(None, *space.alphabets)),))
            return _Expected(against, reference, space, exact=False)
        if not open_ended(form):
            return _Expected(against, reference, space)
        return _Expected(
            against, reference, space, opaque=form, which=which_inputs(form)
        )
    if not Path(against).exists():
        raise SettingsError(
            f"--against {against}: expected 'task', FILE.py:FUNCTION, or another "
            "run folder or program.json, and there is no such file"
        )
    other = run_folder.read_program(Path(against))
    _check_same_inputs(program, other, against)
    return _Expected(
        against,
        _of_program(other),
        _accepted(program.input, other.input),
        encode=partial(encode, other),
        exact=not (program.input.surfaces or other.input.surfaces),
        which=which_inputs(program.input),
    )


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
) -> Judgement:
    """Does a program keep an invariant on every input that it accepts?

    Args:
        program: a program, a run folder, or a ``program.json``.
        invariant: ``never LABEL``, or a name such as ``permutation``;
            docs/invariants.md lists them.
        drawn: how many random inputs are looked at, besides edge cases, where more
            than two million inputs exist; else all are.
        solver: whether a solver is asked before, where more than two million exist.
        solver_work: how long it may look, in units of its deterministic time: about a
            second each.
        solver_seconds: a limit on its wall time as well, on which the answer then
            depends.
        advance: told how many inputs have been looked at.
        progress: whether progress is shown, as for ``judge_run``.

    Raises:
        TransformerProgramsError: if there is no such program, invariant or label, or
            the invariant says nothing about such a program.
    """
    if not isinstance(program, Program):
        program = run_folder.read_program(Path(program))
    if drawn < 1:
        raise SettingsError(f"expected at least 1 drawn input, got {drawn}")
    budget = SolverBudget(solver_work, solver_seconds) if solver else None
    return judge_claim(Interpreter(program), invariant, drawn, advance, budget)


def _encoded(
    name: str,
    formula: Formula,
    symbols: tuple[str, ...],
    circuit: Circuit,
    tokens: Sequence[Choice],
) -> Encoded:
    """The labels of a task's formula."""
    what = f"task {name!r}: its formula fails"
    own = TransformerProgramsError
    return called(what, own, encode_formula, formula, symbols, circuit, tokens)


def inputs_of_task(task: Task, drawn: int) -> Inputs:
    """All inputs of a task, or so many drawn ones where more than 2 million exist."""
    return _inputs(task.space, drawn, task.draw)


def _inputs(
    space: InputSpace, drawn: int, draw: Draw | None = None, *, exact: bool = True
) -> Inputs:
    lengths = (min(space.lengths), max(space.lengths))
    size = space.size_up_to(EXHAUSTIVE_LIMIT)
    if exact and size <= EXHAUSTIVE_LIMIT:
        return Inputs(space.enumerate(), size, whole=True, lengths=lengths)
    check_drawn_fit(space, {"drawn": drawn})
    count = min(drawn, space.size_up_to(drawn))
    sequences = sample_distinct(space, count, np.random.default_rng(1), draw)
    sequences.sort(key=len)
    return Inputs(sequences, len(sequences), whole=False, lengths=lengths)


def _accepted(form: InputFormat, *others: InputFormat) -> InputSpace:
    """Every input that a program accepts, unknown tokens as the one that stands in.

    Where surfaces are read, by it or by others, also tokens that are typed oddly; there
    are endlessly many.
    """
    lengths = range(form.min_bare_length, form.max_bare_length + 1)
    tokens = form.symbols
    if any(one.surfaces for one in (form, *others)):
        tokens = tuple(dict.fromkeys((*tokens, *spellings(form))))
    return InputSpace((tokens,), lengths)


def _of_lengths(space: InputSpace, lengths: tuple[int, int] | None) -> InputSpace:
    """Those of some lengths, the fewest and the most tokens."""
    if lengths is None:
        return space
    least, most = lengths
    if not min(space.lengths) <= least <= most <= max(space.lengths):
        raise SettingsError(
            f"lengths {least} to {most}: expected lengths within "
            f"{min(space.lengths)} to {max(space.lengths)}, which the inputs have"
        )
    return replace(space, lengths=range(least, most + 1))


def reference_of(name: str, function: Definition, tagging: bool) -> Reference:
    """A function of one input, which messages call by this name, for many."""

    def reference(block: Sequence[Tokens]) -> list[Target]:
        return [_label(name, function, tokens, tagging) for tokens in block]

    return reference


def _labelling_all(name: str, function: Definition) -> Definition:
    """The same function; a label that it leaves out is an error, not a blank cheque."""

    def labelling(tokens: Tokens) -> Target:
        what = f"{name}: the function fails for {tokens!r}"
        found = called(what, (), function, tokens)
        if isinstance(found, list | tuple) and None in found:
            raise TaskError(
                f"{name}: the function gives {brief(found)} for {tokens!r}, expected a "
                "label for every token"
            )
        return found

    return labelling


def _label(name: str, function: Definition, tokens: Tokens, tagging: bool) -> Target:
    found = function(tokens)
    if not tagging and isinstance(found, str):
        return found
    listed = tagging and isinstance(found, list | tuple) and len(found) == len(tokens)
    if listed and all(label is None or isinstance(label, str) for label in found):
        return tuple(found)
    expected = f"{len(tokens)} labels" if tagging else "one label"
    raise TaskError(
        f"{name}: the function gives {brief(found)} for {tokens!r}, expected {expected}"
    )


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
    if ours.folding != theirs.folding:
        raise SettingsError(
            f"{name}: words are folded as {theirs.folding}, expected {ours.folding}: "
            "the two differ on words that are typed in another way"
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
