"""Formulas say what the definitions of their tasks say."""

from __future__ import annotations

import itertools

import pytest

from transformer_programs.tasks import get
from transformer_programs.tasks.algebra import compute
from transformer_programs.tasks.catalog import CATALOG
from transformer_programs.tasks.task import Task
from transformer_programs.verify.solver.algebra import encode_formula
from transformer_programs.verify.solver.circuit import Circuit

SIZES: dict[str, list[tuple[int | None, int]]] = {
    "dyck1": [(None, length) for length in range(2, 10)],
    "dyck2": [(None, length) for length in range(2, 7)],
    "induction": [(6, length) for length in range(2, 9)] + [(8, 5)],
    "add_digits": [(6, 8), (13, 5)],
    "add_numbers": [(5, 6), (5, 7), (12, 4)],
}
"""Vocabulary sizes and lengths at which all inputs are few enough; of the others, the
first ones at the size of the task."""

LIMIT = 4_000


def small(name: str) -> list[tuple[Task, tuple[str, ...]]]:
    """All inputs of small sizes, with the task of that size."""
    tasks = [get(name).build(*size) for size in SIZES.get(name, [(None, None)])]
    return [
        (task, tokens)
        for task in tasks
        for tokens in itertools.islice(task.enumerate(), LIMIT)
    ]


def test_every_built_in_task_has_a_formula() -> None:
    assert all(task.formula is not None for task in CATALOG)


@pytest.mark.parametrize("name", [task.name for task in CATALOG])
def test_the_same_as_the_definition(name: str) -> None:
    for task, tokens in small(name):
        assert task.formula is not None
        assert compute(task.formula, tokens, task.symbols) == task.target(tokens), (
            tokens
        )


@pytest.mark.parametrize("name", [task.name for task in CATALOG])
def test_the_circuit_is_the_same_function(name: str) -> None:
    circuits = {}
    for task, tokens in small(name)[::7]:
        assert task.formula is not None
        size = len(task.symbols), len(tokens)
        if size not in circuits:
            circuit = Circuit()
            given = [
                dict(zip(alphabet, circuit.choice(len(alphabet)), strict=True))
                for alphabet in task.space.alphabets_of(len(tokens))
            ]
            labels = encode_formula(task.formula, task.symbols, circuit, given)
            circuits[size] = circuit, given, labels
        circuit, given, labels = circuits[size]
        values = circuit.evaluate(
            {
                abs(literal): (token == said) == (literal > 0)
                for choice, said in zip(given, tokens, strict=True)
                for token, literal in choice.items()
            }
        )
        found = [
            None
            if label is None
            else [x for x, i in label.items() if values[abs(i)] == (i > 0)]
            for label in labels
        ]
        wanted = task.target(tokens)
        listed = [wanted] if isinstance(wanted, str) else wanted
        assert found == [None if one is None else [one] for one in listed], tokens
