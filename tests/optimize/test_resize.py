from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from golden_programs import BY_NAME
from loaded import load_file
from naive import naive_labels, naive_trace
from statements import counting
from strategies import programs
from transformer_programs.analysis.length import length_bound
from transformer_programs.analysis.tables import runner
from transformer_programs.codegen.python import emit_python
from transformer_programs.errors import LengthError
from transformer_programs.language.encode import encode_batch
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import (
    Decide,
    Head,
    Program,
    Readout,
    Scope,
    Table,
    Term,
)
from transformer_programs.language.rules import check
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.optimize import resizing as module
from transformer_programs.optimize.resizing import Resized, resize, resized
from transformer_programs.runs.folder import read_program
from transformer_programs.verify.inputs import spellings

GALLERY = Path(__file__).parents[2] / "gallery"
FOLDERS = sorted(file.parent.name for file in GALLERY.glob("*/program.json"))


@cache
def in_gallery(name: str) -> Program:
    return read_program(GALLERY / name)


def check_agreement(
    program: Program, longer: Resized, inputs: Sequence[tuple[str, ...]]
) -> None:
    """The file, the interpreter and the definition say the same of longer inputs."""
    file = load_file(emit_python(program))
    form = longer.program.input
    interpreter = Interpreter(longer.program)
    traced = interpreter.trace(encode_batch(form, inputs))
    for row, (tokens, labels) in enumerate(
        zip(inputs, interpreter.labels(inputs), strict=True)
    ):
        assert labels == naive_labels(longer.program, tokens)
        assert labels == file["run"](tokens, any_length=True), tokens
        in_file = file["trace"](tokens, any_length=True)
        for name, column in naive_trace(longer.program, tokens).items():
            assert traced[name][row, : len(column)].tolist() == column
            values = [longer.value(name, index) for index in column]
            assert values == in_file[name], name


LETTERS = InputFormat(Vocabulary(("<s>", "a", "b")), max_length=13, begin="<s>")
COUNT = counting("count", "ones", "tokens", "ones", ((), (1,)), Scope.CAUSAL)
"""How many ``a`` there are so far."""

TABLES = (
    "(2, 0, 1)[x % 3]",
    "x // 2",
    "2 * x + 1",
    "(x + 1) // 3",
    "(2 * x) % 5",
    "0 if x == 0 else 1 + x % 2",
    "x + 1 if x % 2 == 0 else x - 1",
    "int(2 * b > a + 1)",
    "(a - b) % 3",
    "(a + b) // 2",
    "a % max(b, 1)",
    "2 * b if 2 * b < a else a + b",
    "3 if b == 0 else a % b",
)
RELATIONS = ("k == 2 * q", "k == q // 2", "k % 2 == q % 2", "2 * k < q + 1")


def written(text: str) -> Table:
    names = ("x",) if "x" in text.replace("max", "") else ("a", "b")
    function = runner(text, ", ".join(names))
    cells = [function(*cell) for cell in product(range(13), repeat=len(names))]
    if len(names) == 2:  # a count has one value more
        cells = [function(a, b) for a, b in product(range(13), range(14))]
    read = ("positions", "count")[: len(names)]
    return Table("table", read, tuple(cells), Domain.of_numbers(max(cells)))


@pytest.mark.parametrize("text", TABLES)
def test_tables_of_terms_hold_beyond_the_length(text: str) -> None:
    readout = Readout(("no", "yes"), (Term("count", ((0, 1),)),))
    program = Program("p", LETTERS, (COUNT, written(text)), readout)
    check(program)
    assert length_bound(program) == ()
    longer = resized(program, 40)
    inputs = [tuple("aabab" * 7), tuple("abb" * 13), tuple("b" * 39), ("a",) * 39]
    check_agreement(program, longer, inputs)


@pytest.mark.parametrize("text", RELATIONS)
def test_relations_hold_beyond_the_length(text: str) -> None:
    holds = runner(text, "q, k")
    rows = tuple(tuple(k for k in range(13) if holds(q, k)) for q in range(13))
    copied = Head("copied", "positions", "positions", "tokens", rows)
    summed = counting("summed", "count", "positions", "ones", (*rows, ()))
    labels = LETTERS.vocabulary.tokens
    weights = tuple(tuple(int(i == j) for i in range(3)) for j in range(3))
    readout = Readout(labels, (Term("copied", weights),))
    program = Program("p", LETTERS, (COUNT, copied), readout)
    if text != "2 * k < q + 1":  # of the largest count, 13, no row was asked
        program = replace(program, statements=(COUNT, copied, summed))
    check(program)
    assert [bound.statement for bound in length_bound(program)] == []
    longer = resized(program, 40)
    inputs = [tuple("aabab" * 7), tuple("abb" * 13), tuple("b" * 39)]
    check_agreement(program, longer, inputs)


@pytest.mark.parametrize("labels", [("m0", "m1", "m2"), ("r", "q", "s")])
def test_labels_that_come_again_hold_beyond_the_length(labels: tuple[str, ...]) -> None:
    weights = tuple(tuple(int(i == j % 3) for i in range(3)) for j in range(13))
    program = Program("p", LETTERS, (), Readout(labels, (Term("positions", weights),)))
    assert length_bound(program) == ()
    longer = resized(program, 40)
    check_agreement(program, longer, [tuple("ab" * 18), ("a",)])
    found = Interpreter(longer.program).labels([("a",) * 39])[0]
    assert list(found) == [labels[i % 3] for i in range(1, 40)]


@settings(max_examples=150)
@given(programs() | programs(characters=True), st.data())
def test_three_implementations_agree_beyond_the_length(
    program: Program, data: st.DataObject
) -> None:
    assume(not length_bound(program))
    length = data.draw(st.integers(program.input.frame_size + 1, 25))
    longer = resized(program, length)
    check(longer.program)
    form = program.input
    typed = spellings(form) if form.reads_characters else form.symbols
    symbols = st.sampled_from(typed)
    least, most = longer.program.input.min_bare_length, length - form_size(program)
    inputs = st.lists(symbols, min_size=least, max_size=most).map(tuple)
    check_agreement(program, longer, data.draw(st.lists(inputs, max_size=4)))
    check_agreement(program, longer, [program.input.symbols[:1] * most])


def form_size(program: Program) -> int:
    return program.input.frame_size


@pytest.mark.parametrize("name", [n for n in FOLDERS if not n.endswith(("16", "32"))])
def test_gallery_agrees_at_four_times_its_length(name: str) -> None:
    program = in_gallery(name)
    if length_bound(program):
        assert name == "shift-8"
        return
    length = 4 * program.input.max_length
    longer = resized(program, length)
    rng = np.random.default_rng(0)
    symbols = program.input.symbols
    bare = longer.program.input.max_bare_length
    drawn = [rng.integers(len(symbols), size=n) for n in (bare, bare, bare // 2)]
    inputs = [tuple(symbols[i] for i in row) for row in drawn]
    check_agreement(program, longer, [*inputs, symbols[:1] * bare])


@settings(max_examples=60)
@given(programs(), st.integers(-4, 0))
def test_shorter_and_equal_lengths_give_the_same_labels(
    program: Program, change: int
) -> None:
    assume(not length_bound(program))
    form = program.input
    length = max(form.max_length + change, form.frame_size, 1)
    shorter = resize(program, length)
    check(shorter)
    least, most = shorter.input.min_bare_length, shorter.input.max_bare_length
    inputs = [
        tuple(form.symbols[(i * i + start) % len(form.symbols)] for i in range(n))
        for n in range(least, most + 1)
        for start in range(len(form.symbols))
    ]
    assert Interpreter(shorter).labels(inputs) == Interpreter(program).labels(inputs)


def test_labels_that_are_numbers_go_on() -> None:
    longer = Interpreter(resize(BY_NAME["hist"].program, 13))
    assert longer(["2"] * 12) == ["12"] * 12


DIFFERENCE = Program(
    "difference",
    InputFormat(Vocabulary(("(", ")")), 4),
    (
        counting("opened", "ones", "tokens", "ones", ((), (0,))),
        counting("closed", "ones", "tokens", "ones", ((), (1,))),
        Table(
            "depth",
            ("opened", "closed"),
            tuple(a - b + 4 for a in range(5) for b in range(5)),
            Domain.of_numbers(8),
        ),
        Table(
            "label",
            ("depth",),
            tuple(int(x == 4) for x in range(9)),
            Domain.of_tokens(("no", "yes")),
        ),
    ),
    Readout(("no", "yes"), (Term("label", ((1, 0), (0, 1))),)),
)
"""A difference, raised so that it is a number up to the length 4."""


def test_differences_are_raised_anew() -> None:
    longer = resized(DIFFERENCE, 10)
    assert longer.raised["depth"] == 6
    assert longer.program.domains["depth"] == Domain.of_numbers(20)
    for tokens in ([")"] * 10, [*"(()))("] + ["("] * 4, [*"()()"]):
        check_agreement(DIFFERENCE, longer, [tuple(tokens)])
    assert resized(DIFFERENCE, 4) == Resized(
        DIFFERENCE, dict.fromkeys(DIFFERENCE.domains, 0)
    )


FLAGS = Domain.of_classes(2)
DEPTHS = Domain.of_tokens(("deep", "flat", "below"))


@pytest.mark.parametrize(
    ("terms", "domain"),
    [
        ([Term("depth", ((2, 0, -1),)), Term("ones", ((0, 9, 12),))], DEPTHS),
        (
            [Term("depth", ((1, 0, -1),)), Term("tokens", ((0, 5, 9), (0, 4, 9)))],
            DEPTHS,
        ),
        ([Term("depth", ((0, 2),)), Term("opened", ((3, 0),))], FLAGS),
        (
            [Term("positions", tuple((0, i - 2) for i in range(4)))],
            FLAGS,
        ),
    ],
)
def test_decisions_by_numbers_hold_beyond_the_length(
    terms: list[Term], domain: Domain
) -> None:
    statements = (*DIFFERENCE.statements[:3], Decide("made", tuple(terms), domain))
    rows = tuple((i % 2, 1) for i in range(domain.size))
    readout = Readout(("no", "yes"), (Term("made", rows),))
    program = replace(DIFFERENCE, statements=statements, readout=readout)
    assert not length_bound(program)
    for length in (2, 4, 10):
        longer = resized(program, length)
        check(longer.program)
        for tokens in ([")"] * 10, [*"(()))("] + ["("] * 4, [*"()()"], [*"((()(((("]):
            check_agreement(program, longer, [tuple(tokens[:length])])


def test_weights_of_positions_bind_and_large_sums_are_refused() -> None:
    weights = ((0, 1), (1, 0), (1, 0), (0, 1))
    bound = Decide("edge", (Term("positions", weights),), Domain.of_classes(2))
    program = replace(DIFFERENCE, statements=(*DIFFERENCE.statements, bound))
    with pytest.raises(LengthError, match=r"by edge \(weights of positions\)"):
        resize(program, 20)
    huge = Term("opened", ((1 << 48, 0, 0),))
    program = replace(
        program, statements=(*DIFFERENCE.statements, Decide("x", (huge,), DEPTHS))
    )
    assert resize(program, 30)
    with pytest.raises(LengthError, match=r"the sums of x could reach 2\*\*53"):
        resize(program, 40)


def test_a_table_over_positions_is_refused_by_name() -> None:
    program = BY_NAME["hist"].program
    table = Table("places", ("positions",), (0, 2, 1, 0, 1, 2), Domain.of_classes(3))
    bound = replace(program, statements=(*program.statements, table))
    with pytest.raises(LengthError) as error:
        resize(bound, 20)
    assert str(error.value) == (
        "hist: bound to inputs of up to 5 tokens by places (a table over positions)"
    )


def test_impossible_lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    program = BY_NAME["hist"].program
    with pytest.raises(LengthError, match="expected a max_length of at least 1, got 0"):
        resize(program, 0)
    monkeypatch.setattr(module, "LARGEST", 50)
    with pytest.raises(LengthError, match="statement 'label' would have 51 entries"):
        resize(program, 50)
