"""One wrong value anywhere is found, and said where it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from golden_programs import BY_NAME, GOLDEN, Golden
from strategies import programs_with_inputs
from transformer_programs.codegen.python import emit_python
from transformer_programs.errors import AgreementError, RunFolderError
from transformer_programs.language.encode import Batch, encode_batch
from transformer_programs.language.nodes import Pooling, Program
from transformer_programs.language.types import Domain, Vocabulary
from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.runs.agreement import HardenedPredictor
from transformer_programs.verify.agreement import Agreement, compare
from transformer_programs.verify.file_process import FileProcess
from transformer_programs.verify.inputs import InputSet, choose_inputs, sample_rows
from transformer_programs.verify.predictors import (
    LABEL,
    OUTSIDE,
    FilePredictor,
    InterpreterPredictor,
    Values,
    bare_tokens,
    program_signature,
)

HIST = BY_NAME["hist"].program
OPINION = BY_NAME["opinion"].program
INPUTS = choose_inputs(HIST.input, (), seed=0)


class Wrong:
    """The interpreter, and then something goes wrong."""

    name = "suspect"

    def __init__(
        self, program: Program, spoil: Callable[[Values, Batch], object]
    ) -> None:
        self._right = InterpreterPredictor(program)
        self.signature = self._right.signature
        self._spoil = spoil

    def values(self, batch: Batch) -> Values:
        values = {name: ids.copy() for name, ids in self._right.values(batch).items()}
        self._spoil(values, batch)
        return values


def comparison(
    spoil: Callable[[Values, Batch], object],
    program: Program = HIST,
    inputs: InputSet | None = None,
) -> Agreement:
    inputs = inputs or choose_inputs(program.input, (), seed=0)
    right = InterpreterPredictor(program)
    return compare(program, Wrong(program, spoil), right, inputs)


def difference(
    spoil: Callable[[Values, Batch], object], program: Program = HIST
) -> str:
    with pytest.raises(AgreementError) as caught:
        comparison(spoil, program)
    return str(caught.value)


def where(batch: Batch, program: Program, tokens: tuple[str, ...]) -> int | None:
    found = bare_tokens(program, batch)
    return found.index(tokens) if tokens in found else None


def at(
    name: str, tokens: tuple[str, ...], position: int, value: int, program: Program
) -> Callable[[Values, Batch], None]:
    """Change one value of one input."""

    def spoil(values: Values, batch: Batch) -> None:
        row = where(batch, program, tokens)
        if row is not None:
            values[name][(row, position) if values[name].ndim == 2 else row] = value

    return spoil


def test_equal_implementations() -> None:
    found = comparison(lambda values, batch: None)
    assert found.implementations == ("suspect", "interpreter")
    assert (found.inputs, found.exhaustive, found.differences) == (364, True, 0)
    assert found.seconds >= 0


def test_one_wrong_variable_at_one_position() -> None:
    spoil = at("frequency", ("0", "1", "0"), 2, 5, HIST)
    assert difference(spoil) == (
        "suspect and interpreter differ in 'frequency' at position 2 of input "
        "['0', '1', '0']: suspect gives 5, interpreter gives 1"
    )


def test_values_are_shown_as_people_read_them() -> None:
    assert difference(at("label", ("0", "0"), 1, 0, HIST)).endswith(
        ": suspect gives '1', interpreter gives '2'"
    )


def test_one_wrong_label() -> None:
    assert difference(at(LABEL, ("2",), 1, 3, HIST)) == (
        "suspect and interpreter differ in '<label>' at position 1 of input ['2']: "
        "suspect gives '4', interpreter gives '1'"
    )


def test_one_wrong_label_of_a_sequence() -> None:
    assert difference(at(LABEL, ("good",), 0, 2, OPINION), OPINION) == (
        "suspect and interpreter differ in '<label>' of input ['good']: "
        "suspect gives 'negative', interpreter gives 'positive'"
    )


def test_a_value_outside_its_domain() -> None:
    for value in (OUTSIDE, 99):
        message = difference(at("frequency", ("1",), 1, value, HIST))
        assert (
            "suspect gives a value outside its domain, interpreter gives 1" in message
        )


def test_the_frame_counts_for_variables() -> None:
    assert "at position 0 of input []" in difference(at("frequency", (), 0, 3, HIST))


@pytest.mark.parametrize("name", ["tokens", "ones", "frequency", LABEL])
def test_a_missing_variable(name: str) -> None:
    message = difference(lambda values, batch: values.pop(name))
    assert message == f"suspect computes no '{name}'"


def test_the_first_differing_variable_is_named() -> None:
    def spoil(values: Values, batch: Batch) -> None:
        for name in reversed(values):
            if name not in ("tokens", "positions"):
                values[name][:] = 7

    assert "differ in 'ones' at position 0 of input []" in difference(spoil)


def test_padding_does_not_count() -> None:
    inputs = InputSet(
        HIST.input,
        exhaustive=False,
        counts={"data": 2},
        _sampled=(encode_batch(HIST.input, [["0"], ["1", "1", "2"]], width=6),),
    )

    def spoil(values: Values, batch: Batch) -> None:
        padding = np.arange(batch.ids.shape[1]) >= batch.lengths[:, None]
        assert padding.sum() == 6
        for ids in values.values():
            ids[padding] = OUTSIDE

    found = comparison(spoil, inputs=inputs)
    assert (found.inputs, found.exhaustive) == (2, False)


@pytest.mark.parametrize("name", ["hist", "reverse", "quotes"])
def test_labels_of_the_frame_do_not_count(name: str) -> None:
    program = BY_NAME[name].program
    form = program.input

    def spoil(values: Values, batch: Batch) -> None:
        if form.begin is not None:
            values[LABEL][:, 0] = OUTSIDE
        if form.end is not None:
            values[LABEL][np.arange(len(batch)), batch.lengths - 1] = OUTSIDE

    assert comparison(spoil, program).differences == 0


@settings(max_examples=60)
@given(programs_with_inputs(), st.data())
def test_any_single_wrong_value_is_found(
    case: tuple[Program, list[tuple[str, ...]]], data: st.DataObject
) -> None:
    program, sequences = case
    batch = encode_batch(program.input, sequences, program.input.max_length)
    inputs = InputSet(program.input, False, {"data": len(batch)}, (batch,))
    row = data.draw(st.integers(0, len(batch) - 1))
    position = data.draw(st.integers(0, int(batch.lengths[row]) - 1))
    name = data.draw(st.sampled_from(list(program.domains)))

    def spoil(values: Values, batch: Batch) -> None:
        values[name][row, position] += 1

    with pytest.raises(AgreementError) as caught:
        comparison(spoil, program, inputs)
    tokens = list(bare_tokens(program, batch[row : row + 1])[0])
    expected = f"differ in {name!r} at position {position} of input {tokens!r}: "
    assert expected in str(caught.value)


def test_a_sample_is_seeded() -> None:
    seen: list[list[tuple[str, ...]]] = []

    def compared(seed: int) -> list[tuple[str, ...]]:
        seen.append([])
        right = InterpreterPredictor(HIST)
        suspect = Wrong(
            HIST, lambda _, batch: seen[-1].extend(bare_tokens(HIST, batch))
        )
        found = compare(HIST, suspect, right, INPUTS, sample=50, seed=seed)
        assert (found.inputs, found.exhaustive) == (50, False)
        return seen[-1]

    expected = [t for b in sample_rows(INPUTS, 50, 1) for t in bare_tokens(HIST, b)]
    assert compared(1) == compared(1) == expected
    assert compared(1) != compared(2)


def test_a_sample_of_everything_is_exhaustive() -> None:
    right = InterpreterPredictor(HIST)
    found = compare(HIST, right, right, INPUTS, sample=INPUTS.size)
    assert (found.inputs, found.exhaustive) == (INPUTS.size, True)


def test_advance_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    right = InterpreterPredictor(HIST)
    compare(HIST, right, right, INPUTS, advance=lambda *news: told.append(news))
    assert {(title, total) for title, _, total in told} == {
        ("interpreter = interpreter", 364)
    }
    assert sum(count for _, count, _ in told) == 364


# The emitted file

RETURN = 'return {name: x for name, x in locals().items() if name != "any_length"}'


def file_difference(golden: Golden, old: str, new: str) -> str:
    source = emit_python(golden.program)
    assert source.count(old) == 1
    file = FilePredictor(golden.program, source.replace(old, new))
    inputs = choose_inputs(golden.program.input, (), seed=0)
    with pytest.raises(AgreementError) as caught:
        compare(golden.program, InterpreterPredictor(golden.program), file, inputs)
    return str(caught.value)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_the_file_agrees(golden: Golden) -> None:
    file = FilePredictor(golden.program, emit_python(golden.program))
    inputs = choose_inputs(golden.program.input, (), seed=0)
    right = InterpreterPredictor(golden.program)
    assert compare(golden.program, right, file, inputs).differences == 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("totals[seen.stop] -", "1 + totals[seen.stop] -", "'frequency' at position 0"),
        (
            RETURN,
            "return {**locals(), 'label': []}",
            "'label' at position 0",
        ),
        (
            RETURN,
            "return {n: x + x[:1] for n, x in locals().items() if x}",
            "'tokens' at position 0",
        ),
        (
            RETURN,
            "return {'tokens': tokens, 'label': label}",
            "program.py gives a value outside its domain",
        ),
        ('["label"][1:]', '["label"][1:][::-1]', "'<label>' at position 1"),
        ('["label"][1:]', '["label"][2:]', "differ in '<label>' at position 1"),
        (
            f"    {RETURN}",
            "    return 3",
            "program.py fails on input []: Attribute",
        ),
        (
            f"    {RETURN}",
            "    1 / 0",
            "program.py fails on input []: ZeroDivision",
        ),
        (
            f"    {RETURN}",
            "    sys.exit(0)",
            "program.py fails on input []: SystemExit: 0",
        ),
        (
            'LABELS = ("1", "2", "3"',
            'LABELS = ("1", "3", "2"',
            "interpreter and program.py differ in labels: interpreter has ('1', '2', ",
        ),
        (
            '["label"][1:]',
            '["label"][1:] and "".join(trace(tokens)["label"][1:])',
            "<label>",
        ),
        (
            "ones = [1] * len(tokens)",
            "ones = [True] * len(tokens)",
            "'ones' at position 0",
        ),
        ("MAX_LENGTH = 5", "MAX_LENGTH = 4", "differ in max_length: interpreter has "),
        (
            'TOKENS = ("0", "1", "2")',
            'TOKENS = ("0", "1", "3")',
            "program.py has ('0', '1', '3')",
        ),
    ],
)
def test_a_changed_file_is_found(old: str, new: str, message: str) -> None:
    assert message in file_difference(BY_NAME["hist"], old, new)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def run(:", "cannot be executed: SyntaxError"),
        ("import no_such_module_", "cannot be executed: ModuleNotFoundError"),
        ("x = 1", "expected it to define 'run', 'trace' and 'main'"),
        ("import sys; sys.exit(3)", "cannot be executed: SystemExit: 3"),
        ("raise GeneratorExit", "cannot be executed: GeneratorExit"),
    ],
)
def test_a_file_that_is_no_program(source: str, message: str) -> None:
    with pytest.raises(RunFolderError, match=f"program.py: {message}"):
        FileProcess(source)


@pytest.mark.parametrize("lines", ["", "TOKENS = LABELS = 7; MAX_LENGTH = 3"])
def test_a_file_that_states_nothing(lines: str) -> None:
    source = f"def run(tokens): pass\ntrace = main = run\n{lines}\n"
    with pytest.raises(RunFolderError, match="to define TOKENS, LABELS and MAX_LEN"):
        FilePredictor(HIST, source)


def test_what_a_file_raises_is_found() -> None:
    with pytest.raises(RunFolderError, match="cannot be executed: KeyboardInterrupt"):
        FileProcess("raise KeyboardInterrupt")
    source = emit_python(HIST)
    source = source.replace(f"    {RETURN}", "    raise KeyboardInterrupt")
    file = FilePredictor(HIST, source)
    with pytest.raises(AgreementError, match=r"fails on input \['0'\]: KeyboardInt"):
        file.values(encode_batch(HIST.input, [["0"]]))


# What ids stand for


def form(**changes: Any) -> Program:
    return replace(HIST, input=replace(HIST.input, **changes))


def statement(index: int, **changes: Any) -> Program:
    statements = list(HIST.statements)
    statements[index] = replace(statements[index], **changes)
    return replace(HIST, statements=tuple(statements))


TOKENS = HIST.input.vocabulary.tokens


@pytest.mark.parametrize(
    ("other", "part"),
    [
        (form(vocabulary=Vocabulary((*TOKENS[1::-1], *TOKENS[2:]))), "tokens: suspect"),
        (form(vocabulary=Vocabulary(TOKENS, unknown="2")), "the unknown token: suspe"),
        (form(begin=None), "the begin token: suspect has None"),
        (form(end="2"), "the end token: suspect has '2', interpreter has None"),
        (form(max_length=7), "max_length: suspect has 7, interpreter has 6"),
        (
            replace(
                HIST,
                readout=replace(HIST.readout, labels=("2", "1", "3", "4", "5")),
            ),
            "labels: suspect has ('2', '1', '3', '4', '5'), interpreter has ('1', '2'",
        ),
        (
            replace(HIST, readout=replace(HIST.readout, pooling=Pooling.FIRST)),
            "pooling: suspect has 'first', interpreter has 'none'",
        ),
        (statement(0, output="often"), "variables: suspect has ('often', "),
        (
            statement(1, domain=Domain.of_tokens("abcde")),
            "the domain of 'label': suspect has Domain(",
        ),
    ],
)
def test_ids_that_stand_for_something_else(other: Program, part: str) -> None:
    """All values are the same: only what they mean is not."""
    suspect = Wrong(HIST, lambda values, batch: None)
    suspect.signature = program_signature(other)
    with pytest.raises(AgreementError) as caught:
        compare(HIST, suspect, InterpreterPredictor(HIST), INPUTS)
    assert str(caught.value).startswith(f"suspect and interpreter differ in {part}")


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_models_say_what_their_ids_stand_for(golden: Golden) -> None:
    model = HardenedPredictor(HardenedModel(golden.program))
    assert model.signature == program_signature(golden.program)
    readout = golden.program.readout
    turned = replace(readout, labels=readout.labels[::-1])
    model = HardenedModel(replace(golden.program, readout=turned))
    with pytest.raises(AgreementError, match="differ in labels"):
        compare(
            golden.program,
            HardenedPredictor(model),
            InterpreterPredictor(golden.program),
            choose_inputs(golden.program.input, (), seed=0),
        )
