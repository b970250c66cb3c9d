from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from golden_programs import BY_NAME, GOLDEN, Golden
from transformer_programs.codegen.python import emit_python
from transformer_programs.codegen.serialize import to_json
from transformer_programs.codegen.size import code_lines
from transformer_programs.errors import (
    InputError,
    LengthError,
    ProgramError,
    RunFolderError,
    SchemaError,
)
from transformer_programs.language.nodes import Readout, Table
from transformer_programs.language.types import Domain, Vocabulary
from transformer_programs.runs.run import load
from transformer_programs.runs.runnable import Program

HIST = Program.of(BY_NAME["hist"].program)
OPINION = Program.of(BY_NAME["opinion"].program)


def test_calls() -> None:
    assert HIST(["0", "1", "0"]) == ["2", "1", "2"]
    assert HIST(()) == []
    assert OPINION(["good"]) == "positive"
    assert OPINION.batch([["good"], ["bad", "news"]]) == ["positive", "negative"]
    assert HIST.batch([]) == []


def test_scores_choose_the_labels() -> None:
    tagged = [("0", "1", "0"), ("2",), ()]
    labels = HIST.readout.labels
    scores = HIST.scores(tagged)
    assert [array.shape for array in scores] == [(3, 5), (1, 5), (0, 5)]
    chosen = [[labels[i] for i in array.argmax(axis=1)] for array in scores]
    assert chosen == HIST.batch(tagged)
    texts = [["good"], ["bad", "news"]]
    pooled = OPINION.scores(texts)
    assert {array.dtype.kind for array in pooled} == {"i"}
    names = OPINION.readout.labels
    assert [names[array.argmax()] for array in pooled] == OPINION.batch(texts)
    assert OPINION.scores([]) == HIST.scores([]) == []


def test_traces_hold_values() -> None:
    assert HIST.trace(["2", "2"]) == {
        "tokens": ["<s>", "2", "2"],
        "positions": [0, 1, 2],
        "ones": [1, 1, 1],
        "frequency": [1, 2, 2],
        "label": ["1", "2", "2"],
    }


def test_any_length() -> None:
    longer = ["0", "1", "0", "0", "0", "2", "0"]
    assert HIST(longer, any_length=True) == ["5", "1", "5", "5", "5", "1", "5"]
    assert HIST.batch([longer * 2, ["0"]], any_length=True)[1] == ["1"]
    assert HIST.trace(longer, any_length=True)["frequency"][:3] == [1, 5, 1]
    assert (HIST.length_free, HIST.length) == (True, "Holds at any length")
    with pytest.raises(InputError, match="too long: 7 tokens, at most 5 are allowed"):
        HIST(longer)
    with pytest.raises(InputError, match="unknown token 'x' at position 0"):
        HIST(["x"] * 9, any_length=True)


def test_any_length_of_a_program_that_is_bound() -> None:
    program = BY_NAME["hist"].program
    table = Table("places", ("positions",), (0, 2, 1, 0, 1, 2), Domain.of_classes(3))
    bound = Program.of(replace(program, statements=(*program.statements, table)))
    assert not bound.length_free
    assert bound.length == "Bound to this length by places (a table over positions)"
    with pytest.raises(LengthError, match="up to 5 tokens by places"):
        bound(["0"], any_length=True)


def test_wrong_inputs() -> None:
    for use in (
        HIST,
        HIST.trace,
        lambda tokens: HIST.batch([tokens]),
        lambda tokens: HIST.scores([tokens]),
    ):
        with pytest.raises(InputError, match="unknown token 'x' at position 1"):
            use(["0", "x"])


def test_source() -> None:
    assert HIST.source == emit_python(HIST)
    assert HIST.lines == code_lines(HIST.source)


def test_representations() -> None:
    assert repr(HIST) == (
        "<Program 'hist': 2 statements (1 head, 1 table), no table entries "
        f"written out, {HIST.lines} lines of code, up to 5 tokens, 5 labels>"
    )
    page = HIST._repr_html_()
    assert page.startswith("<details><summary><code>&lt;Program")
    assert "&lt;s&gt;" in page
    assert "<s>" not in page


def test_sizes_in_words() -> None:
    lines = HIST.source.count("\n")
    assert lines == len(HIST.source.splitlines())
    assert HIST.file_sizes == f"program.py: {lines} lines with comments and helpers"
    assert HIST.size == (
        "2 statements (1 head, 1 table), no table entries written out, "
        f"{HIST.lines} lines of code"
    )
    assert OPINION.size.startswith("2 statements (1 head, 1 table), 22 table entries ")
    empty = replace(HIST, statements=(), readout=Readout(("x",), ()))
    assert Program.of(empty).size.startswith("0 statements, no table entries ")
    words = tuple(map(str, range(1000)))
    form = replace(HIST.input, vocabulary=Vocabulary((*words, "<s>")))
    large = Program.of(replace(empty, input=form))
    assert large.tables_json is not None
    assert large.file_sizes.endswith(
        f"; tables.json: {len(large.tables_json.splitlines())} lines"
    )


def test_invalid_programs_are_refused() -> None:
    program = BY_NAME["hist"].program
    broken = type(program)("x", program.input, (), Readout((), ()))
    with pytest.raises(ProgramError, match="there is no label"):
        Program.of(broken)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_load(golden: Golden, tmp_path: Path) -> None:
    text = to_json(golden.program)
    (tmp_path / "program.json").write_text(text, encoding="utf-8")
    (tmp_path / "other.json").write_text(text, encoding="utf-8")
    for place in (tmp_path, str(tmp_path), tmp_path / "other.json"):
        assert load(place).program == golden.program


def test_load_errors(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"found no program\.json"):
        load(tmp_path)
    with pytest.raises(
        RunFolderError, match=r"other\.json: no such run folder or file"
    ):
        load(tmp_path / "other.json")
    file = tmp_path / "program.json"
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(SchemaError, match=r"program\.json: expected an object with"):
        load(tmp_path)
    file.write_bytes(b"\xff")
    with pytest.raises(RunFolderError, match="cannot be read"):
        load(tmp_path)
