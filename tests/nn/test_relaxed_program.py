from __future__ import annotations

import pytest
import torch
from beartype import beartype
from hypothesis import given, settings
from jaxtyping import jaxtyped
from random_models import random_batch, random_program, real_positions

from strategies import programs
from transformer_programs.extract import extract
from transformer_programs.nn import nearest, pooling, relaxed_statements, signals
from transformer_programs.nn.compile import compile_program
from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.nn.relaxed_program import RelaxedProgram
from transformer_programs.program.nodes import Pooling, Program

CPU = torch.device("cpu")
COLD = 1e-6


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def relaxed(program: Program, restarts: int = 2) -> RelaxedProgram:
    return RelaxedProgram(program, restarts, generator())


def tied(model: HardenedModel, ids: torch.Tensor, lengths: torch.Tensor) -> bool:
    """Whether any two labels have the same largest score somewhere."""
    scores = model.readout(model.trace(ids, lengths), len(model.labels)).double()
    if model.pooling is Pooling.FIRST:
        scores = scores[:, 0]
    elif model.pooling is Pooling.MEAN:
        scores = (scores * real_positions(ids, lengths)[..., None]).sum(1)
    largest = scores.max(-1, keepdim=True).values
    return bool(((scores == largest).sum(-1) > 1).any())


@pytest.fixture
def checked_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shapes in signatures are enforced."""
    for owner, names in (
        (RelaxedProgram, ("forward", "_scores")),
        (pooling, ("pool_scores",)),
        (nearest, ("nearest_match",)),
        (relaxed_statements, ("contract", "nearest_match", "_mix_numbers")),
        (signals.Signals, ("write", "write_number", "distribution", "number")),
    ):
        for name in names:
            checked = jaxtyped(getattr(owner, name), typechecker=beartype)
            monkeypatch.setattr(owner, name, checked)


def assert_starts_at(program: Program, readout_scale: int = 10) -> bool:
    """Variables and labels are those of the program; gives whether scores are tied."""
    population = relaxed(program)
    expected = compile_program(program)
    ids, lengths = random_batch(program.input, 0)
    real = real_positions(ids, lengths)
    where = real if program.tagging else ...
    labels = expected(ids, lengths)
    for restart in range(2):
        model = population.harden(restart, readout_scale)
        found = model.trace(ids, lengths)
        for name, values in expected.trace(ids, lengths).items():
            assert torch.equal(found[name][real], values[real]), name
        assert torch.equal(model(ids, lengths)[where], labels[where])
        assert extract(model, program.name).statements == program.statements
    if tied(expected, ids, lengths):
        return True
    with torch.no_grad():
        scores = population(ids, lengths, COLD)
    assert len(scores) == 2
    for found in scores.argmax(-1):
        assert torch.equal(found[where], labels[where])
    return False


@settings(max_examples=100)
@given(programs())
def test_training_starts_exactly_at_the_program(program: Program) -> None:
    assert_starts_at(program)


@pytest.mark.usefixtures("checked_shapes")
@pytest.mark.parametrize("seed", range(40))
def test_start_is_exact_for_larger_programs_too(seed: int) -> None:
    assert_starts_at(random_program(seed))


def test_many_random_programs_have_no_ties() -> None:
    ties = [assert_starts_at(random_program(seed)) for seed in range(40)]
    assert ties.count(False) > 5
