"""Is there an input on which a condition holds? Asked of CP-SAT."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from transformer_programs.errors import SettingsError
from transformer_programs.verify.solver.budget import SolverBudget
from transformer_programs.verify.solver.circuit import (
    FALSE,
    TRUE,
    And,
    AtLeast,
    Circuit,
    Input,
    Linear,
    Literal,
)

SEED = 1
"""Of the solver's choices: the same question takes the same way."""

SLACK = 0.9
"""A solver that gave up before this part of what it was allowed was interrupted."""


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
    """Search for inputs under which a literal holds.

    Returns:
        The values of the inputs; False if there are none; None if the budget is spent.

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
    budget.spend(spent)
    early = spent < SLACK * work and solver.wall_time < SLACK * seconds
    if status == cp.UNKNOWN and early:
        raise KeyboardInterrupt  # the solver takes Ctrl-C for itself, and stops
    if status in (cp.OPTIMAL, cp.FEASIBLE):
        return {node: bool(solver.value(v)) for node, v in question.inputs.items()}
    return False if status == cp.INFEASIBLE else None


@contextmanager
def _own_interruption() -> Iterator[None]:
    """Let Ctrl-C do afterwards what it did before.

    The solver leaves the default, which ends the process without a word.
    """
    try:
        yield
    finally:
        handler = signal.getsignal(signal.SIGINT)
        main = threading.current_thread() is threading.main_thread()
        if main and handler is not None:
            signal.signal(signal.SIGINT, handler)


class _Question:
    """What a literal depends on, as a model of CP-SAT.

    Attributes:
        model: it is satisfied by the inputs that make the literal true.
        inputs: the model's variable for every input of the circuit.
    """

    def __init__(self, cp: Any, circuit: Circuit, goal: Literal) -> None:
        self.model = cp.CpModel()
        self.inputs: dict[Literal, Any] = {}
        self._circuit = circuit
        self._variables: dict[int, Any] = {}
        self._sums: dict[Linear, Any] = {}
        for index, node in enumerate(circuit.nodes[2:], start=2):
            if isinstance(node, Input):
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
            case Input():
                self.inputs[index] = this
            case And(literals):
                parts = [self._literal(literal) for literal in literals]
                self.model.add_bool_and(parts).only_enforce_if(this)
                self.model.add_bool_or([this, *(part.negated() for part in parts)])
            case AtLeast(total, least):
                number = self._sum(total)
                self.model.add(number >= least).only_enforce_if(this)
                self.model.add(number < least).only_enforce_if(this.negated())

    def _sum(self, total: Linear) -> Any:
        """The variable of a sum without constant."""
        if total not in self._sums:
            low, high = self._circuit.bounds(total)
            number = self._sums[total] = self.model.new_int_var(low, high, "")
            parts = [self._variables[node] * factor for node, factor in total.terms]
            self.model.add(sum(parts) == number)
            if total in self._circuit.parts:
                self._divide(number, total, *self._circuit.parts[total])
        return self._sums[total]

    def _divide(
        self, number: Any, base: Linear, total: Linear, one: Linear, other: Linear
    ) -> None:
        """Say again that a sum is one of two numbers: it follows, and saves search."""
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
        """Define what a node depends on, and the node."""
        for index in sorted(_cone(self._circuit, goal)):
            if index not in self._variables and index > TRUE:
                self._define(index)


def _cone(circuit: Circuit, goal: Literal) -> set[int]:
    """The nodes that a literal depends on."""
    needed, waiting = {1}, [abs(goal)]
    while waiting:
        index = waiting.pop()
        if index in needed:
            continue
        needed.add(index)
        match circuit.nodes[index]:
            case And(literals):
                waiting += [abs(literal) for literal in literals]
            case AtLeast(total):
                waiting += [node for node, _ in total.terms]
            case Input():
                pass
    return needed
