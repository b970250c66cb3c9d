from __future__ import annotations

from pathlib import Path

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

from transformer_programs.errors import RunFolderError
from transformer_programs.nn import modules
from transformer_programs.nn.compile import compile_program
from transformer_programs.nn.extraction import extract
from transformer_programs.nn.harden import harden
from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.nn.storage import load_model, save_model
from transformer_programs.program.encode import Batch
from transformer_programs.program.interpret import Interpreter
from transformer_programs.program.nodes import (
    Aggregate,
    Head,
    Pooling,
    Program,
    Scope,
    Table,
)
from transformer_programs.program.types import Domain


@pytest.fixture
def checked_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shapes in signatures are enforced."""
    for owner, names in (
        (HardenedModel, ("forward", "trace")),
        (modules, ("read_rows", "match_scores", "visible", "preference")),
        (modules.HardAttend, ("forward", "matches")),
        (modules.HardCount, ("forward",)),
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
    assert_agrees(compile_program(program), program, seed)


@pytest.mark.parametrize("seed", range(40))
def test_hardened_model_agrees_with_its_program(seed: int) -> None:
    model = harden(random_relaxed(seed), 1)
    assert_agrees(model, extract(model, "random"), seed)


@pytest.mark.parametrize("seed", range(15))
def test_gathered_rows_equal_one_hot_products(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modules, "ONE_HOT_LIMIT", 1)
    program = random_program(seed)
    assert_agrees(compile_program(program), program, seed)


@pytest.mark.usefixtures("checked_shapes")
@pytest.mark.parametrize("scope", [Scope.BEFORE, Scope.AFTER])
def test_a_head_that_matches_everything_copies_its_neighbour(
    scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = torch.ones(3, 2, dtype=torch.bool)
    domain = Domain.of_classes(9)
    head = modules.HardAttend("o", "a", "b", "c", everything, scope, domain)
    generator = torch.Generator().manual_seed(0)
    stream = {
        name: torch.randint(0, size, (5, 7), generator=generator)
        for name, size in (("a", 3), ("b", 2), ("c", 9))
    }
    lengths = torch.tensor([7, 1, 2, 5, 6])
    real = torch.arange(7) < lengths[:, None]
    fast = head(stream, lengths)
    monkeypatch.setattr(modules, "_STEPS", {})
    slow = head(stream, lengths)
    assert torch.equal(fast[real], slow[real])
    assert not torch.equal(fast[real], stream["c"][real])


def test_random_programs_cover_every_node_pooling_and_scope() -> None:
    programs = [random_program(seed) for seed in range(60)]
    statements = [s for program in programs for s in program.statements]
    assert {s.of_tokens for s in statements if isinstance(s, Table)} == {True, False}
    assert {s.aggregate for s in statements if isinstance(s, Head)} == {*Aggregate}
    assert len({s.scope for s in statements if hasattr(s, "scope")}) == 4
    assert {program.readout.pooling for program in programs} == set(Pooling)


@pytest.mark.usefixtures("checked_shapes")
def test_wrong_shape_is_refused() -> None:
    model = compile_program(random_program(0))
    with pytest.raises(TypeCheckError):
        model(torch.zeros(2, 3, dtype=torch.int64), torch.ones(3, dtype=torch.int64))


@pytest.mark.parametrize("seed", range(8))
def test_saved_model_is_the_same(seed: int, tmp_path: Path) -> None:
    program = random_program(seed)
    path = tmp_path / "model.safetensors"
    save_model(compile_program(program), path)
    first = path.read_bytes()
    model = load_model(path)
    assert extract(model, program.name) == program
    save_model(model, path)
    assert path.read_bytes() == first


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "foreign", "structure"])
def test_damaged_file_is_named(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_model(compile_program(random_program(3)), path)
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "foreign":
        path.write_bytes(b"not a model at all")
    else:
        path.write_bytes(whole.replace(b"statements", b"STATEMENTS"))
    with pytest.raises(RunFolderError, match=r"model\.safetensors"):
        load_model(path)
