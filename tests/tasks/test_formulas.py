"""Formulas say what the definitions of their tasks say."""

from __future__ import annotations

import itertools

import pytest

from transformer_programs.tasks import get, names
from transformer_programs.tasks.formulas import compute
from transformer_programs.tasks.task import Task
from transformer_programs.verify.solver.algebra import encode_formula
from transformer_programs.verify.solver.circuit import Circuit

WITH_FORMULA = [name for name in names() if get(name).formula is not None]
LIMIT = 3_000
"""Inputs per task: all of the shorter lengths."""


def small(task: Task) -> list[tuple[str, ...]]:
    """All sequences of the symbols, also those that the task does not ask about."""
    every = (
        itertools.product(task.symbols, repeat=length)
        for length in range(task.input.max_bare_length + 1)
    )
    return list(itertools.islice(itertools.chain.from_iterable(every), LIMIT))


@pytest.mark.parametrize("name", WITH_FORMULA)
def test_the_same_as_the_definition(name: str) -> None:
    task = get(name)
    assert task.formula is not None
    for tokens in small(task):
        assert compute(task.formula, tokens, task.symbols) == task.target(tokens), (
            tokens
        )


@pytest.mark.parametrize("name", WITH_FORMULA)
def test_the_circuit_is_the_same_function(name: str) -> None:
    task = get(name)
    assert task.formula is not None
    circuits = {}
    for tokens in small(task)[::7]:
        length = len(tokens)
        if length not in circuits:
            circuit = Circuit()
            given = [
                dict(zip(task.symbols, circuit.choice(len(task.symbols)), strict=True))
                for _ in range(length)
            ]
            labels = encode_formula(task.formula, task.symbols, circuit, given)
            circuits[length] = circuit, given, labels
        circuit, given, labels = circuits[length]
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
