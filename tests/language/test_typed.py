"""Texts and tokens that people pass, in the package and in the emitted file."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from golden_programs import BY_NAME
from loaded import load_file
from strategies import programs
from transformer_programs.codegen.python import emit_python
from transformer_programs.codegen.serialize import from_json, program_hash, to_json
from transformer_programs.errors import InputError, SchemaError, UnknownTokenWarning
from transformer_programs.language import primitives
from transformer_programs.language.encode import tokens_of, typed, unknown_in_words
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import Program
from transformer_programs.language.surface import SPLITTINGS, Splitting, split_text
from transformer_programs.language.types import InputFormat, Vocabulary
from transformer_programs.runs.runnable import Program as Runnable

FORM = InputFormat(Vocabulary(("<unk>", "a", "b", "is"), "<unk>"), 6)
OPINION = BY_NAME["opinion"].program
TEXT = "It's a-b,\u00a0c_1\n\t12\u0663 \u00e9\u4e2d"

texts = st.text() | st.text("ab_1'- \n\t\u00a0\u2028\u0663\u4e2d\u0301\U0001f600")


@pytest.mark.parametrize(
    ("how", "tokens"),
    [
        ("whitespace", ("It's", "a-b,", "c_1", "12\u0663", "\u00e9\u4e2d")),
        ("characters", tuple("It'sa-b,c_112\u0663\u00e9\u4e2d")),
        (
            "words",
            ("It", "'", "s", "a", "-", "b", ",", "c_1", "12\u0663", "\u00e9\u4e2d"),
        ),
    ],
)
def test_texts_are_split(how: Splitting, tokens: tuple[str, ...]) -> None:
    assert split_text(TEXT, how) == tokens
    assert tokens_of(replace(FORM, split=how), TEXT) == tokens
    assert tokens_of(replace(FORM, split=how), ["a b"]) == ["a b"]


@given(st.sampled_from(SPLITTINGS), texts)
def test_the_emitted_copy_splits_the_same(how: Splitting, text: str) -> None:
    split = getattr(primitives, f"split_{how}")
    assert split(text) == list(split_text(text, how))
    assert split([text, "a b"]) == [text, "a b"]


@given(programs(max_statements=2) | programs(max_statements=2, characters=True), texts)
def test_program_and_file_take_the_same_texts(program: Program, text: str) -> None:
    file, runnable = load_file(emit_python(program)), Runnable.of(program)
    try:
        tokens = tokens_of(program.input, text)
        expected = Interpreter(program)(tokens)
    except InputError as error:
        with pytest.raises(InputError, match="^" + str(error)[:12]):
            runnable.batch([text])
        with pytest.raises(ValueError, match="^" + str(error)[:5]):
            file["run"](text)
    else:
        assert runnable.batch([text, tokens]) == [expected, expected]
        assert file["run"](text) == file["run"](tokens) == expected
        assert file["trace"](text) == file["trace"](tokens)


@pytest.mark.parametrize("how", SPLITTINGS)
def test_arguments_of_a_command_line(how: Splitting) -> None:
    form = replace(FORM, split=how)
    single = ("a", "b")
    assert typed(form, single) is single
    assert typed(form, ()) == ()
    assert typed(form, ("a b",)) == single
    assert typed(form, ("a b", "a")) == ("a", "b", "a")
    assert typed(form, ("",)) == typed(form, (" ",)) == ()
    plain = ("a b", "")
    assert typed(FORM, plain) is plain


def test_a_text_for_a_program_of_lists() -> None:
    cases = {
        "is a": "['is', 'a']",
        "aba": "['a', 'b', 'a']",
        "what": "['a', 'b', 'is']",
        "": "['a', 'b', 'is']",
        "a" * 11: f"[{', '.join(['a'.__repr__()] * 10)}, ...]",
    }
    for text, right in cases.items():
        with pytest.raises(InputError) as caught:
            tokens_of(FORM, text)
        assert str(caught.value) == (
            f"expected a list of tokens, such as {right}, got the text {text!r}"
        )
    file = load_file(emit_python(BY_NAME["hist"].program))
    with pytest.raises(ValueError, match=r"tokens like \['0', '1', '2'\], got '01'"):
        file["run"]("01")


def test_unknown_tokens_are_named() -> None:
    assert unknown_in_words(FORM, ["a", "<unk>", "is"]) is None
    found = unknown_in_words(FORM, ["x", "a", "y\n", "x"])
    assert found == "unknown tokens: 'x', 'y\\n'"
    many = unknown_in_words(FORM, [str(i) for i in range(11)])
    assert many is not None
    assert many.endswith("'9', ...")
    names = BY_NAME["names"].program.input
    assert unknown_in_words(names, ["THE", "1984", "Mr."]) is None
    assert unknown_in_words(names, ["Ada", "<s>"]) == "unknown tokens: 'Ada', '<s>'"


def test_direct_calls_warn_of_unknown_tokens() -> None:
    program = Runnable.of(OPINION)
    for call in (program, program.trace, program.explain):
        with pytest.warns(UnknownTokenWarning, match="^unknown tokens: 'news'$") as w:
            call("bad news")
        assert [warning.filename for warning in w] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert program("not bad") == "positive"
        assert program.batch(["bad news", ["good"]]) == ["negative", "positive"]
        assert len(program.scores(["bad news", ["good"]])) == 2


def test_the_splitting_is_kept_in_program_json() -> None:
    for how in SPLITTINGS:
        program = replace(OPINION, input=replace(OPINION.input, split=how))
        assert from_json(to_json(program)) == program
    wrong = to_json(OPINION).replace('"split": "words"', '"split": "lines"')
    with pytest.raises(SchemaError, match="one of whitespace, characters, words, got"):
        from_json(wrong)


def test_programs_that_were_stored_before_are_read_as_before() -> None:
    document = json.loads(to_json(OPINION))
    del document["input"]["split"]
    program = from_json(json.dumps(document))
    assert program == replace(OPINION, input=replace(OPINION.input, split=None))
    assert json.loads(to_json(program)) == document
    assert program_hash(program) != program_hash(OPINION)
    assert Runnable.of(program)(["not", "bad"]) == "positive"
    with pytest.raises(InputError, match=r"\['not', 'bad'\], got the text 'not bad'"):
        Runnable.of(program)("not bad")
