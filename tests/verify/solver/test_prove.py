"""Proofs and counterexamples for programs with more inputs than can be enumerated."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from judging import judge_run
from statements import counting
from transformer_programs.codegen.serialize import to_json
from transformer_programs.errors import AgreementError, SettingsError
from transformer_programs.language.nodes import (
    ONES,
    TOKENS,
    Program,
    Readout,
    Scope,
    Table,
    Term,
)
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.tasks.inputs import InputSpace
from transformer_programs.verify import specification
from transformer_programs.verify.check import check_specification
from transformer_programs.verify.result import CheckResult, Method
from transformer_programs.verify.solver.encode import encode
from transformer_programs.verify.solver.prove import SolverBudget
from transformer_programs.verify.specification import Specification

pytest.importorskip("ortools")

LENGTH = 12


def parity(tokens: str = "abcd", spoilt: int | None = None) -> Program:
    """Is the number of a's so far odd? Counts all positions; one count may be wrong."""
    form = InputFormat(Vocabulary(tuple(tokens)), LENGTH)
    a = (tokens.index("a"),)
    table = [count % 2 for count in range(LENGTH + 1)]
    if spoilt is not None:
        table[spoilt] = 1 - table[spoilt]
    count = counting("n", ONES, TOKENS, ONES, (a, a), Scope.CAUSAL)
    label = Table("label", ("n",), tuple(table), Domain.of_classes(2))
    readout = Readout(("even", "odd"), (Term("label", ((1, 0), (0, 1))),))
    return Program("parity", form, (count, label), readout)


def parity_by_before() -> Program:
    """The same, from the positions before and the token itself."""
    form = InputFormat(Vocabulary(tuple("dcba")), LENGTH)
    before = counting("n", ONES, TOKENS, ONES, ((3,), (3,)), Scope.BEFORE)
    table = [(n + (token == 3)) % 2 for n in range(LENGTH) for token in range(4)]
    label = Table("label", ("n", TOKENS), tuple(table), Domain.of_classes(2))
    readout = Readout(("odd", "even"), (Term("label", ((0, 1), (1, 0))),))
    return Program("parity", form, (before, label), readout)


def check(
    tmp_path: Path, first: Program, second: Program, **options: object
) -> CheckResult:
    for name, program in (("first", first), ("second", second)):
        (tmp_path / f"{name}.json").write_text(to_json(program), encoding="utf-8")
    return judge_run(
        tmp_path / "first.json",
        str(tmp_path / "second.json"),
        solver=True,
        drawn=100,
        **options,  # type: ignore[arg-type]
    )


def test_proved_on_more_inputs_than_can_be_enumerated(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    found = check(
        tmp_path, parity(), parity_by_before(), advance=lambda *a: told.append(a)
    )
    assert (found.proved, found.method) == (True, Method.SOLVER)
    assert found.inputs == sum(4**length for length in range(1, LENGTH + 1))
    assert found.sentence().endswith(" inputs of 1 to 12 tokens (by a solver)")
    assert [done for _, done, _ in told] == [1] * LENGTH


@pytest.mark.parametrize("count", [5, 11])
def test_the_shortest_counterexample(tmp_path: Path, count: int) -> None:
    found = check(tmp_path, parity(spoilt=count), parity_by_before())
    assert not found.proved
    assert found.counterexample is not None
    assert found.counterexample.tokens == ("a",) * count
    assert f"on {' '.join('a' * count)!r} the program says" in found.sentence()


def test_only_the_lengths_that_are_named(tmp_path: Path) -> None:
    found = check(tmp_path, parity(spoilt=12), parity_by_before(), lengths=(11, 11))
    assert found.proved
    assert found.sentence().endswith("4,194,304 inputs of 11 tokens (by a solver)")
    with pytest.raises(SettingsError, match="expected lengths within 1 to 12"):
        check(tmp_path, parity(), parity(), lengths=(0, 11))


def test_no_more_is_claimed_than_time_allowed(tmp_path: Path) -> None:
    found = check(tmp_path, parity(), parity_by_before(), solver_work=0.0)
    assert (found.proved, found.method, found.inputs) == (False, Method.DRAWN, 100)
    assert found.proved_lengths is None
    assert "this is a test, not a proof (the solver's budget of 0 units" in (
        found.sentence()
    )


def test_what_was_proved_before_time_ran_out_is_said() -> None:
    found = CheckResult(
        claim="equal to x",
        method=Method.DRAWN,
        lengths=(7, 9),
        inputs=50,
        seconds=60.0,
        proved_lengths=(0, 6),
        reservation="time ran out after 60 seconds",
    )
    assert not found.proved
    assert found.sentence() == (
        "equal to x on all inputs of 0 to 6 tokens (by a solver): no exception among "
        "50 inputs of 7 to 9 tokens that were tried; this is a test, not a proof (time "
        "ran out after 60 seconds)"
    )


def test_a_counterexample_must_be_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A circuit that is not that of the reference is found out."""
    program, other = parity(), parity(spoilt=3)
    space = InputSpace((program.input.symbols,), range(1, 5))
    monkeypatch.setattr(specification, "EXHAUSTIVE_LIMIT", 0)

    def reference(block: object) -> list[tuple[str, ...]]:
        return [("odd", "even", "odd")]  # what the program itself says of a a a

    lying = Specification("a lie", reference, space, encode=partial(encode, other))
    with pytest.raises(AgreementError, match="the solver and the interpreter differ"):
        check_specification(program, lying, drawn=1, budget=SolverBudget(10))


def test_a_function_is_tested_and_the_reason_said(tmp_path: Path) -> None:
    source = "def odd(t):\n    return [('even', 'odd')[t[:i+1].count('a') % 2] "
    (tmp_path / "mine.py").write_text(source + "for i in range(len(t))]\n")
    (tmp_path / "p.json").write_text(to_json(parity()), encoding="utf-8")
    found = judge_run(
        tmp_path / "p.json", f"{tmp_path}/mine.py:odd", solver=True, drawn=50
    )
    assert not found.proved
    assert "a solver cannot read" in found.sentence()


def test_the_missing_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ortools.sat.python", None)
    with pytest.raises(SettingsError, match=r"pip install 'transformer-programs\[sol"):
        check(tmp_path, parity(), parity())


def test_programs_with_other_labels_differ(tmp_path: Path) -> None:
    other = replace(parity(), readout=replace(parity().readout, labels=("a", "b")))
    found = check(tmp_path, parity(), other)
    assert found.counterexample is not None
    assert len(found.counterexample.tokens) == 1
