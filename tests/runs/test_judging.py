"""Right, wrong or only tested: a program against a definition or another program."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import transformer_programs as tp
from golden_programs import BY_NAME
from judging import judge_invariant, judge_run
from transformer_programs.codegen.serialize import to_json
from transformer_programs.language.nodes import TOKENS, Program, Readout, Table, Term
from transformer_programs.language.types import Vocabulary
from transformer_programs.verify import specification
from transformer_programs.verify.check import differ
from transformer_programs.verify.result import CheckResult, Method

HIST = BY_NAME["hist"].program

DEFINITIONS = """
from collections import Counter

def hist(tokens):
    counts = Counter(tokens)
    return [str(counts[token]) for token in tokens]

def fails(tokens):
    return tokens[1]

def single(tokens):
    return "x"

number = 3
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "hist.json").write_text(to_json(HIST), encoding="utf-8")
    (tmp_path / "mine.py").write_text(DEFINITIONS, encoding="utf-8")
    return tmp_path


def spoilt(program: Program) -> Program:
    """Four equal tokens count as five."""
    count, label = program.statements
    assert isinstance(label, Table)
    table = (*label.table[:4], 4, *label.table[5:])
    return replace(program, statements=(count, replace(label, table=table)))


def check(place: Path, against: str, **options: int) -> CheckResult:
    return judge_run(place / "hist.json", str(place / against), **options)


def test_right_on_all_inputs(place: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    found = judge_run(
        place / "hist.json",
        f"{place}/mine.py:hist",
        advance=lambda *told: seen.append(told),
    )
    assert (found.inputs, found.proved, found.lengths) == (364, True, (0, 5))
    assert found.sentence().endswith("mine.py:hist on all 364 inputs of 0 to 5 tokens")
    assert sum(count for _, count, _ in seen) == 364


def test_the_shortest_counterexample(place: Path) -> None:
    (place / "other.json").write_text(to_json(spoilt(HIST)), encoding="utf-8")
    for first, second, said, right in (
        ("hist", "other", "4", "5"),
        ("other", "hist", "5", "4"),
    ):
        found = judge_run(place / f"{first}.json", str(place / f"{second}.json"))
        assert found.counterexample is not None
        assert found.counterexample.tokens == ("0",) * 4
        assert found.counterexample.said == (said,) * 4
        assert found.counterexample.why.endswith(f" {' '.join([right] * 4)!r}")
        assert "on '0 0 0 0' the program says" in found.sentence()


def test_a_test_is_not_called_a_proof(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specification, "EXHAUSTIVE_LIMIT", 100)
    found = check(place, "mine.py:hist", drawn=50)
    assert (found.inputs, found.proved) == (50, False)
    assert "this is a test, not a proof" in found.sentence()


def test_against_the_task_of_a_run(tmp_path: Path) -> None:
    run = tmp_path / "run"
    source = tp.TaskSource("hist", size=300, vocabulary_size=6, max_length=6)
    tp.train(source, learner="search", out=run)
    found = judge_run(run, "task")
    assert found.sentence() == (
        "equal to the definition of hist on all 1,364 inputs of 1 to 5 tokens"
    )


@pytest.mark.parametrize(
    ("against", "message"),
    [
        ("task", "expected a run that was learned from a task"),
        ("missing.json", "or another run folder or program.json, and there is no such"),
        ("missing.py:hist", "missing.py: no such file"),
        ("mine.py:nothing", "expected it to define a function 'nothing'"),
        ("mine.py:number", "expected it to define a function 'number'"),
        ("mine.py:fails", "the function fails for"),
        ("mine.py:single", "the function gives 'x' for (), expected 0 labels"),
        (
            "quotes.json",
            "accepts other inputs: up to 5 of 4 tokens, expected up to 5 of",
        ),
        ("guess.json", "unknown tokens count as '2', expected None"),
        ("opinion.json", "one program gives a label per token"),
    ],
)
def test_what_cannot_be_compared(place: Path, against: str, message: str) -> None:
    for name in ("quotes", "opinion"):
        program = BY_NAME[name].program
        (place / f"{name}.json").write_text(to_json(program), encoding="utf-8")
    guessing = replace(HIST.input.vocabulary, unknown="2")
    guess = replace(HIST, input=replace(HIST.input, vocabulary=guessing))
    (place / "guess.json").write_text(to_json(guess), encoding="utf-8")
    name = against if against == "task" else str(place / against)
    with pytest.raises(tp.errors.TransformerProgramsError) as caught:
        judge_run(place / "hist.json", name)
    assert message in str(caught.value)


def test_labels_that_are_not_asked_for() -> None:
    assert not differ(("a", "b"), (None, "b"))
    assert differ(("a", "b"), (None, "c"))
    assert differ(("a", "b"), ("a",))
    assert differ("a", "b")
    assert differ(("a",), "a")


def test_labels_that_a_definition_does_not_ask_for_are_said(tmp_path: Path) -> None:
    source = tp.TaskSource("add_digits", size=60, vocabulary_size=6, max_length=6)
    run = tmp_path / "run"
    tp.train(source, learner="search", out=run)
    found = judge_run(run, "task")
    assert "the definition of add_digits (where it asks for a label)" in found.claim
    assert found.which == ""


def test_a_task_that_asks_about_some_inputs_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a program that accepts others of the same lengths too."""
    monkeypatch.setattr(specification, "EXHAUSTIVE_LIMIT", 10)
    gallery = Path(__file__).parents[2] / "gallery"
    found = judge_run(gallery / "induction-10", "task", drawn=20)
    assert found.which == ", those that the task asks about"
    whole = replace(found, method=Method.ENUMERATION)
    assert whole.sentence().endswith(" tokens, those that the task asks about")


def test_the_order_of_a_vocabulary_is_named_where_it_is_not_natural() -> None:
    def echo(*tokens: str) -> Program:
        form = replace(HIST.input, vocabulary=Vocabulary(tokens), begin=None)
        weights = tuple(tuple(int(a == b) for b in tokens) for a in tokens)
        readout = Readout(tokens, (Term(TOKENS, weights),))
        return Program("echo", form, (), readout)

    def claim(*tokens: str) -> str:
        return judge_invariant(echo(*tokens), "sorted").claim

    assert claim("2", "10") == "in the order of the vocabulary"
    assert claim("10", "2") == "in the order of the vocabulary (10, 2)"
    many = map(str, reversed(range(9)))
    assert claim(*many) == "in the order of the vocabulary (8, 7, 6, 5, 4, 3, ...)"
