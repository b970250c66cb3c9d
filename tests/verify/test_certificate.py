from __future__ import annotations

import hashlib
import json
import platform
import re
from dataclasses import replace

import numpy as np
import pytest

import transformer_programs
from golden_programs import BY_NAME
from statements import embedding
from transformer_programs.codegen.python import emit_python
from transformer_programs.codegen.serialize import program_hash
from transformer_programs.errors import AgreementError
from transformer_programs.language.encode import Batch
from transformer_programs.language.nodes import (
    ONES,
    Program,
    Readout,
    Term,
)
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.verify import certificate as module
from transformer_programs.verify.certificate import certify
from transformer_programs.verify.inputs import RANDOM_INPUTS
from transformer_programs.verify.predictors import (
    LABEL,
    InterpreterPredictor,
    Values,
    bare_tokens,
)
from transformer_programs.verify.result import counted

HIST = BY_NAME["hist"].program
SOURCE = emit_python(HIST)
ONE_CLASS = ((0,) * len(HIST.input.vocabulary), Domain.of_classes(1))
LARGE = Program(
    "large",
    InputFormat(Vocabulary(tuple(map(str, range(100)))), 10),
    (),
    Readout(("x",), (Term(ONES, ((1,),)),)),
)


def test_a_small_domain_is_covered() -> None:
    model = InterpreterPredictor(HIST)
    found = certify(HIST, SOURCE, [model, model], (), seed=7)
    assert found.exhaustive
    assert [c.implementations for c in found.comparisons] == [
        ("interpreter", "interpreter"),
        ("interpreter", "interpreter"),
        ("interpreter", "program.py"),
    ]
    assert {c.inputs for c in found.comparisons} == {364}
    assert found.sentences()[-1] == (
        "interpreter = program.py in every variable and label, on all 364 valid inputs"
    )


def test_the_text() -> None:
    found = certify(HIST, SOURCE, [InterpreterPredictor(HIST)], (), seed=7)
    text = found.to_json()
    assert text.endswith("}\n")
    document = json.loads(text)
    assert document["format"] == "transformer-program-certificate"
    assert document["version"] == 3
    assert document["findings"] == []
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", document["date"])
    assert document["program_sha256"] == program_hash(HIST)
    assert document["file_sha256"] == hashlib.sha256(SOURCE.encode()).hexdigest()
    assert document["domain"] == {
        "tokens": 3,
        "lengths": [0, 5],
        "size": 364,
        "as_read": "",
    }
    assert document["inputs"] == {"all valid inputs": 364}
    assert document["seed"] == 7
    assert document["versions"]["python"] == platform.python_version()
    assert document["versions"]["numpy"] == np.__version__
    ours = document["versions"]["transformer-programs"]
    assert ours == transformer_programs.__version__
    first = document["comparisons"][0]
    assert first.pop("seconds") >= 0
    assert first == {
        "implementations": ["interpreter", "interpreter"],
        "inputs": 364,
        "exhaustive": True,
        "differences": 0,
        "labels_only": False,
        "rewritten": 0,
    }


def test_what_was_learned_has_the_same_labels() -> None:
    """It may have other variables."""
    learned = replace(
        HIST, statements=(*HIST.statements, embedding("more", *ONE_CLASS))
    )
    found = certify(HIST, SOURCE, [], (), learned=[_Learned(learned)])
    first, second = found.comparisons
    assert first.labels_only
    assert not second.labels_only
    assert found.sentences()[0] == (
        "learned model = interpreter in every label, on all 364 valid inputs"
    )


@pytest.mark.parametrize("row", [0, 1, -1])
def test_other_labels_than_were_learned_are_refused(row: int) -> None:
    (term, *others) = HIST.readout.terms
    weights = list(map(list, term.weights))
    weights[row] = [max(map(max, weights)) + 1 - w for w in weights[row]]
    terms = (replace(term, weights=tuple(map(tuple, weights))), *others)
    wrong = replace(HIST, readout=replace(HIST.readout, terms=terms))
    with pytest.raises(
        AgreementError, match="learned model and interpreter differ in '<label>'"
    ):
        certify(HIST, SOURCE, [], (), learned=[_Learned(wrong)])


def test_labels_that_stand_for_something_else_are_refused() -> None:
    other = replace(
        HIST, readout=replace(HIST.readout, labels=("5", "4", "3", "2", "1"))
    )
    with pytest.raises(AgreementError, match="differ in labels"):
        certify(HIST, SOURCE, [], (), learned=[_Learned(other)])


class _Learned(InterpreterPredictor):
    name = "learned model"


def test_a_large_domain_is_sampled() -> None:
    data = [("1", "2")] * 5
    found = certify(LARGE, emit_python(LARGE), [InterpreterPredictor(LARGE)], data)
    assert not found.exhaustive
    chosen = sum(found.inputs.values())
    assert found.inputs["data"] == 5
    assert found.inputs["random"] == RANDOM_INPUTS
    assert [c.inputs for c in found.comparisons] == [chosen, chosen]
    assert found.domain.size == "about 10^20"
    assert found.sentences()[0] == (
        "interpreter = interpreter in every variable and label, on "
        f"{chosen:,} inputs (data, random and edge cases); about 10^20 exist"
    )


def test_domains_of_any_size_can_be_written() -> None:
    tokens = tuple(map(str, range(1000)))
    form = InputFormat(Vocabulary(tokens), 2000)
    domain = module.InputDomain.of(form)
    found = replace(certify(HIST, SOURCE, [], ()), domain=domain)
    assert json.loads(found.to_json())["domain"]["size"] == "about 10^6000"
    assert counted(10**18 - 1, module.LARGE) == 10**18 - 1
    assert counted(10**18, module.LARGE) == "about 10^18"


def test_a_certificate_without_data_does_not_speak_of_them() -> None:
    found = certify(LARGE, emit_python(LARGE), [], ())
    assert found.inputs["data"] == 0
    assert "(random and edge cases)" in found.sentences()[0]


def test_the_model_is_identified() -> None:
    assert certify(HIST, SOURCE, [], ()).model_sha256 is None
    found = certify(HIST, SOURCE, [], (), model_sha256="abc")
    assert json.loads(found.to_json())["model_sha256"] == "abc"


@pytest.mark.parametrize("full", [False, True])
def test_the_file_gets_a_sample_or_everything(
    full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FILE_SAMPLE", 40)
    model = InterpreterPredictor(HIST)
    found = certify(HIST, SOURCE, [model], (), full=full)
    assert [c.inputs for c in found.comparisons] == [364, 364 if full else 40]
    assert found.exhaustive is full
    if not full:
        assert found.sentences()[1].endswith(
            "on 40 inputs (a seeded sample of all valid inputs); 364 exist"
        )


class _WrongOn:
    """Wrong for a single input."""

    name = "model"

    def __init__(self, tokens: tuple[str, ...]) -> None:
        self._tokens = tokens
        self._right = InterpreterPredictor(LARGE)
        self.signature = self._right.signature

    def values(self, batch: Batch) -> Values:
        values = self._right.values(batch)
        for row, tokens in enumerate(bare_tokens(LARGE, batch)):
            values[LABEL][row, 0] -= tokens == self._tokens
        return values


def test_data_are_compared_in_any_case() -> None:
    odd = tuple(str(i * 17 % 100) for i in range(10))
    source = emit_python(LARGE)
    certify(LARGE, source, [_WrongOn(odd)], ())
    with pytest.raises(AgreementError, match=re.escape(str(list(odd)))):
        certify(LARGE, source, [_WrongOn(odd)], [("1",), odd])


def test_a_file_of_another_program_is_refused() -> None:
    other = replace(
        HIST, readout=replace(HIST.readout, labels=("5", "4", "3", "2", "1"))
    )
    with pytest.raises(
        AgreementError, match=r"interpreter and program\.py differ in labels"
    ):
        certify(HIST, emit_python(other), [], ())


def test_a_wrong_model_is_refused() -> None:
    other = BY_NAME["reverse"].program
    with pytest.raises(AgreementError):
        certify(
            HIST,
            SOURCE,
            [
                InterpreterPredictor(
                    replace(
                        other,
                        input=HIST.input,
                        statements=(),
                        readout=Readout(HIST.readout.labels, ()),
                    )
                )
            ],
            (),
        )


def test_advance_is_told_everything() -> None:
    told: dict[str, int] = {}

    def advance(title: str, compared: int, total: int) -> None:
        assert total == 364
        told[title] = told.get(title, 0) + compared

    certify(HIST, SOURCE, [_Named()], (), advance=advance)
    assert told == {"model = interpreter": 364, "interpreter = program.py": 364}


class _Named(InterpreterPredictor):
    name = "model"

    def __init__(self) -> None:
        super().__init__(HIST)


UNKNOWN = BY_NAME["opinion"].program
FRAMED = BY_NAME["reverse"].program


@pytest.mark.parametrize(
    ("program", "old", "new"),
    [
        (UNKNOWN, 'unknown="<unk>"', 'unknown="good"'),
        (UNKNOWN, ', unknown="<unk>"', ""),
        (HIST, 'begin="<s>"', 'begin="<s>", unknown="2"'),
        (
            HIST,
            "    if isinstance(tokens, str):",
            '    if "?" in tokens:\n        1 / 0\n    if isinstance(tokens, str):',
        ),
        (FRAMED, "if token not in known and", "if token not in (*known, end) and"),
    ],
)
def test_tokens_that_are_not_known(program: Program, old: str, new: str) -> None:
    source = emit_python(program)
    assert certify(program, source, [], ()).exhaustive
    assert old in source
    with pytest.raises(AgreementError, match="a token that is not known"):
        certify(program, source.replace(old, new), [], ())
