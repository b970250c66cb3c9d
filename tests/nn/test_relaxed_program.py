from __future__ import annotations

import dataclasses
import itertools
import math
from dataclasses import replace

import pytest
import torch
from beartype import beartype
from hypothesis import given, reject, settings, strategies as st
from jaxtyping import jaxtyped
from random_models import heats, random_batch, random_program, real_positions

from statements import counting, embedding
from strategies import programs
from transformer_programs import tasks
from transformer_programs.errors import SettingsError
from transformer_programs.language.nodes import (
    Head,
    Pooling,
    Program,
    Readout,
    Scope,
    Table,
    Term,
)
from transformer_programs.language.rules import violations
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.nn import kernels, relaxed_statements, trainable
from transformer_programs.nn.harden import check_hardened
from transformer_programs.nn.hardened import HardenedModel, preference
from transformer_programs.nn.kernels import nearest_match
from transformer_programs.nn.relaxed_program import RelaxedProgram, steps_per_nat
from transformer_programs.nn.relaxed_statements import contract, interpolated
from transformer_programs.nn.sampling import GumbelPool, Heat, sample_set
from transformer_programs.search import search

CPU = torch.device("cpu")
COLD = 1e-6


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def relaxed(program: Program, restarts: int = 2) -> RelaxedProgram:
    return RelaxedProgram(program, restarts, generator())


def tied(model: HardenedModel, ids: torch.Tensor, lengths: torch.Tensor) -> bool:
    """Whether any two labels have the same largest score somewhere."""
    scores = model.scores(model.trace(ids, lengths), lengths)
    largest = scores.max(-1, keepdim=True).values
    return bool(((scores == largest).sum(-1) > 1).any())


@pytest.fixture
def checked_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shapes in signatures are enforced."""
    for owner, names in (
        (RelaxedProgram, ("forward", "score")),
        (trainable, ("pool_scores",)),
        (kernels, ("nearest_match",)),
        (relaxed_statements, ("contract", "nearest_match", "_mix_numbers")),
        (
            relaxed_statements.Signals,
            ("write", "write_number", "distribution", "number"),
        ),
    ):
        for name in names:
            checked = jaxtyped(getattr(owner, name), typechecker=beartype)
            monkeypatch.setattr(owner, name, checked)


def assert_starts_at(program: Program, readout_scale: int = 10) -> bool:
    """Variables and labels are those of the program; gives whether scores are tied."""
    population = relaxed(program)
    expected = HardenedModel(program)
    ids, lengths = random_batch(program.input, 0)
    real = real_positions(ids, lengths)
    where = real if program.tagging else ...
    labels = expected(ids, lengths)
    for restart in range(2):
        hardened = population.harden(restart, readout_scale)
        assert hardened.statements == program.statements
        model = HardenedModel(hardened)
        found = model.trace(ids, lengths)
        for name, values in expected.trace(ids, lengths).items():
            assert torch.equal(found[name][real], values[real]), name
        assert torch.equal(model(ids, lengths)[where], labels[where])
    if tied(expected, ids, lengths):
        return True
    with torch.no_grad():
        scores = population(ids, lengths, heats(population, COLD))
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
def test_larger_programs_start_exactly_too(seed: int) -> None:
    assert_starts_at(random_program(seed))


def test_many_random_programs_have_no_ties() -> None:
    ties = [assert_starts_at(random_program(seed)) for seed in range(40)]
    assert ties.count(False) > 5


@settings(max_examples=60)
@given(programs() | programs(characters=True), st.sampled_from([10, 10**5]))
def test_with_all_choices_made_a_trained_program_is_what_it_hardens_to(
    program: Program, scale: int
) -> None:
    population = relaxed(program)
    for parameter in population.parameters():  # as if it had been trained
        noise = torch.randn(parameter.shape, generator=generator(1))
        parameter.data += 6 * noise
    models = {row: HardenedModel(population.harden(row, scale)) for row in range(2)}
    check_hardened(population, models, *random_batch(program.input, 0))


@settings(max_examples=40)
@given(programs(), st.sampled_from([7, 999]), st.sampled_from([1, 3, 100]))
def test_no_readout_weight_is_lost_by_rounding(
    program: Program, factor: int, readout_scale: int
) -> None:
    program = scaled(program, factor)
    try:
        relaxed(program)
    except SettingsError:
        reject()
    assert_starts_at(program, readout_scale)


def scaled(program: Program, factor: int) -> Program:
    """The program with large weights, some of which differ by 1 only."""
    terms = tuple(
        Term(
            term.variable,
            tuple(
                tuple(weight * factor + label for label, weight in enumerate(row))
                for row in term.weights
            ),
        )
        for term in program.readout.terms
    )
    readout = dataclasses.replace(program.readout, terms=terms)
    return dataclasses.replace(program, readout=readout)


def test_scores_too_large_for_exact_sums_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"can reach 16777216, expected less"):
        relaxed(reading_out("tokens", ((0, 1 << 24), (0, 0))))
    relaxed(reading_out("tokens", ((1 << 40, (1 << 40) + (1 << 24) - 1), (0, 0))))


def reading_out(variable: str, weights: tuple[tuple[int, ...], ...]) -> Program:
    form = InputFormat(Vocabulary(("a", "b")), 4)
    return Program("test", form, (), Readout(("x", "y"), (Term(variable, weights),)))


@pytest.mark.parametrize("seed", range(8))
def test_what_is_too_large_to_train_stays(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaxed_statements, "MOST_LOGITS", 0)
    program = random_program(seed)
    assert [name for name, _ in relaxed(program).named_parameters()] == ["readout"]
    assert_starts_at(program)


def every_statement() -> Program:
    """Every kind of statement, numbers in every role, all of it read in the end."""
    form = InputFormat(Vocabulary(("a", "b", "c")), 5)
    equal = tuple((value,) for value in range(6))
    numbers = Domain.of_numbers(2)
    statements = (
        embedding("kind", (0, 1, 1), Domain.of_classes(2)),
        counting("same", "kind", "kind", "ones", equal[:2], Scope.BEFORE),
        Head("copied", "same", "positions", "tokens", equal[:5]),
        counting("seen", "copied", "same", "same", ((0, 1, 2),) * 3, Scope.CAUSAL),
        Head("number", "positions", "same", "seen", equal[:5], Scope.AFTER),
        Table("few", ("same", "copied"), (0, 1, 2) * 5, numbers),
        Table("flag", ("number",), (0, 1, 1) * 7, Domain.of_classes(2)),
        counting("sum", "flag", "few", "few", ((0, 2), (1,)), Scope.ALL),
    )
    terms = (
        Term("copied", ((1, 0), (0, 1), (0, 0))),
        Term("flag", ((1, 0), (0, 1))),
        Term("sum", ((0, 1),)),
        Term("positions", ((0, 1), (1, 0), (0, 0), (0, 0), (0, 2))),
    )
    return Program("every", form, statements, Readout(("x", "y"), terms))


@pytest.mark.parametrize("pooling", Pooling)
@pytest.mark.parametrize("tau", [3.0, 0.1])
def test_every_parameter_gets_a_gradient(tau: float, pooling: Pooling) -> None:
    program = every_statement()
    readout = dataclasses.replace(program.readout, pooling=pooling)
    program = dataclasses.replace(program, readout=readout)
    assert not violations(program)
    population = relaxed(program)
    ids, lengths = random_batch(program.input, 0)
    noise = GumbelPool(generator(1), CPU)
    scores = population(ids, lengths, heats(population, tau), noise, 0.3)
    torch.autograd.backward(scores.square().mean())
    for name, parameter in population.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.flatten(1).any(1).all(), name


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("tau", [3.0, COLD])
def test_gradients_are_finite(tau: float, seed: int) -> None:
    program = random_program(seed)
    population = relaxed(program)
    ids, lengths = random_batch(program.input, seed)
    noise = GumbelPool(generator(seed), CPU)
    scores = population(ids, lengths, heats(population, tau), noise)
    torch.autograd.backward(scores.sum())
    gradients = [p.grad for p in population.parameters() if p.grad is not None]
    assert gradients
    assert all(gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("seed", range(12))
def test_padding_changes_nothing(seed: int) -> None:
    population = relaxed(random_program(seed))
    form = population.input_format
    ids, lengths = random_batch(form, seed)
    real = real_positions(ids, lengths)
    other = torch.where(real, ids, (ids + 1) % len(form.vocabulary))
    with torch.no_grad():
        warm = heats(population, 0.5)
        scores, others = (population(t, lengths, warm) for t in (ids, other))
    if scores.dim() == 4:
        scores, others = scores[:, real], others[:, real]
    torch.testing.assert_close(scores, others)


def test_restarts_differ_from_the_start_but_not_in_what_they_choose() -> None:
    population = relaxed(every_statement())
    for name, parameter in population.named_parameters():
        assert torch.equal(parameter[0], parameter[1]) == (name == "readout"), name


def test_identity_tells_programs_apart() -> None:
    program = every_statement()
    other = dataclasses.replace(program, statements=program.statements[:-1])
    terms = tuple(t for t in program.readout.terms if t.variable != "sum")
    readout = dataclasses.replace(program.readout, terms=terms)
    other = dataclasses.replace(other, readout=readout)
    assert relaxed(program).identity == relaxed(program).identity
    assert relaxed(program).identity != relaxed(other).identity


def test_nearest_match_is_the_mean_over_independent_matches() -> None:
    length = 4
    odds = torch.rand(1, length, length, 1, generator=generator(), dtype=torch.float64)
    odds[0, 0, 3] = 0  # not visible
    expected = torch.zeros_like(odds)
    liking = preference(length, CPU)
    for i in range(length):
        for matches in itertools.product((False, True), repeat=length):
            likely = math.prod(
                float(odds[0, i, j, 0] if match else 1 - odds[0, i, j, 0])
                for j, match in enumerate(matches)
            )
            found = [j for j, match in enumerate(matches) if match]
            best = max(found, key=lambda j: float(liking[i, j]), default=0)
            expected[0, i, best] += likely
    torch.testing.assert_close(nearest_match(odds), expected)
    odds.requires_grad_()
    assert torch.autograd.gradcheck(nearest_match, (odds,))


@pytest.mark.parametrize("sizes", [(2, 3, 5), (2, 5, 3), (9, 3, 5), (4, 2, 2)])
def test_contraction_is_the_sum_over_both_inputs(sizes: tuple[int, int, int]) -> None:
    outputs, rows, columns = sizes
    table = torch.randn(2, outputs, rows, columns, generator=generator())
    first = torch.randn(1, rows, 7, generator=generator())
    second = torch.randn(2, columns, 7, generator=generator())
    expected = torch.einsum("roab,rap,rbp->rop", table, first.expand(2, -1, -1), second)
    torch.testing.assert_close(contract(table, first, second), expected)


def test_numbers_become_distributions_with_their_mean() -> None:
    numbers = torch.tensor([0.0, 3.0, 1.25, 2.5]).view(1, 4, 1).requires_grad_()
    likely = interpolated(numbers, 4)
    expected = [[1, 0, 0, 0], [0, 0, 0, 1], [0, 0.75, 0.25, 0], [0, 0, 0.5, 0.5]]
    assert likely[0, :, :, 0].T.tolist() == expected
    table = torch.tensor([0.0, 1, 4, 9])
    torch.autograd.backward((table[:, None] * likely[0, :, :, 0]).sum())
    assert numbers.grad is not None
    assert numbers.grad.flatten().tolist()[2:] == [3, 5]
    assert numbers.grad.flatten().tolist()[:2] == [1, -4]


def test_sets_are_sampled_in_proportion() -> None:
    noise = GumbelPool(generator(), CPU)
    odds = torch.tensor([0.9, 0.5, 0.1])
    draws = sample_set(odds.logit().expand(50_000, 3), Heat(1e-3), noise)
    torch.testing.assert_close(draws.round().mean(0), odds, atol=0.02, rtol=0)


def test_steps_per_nat_are_those_of_hardened_weights() -> None:
    program = search(tasks.get("sort").dataset(size=300, max_length=5)).program
    for factor in (1, 1000):
        readout = program.readout
        terms = tuple(
            replace(t, weights=tuple(tuple(factor * w for w in r) for r in t.weights))
            for t in readout.terms
        )
        start = replace(program, readout=replace(readout, terms=terms))
        model = RelaxedProgram(start, 1, torch.Generator().manual_seed(0))
        hardened = model.harden(0, 10)
        integers = torch.tensor(hardened.readout.terms[0].weights)
        spread = (integers.max() - integers.min()) / steps_per_nat(start, 10)
        assert spread == model.readout.max() - model.readout.min()
