"""The search for a counterexample by a solver, from the shortest inputs on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from transformer_programs.tasks import InputSpace
from transformer_programs.verify.agreement import Advance
from transformer_programs.verify.result import CheckResult, Tokens
from transformer_programs.verify.solver.circuit import FALSE, Circuit, Literal
from transformer_programs.verify.solver.decide import (
    SolverBudget,
    load_solver,
    satisfy,
)
from transformer_programs.verify.solver.encode import Choice

NODE_WORK = 2e-6
"""Units of the solver's deterministic time for making one node of a circuit."""

Encoded = Sequence[Choice | None]
"""Labels and their conditions; None for a label that is not specified."""

Encode = Callable[[Circuit, Sequence[Choice]], Encoded]
"""Labels for tokens that are given as conditions of a circuit."""

Goals = Callable[[Circuit, Sequence[Choice]], Iterator[Literal]]
"""Conditions on the tokens, each of which is met by counterexamples alone."""


@dataclass(frozen=True, slots=True)
class Solved:
    """The outcome of a search.

    Attributes:
        inputs: the number of inputs up to the counterexample, or of all inputs of the
            lengths that were decided.
        counterexample: an input that meets a goal, if one was found.
        stopped_at: the length at which the budget was spent, if it was.
        proved_lengths: the lengths before it, if there are any.
        reservation: why the search stopped.
    """

    inputs: int
    counterexample: Tokens | None = None
    stopped_at: int | None = None
    proved_lengths: tuple[int, int] | None = None
    reservation: str = ""

    def noted(self, tested: CheckResult) -> CheckResult:
        """Return the result of a test that followed, with what was proved before."""
        return replace(
            tested, proved_lengths=self.proved_lengths, reservation=self.reservation
        )


def solve(
    space: InputSpace,
    goals: Goals,
    name: str,
    budget: SolverBudget,
    advance: Advance | None = None,
) -> Solved:
    """Search for the shortest input that meets a goal, length by length.

    Args:
        space: the inputs.
        goals: makes the conditions, in a new circuit for every length.
        name: what ``advance`` calls the check.
        budget: limits the search.
        advance: told how many lengths are done.

    Raises:
        SettingsError: If no solver is installed.
    """
    load_solver()
    inputs, least = 0, min(space.lengths)
    for length in space.lengths:
        found = _find(space, length, budget, goals)
        if found is None:
            proved = (least, length - 1) if length > least else None
            return Solved(inputs, None, length, proved, budget.why())
        if not isinstance(found, bool):
            return Solved(inputs + 1, counterexample=found)
        inputs += space.count(length)
        if advance is not None:
            advance(f"lengths of {name}", 1, len(space.lengths))
    return Solved(inputs)


def _find(
    space: InputSpace, length: int, budget: SolverBudget, goals: Goals
) -> Tokens | bool | None:
    # An input of one length that meets a goal; False if there is none; None if the
    # budget is spent.
    if budget.left <= 0:
        return None
    circuit = Circuit()
    tokens: list[Choice] = [
        dict(zip(alphabet, circuit.choice(len(alphabet)), strict=True))
        for alphabet in space.alphabets_of(length)
    ]
    made = 0
    for goal in goals(circuit, tokens):
        budget.spent += NODE_WORK * (len(circuit.nodes) - made)
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


def unequal(
    circuit: Circuit, labels: Sequence[Choice], expected: Encoded
) -> Iterator[Literal]:
    """Yield a condition per position, one of which holds if and only if labels differ.

    Several simple questions are answered sooner than a difficult one.
    """
    for ours, theirs in zip(labels, expected, strict=True):
        if theirs is not None and ours != theirs:
            yield circuit.any_of(
                circuit.all_of([literal, -ours.get(label, FALSE)])
                for label, literal in theirs.items()
            )
