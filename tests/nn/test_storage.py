"""Models on disk: what is written, what is refused, and files of earlier versions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from random_models import random_program
from torch import Tensor

import transformer_programs as tp
from transformer_programs.errors import AgreementError, RunFolderError
from transformer_programs.language.nodes import Head, Table
from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.nn.storage import (
    FIRST_FORMAT,
    FORMAT,
    load_model,
    read_tensors,
    save_model,
    write_tensors,
)
from transformer_programs.runs.folder import read_program
from transformer_programs.system import FILE, LEARNED, MODEL

STORED = Path(__file__).parent.parent / "stored"
"""Run folders of version 0.1, without what verification does not read."""

RUNS = ("tokens", "tags")
Damage = Callable[[dict[str, Tensor], dict[str, Any]], object]


@pytest.mark.parametrize("seed", range(60))
def test_saved_model_is_the_same(seed: int, tmp_path: Path) -> None:
    program = random_program(seed)
    path = tmp_path / "model.safetensors"
    save_model(HardenedModel(program), path)
    first = path.read_bytes()
    model = load_model(path)
    assert model.program == program
    save_model(model, path)
    assert path.read_bytes() == first


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "foreign", "structure"])
def test_damaged_file_is_named(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_model(HardenedModel(random_program(3)), path)
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


def changed(path: Path, form: str, damage: Damage) -> Path:
    """The path, after a change of what the file holds."""
    tensors, content = read_tensors(path, form)
    damage(tensors, content)
    write_tensors(path, form, tensors, content)
    return path


@pytest.mark.parametrize(
    "damage",
    [
        lambda tensor: ~tensor if tensor.dtype == torch.bool else tensor + 1,
        lambda tensor: tensor.to(torch.int32),
        lambda tensor: tensor[:-1],
        lambda tensor: None,
    ],
)
def test_tensors_are_those_of_the_program(
    damage: Callable[[Tensor], Tensor | None], tmp_path: Path
) -> None:
    path = tmp_path / "model.safetensors"
    program = random_program(1)
    model = HardenedModel(program)
    for name, tensor in model.state_dict().items():
        save_model(model, path)
        found = damage(tensor)
        other = {name: found} if found is not None else {}

        def change(
            tensors: dict[str, Tensor],
            content: dict[str, Any],
            name: str = name,
            other: dict[str, Tensor] = other,
        ) -> None:
            del tensors[name]
            tensors |= other

        with pytest.raises(RunFolderError, match=f"{name}' is not what its program"):
            load_model(changed(path, FORMAT, change))
    save_model(model, path)
    more = {"table_more": torch.zeros(2)}
    with pytest.raises(RunFolderError, match="'table_more' is not what its program"):
        load_model(changed(path, FORMAT, lambda tensors, _: tensors.update(more)))


def test_a_program_in_the_metadata_must_be_valid(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_model(HardenedModel(random_program(1)), path)

    def change(tensors: dict[str, Tensor], content: dict[str, Any]) -> None:
        document = json.loads(content["program"])
        document["input"]["max_length"] = 0
        content["program"] = json.dumps(document)

    with pytest.raises(RunFolderError, match=r"max_length"):
        load_model(changed(path, FORMAT, change))


@pytest.mark.parametrize("name", RUNS)
def test_runs_of_the_first_format_are_still_verified(name: str, tmp_path: Path) -> None:
    run = shutil.copytree(STORED / name, tmp_path / name)
    with pytest.raises(RunFolderError, match="expected format"):
        read_tensors(run / MODEL, FORMAT)
    program = read_program(run)
    stored = load_model(run / MODEL).program
    assert replace(stored, name=program.name) == program
    # The text may be another one by now: that is not what is tested.
    (run / FILE).write_text(tp.load(run).program.source, encoding="utf-8")
    certificate = tp.load(run).verify()
    names = {c.implementations[0] for c in certificate.comparisons}
    assert names == {"hardened model", "learned model", "interpreter"}
    assert all(c.differences == 0 for c in certificate.comparisons)


def test_stored_runs_cover_every_statement() -> None:
    programs = [load_model(STORED / name / LEARNED).program for name in RUNS]
    statements = [s for program in programs for s in program.statements]
    assert {s.of_tokens for s in statements if isinstance(s, Table)} == {True, False}
    assert {s.sums for s in statements if isinstance(s, Head)} == {True, False}
    assert any(program.input.surfaces for program in programs)
    assert any(program.input.folding for program in programs)


def of(structure: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        part for part in structure["statements"] if part["type"] == kind
    )
    return found


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda _, c: of(c, "count")["domain"].update(size=9), "another domain"),
        (lambda _, c: c["readout"]["numerical"].reverse(), "numbers as categories"),
        (lambda _, c: c["statements"][0].update(output="tokens"), "'tokens'"),
        (lambda _, c: c["statements"][0].update(type="guess"), "statement 'guess'"),
        (lambda _, c: c["statements"].pop(), "which is not written"),
        (lambda t, _: t.update({"statements.0.predicate": torch.tensor(1)}), "matrix"),
        (lambda t, _: t.pop("readout.weight_0"), "readout.weight_0"),
        (lambda t, _: t.update({"readout.weight_0": torch.ones(2, 3)}), "whole"),
    ],
)
def test_damaged_files_of_the_first_format(
    damage: Damage, message: str, tmp_path: Path
) -> None:
    path = tmp_path / LEARNED
    shutil.copyfile(STORED / "tokens" / LEARNED, path)
    load_model(path)
    with pytest.raises(RunFolderError, match=message):
        load_model(changed(path, FIRST_FORMAT, damage))


@pytest.mark.parametrize("form", [FORMAT, FIRST_FORMAT])
def test_tensors_that_follow_from_another_program_are_found(
    form: str, tmp_path: Path
) -> None:
    """A model that is not the program of its run, in either format."""
    run = shutil.copytree(STORED / "tokens", tmp_path / "tokens")
    (run / FILE).write_text(tp.load(run).program.source, encoding="utf-8")
    (run / LEARNED).unlink()
    if form == FORMAT:
        save_model(load_model(run / MODEL), run / MODEL)
        assert tp.load(run).verify().comparisons[0].differences == 0

        def change(tensors: dict[str, Tensor], content: dict[str, Any]) -> None:
            program = load_model(run / MODEL).program
            terms = tuple(
                replace(t, weights=tuple(row[::-1] for row in t.weights))
                for t in program.readout.terms
            )
            other = replace(program, readout=replace(program.readout, terms=terms))
            save_model(HardenedModel(other), run / MODEL)
            found, now = read_tensors(run / MODEL, FORMAT)
            tensors.update(found)
            content.update(now)
    else:

        def change(tensors: dict[str, Tensor], content: dict[str, Any]) -> None:
            tensors["readout.weight_0"] = tensors["readout.weight_0"].flip(1)

    changed(run / MODEL, form, change)
    with pytest.raises(AgreementError, match="hardened model and interpreter"):
        tp.load(run).verify()
