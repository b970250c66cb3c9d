from __future__ import annotations

import itertools

from hypothesis import given, settings

from statements import counting
from strategies import programs_with_inputs
from transformer_programs.analysis.closed import reachable_values
from transformer_programs.language.encode import encode_batch
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Head,
    Program,
    Readout,
    Scope,
    Statement,
    Table,
)
from transformer_programs.language.types import Domain, InputFormat, Vocabulary

FORM = InputFormat(Vocabulary(("a", "b", "<s>")), 4, "<s>")
ALIKE = ((0,), (1,), (2,))
ANY = ((0, 1),) * 2


def reached(*statements: Statement) -> list[int]:
    """The values of the last statement."""
    program = Program("x", FORM, statements, Readout(("x",), ()))
    return reachable_values(program)[statements[-1].output].tolist()


@settings(max_examples=200)
@given(programs_with_inputs())
def test_no_value_is_forgotten(case: object) -> None:
    program, inputs = case  # type: ignore[misc]
    values = reachable_values(program)
    batch = encode_batch(program.input, inputs)
    for name, ids in Interpreter(program).trace(batch).items():
        for row, length in zip(ids, batch.lengths, strict=True):
            assert {*row[:length].tolist()} <= {*values[name].tolist()}, name


def test_counts_of_tokens_like_mine() -> None:
    alike = counting("n", TOKENS, TOKENS, ONES, ALIKE)
    assert reached(alike) == [1, 2, 3]  # the begin token occurs once
    before = counting("n", TOKENS, TOKENS, ONES, ALIKE, Scope.BEFORE)
    assert reached(before) == [0, 1, 2, 3]
    begin = counting("n", ONES, TOKENS, ONES, ((2,),) * 2)
    assert reached(begin) == [0, 1]


def test_other_counts() -> None:
    assert reached(counting("n", ONES, ONES, ONES, ANY)) == [1, 2, 3, 4]
    assert reached(counting("n", ONES, ONES, ONES, ANY, Scope.AFTER)) == [0, 1, 2, 3]
    assert reached(counting("n", ONES, ONES, ONES, ((0,),) * 2)) == [0]
    first = counting("n", ONES, ONES, ONES, ANY, Scope.CAUSAL)
    second = counting("m", ONES, ONES, "n", ANY, Scope.CAUSAL)
    assert reached(first, second) == list(range(1, 17))


def test_tables_and_copies() -> None:
    number = Table("n", (ONES,), (0, 7), Domain.of_numbers(9))
    assert reached(number) == [7]
    assert reached(number, counting("m", ONES, ONES, "n", ANY)) == [7, 14, 21, 28]
    copied = Head("c", TOKENS, TOKENS, "n", ALIKE)
    assert reached(number, copied) == [7]
    assert reached(Head("c", TOKENS, TOKENS, POSITIONS, ALIKE)) == [0, 1, 2, 3]
    both = Table("b", ("n", ONES), tuple(range(20)), Domain.of_classes(20))
    assert reached(number, both) == [15]


def test_sums_of_sums_are_not_listed() -> None:
    """Five nested counts at length 100 reach 10^10 values, ten more than any number."""
    form = InputFormat(Vocabulary(("a", "b")), 100)
    names = [ONES, *(f"n{depth}" for depth in range(12))]
    statements = tuple(
        counting(name, ONES, ONES, value, ANY)
        for value, name in itertools.pairwise(names)
    )
    copied = Head("c", TOKENS, TOKENS, "n4", ((0,), (1,)))
    program = Program("x", form, (*statements, copied), Readout(("x",), ()))
    values = reachable_values(program)
    assert values["n1"].tolist() == list(range(1, 10_001))
    assert {"n0", "n1", "n2"} < {*values}
    assert {"n3", "n4", "c", "n11"}.isdisjoint(values)
