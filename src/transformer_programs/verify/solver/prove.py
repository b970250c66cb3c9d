"""The search for a counterexample by CP-SAT, from the shortest inputs on."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from transformer_programs.errors import SettingsError
from transformer_programs.tasks import InputSpace
from transformer_programs.verify.agreement import Advance
from transformer_programs.verify.result import CheckResult, Tokens
from transformer_programs.verify.solver.circuit import (
    FALSE,
    TRUE,
    And,
    AtLeast,
    Circuit,
    Free,
    Linear,
    Literal,
)
from transformer_programs.verify.solver.encode import Choice

DEFAULT_WORK, NODE_WORK = 60.0, 2e-6
"""Units of the solver's deterministic time, about a second each on one core: those of a
budget by default, and those for making one node of a circuit."""

SEED = 1
"""Of the solver's choices: the same question takes the same way."""

SLACK = 0.9
"""A solver that gave up before this part of what it was allowed was interrupted."""

Encoded = Sequence[Choice | None]
"""Labels and their conditions; None for a label that is not specified."""

Encode = Callable[[Circuit, Sequence[Choice]], Encoded]
"""Labels for tokens that are given as conditions of a circuit."""

Goals = Callable[[Circuit, Sequence[Choice]], Iterator[Literal]]
"""Conditions on the tokens, each of which is met by counterexamples alone."""


@dataclass(slots=True)
class SolverBudget:
    """How long a solver may look, over several questions.

    Attributes:
        work: units of its deterministic time, of which it has ``spent`` some.
        seconds: a limit on wall time as well, on which answers then depend.
    """

    work: float = DEFAULT_WORK
    seconds: float | None = None
    spent: float = 0.0
    _started: float = field(default_factory=time.perf_counter, repr=False)

    @property
    def left(self) -> float:
        """Units that are left; 0 where the time is up."""
        return max(0.0, self.work - self.spent) if self.seconds_left > 0 else 0.0

    @property
    def seconds_left(self) -> float:
        """Wall time that is left; infinite without a limit."""
        if self.seconds is None:
            return math.inf
        return self.seconds - (time.perf_counter() - self._started)

    def why(self) -> str:
        """Return what ended the search for an answer, in words."""
        if self.seconds is not None and self.seconds_left <= 0:
            return f"time ran out after {self.seconds:g} seconds"
        return f"the solver's budget of {self.work:g} units of work was spent"


@dataclass(frozen=True, slots=True)
class Solved:
    """The outcome of a search.

    Attributes:
        inputs: the number of inputs of the lengths that were decided, or up to the
            counterexample.
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
        proved, why = self.proved_lengths, self.reservation
        return replace(tested, proved_lengths=proved, reservation=why)


def solve(
    space: InputSpace,
    goals: Goals,
    name: str,
    budget: SolverBudget,
    advance: Advance | None = None,
) -> Solved:
    """Search for the shortest input that meets a goal, length by length.

    The goals are made in a new circuit for every length. ``advance``, for which the
    check is called ``name``, is told how many lengths are done.

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


def load_solver() -> Any:
    """Return the module of CP-SAT.

    Raises:
        SettingsError: If it is not installed.
    """
    try:
        from ortools.sat.python import cp_model
    except ImportError as error:
        raise SettingsError(
            "a proof by a solver needs the package ortools: install it with "
            "pip install 'transformer-programs[solver]'"
        ) from error
    return cp_model


def satisfy(
    circuit: Circuit, goal: Literal, budget: SolverBudget
) -> dict[Literal, bool] | bool | None:
    """Search for values of the free conditions under which a literal holds.

    Returns:
        The values; False if there are none; None if the budget is spent.

    Raises:
        KeyboardInterrupt: After Ctrl-C.
    """
    if goal == FALSE:
        return False
    work, seconds = budget.left, budget.seconds_left
    if work <= 0:
        return None
    cp = load_solver()
    question = _Question(cp, circuit, goal)
    solver = cp.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = SEED
    solver.parameters.linearization_level = 0  # counting is decided sooner without
    solver.parameters.max_deterministic_time = work
    if math.isfinite(seconds):
        solver.parameters.max_time_in_seconds = seconds
    with _own_interruption():
        status = solver.solve(question.model)
    spent = solver.response_proto.deterministic_time
    budget.spent += spent
    early = spent < SLACK * work and solver.wall_time < SLACK * seconds
    if status == cp.UNKNOWN and early:
        raise KeyboardInterrupt  # the solver takes Ctrl-C for itself, and stops
    if status in (cp.OPTIMAL, cp.FEASIBLE):
        return {node: bool(solver.value(v)) for node, v in question.free.items()}
    return False if status == cp.INFEASIBLE else None


@contextmanager
def _own_interruption() -> Iterator[None]:
    # Lets Ctrl-C do afterwards what it did before: the solver leaves the default, which
    # ends the process without a word.
    try:
        yield
    finally:
        handler = signal.getsignal(signal.SIGINT)
        main = threading.current_thread() is threading.main_thread()
        if main and handler is not None:
            signal.signal(signal.SIGINT, handler)


class _Question:
    # A model of CP-SAT that is satisfied by the values of ``free``, the variables of
    # the free conditions by their node, for which a literal holds.

    def __init__(self, cp: Any, circuit: Circuit, goal: Literal) -> None:
        self.model = cp.CpModel()
        self.free: dict[Literal, Any] = {}
        self._circuit = circuit
        self._variables: dict[int, Any] = {}
        self._sums: dict[Linear, Any] = {}
        for index, node in enumerate(circuit.nodes[2:], start=2):
            if isinstance(node, Free):
                self._define(index)
        self._require(abs(goal))
        for group in circuit.groups:
            if all(abs(literal) in self._variables for literal in group):
                self.model.add_exactly_one(map(self._literal, group))
        if goal != TRUE:
            self.model.add_bool_or([self._literal(goal)])

    def _literal(self, literal: Literal) -> Any:
        variable = self._variables[abs(literal)]
        return variable if literal > 0 else variable.negated()

    def _define(self, index: int) -> None:
        this = self._variables[index] = self.model.new_bool_var("")
        match self._circuit.nodes[index]:
            case Free():
                self.free[index] = this
            case And(literals):
                parts = [self._literal(literal) for literal in literals]
                self.model.add_bool_and(parts).only_enforce_if(this)
                self.model.add_bool_or([this, *(part.negated() for part in parts)])
            case AtLeast(total, least):
                number = self._sum(total)
                self.model.add(number >= least).only_enforce_if(this)
                self.model.add(number < least).only_enforce_if(this.negated())

    def _sum(self, total: Linear) -> Any:
        # The variable of a sum without constant.
        if total not in self._sums:
            low, high = self._circuit.bounds(total)
            number = self._sums[total] = self.model.new_int_var(low, high, "")
            parts = [self._variables[node] * factor for node, factor in total.terms]
            self.model.add(sum(parts) == number)
            if total in self._circuit.parts:
                self._divide(number, total)
        return self._sums[total]

    def _divide(self, number: Any, base: Linear) -> None:
        # Says again that a sum is one of two numbers: it follows, and saves search.
        total, one, other = self._circuit.parts[base]
        for node, _ in (*one.terms, *other.terms):
            self._require(node)
        factor = total.terms[0][1] // base.terms[0][1]
        rest = total.constant - one.constant - other.constant
        left, right = (self._number(part.terms) for part in (one, other))
        self.model.add(factor * number + rest == left + right)

    def _number(self, terms: tuple[tuple[Literal, int], ...]) -> Any:
        base, _, _ = Linear(terms).threshold(0)
        return self._sum(base) * (terms[0][1] // base.terms[0][1])

    def _require(self, goal: Literal) -> None:
        # Defines a node, and before it all that it depends on.
        needed, waiting = set[int](), [abs(goal)]
        while waiting:
            index = waiting.pop()
            if index in needed or index == TRUE:
                continue
            needed.add(index)
            match self._circuit.nodes[index]:
                case And(literals):
                    waiting += [abs(literal) for literal in literals]
                case AtLeast(total):
                    waiting += [node for node, _ in total.terms]
        for index in sorted(needed - self._variables.keys()):
            if index not in self._variables:  # defining a sum defines others
                self._define(index)
