"""Is there an input on which a condition holds? Asked of CP-SAT."""

from __future__ import annotations

from typing import Any

from transformer_programs.errors import SettingsError
from transformer_programs.verify.solver.circuit import And, AtLeast, Circuit, Input
from transformer_programs.verify.solver.linear import FALSE, TRUE, Linear, Literal

SEED = 1
"""Of the solver's choices: the same question takes the same way."""


def load_solver() -> Any:
    """The module of CP-SAT.

    Raises:
        SettingsError: if it is not installed.
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
    circuit: Circuit, goal: Literal, seconds: float
) -> dict[Literal, bool] | bool | None:
    """Inputs under which a literal holds.

    Args:
        circuit: where it stands.
        goal: the literal.
        seconds: how long may be looked.

    Returns:
        The values of the inputs; False if there are none; None if time ran out.
    """
    if goal == FALSE:
        return False
    if seconds <= 0:
        return None
    cp = load_solver()
    question = _Question(cp, circuit, goal)
    solver = cp.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = SEED
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(question.model)
    if status in (cp.OPTIMAL, cp.FEASIBLE):
        return {node: bool(solver.value(v)) for node, v in question.inputs.items()}
    return False if status == cp.INFEASIBLE else None


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
        needed = _cone(circuit, goal)
        for index in range(2, len(circuit.nodes)):
            if index in needed or isinstance(circuit.nodes[index], Input):
                self._define(index)
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
        if total not in self._sums:
            low, high = self._circuit.bounds(total)
            number = self.model.new_int_var(low, high, "")
            parts = [self._variables[node] * factor for node, factor in total.terms]
            self.model.add(sum(parts) == number)
            self._sums[total] = number
        return self._sums[total]


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
