from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from transformer_programs import tasks
from transformer_programs.data.dataset import Dataset, Examples
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import Program
from transformer_programs.optimize.choices import (
    alternatives,
    choices,
    chosen,
)
from transformer_programs.optimize.polishing import Pass, polish
from transformer_programs.search import search


def accuracy(program: Program, examples: Examples) -> float:
    labels = Interpreter(program).labels(examples.sequences)
    pairs = zip(labels, examples.targets, strict=True)
    return float(np.mean([tuple(found) == wanted for found, wanted in pairs]))


def sorting() -> tuple[Dataset, Program]:
    data = tasks.get("sort").dataset(size=1500, vocabulary_size=6, max_length=6)
    found = search(data)
    assert found.exact
    return data, found.program


def damaged(program: Program, times: int) -> Program:
    generator = np.random.default_rng(0)
    for _ in range(times):
        every = [*choices(program)]
        choice = every[generator.integers(len(every))]
        values = alternatives(program, choice)
        program = chosen(program, choice, values[generator.integers(len(values))])
    return program


def test_wrong_choices_are_mended() -> None:
    data, exact = sorting()
    broken = damaged(exact, 3)
    assert accuracy(broken, data.test) < 0.9
    passes: list[Pass] = []
    mended = polish(broken, data, 6, 1, on_pass=passes.append)
    assert accuracy(mended, data.test) == 1
    assert [found.number for found in passes] == [*range(1, len(passes) + 1)]
    assert passes[0].changed > 0
    assert passes[-1].validation.accuracy == 1
    assert polish(broken, data, 6, 1) == mended


def test_nothing_is_changed_where_nothing_gains() -> None:
    data, exact = sorting()
    passes: list[Pass] = []
    assert polish(exact, data, 6, 1, on_pass=passes.append) == exact
    assert [found.changed for found in passes] == [0]


def test_it_can_be_stopped() -> None:
    data, exact = sorting()
    broken = damaged(exact, 3)
    passes: list[Pass] = []
    same = polish(broken, data, 6, 1, on_pass=passes.append, stopped=lambda: True)
    assert same == broken
    assert [found.choices for found in passes] == [0]


@pytest.mark.parametrize("wrong", [False, True])
def test_no_program_is_worse_on_validation_data(wrong: bool) -> None:
    data, exact = sorting()
    if wrong:  # training data of another task
        reverse = tasks.get("reverse").definition
        targets = tuple(map(reverse, data.train.sequences))
        data = replace(data, train=Examples(data.train.sequences, targets))
    passes: list[Pass] = []
    kept = polish(exact, data, 2, 1, on_pass=passes.append)
    assert accuracy(kept, data.validation) == 1
    assert wrong == (passes[0].validation.accuracy < 1)
