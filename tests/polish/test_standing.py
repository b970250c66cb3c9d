from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from strategies import programs_with_inputs
from transformer_programs import tasks
from transformer_programs.polish.choices import alternatives, choices, chosen
from transformer_programs.polish.standing import Standing
from transformer_programs.program.check import check
from transformer_programs.program.encode import encode_batch
from transformer_programs.program.nodes import Program
from transformer_programs.search import search
from transformer_programs.tasks.dataset import Encoded


def labelled(program: Program, inputs: Sequence[Sequence[str]], seed: int) -> Encoded:
    """Inputs with labels by chance; some places have none."""
    batch = encode_batch(program.input, inputs)
    generator = np.random.default_rng(seed)
    shape = batch.ids.shape if program.tagging else (len(batch),)
    labels = len(program.readout.labels)
    targets = generator.integers(-1, labels, shape)
    if program.tagging:
        targets[~batch.real.T] = -1
    return Encoded(batch.ids, batch.lengths, targets)


@given(programs_with_inputs(), st.data())
def test_effects_are_those_of_the_program_with_the_other_choice(
    case: tuple[Program, list[list[str]]], data: st.DataObject
) -> None:
    program, inputs = case
    examples = labelled(program, inputs, data.draw(st.integers(0, 9)))
    standing = Standing(program, examples)
    every = [*choices(program)]
    for _ in range(3 if every else 0):
        choice = data.draw(st.sampled_from(every))
        values = alternatives(standing.program, choice)
        if not values:
            continue
        reached = standing.reached(choice)
        effects = standing.effects(choice, values, reached)
        value = data.draw(st.sampled_from(values))
        other = chosen(standing.program, choice, value)
        check(other)
        wanted = Standing(other, examples)
        found = standing.losses.copy()
        columns = effects.which == values.index(value)
        found[effects.sequences[columns]] = effects.losses[columns]
        assert found == pytest.approx(wanted.losses, abs=1e-3)
        standing.choose(choice, value, standing.effects(choice, [value], reached))
        assert standing.losses == pytest.approx(wanted.losses, abs=1e-3)
        assert (standing.wrong() == wanted.wrong()).all()
        assert standing.program == other


@given(programs_with_inputs())
def test_alternatives_are_all_others(case: tuple[Program, list[list[str]]]) -> None:
    program, _ = case
    for choice in [*choices(program)][:40]:
        values = alternatives(program, choice)
        programs = [chosen(program, choice, value) for value in values]
        assert len({*values}) == len(values)
        assert program not in programs


@pytest.mark.parametrize("factor", [1, 7, 100])
def test_losses_do_not_depend_on_the_unit_of_weights(factor: int) -> None:
    found = search(tasks.get("sort").dataset(size=300, vocabulary_size=6, max_length=5))
    program = found.program
    readout = program.readout
    terms = tuple(
        replace(t, weights=tuple(tuple(factor * w for w in r) for r in t.weights))
        for t in readout.terms
    )
    other = replace(program, readout=replace(readout, terms=terms))
    inputs = [["0", "2", "1"], ["2", "2"], ["1", "0"]]
    losses = Standing(program, labelled(program, inputs, 0)).losses.sum()
    again = Standing(other, labelled(program, inputs, 0)).losses.sum()
    assert again == pytest.approx(losses, rel=0.05)
