"""The part of a program that decides some labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from transformer_programs.codegen.serialize import from_json
from transformer_programs.language.encode import Batch, encode_batch
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import Program
from transformer_programs.optimize.circuit import ProgramPart, part_of_program

GALLERY = Path(__file__).parents[2] / "gallery"


def program_of(name: str) -> Program:
    return from_json((GALLERY / name / "program.json").read_text())


def inputs_of(program: Program, count: int = 300) -> Batch:
    rng = np.random.default_rng(0)
    form = program.input
    lengths = rng.integers(form.min_bare_length, form.max_bare_length + 1, count)
    return encode_batch(form, [rng.choice(form.symbols, n).tolist() for n in lengths])


def asked_of(program: Program, batch: Batch) -> np.ndarray:
    if not program.tagging:
        return np.full(len(batch.lengths), True)
    place = np.arange(batch.ids.shape[1]) - program.input.offset
    bare = np.asarray(batch.lengths)[:, None] - program.input.frame_size
    return (place >= 0) & (place < bare)


def found_in(name: str, label: str | None) -> tuple[Program, Batch, ProgramPart]:
    program = program_of(name)
    batch = inputs_of(program)
    return (
        program,
        batch,
        part_of_program(program, batch, asked_of(program, batch), label),
    )


def test_what_a_label_does_not_need_is_taken_out() -> None:
    program, batch, found = found_in("dyck2-16", "F")
    assert "count_4" in found.removed
    assert found.fixed == ("order_1",)
    assert {"copy_1", "verdict_1", "verdict_1_so_far"} <= {*found.kept}
    whole, left = (
        Interpreter(p).predict(batch) == program.readout.labels.index("F")
        for p in (program, found.program)
    )
    asked = asked_of(program, batch)
    assert (whole == left)[asked].all()


@pytest.mark.parametrize("name", ["dyck2-16", "hist-8", "sort-8", "majority-8"])
def test_all_labels_stay(name: str) -> None:
    program, batch, found = found_in(name, None)
    asked = asked_of(program, batch)
    whole, left = (Interpreter(p).predict(batch) for p in (program, found.program))
    assert (whole == left)[asked].all()
    names = {s.output for s in program.statements}
    assert {*found.kept, *found.fixed, *found.removed} == names
    used, cells = found.cells
    assert 0 <= used <= cells


def test_what_is_kept_does_what_it_did() -> None:
    program, batch, found = found_in("dyck2-16", "F")
    whole, left = (Interpreter(p).trace(batch) for p in (program, found.program))
    asked = asked_of(program, batch)
    for name in found.kept[:-1]:  # the last combines them with what is fixed
        assert (whole[name] == left[name])[asked].all(), name
