from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden_programs import BY_NAME, same
from naive import naive_labels, naive_trace
from statements import counting, embedding
from transformer_programs.errors import InputError, ProgramError
from transformer_programs.language import interpret, steps
from transformer_programs.language.encode import encode_batch
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Head,
    Pooling,
    Program,
    Readout,
    Scope,
    Statement,
    Table,
    Term,
)
from transformer_programs.language.types import Domain, InputFormat, Vocabulary

FORM = InputFormat(Vocabulary((".", "x", "y")), max_length=6)
READOUT = Readout(("p",), ())
X = ((1,),) * 3
"""Every token looks for an x."""


def traced(tokens: str, *statements: Statement, form: InputFormat = FORM) -> list[int]:
    """The last statement's ids."""
    program = Program("test", form, statements, READOUT)
    ids = Interpreter(program).trace(encode_batch(form, [list(tokens)]))
    found = ids[statements[-1].output][0].tolist()
    assert found == naive_trace(program, list(tokens))[statements[-1].output]
    return found


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ("x.....", [0, 0, 0, 0, 0, 0]),
        (".x.x..", [1, 3, 1, 1, 3, 3]),  # position 2: a tie takes the earlier
        ("..x...", [2, 2, 2, 2, 2, 2]),  # self matches, nothing else does
        ("xx....", [1, 0, 1, 1, 1, 1]),  # self is the farthest
        ("y.....", [0, 0, 0, 0, 0, 0]),  # no match: position 0
        ("xxx", [1, 0, 1]),
        ("x", [0]),
    ],
)
def test_the_nearest_match(tokens: str, expected: list[int]) -> None:
    assert traced(tokens, Head("o", TOKENS, TOKENS, POSITIONS, X)) == expected


def test_no_match_takes_the_value_of_position_0() -> None:
    nothing = ((), (), ())
    assert traced("yx.", Head("o", TOKENS, TOKENS, TOKENS, nothing)) == [2, 2, 2]


@pytest.mark.parametrize(
    ("scope", "nearest", "number"),
    [
        (Scope.ALL, [1, 3, 1, 1, 3], [2, 2, 2, 2, 2]),
        (Scope.BEFORE, [0, 0, 1, 1, 3], [0, 0, 1, 1, 2]),
        (Scope.AFTER, [1, 3, 3, 0, 0], [2, 1, 1, 0, 0]),
        (Scope.CAUSAL, [0, 1, 1, 1, 3], [0, 1, 1, 2, 2]),
    ],
)
def test_scopes(scope: Scope, nearest: list[int], number: list[int]) -> None:
    assert traced(".x.x.", Head("o", TOKENS, TOKENS, POSITIONS, X, scope)) == nearest
    assert traced(".x.x.", counting("o", TOKENS, TOKENS, ONES, X, scope)) == number


def test_counts_can_be_summed_and_asked_about() -> None:
    same_token = counting("number", TOKENS, TOKENS, ONES, same(3))
    assert traced("xyxx", same_token) == [3, 1, 3, 3]
    total = counting("total", TOKENS, TOKENS, "number", ((0, 1, 2),) * 3)
    assert traced("xyxx", same_token, total) == [10] * 4
    rarer = Head(
        "rarer", "number", "number", TOKENS, tuple(tuple(range(q)) for q in range(7))
    )
    assert traced("xyxx", same_token, rarer) == [2, 1, 2, 2]
    even = Table("even", ("number",), (1, 0) * 3 + (1,), Domain.of_classes(2))
    assert traced("xyxxx", same_token, even) == [1, 0, 1, 1, 1]
    grid = Table("grid", ("number", TOKENS), tuple(range(21)), Domain.of_classes(21))
    assert traced("xyxx", same_token, grid) == [10, 5, 10, 10]


@pytest.mark.parametrize("scope", [Scope.BEFORE, Scope.AFTER])
@pytest.mark.parametrize("keys", [TOKENS, POSITIONS, ONES])
def test_a_head_that_matches_everything_copies_its_neighbour(
    scope: Scope, keys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = {TOKENS: 3, POSITIONS: 6, ONES: 2}[keys]
    everything = (tuple(range(size)),) * 3
    near = Head("near", TOKENS, keys, POSITIONS, everything, scope)
    chain = Head("chain", TOKENS, keys, "near", everything, scope)
    program = Program("copies", FORM, (near, chain), READOUT)
    sequences = [list(".xyxy."[:length]) for length in (6, 1, 3, 2, 5)]
    batch = encode_batch(FORM, sequences)

    def no_walk(*_: object) -> None:
        raise AssertionError("it walks over distances")

    with monkeypatch.context() as patched:
        patched.setattr(steps, "_offsets", no_walk)
        fast = Interpreter(program).trace(batch)
    monkeypatch.setattr(steps, "_copies_neighbour", lambda *_: False)
    slow = Interpreter(program).trace(batch)
    for row, tokens in enumerate(sequences):
        for name, column in naive_trace(program, tokens).items():
            assert fast[name][row, : len(tokens)].tolist() == column
            assert slow[name][row, : len(tokens)].tolist() == column


def test_copies_of_long_sequences_take_no_time() -> None:
    form = replace(FORM, max_length=100_000)
    copy = Head("near", TOKENS, TOKENS, TOKENS, ((0, 1, 2),) * 3, Scope.BEFORE)
    program = Program("copy", form, (copy,), READOUT)
    batch = encode_batch(form, [list("xy." * 30_000)])
    found = Interpreter(program).trace(batch)
    assert (found["near"][0, 1:] == found[TOKENS][0, :-1]).all()


def test_embed() -> None:
    assert traced("yx.", embedding("o", (5, 3, 0), Domain.of_classes(6))) == [0, 3, 5]


def test_padding_never_matches() -> None:
    # Padding is written as id 0, which every query here looks for.
    zeros = ((0,),) * 3
    heads = (
        Head("nearest", TOKENS, TOKENS, POSITIONS, zeros),
        counting("number", TOKENS, TOKENS, ONES, zeros),
        Head("later", TOKENS, TOKENS, POSITIONS, zeros, Scope.AFTER),
    )
    program = Program("test", FORM, heads, READOUT)
    batch = encode_batch(FORM, [["x", "."], ["x"], [".", "x", "."]], width=6)
    ids = Interpreter(program).trace(batch)
    assert ids["nearest"][0, :2].tolist() == [1, 1]
    assert ids["number"][0, :2].tolist() == [1, 1]
    assert ids["later"][0, :2].tolist() == [1, 0]
    assert ids["nearest"][1, 0] == ids["number"][1, 0] == ids["later"][1, 0] == 0
    assert ids["nearest"][2, :3].tolist() == [2, 0, 0]
    assert ids["later"][2, :3].tolist() == [2, 2, 0]


def test_padding_does_not_change_labels() -> None:
    for golden in BY_NAME.values():
        form = golden.program.input
        interpreter = Interpreter(golden.program)
        sequences = [form.symbols[:n] for n in range(form.min_bare_length, 4)]
        narrow = [interpreter.predict(encode_batch(form, [s]))[0] for s in sequences]
        wide = interpreter.predict(encode_batch(form, sequences, form.max_length))
        for row, expected, tokens in zip(wide, narrow, sequences, strict=True):
            if golden.program.tagging:
                length = len(tokens) + form.frame_size
                assert row[:length].tolist() == expected.tolist()
            else:
                assert row == expected


def test_more_than_64_distinct_rows() -> None:
    size = 150
    form = InputFormat(Vocabulary(tuple(map(str, range(size)))), 12)
    following = tuple(((q + 1) % size, (q + 2) % size) for q in range(size))
    following = tuple(tuple(sorted(row)) for row in following)
    assert len(set(following)) > 128
    program = Program(
        "many",
        form,
        (
            Head("nearest", TOKENS, TOKENS, POSITIONS, following),
            counting("number", TOKENS, TOKENS, ONES, following),
        ),
        READOUT,
    )
    rng = np.random.default_rng(3)
    starts = rng.integers(0, size, 200)
    sequences = [
        [str(i) for i in (start + rng.integers(0, 4, 12)) % size] for start in starts
    ]
    ids = Interpreter(program).trace(encode_batch(form, sequences))
    assert 0 < ids["number"].max() < 12
    for row, tokens in enumerate(sequences):
        for name, column in naive_trace(program, tokens).items():
            assert ids[name][row].tolist() == column


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    program = BY_NAME["reverse"].program
    rng = np.random.default_rng(0)
    sequences = [
        [str(i) for i in rng.integers(0, 3, rng.integers(0, 6))] for _ in range(50)
    ]
    batch = encode_batch(program.input, sequences)
    interpreter = Interpreter(program)
    labels, traced = interpreter.predict(batch), interpreter.trace(batch)
    monkeypatch.setattr(interpret, "BLOCK_SEQUENCES", 7)
    assert interpreter.predict(batch).tolist() == labels.tolist()
    for name, ids in interpreter.trace(batch).items():
        assert ids.tolist() == traced[name].tolist()


def test_more_sequences_than_a_block() -> None:
    golden = BY_NAME["opinion"]
    sequences = [["good"], ["bad", "bad"], ["not"]] * 2000
    assert len(sequences) > interpret.BLOCK_SEQUENCES
    expected = ["positive", "negative", "neutral"] * 2000
    assert Interpreter(golden.program).labels(sequences) == expected


def test_too_wide_a_batch_is_refused() -> None:
    program = Program("test", FORM, (), READOUT)
    batch = encode_batch(FORM, [["x"]], width=7)
    with pytest.raises(InputError, match=r"7 positions wide, at most 6 are allowed"):
        Interpreter(program).predict(batch)


@pytest.mark.parametrize("pooling", Pooling)
def test_no_sequences(pooling: Pooling) -> None:
    program = Program("test", FORM, (), replace(READOUT, pooling=pooling))
    interpreter = Interpreter(program)
    assert interpreter.labels([]) == []
    batch = encode_batch(FORM, [], width=4)
    shape = (0, 4) if pooling is Pooling.NONE else (0,)
    assert interpreter.predict(batch).shape == shape
    scores = interpreter.scores(batch)
    assert scores.shape == (*shape, 1)
    assert {ids.shape for ids in interpreter.trace(batch).values()} == {(0, 4)}


def test_large_bounds_do_not_overflow() -> None:
    """A count of counts of counts passes 16 bits."""
    form = InputFormat(Vocabulary(("a",)), 60)
    all_of = ((0,),)
    counts = [
        counting(f"c{i}", TOKENS, TOKENS, value, all_of)
        for i, value in enumerate([ONES, "c0", "c1"])
    ]
    readout = Readout(("p", "q"), (Term("c2", ((1, 1),)), Term("c0", ((0, -1),))))
    program = Program("test", form, tuple(counts), readout)
    tokens = ["a"] * 60
    batch = encode_batch(form, [tokens])
    assert Interpreter(program).trace(batch)["c2"].tolist() == [[60**3] * 60]
    assert Interpreter(program).labels([tokens]) == [naive_labels(program, tokens)]
    assert Interpreter(program).scores(batch)[0, 0].tolist() == [60**3, 60**3 - 60]


def test_an_invalid_program_does_not_run() -> None:
    broken = Head("o", "nothing", TOKENS, TOKENS, ())
    with pytest.raises(ProgramError, match="nothing"):
        Interpreter(Program("test", FORM, (broken,), READOUT))


def test_inputs_are_checked() -> None:
    interpreter = Interpreter(Program("test", FORM, (), READOUT))
    with pytest.raises(InputError, match="unknown token 'z'"):
        interpreter(["z"])
    with pytest.raises(InputError, match="empty sequence"):
        interpreter.labels([["x"], []])
