"""What a solver says of properties is what enumeration says of them."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from golden_programs import BY_NAME
from judging import judge_invariant
from strategies import programs
from transformer_programs.errors import AgreementError, SettingsError
from transformer_programs.language import enumerate as enumerate_module
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import Program
from transformer_programs.verify.check import check_property
from transformer_programs.verify.meanings import NEVER
from transformer_programs.verify.properties import (
    PROPERTIES,
    Property,
    permutation,
    renaming,
)
from transformer_programs.verify.result import CheckResult, Method
from transformer_programs.verify.solver.prove import SolverBudget

pytest.importorskip("ortools")

GALLERY = Path(__file__).parent.parent.parent.parent / "gallery"


def solved(program: Program, name: str, work: float = 30) -> CheckResult:
    """The answer of the solver, however few inputs there are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(enumerate_module, "EXHAUSTIVE_LIMIT", 0)
        budget = SolverBudget(work)
        return check_property(program, name, drawn=50, budget=budget)


SOLVABLE = [name for name in PROPERTIES if name != "length"]


def test_every_property_has_goals() -> None:
    program = BY_NAME["reverse"].program
    for name in PROPERTIES:
        test = PROPERTIES[name](Interpreter(program)).test
        assert (test is None) == (name not in SOLVABLE)
        assert test is None or callable(test.goals)


@settings(max_examples=60)
@given(program=programs())
def test_it_agrees_with_enumeration(program: Program) -> None:
    labels = program.readout.labels
    for name in (*SOLVABLE, f"{NEVER}{labels[0]}", f"{NEVER}{labels[-1]}"):
        try:
            wanted = check_property(program, name, drawn=50)
        except SettingsError:
            continue
        found = solved(program, name)
        assert (found.counterexample is None) == (wanted.counterexample is None), name
        if wanted.method is Method.STRUCTURE:
            continue
        assert found.method is Method.SOLVER
        if wanted.counterexample is not None and found.counterexample is not None:
            ours, theirs = found.counterexample, wanted.counterexample
            assert len(ours.tokens) == len(theirs.tokens), name


def test_large_domains_are_proved() -> None:
    found = judge_invariant(GALLERY / "reverse-16", "permutation", solver=True)
    assert found.proved
    assert found.method is Method.SOLVER
    assert found.sentence().endswith("inputs of 0 to 14 tokens (by a solver)")


def test_what_was_proved_in_time_is_said() -> None:
    found = judge_invariant(
        GALLERY / "sort-16", "permutation", drawn=50, solver=True, solver_work=0.5
    )
    assert not found.proved
    assert found.method is Method.DRAWN
    assert found.proved_lengths is not None
    assert found.proved_lengths[1] < 14
    assert "the solver's budget of 0.5 units of work was spent" in found.sentence()


def test_what_the_interpreter_does_not_confirm(monkeypatch: pytest.MonkeyPatch) -> None:
    program = BY_NAME["hist"].program
    other = permutation(Interpreter(program)).test
    assert other is not None

    def wrong(interpreter: Interpreter) -> Property:
        found = renaming(interpreter)
        assert found.test is not None
        return replace(found, test=replace(found.test, goals=other.goals))

    monkeypatch.setitem(PROPERTIES, "renaming", wrong)
    with pytest.raises(AgreementError, match="the solver and the interpreter differ"):
        solved(program, "renaming")


def test_interrupting_the_solver_is_no_timeout() -> None:
    script = (
        "import transformer_programs as tp\n"
        "watch = tp.Watch(on_compared=lambda *told: print('done', flush=True))\n"
        f"run = tp.load({str(GALLERY / 'sort-16')!r})\n"
        "run.verify(against='task', solver=True, watch=watch)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for _ in range(4):  # so many lengths are proved: the next takes a while
            assert process.stdout.readline() == "done\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=600)
    assert process.returncode != 0
    assert err.rstrip().endswith("KeyboardInterrupt")
