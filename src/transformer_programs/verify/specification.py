"""Specifications of a program: its task, a function, or another program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from transformer_programs.data import Target, brief, called
from transformer_programs.errors import (
    SettingsError,
    TaskError,
    TransformerProgramsError,
)
from transformer_programs.language import (
    EXHAUSTIVE_LIMIT,
    InputFormat,
    Interpreter,
    Program,
)
from transformer_programs.tasks import (
    Definition,
    Draw,
    InputSpace,
    Task,
    check_drawn_fit,
    sample_distinct,
)
from transformer_programs.verify.inputs import as_read, open_ended, rewritten, spellings
from transformer_programs.verify.result import Method, Tokens, as_target
from transformer_programs.verify.solver.algebra import encode_formula
from transformer_programs.verify.solver.circuit import Circuit
from transformer_programs.verify.solver.encode import Choice, encode
from transformer_programs.verify.solver.prove import (
    DEFAULT_WORK,
    Encode,
    Encoded,
    SolverBudget,
)

AGAINST, INVARIANT = "--against", "--invariant"
"""The options of ``tprog verify`` that name a specification, and a property."""

DRAWN = 100_000
"""Inputs that are compared by default where not all can be."""

REWRITTEN = 10_000
"""The most random inputs among those that are spelled differently."""


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """A check of a program, beyond that its implementations agree.

    Attributes:
        option: the option of ``tprog verify``: ``--against`` or ``--invariant``.
        text: its value.
        drawn: the number of random inputs, where not all are examined.
        lengths: the fewest and the most tokens of the inputs; None for all.
        solver: whether a solver is used.
        solver_work: its budget, in units of its deterministic time.
        solver_seconds: a limit on its wall time as well.
    """

    option: str
    text: str
    drawn: int
    lengths: tuple[int, int] | None = None
    solver: bool = False
    solver_work: float = DEFAULT_WORK
    solver_seconds: float | None = None

    def budget(self) -> SolverBudget | None:
        """Return a new budget of the solver; None if it is not used."""
        budget = SolverBudget(self.solver_work, self.solver_seconds)
        return budget if self.solver else None


Labelling = Callable[[Sequence[Tokens]], Sequence[Target]]
"""The expected labels of many inputs; None for a label that is not specified."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of a comparison.

    Attributes:
        sequences: bare tokens, the shortest first; may be lazy.
        count: the number of sequences.
        whole: whether these are all inputs that exist.
        lengths: the fewest and the most tokens that they may have.
        rewritten: compared after these: inputs that are spelled differently. None
            unless the program reads tokens as one that the specification need not.
    """

    sequences: Iterable[Tokens]
    count: int
    whole: bool
    lengths: tuple[int, int]
    rewritten: Sequence[Tokens] | None = None

    @property
    def size(self) -> int:
        """The number of inputs."""
        return self.count + len(self.rewritten or ())

    @property
    def method(self) -> Method:
        """The method of a comparison on all of them."""
        if not self.whole:
            return Method.DRAWN
        return Method.ENUMERATION if self.rewritten is None else Method.CLASSES

    def from_length(self, least: int) -> Inputs:
        """Return the inputs without ``sequences`` that are shorter."""
        if least == self.lengths[0]:
            return self
        rest = [tokens for tokens in self.sequences if len(tokens) >= least]
        return replace(
            self, sequences=rest, count=len(rest), lengths=(least, self.lengths[1])
        )


@dataclass(frozen=True, slots=True)
class Specification:
    """The labels that a program should give, and the inputs for which it should.

    Attributes:
        name: what messages call it.
        labels: the expected labels.
        space: the inputs.
        draw: how inputs are drawn; uniformly by default.
        encode: the labels in the form that a solver reads, if there is one.
        solved_name: what it is called where a solver read it; ``name`` by default.
        exact: whether ``space`` contains all inputs that exist.
        opaque: the format of the program, if the specification may distinguish tokens
            that the program reads as one.
        which: which inputs ``space`` contains, as in ``CheckResult``.
    """

    name: str
    labels: Labelling
    space: InputSpace
    draw: Draw | None = None
    encode: Encode | None = None
    solved_name: str = ""
    exact: bool = True
    opaque: InputFormat | None = None
    which: str = ""

    @property
    def lengths(self) -> tuple[int, int]:
        """The fewest and the most tokens of the inputs."""
        return min(self.space.lengths), max(self.space.lengths)

    def of_lengths(self, lengths: tuple[int, int] | None) -> Specification:
        """Return the specification restricted to inputs of some lengths.

        Raises:
            SettingsError: If the inputs have no such lengths.
        """
        if lengths is None:
            return self
        (least, most), (first, last) = lengths, self.lengths
        if not first <= least <= most <= last:
            raise SettingsError(
                f"lengths {least} to {most}: expected lengths within {first} to "
                f"{last}, which the inputs have"
            )
        space = replace(self.space, lengths=range(least, most + 1))
        return replace(self, space=space)

    def inputs(self, drawn: int) -> Inputs:
        """Return all inputs, or ``drawn`` random ones where over 2 million exist."""
        space, lengths, other = self.space, self.lengths, None
        size = space.size_up_to(EXHAUSTIVE_LIMIT)
        if self.opaque is not None:
            other = rewritten(self.opaque, lengths, min(drawn, REWRITTEN))
        if self.exact and size <= EXHAUSTIVE_LIMIT:
            return Inputs(space.enumerate(), size, True, lengths, other)
        check_drawn_fit(space, {"drawn": drawn})
        count = min(drawn, space.size_up_to(drawn))
        sequences = sample_distinct(space, count, np.random.default_rng(1), self.draw)
        sequences.sort(key=len)
        return Inputs(sequences, len(sequences), False, lengths, other)


def task_specification(task: Task) -> Specification:
    """Return the definition of a task, which has a formula for the solver."""
    some = any(set(alphabet) < set(task.symbols) for alphabet in task.alphabets)
    name = f"the definition of {task.name}"

    def encoded(circuit: Circuit, tokens: Sequence[Choice]) -> Encoded:
        assert task.formula is not None
        what, own = f"task {task.name!r}: its formula fails", TransformerProgramsError
        formula, symbols = task.formula, task.symbols
        return called(what, own, encode_formula, formula, symbols, circuit, tokens)

    return Specification(
        name,
        lambda block: [task.target(tokens) for tokens in block],
        task.space,
        task.draw,
        encoded if task.formula else None,
        f"{name} (its formula)",
        which=", those that the task asks about" if some else "",
    )


def function_specification(
    name: str, function: Definition, program: Program
) -> Specification:
    """Return what a function says of every input, as it is typed, of a program."""

    def labels(block: Sequence[Tokens]) -> list[Target]:
        return [_label(name, function, tokens, program.tagging) for tokens in block]

    form = program.input
    space = _accepted(form)
    if form.surfaces:
        # The characters of the empty token are nothing that a function must know.
        space = replace(space, alphabets=(tuple(filter(None, *space.alphabets)),))
        return Specification(name, labels, space, exact=False)
    opaque = form if open_ended(form) else None
    return Specification(name, labels, space, opaque=opaque, which=which_inputs(form))


def program_specification(name: str, other: Program, program: Program) -> Specification:
    """Return the labels of another program, which messages call ``name``.

    Raises:
        SettingsError: If the two accept different inputs, or if one of them gives a
            label per token and the other one per sequence.
    """
    _check_same_inputs(program, other, name)
    interpreter = Interpreter(other)
    return Specification(
        name,
        lambda block: [as_target(labels) for labels in interpreter.labels(block)],
        _accepted(program.input, other.input),
        encode=partial(encode, other),
        exact=not (program.input.surfaces or other.input.surfaces),
        which=which_inputs(program.input),
    )


def which_inputs(form: InputFormat) -> str:
    """Return which inputs "all inputs" of a program are, as in ``CheckResult``."""
    read = as_read(form)
    return f", as they are read ({read})" if read else ""


def _label(name: str, function: Definition, tokens: Tokens, tagging: bool) -> Target:
    what = f"{name}: the function fails for {tokens!r}"
    found = called(what, (), function, tokens)
    if not tagging and isinstance(found, str):
        return found
    listed = isinstance(found, list | tuple)
    fits = listed and len(found) == len(tokens)
    if tagging and fits and all(isinstance(label, str) for label in found):
        return tuple(found)
    expected = f"{len(tokens)} labels" if tagging else "one label"
    if listed and None in found:
        expected = "a label for every token"
    raise TaskError(
        f"{name}: the function gives {brief(found)} for {tokens!r}, expected {expected}"
    )


def _accepted(form: InputFormat, *others: InputFormat) -> InputSpace:
    # Unknown tokens stand there as the one for them. Of tokens whose characters are
    # read, by this format or by others, there are endlessly many: some odd ones.
    lengths = range(form.min_bare_length, form.max_bare_length + 1)
    tokens = form.symbols
    if any(one.surfaces for one in (form, *others)):
        tokens = tuple(dict.fromkeys((*tokens, *spellings(form))))
    return InputSpace((tokens,), lengths)


def _domain(form: InputFormat) -> tuple[object, ...]:
    return set(form.symbols), form.min_bare_length, form.max_bare_length


def _check_same_inputs(program: Program, other: Program, name: str) -> None:
    if program.tagging != other.tagging:
        raise SettingsError(
            f"{name}: one program gives a label per token, the other one per sequence"
        )
    ours, theirs = program.input, other.input
    if theirs.vocabulary.unknown != ours.vocabulary.unknown:
        raise SettingsError(
            f"{name}: unknown tokens count as {theirs.vocabulary.unknown!r}, expected "
            f"{ours.vocabulary.unknown!r}: the two differ on them"
        )
    if theirs.folding != ours.folding:
        raise SettingsError(
            f"{name}: words are folded as {theirs.folding}, expected {ours.folding}: "
            "the two differ on words that are typed in another way"
        )
    if _domain(ours) != _domain(theirs):
        raise SettingsError(
            f"{name}: accepts other inputs: up to {theirs.max_bare_length} of "
            f"{len(theirs.symbols)} tokens, expected up to {ours.max_bare_length} of "
            f"{len(ours.symbols)}"
        )
