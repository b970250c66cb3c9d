"""The circuit of a program says what the interpreter says, on all kinds of programs."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings, strategies as st

from strategies import programs
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import Program
from transformer_programs.verify.solver.circuit import FALSE, Circuit
from transformer_programs.verify.solver.encode import Choice, encode
from transformer_programs.verify.solver.prove import SolverBudget, satisfy

pytest.importorskip("ortools")


def holds(values: list[bool], literal: int) -> bool:
    return values[abs(literal)] == (literal > 0)


def typed(program: Program) -> list[str]:
    """What a user can type: also unknown tokens, and the frame's own."""
    form = program.input
    strange = ("never seen before", form.begin, form.end)
    known = list(form.symbols)
    return known + [t for t in strange if t and form.vocabulary.unknown]


def choices(circuit: Circuit, tokens: list[str], length: int) -> list[Choice]:
    return [
        dict(zip(tokens, circuit.choice(len(tokens)), strict=True))
        for _ in range(length)
    ]


def inputs_for(given: list[Choice], word: list[str]) -> dict[int, bool]:
    return {
        abs(literal): (token == said) == (literal > 0)
        for choice, said in zip(given, word, strict=True)
        for token, literal in choice.items()
    }


def listed(labels: list[str] | str) -> list[str]:
    return [labels] if isinstance(labels, str) else labels


@settings(max_examples=200, deadline=None)
@given(programs(), st.randoms(use_true_random=False))
def test_labels_are_the_interpreters(program: Program, chance: random.Random) -> None:
    interpret, tokens = Interpreter(program), typed(program)
    form = program.input
    for length in range(form.min_bare_length, form.max_bare_length + 1):
        circuit = Circuit()
        given = choices(circuit, tokens, length)
        labels = encode(program, circuit, given)
        for _ in range(3):
            word = chance.choices(tokens, k=length)
            values = circuit.evaluate(inputs_for(given, word))
            found = [
                [name for name, literal in label.items() if holds(values, literal)]
                for label in labels
            ]
            assert found == [[name] for name in listed(interpret(word))]
            for group in circuit.groups:
                assert sum(holds(values, literal) for literal in group) == 1


@settings(max_examples=20, deadline=None)
@given(programs(max_statements=4), st.randoms(use_true_random=False))
def test_the_solver_reads_the_circuit_alike(
    program: Program, chance: random.Random
) -> None:
    """With the input fixed, the labels can be what they are, and nothing else."""
    tokens, length = typed(program), program.input.max_bare_length
    circuit = Circuit()
    given = choices(circuit, tokens, length)
    word = chance.choices(tokens, k=length)
    fixed = [choice[token] for choice, token in zip(given, word, strict=True)]
    labels = encode(program, circuit, given)
    said = listed(Interpreter(program)(word))
    right = [label.get(name, FALSE) for label, name in zip(labels, said, strict=True)]
    found = satisfy(circuit, circuit.all_of([*fixed, *right]), SolverBudget(10))
    assert isinstance(found, dict)
    assert all(
        found.get(node, True) == value
        for node, value in inputs_for(given, word).items()
    )
    wrong = circuit.any_of(-literal for literal in right)
    assert satisfy(circuit, circuit.all_of([*fixed, wrong]), SolverBudget(10)) is False
