from __future__ import annotations

import contextlib
import math
from dataclasses import replace

import pytest
import torch
from beartype import beartype
from jaxtyping import jaxtyped
from random_models import heats, random_batch, random_relaxed, real_positions

from transformer_programs.errors import AgreementError, SettingsError
from transformer_programs.language.nodes import Head, Pooling, Scope, Statement, Table
from transformer_programs.language.types import InputFormat, Vocabulary
from transformer_programs.learn.schedules import COLD
from transformer_programs.nn.harden import EXACT_LIMIT, check_hardened, rounded
from transformer_programs.nn.hardened import HardenedModel, preference
from transformer_programs.nn.layer import Tables
from transformer_programs.nn.neighbours import Neighbours
from transformer_programs.nn.plan import SCOPES, make_plan
from transformer_programs.nn.relaxed import RelaxedModel
from transformer_programs.nn.sampling import FINAL, GumbelPool, Heat, sample, sample_set
from transformer_programs.settings import ModelSettings

CPU = torch.device("cpu")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def checked_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shapes in signatures are enforced."""
    for owner, names in (
        (RelaxedModel, ("forward", "score")),
        (Tables, ("forward",)),
        (Neighbours, ("forward",)),
    ):
        for name in names:
            checked = jaxtyped(getattr(owner, name), typechecker=beartype)
            monkeypatch.setattr(owner, name, checked)


@pytest.mark.usefixtures("checked_shapes")
@pytest.mark.parametrize("seed", range(40))
def test_cold_model_without_noise_equals_the_hardened_one(seed: int) -> None:
    relaxed = random_relaxed(seed)
    ids, lengths = random_batch(relaxed.input_format, seed)
    with torch.no_grad():
        scores = relaxed(ids, lengths, heats(relaxed, 1e-6))
    # A fine readout, so that rounding makes no ties.
    labels = HardenedModel(relaxed.harden(1, readout_scale=10**6))(ids, lengths)
    where = ... if labels.dim() == 1 else real_positions(ids, lengths)
    assert torch.equal(scores[1].argmax(-1)[where], labels[where])


def hardened(relaxed: RelaxedModel, scale: int) -> dict[int, HardenedModel]:
    return {row: HardenedModel(relaxed.harden(row, scale)) for row in range(2)}


@pytest.mark.parametrize("scale", [10, 10**6])
@pytest.mark.parametrize("seed", range(60))
def test_with_all_choices_made_a_relaxed_model_is_its_program(
    seed: int, scale: int
) -> None:
    relaxed = random_relaxed(seed)
    batch = random_batch(relaxed.input_format, seed)
    check_hardened(relaxed, hardened(relaxed, scale), *batch)


def test_a_relaxed_model_that_is_another_program_is_found() -> None:
    """Each restart as the other's program; few have the same labels by chance."""
    found = 0
    for seed in range(60):
        relaxed = random_relaxed(seed)
        one, other = hardened(relaxed, 10**6).values()
        batch = random_batch(relaxed.input_format, seed)
        with contextlib.suppress(AgreementError):
            check_hardened(relaxed, {0: other, 1: one}, *batch)
            found -= 1
        found += 1
    single = sum(len(random_relaxed(seed).labels) == 1 for seed in range(60))
    assert found > 0.9 * (60 - single)


KINDS = ["embedding", "table", "sum", "nearest"]


def kind_of(statement: Statement) -> str:
    match statement:
        case Head():
            return "sum" if statement.sums else "nearest"
        case Table():
            return "embedding" if statement.of_tokens else "table"


@pytest.mark.parametrize("kind", KINDS)
def test_one_wrong_statement_is_found(kind: str) -> None:
    """Its other choices; where labels depend on it."""
    found = tried = 0
    for seed in range(60):
        relaxed = random_relaxed(seed)
        program = relaxed.harden(0, 10**6)
        right = HardenedModel(program)
        batch = random_batch(relaxed.input_format, seed)
        real = real_positions(*batch) if program.tagging else ...
        for place, statement in enumerate(program.statements):
            if kind_of(statement) != kind:
                continue
            changed: Statement
            if isinstance(statement, Head):
                changed = replace(statement, predicate=statement.predicate[::-1])
            else:
                changed = replace(statement, table=statement.table[::-1])
            parts = [*program.statements]
            parts[place] = changed
            wrong = HardenedModel(replace(program, statements=tuple(parts)))
            if torch.equal(wrong(*batch)[real], right(*batch)[real]):
                continue
            tried += 1
            with contextlib.suppress(AgreementError):
                check_hardened(relaxed, {0: wrong}, *batch)
                found -= 1
            found += 1
    assert tried > 5
    assert found > 0.95 * tried  # of the others, scores are closer than rounding


def test_final_choices_are_one_hot_also_where_logits_are_equal() -> None:
    logits = torch.tensor([[1.0, 1.0, 0.0], [0.0, 2.0, 2.0]])
    assert sample(logits, FINAL, None, dim=1).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert sample(logits, FINAL, None, dim=0).tolist() == [[1, 0, 0], [0, 1, 1]]
    assert sample_set(logits - 1, FINAL, None).tolist() == [[0, 0, 0], [0, 1, 1]]


@pytest.mark.parametrize("seed", range(12))
def test_settled_layers_hear_no_noise(seed: int) -> None:
    relaxed = random_relaxed(seed)
    ids, lengths = random_batch(relaxed.input_format, seed)
    noise = GumbelPool(generator(seed), CPU)
    settled = [Heat(COLD, 0.0)] * relaxed.depth
    with torch.no_grad():
        scores = relaxed(ids, lengths, settled, noise)
        expected = relaxed(ids, lengths, heats(relaxed, COLD))
    assert torch.equal(scores, expected)


def test_noise_is_multiplied() -> None:
    logits = torch.randn(3, 4, generator=generator())
    for scale in (1.0, 0.5, 0.0):
        drawn, same = (GumbelPool(generator(1), CPU) for _ in range(2))
        found = sample(logits, Heat(0.7, scale), drawn, dim=1)
        expected = ((logits + scale * same(logits.shape)) / 0.7).softmax(1)
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("seed", range(12))
def test_padding_changes_nothing(seed: int) -> None:
    relaxed = random_relaxed(seed)
    ids, lengths = random_batch(relaxed.input_format, seed)
    real = real_positions(ids, lengths)
    other = torch.where(real, ids, (ids + 1) % relaxed.input_format.code_count)
    with torch.no_grad():
        warm = heats(relaxed, 0.5)
        scores, others = (relaxed(tokens, lengths, warm) for tokens in (ids, other))
    if scores.dim() == 4:
        scores, others = scores[:, real], others[:, real]
    torch.testing.assert_close(scores, others)


@pytest.mark.parametrize("seed", range(8))
def test_restarts_are_independent(seed: int) -> None:
    both = random_relaxed(seed, restarts=2)
    alone = random_relaxed(seed, restarts=1)
    for parameter, part in zip(both.parameters(), alone.parameters(), strict=True):
        part.data = parameter.data[1:].clone()
    ids, lengths = random_batch(both.input_format, seed)
    with torch.no_grad():
        scores = both(ids, lengths, heats(both, 0.5))
        expected = alone(ids, lengths, heats(alone, 0.5))
    torch.testing.assert_close(scores[1:], expected)


def test_noise_makes_choices_random_but_repeatable() -> None:
    relaxed = random_relaxed(3)
    ids, lengths = random_batch(relaxed.input_format, 0)
    pools = [GumbelPool(generator(seed), CPU) for seed in (1, 1, 2)]
    with torch.no_grad():
        first, again, other = (
            relaxed(ids, lengths, heats(relaxed, 1.0), pool) for pool in pools
        )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_gumbel_softmax_samples_in_proportion() -> None:
    noise = GumbelPool(generator(), CPU)
    odds = torch.tensor([0.5, 0.3, 0.2])
    choices = sample(odds.log().expand(50_000, 3), Heat(1e-3), noise, dim=1).argmax(1)
    found = choices.bincount() / len(choices)
    torch.testing.assert_close(found, odds, atol=0.02, rtol=0)


def test_noise_does_not_depend_on_how_much_was_asked_before() -> None:
    fresh, used = (GumbelPool(generator(), CPU, size=100) for _ in range(2))
    used((3, 500))
    fresh((2,))
    assert torch.equal(fresh((7, 3)), used((7, 3)))


def test_preference_is_the_normative_order() -> None:
    order = preference(5, CPU)[2].argsort(descending=True).tolist()
    assert order == [1, 3, 0, 4, 2]


def test_a_count_fits_every_variable() -> None:
    form = InputFormat(Vocabulary(("a", "b")), 9)
    plan = make_plan(ModelSettings(layers=2), form)
    assert (plan.width, plan.cardinality) == (10, 9)
    assert make_plan(ModelSettings(numerical_heads=0), form).width == 9
    named = dict(zip(plan.variables, plan.counted, strict=True))
    assert {name for name, counted in named.items() if counted} == {
        f"num_attn_{layer}_{head}" for layer in range(2) for head in range(4)
    }


@pytest.mark.parametrize("seed", range(5))
def test_heads_do_not_copy_counts(seed: int) -> None:
    form = InputFormat(Vocabulary(("a", "b")), 4)
    settings = ModelSettings(layers=3, categorical_heads=6, numerical_heads=6)
    relaxed = RelaxedModel(settings, form, ("x",), 1, generator(seed))
    program = relaxed.harden(0, 100)
    heads = [s for s in program.statements if isinstance(s, Head) and not s.sums]
    assert not any(program.domains[head.output].numerical for head in heads)
    assert any(head.query.startswith("num_attn") for head in heads)


def test_word_classes_stand_for_tokens() -> None:
    words = tuple(f"w{index}" for index in range(500))
    form = InputFormat(Vocabulary(words), 6)
    plan = make_plan(ModelSettings(word_classes=2, layers=1), form)
    assert plan.variables[:3] == ("class_0", "class_1", "positions")
    assert (plan.width, plan.cardinality) == (7, 6)


@pytest.mark.parametrize("pooling", [Pooling.NONE, Pooling.MEAN])
def test_readout_sums_are_exact_in_float32(pooling: Pooling) -> None:
    form = InputFormat(Vocabulary(("a", "b")), 6)
    settings = ModelSettings(layers=2, pooling=pooling)
    relaxed = RelaxedModel(settings, form, ("x", "y"), 1, generator())
    relaxed.readout.data *= 1e6
    program = relaxed.harden(0, readout_scale=1000)
    largest = 0
    for term in program.readout.terms:
        weight = torch.tensor(term.weights)
        assert weight.min(1).values.eq(0).all()
        domain = program.domains[term.variable]
        largest += int(weight.max()) * (domain.bound if domain.numerical else 1)
    if pooling is Pooling.MEAN:
        largest *= form.max_length
    assert EXACT_LIMIT / 4 < largest < EXACT_LIMIT


def test_every_second_head_may_match_sets() -> None:
    form = InputFormat(Vocabulary(("a", "b", "c")), 5)
    settings = ModelSettings(layers=1, categorical_heads=4, set_predicates=True)
    relaxed = RelaxedModel(settings, form, ("x",), 1, generator())
    matching = relaxed.layers[0].matching(0).sum(2)
    assert (matching[::2] == 1).all()
    assert (matching[1::2] > 1).any()


@pytest.mark.parametrize("widest", list(Scope))
def test_heads_choose_scopes_within_the_widest(widest: Scope) -> None:
    form = InputFormat(Vocabulary(("a", "b")), 5)
    settings = ModelSettings(layers=2, numerical_heads=8, scope=widest)
    program = RelaxedModel(settings, form, ("x",), 1, generator()).harden(0, 100)
    counts = [s for s in program.statements if isinstance(s, Head) and s.sums]
    assert {count.scope for count in counts} == set(SCOPES[widest])
    for count in counts:
        one_less = count.scope in (Scope.BEFORE, Scope.AFTER)
        assert program.domains[count.output].bound == (4 if one_less else 5)


def test_vectors_must_fit_the_vocabulary() -> None:
    form = InputFormat(Vocabulary(("a", "b")), 5)
    for classes, rows in [(0, 2), (1, 3)]:
        settings = ModelSettings(word_classes=classes)
        with pytest.raises(SettingsError, match=f"{rows} rows"):
            RelaxedModel(settings, form, ("x",), 1, generator(), torch.zeros(rows, 4))


@pytest.mark.parametrize("weight", [0.0, 0.04, 0.05, 0.4999, 0.5, 1.5, 1e9, 3e38])
@pytest.mark.parametrize("bound", [1, 1000, EXACT_LIMIT - 1, EXACT_LIMIT, 1 << 60])
def test_rounding_up_never_reaches_the_limit(weight: float, bound: int) -> None:
    rows = [torch.full((2, 3), weight, dtype=torch.float64)] * 7
    integers = rounded(rows, [bound] * 7, 10)
    assert sum(int(row.max()) * bound for row in integers) < EXACT_LIMIT
    if weight * 11 * 7 * bound < EXACT_LIMIT:
        assert integers[0][0, 0] == round(weight * 10)


def test_weights_that_are_no_numbers_are_a_defect() -> None:
    with pytest.raises(AssertionError):
        rounded([torch.tensor([[math.inf]])], [1], 10)


def additive() -> tuple[RelaxedModel, torch.Tensor, torch.Tensor]:
    """A mean over positions that makes no choice, so that only dropout is random."""
    settings = ModelSettings(
        layers=1,
        categorical_heads=0,
        numerical_heads=0,
        tables=0,
        pooling=Pooling.MEAN,
    )
    form = InputFormat(Vocabulary(("a", "b", "c")), 6)
    relaxed = RelaxedModel(settings, form, ("x", "y"), 2, generator())
    return relaxed, *random_batch(form, 0, size=5)


def test_no_dropout_leaves_nothing_out() -> None:
    relaxed, ids, lengths = additive()
    with torch.no_grad():
        expected = relaxed(ids, lengths, heats(relaxed, 1.0))
        noisy = relaxed(
            ids, lengths, heats(relaxed, 1.0), GumbelPool(generator(1), CPU), 0.0
        )
        cold = relaxed(ids, lengths, heats(relaxed, 1.0), None, 0.5)
    assert torch.equal(noisy, expected)
    assert torch.equal(cold, expected)


def test_dropout_keeps_the_mean() -> None:
    relaxed, ids, lengths = additive()
    noise = GumbelPool(generator(1), CPU)
    with torch.no_grad():
        expected = relaxed(ids, lengths, heats(relaxed, 1.0))
        draws = torch.stack(
            [
                relaxed(ids, lengths, heats(relaxed, 1.0), noise, 0.3)
                for _ in range(1000)
            ]
        )
    # One token: all of it, scaled up, or nothing.
    alone = draws[:, :, 0]
    left_out = (alone == 0).all(-1)
    assert left_out.float().mean() == pytest.approx(0.3, abs=0.05)
    kept = (expected[:, 0] / 0.7).expand_as(alone)
    torch.testing.assert_close(alone[~left_out], kept[~left_out])
    spread = draws.std(0) / len(draws) ** 0.5
    assert ((draws.mean(0) - expected).abs() < 5 * spread).all()


def test_dropout_needs_positions_that_are_summed() -> None:
    relaxed = next(
        model
        for model in map(random_relaxed, range(9))
        if model.settings.pooling is not Pooling.MEAN
    )
    ids, lengths = random_batch(relaxed.input_format, 0)
    with torch.no_grad():
        some, none = (
            relaxed(
                ids,
                lengths,
                heats(relaxed, 1.0),
                GumbelPool(generator(1), CPU),
                dropout,
            )
            for dropout in (0.5, 0.0)
        )
    assert torch.equal(some, none)
