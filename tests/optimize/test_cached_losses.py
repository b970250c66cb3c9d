from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from hypothesis import given, strategies as st

from strategies import programs_with_inputs
from transformer_programs.data.dataset import Encoded
from transformer_programs.language.encode import encode_batch
from transformer_programs.language.nodes import (
    TOKENS,
    Program,
    Readout,
    Table,
    Term,
)
from transformer_programs.language.rules import check
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.optimize.choices import (
    alternatives,
    choices,
    chosen,
)
from transformer_programs.optimize.polishing import CachedLosses


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
    cached = CachedLosses(program, examples, 10)
    every = [*choices(program)]
    for _ in range(3 if every else 0):
        choice = data.draw(st.sampled_from(every))
        values = alternatives(cached.program, choice)
        if not values:
            continue
        reached = cached.reached(choice)
        effects = cached.effects(choice, values, reached)
        value = data.draw(st.sampled_from(values))
        other = chosen(cached.program, choice, value)
        check(other)
        wanted = CachedLosses(other, examples, 10)
        found = cached.losses.copy()
        columns = effects.which == values.index(value)
        found[effects.sequences[columns]] = effects.losses[columns]
        assert (found == wanted.losses).all()
        cached.choose(choice, value, cached.effects(choice, [value], reached))
        assert (cached.losses == wanted.losses).all()  # to the last bit
        assert (cached.wrong() == wanted.wrong()).all()
        assert cached.program == other


@given(programs_with_inputs())
def test_alternatives_are_all_others(case: tuple[Program, list[list[str]]]) -> None:
    program, _ = case
    for choice in [*choices(program)][:40]:
        values = alternatives(program, choice)
        programs = [chosen(program, choice, value) for value in values]
        assert len({*values}) == len(values)
        assert program not in programs


def test_losses_do_not_depend_on_what_was_chosen_before() -> None:
    """Or else the order of sets of names would decide what is learned."""
    generator = np.random.default_rng(0)
    form = InputFormat(Vocabulary(("a", "b", "c", "d")), max_length=3)
    names = [TOKENS, *(f"table_{index}" for index in range(8))]
    statements = tuple(
        Table(name, (read,), (0, 1, 2, 3), Domain.of_classes(4))
        for read, name in pairwise(names)
    )
    terms = tuple(
        Term(name, tuple(map(tuple, generator.integers(-99, 100, (4, 2)).tolist())))
        for name in names[1:]
    )
    program = Program("chain", form, statements, Readout(("x", "y"), terms))
    examples = labelled(program, [["a", "b", "c"], ["d", "c", "a"]], 0)
    cached = CachedLosses(program, examples, 10)
    every = [*choices(program)]
    for _ in range(40):
        choice = every[generator.integers(len(every))]
        values = alternatives(cached.program, choice)
        reached = cached.reached(choice)
        if values and len(reached):
            value = values[generator.integers(len(values))]
            cached.choose(choice, value, cached.effects(choice, [value], reached))
    again = CachedLosses(cached.program, examples, 10)
    assert cached.program != program
    assert (cached.losses == again.losses).all()  # to the last bit
