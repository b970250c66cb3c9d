"""Valid programs at the edge of what there is: large numbers, large weights."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

import transformer_programs as tp
from judging import judge_invariant, judge_run
from statements import counting
from transformer_programs.codegen.python import emit_python
from transformer_programs.codegen.serialize import to_json
from transformer_programs.errors import LengthError, TaskError
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import (
    ONES,
    TOKENS,
    Program,
    Readout,
    Statement,
    Table,
    Term,
)
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.optimize.minimising import minimise
from transformer_programs.optimize.resizing import resize
from transformer_programs.verify.certificate import certify
from transformer_programs.verify.result import CheckResult, Method

EVERYTHING = ((), (1,))
"""Every position matches."""


def letters(max_length: int, symbols: str = "ab") -> InputFormat:
    return InputFormat(Vocabulary(tuple(symbols)), max_length)


def nested(depth: int, max_length: int, readout: Readout) -> Program:
    """Sums of sums: bounds that grow with every one."""
    names = [ONES, *(f"c{i}" for i in range(depth))]
    statements = tuple(
        counting(name, ONES, ONES, value, EVERYTHING) for value, name in pairwise(names)
    )
    return Program("nested", letters(max_length), statements, readout)


def test_sums_whose_bounds_are_wider_in_the_circuit() -> None:
    pytest.importorskip("ortools")
    form = letters(12, "abcd")
    odd = tuple((0,) if i % 2 else () for i in range(37))
    statements: tuple[Statement, ...] = (
        Table("v", (TOKENS,), (1, 2, 3, 0), Domain.of_numbers(3)),
        counting("c", ONES, TOKENS, "v", ((), (0, 1, 2))),
        counting("d", "c", TOKENS, ONES, odd),
        counting("e", "c", TOKENS, ONES, odd),
    )
    readout = Readout(("x", "z"), (Term("d", ((0, 1),)), Term("e", ((0, -1),))))
    program = Program("odd", form, statements, readout)
    assert judge_invariant(program, "never z", solver=True).proved


def test_more_inputs_than_floats_can_say() -> None:
    form = InputFormat(Vocabulary(tuple(map(str, range(100)))), 200)
    program = Program("many", form, (), Readout(("x",), (Term(ONES, ((1,),)),)))
    said = judge_invariant(program, "length").sentence()
    assert "on all about 10^400 inputs of 1 to 200 tokens" in said
    for inputs, words in ((10**15, "1.0e+15"), (2 * 10**32, "2.0e+32")):
        judged = CheckResult("c", Method.SOLVER, (1, 2), inputs, 0)
        assert f"all {words} inputs" in judged.sentence()


def test_sums_of_very_many_values(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = "transformer_programs.verify.inputs.RANDOM_INPUTS"
    monkeypatch.setattr(drawn, 500)  # of up to 128 tokens each
    term = Term("c2", ((1, 0),))
    program = nested(3, 128, Readout(("y", "x"), (term,)))
    assert not judge_invariant(program, "never x", drawn=10).proved
    flat = nested(4, 128, Readout(("y", "x"), (Term("c0", ((1, 0),)),)))
    assert certify(flat, emit_python(flat), [], ()).comparisons


def test_weights_that_cannot_be_shifted() -> None:
    most = 2**53 - 1
    term = Term(TOKENS, ((most, -most), (-most, most - 1)))
    program = Program("large", letters(2), (), Readout(("x", "y"), (term,)))
    sequences = [("a",), ("b", "a")]
    short = minimise(program)
    assert Interpreter(short).labels(sequences) == [["x"], ["y", "x"]]


def test_scores_that_grow_with_the_length() -> None:
    terms = (Term("c0", ((2**49, 0),)), Term(TOKENS, ((0, 1), (1, 0))))
    program = nested(1, 4, Readout(("x", "y"), terms))
    assert tp.Run(program).program.length_free
    with pytest.raises(LengthError, match=r"scores could reach 2\*\*53"):
        resize(program, 40)


def test_labels_that_a_function_leaves_out(tmp_path: Path) -> None:
    program = nested(1, 3, Readout(("x",), (Term("c0", ((1,),)),)))
    (tmp_path / "program.json").write_text(to_json(program))
    (tmp_path / "mine.py").write_text(
        "def f(tokens):\n    return [None] * len(tokens)\n"
    )
    with pytest.raises(TaskError, match="expected a label for every token"):
        judge_run(tmp_path / "program.json", f"{tmp_path}/mine.py:f")
