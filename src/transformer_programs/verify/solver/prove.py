"""Is a program equal to another one, or a formula, on all inputs?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile

from transformer_programs.data import Target
from transformer_programs.errors import AgreementError
from transformer_programs.program import Interpreter, Program
from transformer_programs.tasks import InputSpace
from transformer_programs.verify.against import (
    WHERE_ASKED,
    Inputs,
    Reference,
    differ,
    judge,
)
from transformer_programs.verify.agreement import Advance
from transformer_programs.verify.judgement import (
    Counterexample,
    Judgement,
    Method,
    Tokens,
    counted,
    shown,
)
from transformer_programs.verify.solver.budget import NODE_WORK, SolverBudget
from transformer_programs.verify.solver.circuit import FALSE, Circuit, Literal
from transformer_programs.verify.solver.decide import load_solver, satisfy
from transformer_programs.verify.solver.encode import Choice, encode

Encoded = Sequence[Choice | None]
"""Labels and their conditions; None where no label is asked for."""

Encode = Callable[[Circuit, Sequence[Choice]], Encoded]
"""Labels for tokens that are given as conditions of a circuit."""


Goals = Callable[[Circuit, Sequence[Choice]], Iterator[Literal]]
"""Conditions on tokens that are given as such, none of which should ever hold."""


@dataclass(frozen=True, slots=True)
class Other:
    """What a program is compared with, in two forms of the same meaning.

    Attributes:
        name: what it is called.
        encode: its labels as conditions of a circuit, for tokens given as such.
        reference: its labels for given inputs.
    """

    name: str
    encode: Encode
    reference: Reference


def prove_equal(
    program: Program,
    other: Other,
    space: InputSpace,
    drawn: Inputs,
    budget: SolverBudget,
    advance: Advance | None = None,
) -> Judgement:
    """Search for an input with different labels, length by length, by a solver.

    Args:
        program: a valid program.
        other: what it should be equal to.
        space: the inputs that are asked about.
        drawn: those that are compared where the budget is spent.
        budget: how long the solver may look.
        advance: told how many lengths are done.

    Raises:
        AgreementError: If the interpreter does not confirm what the solver found.
        SettingsError: If no solver is installed.
    """
    load_solver()
    started = time.perf_counter()
    claim, proved, left_out = f"equal to {other.name}", 0, False
    least, most = min(space.lengths), max(space.lengths)

    def different(circuit: Circuit, tokens: Sequence[Choice]) -> Iterator[Literal]:
        nonlocal left_out
        wanted = other.encode(circuit, tokens)
        left_out = left_out or None in wanted
        return differences(circuit, encode(program, circuit, tokens), wanted)

    def judgement(inputs: int, example: Counterexample | None = None) -> Judgement:
        spent = round(time.perf_counter() - started, 3)
        return Judgement(
            claim + (WHERE_ASKED if left_out else ""),
            *(Method.SOLVER, (least, most), counted(inputs), spent, example),
            which=drawn.which,
        )

    for length in space.lengths:
        found = find_input(space, length, budget, different)
        if found is None:
            tested = judge(program, other.reference, other.name, _beyond(drawn, length))
            return replace(
                tested,
                seconds=judgement(0).seconds,
                proved_lengths=(least, length - 1) if length > least else None,
                reservation=budget.why(),
            )
        if not isinstance(found, bool):
            return judgement(proved + 1, _confirmed(program, other, found))
        proved += space.count(length)
        if advance is not None:
            advance(f"lengths of {other.name}", 1, len(space.lengths))
    return judgement(proved)


def find_input(
    space: InputSpace, length: int, budget: SolverBudget, goals: Goals
) -> Tokens | bool | None:
    """Search for an input of one length under which a goal holds.

    ``goals`` makes the conditions, asked one after the other, in a new circuit.

    Returns:
        The input; False if there is none; None if the budget is spent.
    """
    if budget.left <= 0:
        return None
    circuit = Circuit()
    tokens: list[Choice] = [
        dict(zip(alphabet, circuit.choice(len(alphabet)), strict=True))
        for alphabet in space.alphabets_of(length)
    ]
    made = 0
    for goal in goals(circuit, tokens):
        budget.spend(NODE_WORK * (len(circuit.nodes) - made))
        made = len(circuit.nodes)
        found = satisfy(circuit, goal, budget)
        if found is None:
            return None
        if not isinstance(found, bool):
            values = circuit.evaluate(found)
            return tuple(
                next(t for t, i in choice.items() if values[abs(i)] == (i > 0))
                for choice in tokens
            )
    return False


def differences(
    circuit: Circuit, said: Sequence[Choice], wanted: Encoded
) -> Iterator[Literal]:
    """Conditions of which one holds if and only if labels differ, one per position.

    Several simple questions are answered sooner than a difficult one.
    """
    for ours, theirs in zip(said, wanted, strict=True):
        if theirs is not None and ours != theirs:
            yield circuit.any_of(
                circuit.all_of([literal, -ours.get(label, FALSE)])
                for label, literal in theirs.items()
            )


def _confirmed(program: Program, other: Other, tokens: Tokens) -> Counterexample:
    (said,) = Interpreter(program).labels([tokens])
    (wanted,) = other.reference([tokens])
    labels: Target = said if isinstance(said, str) else tuple(said)
    if not differ(labels, wanted):
        raise AgreementError(
            f"the solver and the interpreter differ: on {shown(tokens)} the solver "
            f"sees labels that differ from {other.name}, and the interpreter gives "
            f"{shown(labels)}, as they should be; please report this (your own task: "
            "does its formula say what its definition says?)"
        )
    return Counterexample(tokens, labels, f"{other.name} {shown(wanted)}")


def _beyond(drawn: Inputs, length: int) -> Inputs:
    """The drawn inputs of at least some length; they are sorted by length."""
    rest = list(dropwhile(lambda tokens: len(tokens) < length, drawn.sequences))
    lengths = length, drawn.lengths[1]
    return replace(drawn, sequences=rest, count=len(rest), whole=False, lengths=lengths)
