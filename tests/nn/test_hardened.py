from __future__ import annotations

import numpy as np
import pytest
import torch
from beartype import beartype
from jaxtyping import TypeCheckError, jaxtyped
from random_models import (
    random_batch,
    random_program,
    random_relaxed,
    real_positions,
)

from statements import embedding
from transformer_programs.language.encode import Batch
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import (
    Aggregate,
    Head,
    Pooling,
    Program,
    Readout,
    Scope,
    Table,
)
from transformer_programs.language.rules import check
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.nn import hardened
from transformer_programs.nn.hardened import HardenedModel


@pytest.fixture
def checked_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shapes in signatures are enforced."""
    for owner, names in (
        (HardenedModel, ("forward", "trace")),
        (HardenedModel, ("scores", "pool", "_attend", "_matches")),
        (hardened, ("matching_keys", "match_scores", "visible", "preference")),
    ):
        for name in names:
            checked = jaxtyped(getattr(owner, name), typechecker=beartype)
            monkeypatch.setattr(owner, name, checked)


def assert_agrees(model: HardenedModel, program: Program, seed: int) -> None:
    """Model and interpreter agree on every variable and label."""
    ids, lengths = random_batch(program.input, seed)
    batch = Batch(ids.numpy().astype(np.int32), lengths.numpy().astype(np.int32))
    interpreter = Interpreter(program)
    real = real_positions(ids, lengths).numpy()
    expected, found = interpreter.trace(batch), model.trace(ids, lengths)
    assert list(found) == list(expected)
    for name, values in expected.items():
        assert (found[name].numpy() == values)[real].all(), name
    labels, predicted = interpreter.predict(batch), model(ids, lengths).numpy()
    assert predicted.shape == labels.shape
    where = real if program.tagging else slice(None)
    assert (predicted == labels)[where].all()


@pytest.mark.usefixtures("checked_shapes")
@pytest.mark.parametrize("seed", range(60))
def test_compiled_program_agrees_with_interpreter(seed: int) -> None:
    program = random_program(seed)
    assert_agrees(HardenedModel(program), program, seed)


@pytest.mark.parametrize("seed", range(40))
def test_hardened_model_agrees_with_its_program(seed: int) -> None:
    program = random_relaxed(seed).harden(1, 100)
    check(program)
    assert_agrees(HardenedModel(program), program, seed)


@pytest.mark.parametrize("seed", range(15))
def test_gathered_rows_equal_one_hot_products(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardened, "ONE_HOT_LIMIT", 1)
    program = random_program(seed)
    assert_agrees(HardenedModel(program), program, seed)


@pytest.mark.usefixtures("checked_shapes")
@pytest.mark.parametrize("scope", [Scope.BEFORE, Scope.AFTER])
def test_a_head_that_matches_everything_copies_its_neighbour(
    scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = InputFormat(Vocabulary(tuple("abcdefghi")), 7)
    kind = embedding("kind", (0, 1, 2) * 3, Domain.of_classes(3))
    head = Head("o", "kind", "ones", "tokens", ((0, 1),) * 3, scope)
    model = HardenedModel(Program("o", form, (kind, head), Readout(("x",), ())))
    ids = torch.randint(0, 9, (5, 7), generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([7, 1, 2, 5, 6])
    real = torch.arange(7) < lengths[:, None]
    fast = model.trace(ids, lengths)["o"]
    monkeypatch.setattr(hardened, "STEPS", {})
    slow = model.trace(ids, lengths)["o"]
    assert torch.equal(fast[real], slow[real])
    assert not torch.equal(fast[real], ids[real])


def test_random_programs_cover_every_node_pooling_and_scope() -> None:
    programs = [random_program(seed) for seed in range(60)]
    statements = [s for program in programs for s in program.statements]
    assert {s.of_tokens for s in statements if isinstance(s, Table)} == {True, False}
    assert {s.aggregate for s in statements if isinstance(s, Head)} == {*Aggregate}
    assert len({s.scope for s in statements if hasattr(s, "scope")}) == 4
    assert {program.readout.pooling for program in programs} == set(Pooling)


@pytest.mark.usefixtures("checked_shapes")
def test_wrong_shape_is_refused() -> None:
    model = HardenedModel(random_program(0))
    with pytest.raises(TypeCheckError):
        model(torch.zeros(2, 3, dtype=torch.int64), torch.ones(3, dtype=torch.int64))
