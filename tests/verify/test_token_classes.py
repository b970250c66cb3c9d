"""Programs that read many tokens as the same one, and what is claimed of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from judging import judge_invariant, judge_run
from transformer_programs.codegen.python import emit_python
from transformer_programs.codegen.serialize import to_json
from transformer_programs.errors import TransformerProgramsError
from transformer_programs.language.nodes import (
    TOKENS,
    Pooling,
    Program,
    Readout,
    Term,
)
from transformer_programs.language.surface import Folding, Surface, SurfaceKind
from transformer_programs.language.types import InputFormat, Vocabulary
from transformer_programs.verify.agreement import AgreementError
from transformer_programs.verify.certificate import certify
from transformer_programs.verify.inputs import as_read, rewritten
from transformer_programs.verify.predictors import InterpreterPredictor
from transformer_programs.verify.result import CheckResult, Method

LOWER = Folding(lowercase=True, digits=False)

FUNCTIONS = """
def case(tokens):
    return tuple("N" if word[:1].isupper() else "O" for word in tokens)

def never(tokens):
    return ("O",) * len(tokens)

def known(tokens):
    return tuple("O" if word in ("ada", "lives", "<unk>") else "N" for word in tokens)

def same(tokens):
    low = [word.lower() for word in tokens]
    return tuple(word if word in ("ada", "lives") else "<unk>" for word in low)
"""


def program_of(
    vocabulary: Vocabulary, folding: Folding | None = None, *, outside: str = "O"
) -> Program:
    """Labels tokens O."""
    form = InputFormat(vocabulary, 3, folding=folding)
    term = Term(TOKENS, ((1, 0),) * len(vocabulary))
    return Program("outside", form, (), Readout((outside, "N"), (term,)))


OPEN = Vocabulary(("<unk>", "ada", "lives"), unknown="<unk>")
CLOSED = Vocabulary(("ada", "lives"))


def echo(folding: Folding | None = LOWER) -> Program:
    """Labels tokens as they are read."""
    form = InputFormat(OPEN, 3, folding=folding)
    weights = tuple(tuple(int(i == j) for j in range(3)) for i in range(3))
    return Program("echo", form, (), Readout(OPEN.tokens, (Term(TOKENS, weights),)))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(FUNCTIONS, encoding="utf-8")
    return tmp_path


def checked(
    place: Path, program: Program, function: str, **options: int
) -> CheckResult:
    file = place / "program.json"
    file.write_text(to_json(program), encoding="utf-8")
    return judge_run(file, f"{place}/mine.py:{function}", **options)


def test_a_function_that_reads_capitals_is_told_apart(place: Path) -> None:
    for vocabulary in (OPEN, CLOSED):
        found = checked(place, program_of(vocabulary, LOWER), "case")
        assert found.counterexample is not None
        assert any(word[:1].isupper() for word in found.counterexample.tokens)
        assert not found.proved


def test_a_function_that_knows_other_tokens_is_told_apart(place: Path) -> None:
    found = checked(place, program_of(OPEN), "known")
    assert found.counterexample is not None
    assert not set(found.counterexample.tokens) <= set(OPEN.tokens)


@pytest.mark.parametrize(
    ("program", "function", "inputs", "read"),
    [
        (
            program_of(OPEN, LOWER),
            "never",
            39,
            "tokens in lower case, unknown tokens as '<unk>'",
        ),
        (program_of(OPEN), "never", 39, "unknown tokens as '<unk>'"),
        (program_of(CLOSED, LOWER), "never", 14, "tokens in lower case"),
        (echo(), "same", 39, "tokens in lower case, unknown tokens as '<unk>'"),
    ],
)
def test_no_difference_to_a_function_is_no_proof(
    place: Path, program: Program, function: str, inputs: int, read: str
) -> None:
    found = checked(place, program, function)
    assert (found.proved, found.method) == (False, Method.CLASSES)
    assert (found.inputs, found.counterexample) == (inputs, None)
    assert found.rewritten > 10
    name = f"{place}/mine.py:{function}"
    assert found.sentence() == (
        f"equal to {name} on all {inputs} inputs of 1 to 3 tokens, as they are read "
        f"({read}), and on {found.rewritten:,} drawn ones that are written in other "
        "ways; others were not compared, so this is a check, not a proof"
    )


def test_a_program_that_knows_every_token_can_be_proved(place: Path) -> None:
    found = checked(place, program_of(CLOSED), "never")
    assert (found.proved, found.which) == (True, "")


def test_two_programs_that_read_tokens_alike_are_proved_equal(place: Path) -> None:
    one, other = place / "one.json", place / "other.json"
    one.write_text(to_json(program_of(OPEN, LOWER)), encoding="utf-8")
    other.write_text(to_json(program_of(OPEN, LOWER)), encoding="utf-8")
    found = judge_run(one, str(other))
    assert (found.proved, found.inputs) == (True, 39)
    assert found.sentence().endswith(
        "on all 39 inputs of 1 to 3 tokens, as they are read (tokens in lower case, "
        "unknown tokens as '<unk>')"
    )
    other.write_text(to_json(program_of(OPEN)), encoding="utf-8")
    with pytest.raises(TransformerProgramsError, match="words are folded as"):
        judge_run(one, str(other))


def test_drawn_inputs_are_written_in_other_ways_too(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "transformer_programs.verify.specification.EXHAUSTIVE_LIMIT", 10
    )
    found = checked(place, program_of(OPEN, LOWER), "never", drawn=20)
    assert found.method is Method.DRAWN
    assert isinstance(found.inputs, int)
    assert found.inputs > 20
    assert checked(place, program_of(OPEN, LOWER), "case", drawn=20).counterexample


def test_a_solver_that_cannot_read_a_function(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "transformer_programs.verify.specification.EXHAUSTIVE_LIMIT", 10
    )
    program = program_of(OPEN, LOWER)
    found = checked(place, program, "never", drawn=20, solver=True)
    assert (found.proved, found.method) == (False, Method.DRAWN)
    assert "a solver cannot read" in found.reservation


def test_a_solver_says_which_inputs_it_speaks_of(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ortools", reason="needs OR-tools")
    monkeypatch.setattr(
        "transformer_programs.verify.specification.EXHAUSTIVE_LIMIT", 10
    )
    file = place / "one.json"
    file.write_text(to_json(program_of(OPEN, LOWER)), encoding="utf-8")
    found = judge_run(file, str(file), solver=True)
    assert (found.proved, found.method) == (True, Method.SOLVER)
    assert "as they are read (tokens in lower case, unknown" in found.sentence()


def test_invariants_say_as_what_tokens_are_read() -> None:
    for program, read in (
        (echo(), "tokens in lower case, unknown tokens as '<unk>'"),
        (echo(None), "unknown tokens as '<unk>'"),
    ):
        for name, claim in (
            ("permutation", "a permutation of the tokens"),
            ("prefix", "independent of later tokens"),
            ("length", "one label per token"),
            ("renaming-with-labels", "renamed as known tokens are"),
        ):
            found = judge_invariant(program, name)
            assert found.proved
            assert found.sentence().startswith(
                f"{claim} on all 39 inputs of 1 to 3 tokens, as they are read ({read})"
            )


def test_a_renaming_needs_two_tokens() -> None:
    one = program_of(Vocabulary(("<unk>", "ada"), unknown="<unk>"))
    with pytest.raises(TransformerProgramsError, match="'outside' knows 1"):
        judge_invariant(one, "renaming")


def test_certificates_say_as_what_tokens_are_read() -> None:
    program = program_of(OPEN, Folding(lowercase=True, digits=True))
    source = emit_python(program)
    found = certify(program, source, [InterpreterPredictor(program)], ())
    read = "tokens in lower case, each run of digits as 0, unknown tokens as '<unk>'"
    assert found.domain.as_read == read
    first, second = found.sentences()
    assert first.endswith(f"on all 39 valid inputs as they are read ({read})")
    assert f"({read}), and " in second
    assert second.endswith(" that are written in other ways")
    assert found.comparisons[0].rewritten == 0 < found.comparisons[1].rewritten


@pytest.mark.parametrize("folding", [None, LOWER])
def test_a_file_that_reads_one_unknown_token_otherwise(folding: Folding | None) -> None:
    program = echo(folding)
    source = emit_python(program)
    head, body = source.split("def run(", 1)
    wrong = body.replace(
        "\n    ",
        "\n    tokens = ['ada' if t == 'lives7' else t for t in tokens]\n    ",
        1,
    )
    with pytest.raises(AgreementError, match="'lives7'"):
        certify(program, f"{head}def run({wrong}", [], ())


def test_other_ways_to_write_tokens() -> None:
    form = program_of(OPEN, LOWER).input
    found = rewritten(form, (1, 3), 50)
    assert found == rewritten(form, (1, 3), 50)
    assert [len(row) for row in found] == sorted(len(row) for row in found)
    assert ("Ada",) in found
    assert all(1 <= len(row) <= 3 and all(row) for row in found)
    assert all(len(row) == 2 for row in rewritten(form, (2, 2), 50))
    digits = Vocabulary(("1", "2"))
    assert rewritten(InputFormat(digits, 3), (1, 3), 50) == ()
    assert as_read(InputFormat(digits, 3)) == ""


def test_surfaces_are_never_proved_against_a_function(place: Path) -> None:
    shape = Surface("shape", SurfaceKind.SHAPE, ("x", "other"))
    program = program_of(OPEN, LOWER)
    form = replace(program.input, surfaces=(shape,))
    found = checked(place, replace(program, input=form), "never", drawn=60)
    assert (found.proved, found.method) == (False, Method.DRAWN)
    assert checked(place, replace(program, input=form), "case").counterexample


def test_pooled_programs_too(place: Path) -> None:
    (place / "mine.py").write_text("def f(tokens):\n    return 'O'\n", encoding="utf-8")
    program = program_of(OPEN)
    readout = replace(program.readout, pooling=Pooling.MEAN)
    found = checked(place, replace(program, readout=readout), "f")
    assert found.method is Method.CLASSES


def test_where_not_all_inputs_are_compared() -> None:
    """Of many tokens, one of which is always unknown."""
    tokens = ("<unk>", *(f"w{n}" for n in range(200)))
    program = program_of(Vocabulary(tokens, unknown="<unk>"))
    found = certify(program, emit_python(program), [], ())
    (sentence,) = found.sentences()
    assert " exist as they are read (unknown tokens as '<unk>'); and on " in sentence
    assert sentence.endswith(" that are written in other ways")
