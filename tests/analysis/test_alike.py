from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from golden_programs import BY_NAME, same
from naive import naive_labels, naive_trace
from statements import counting
from strategies import programs_with_inputs
from transformer_programs.analysis.closed import alike
from transformer_programs.language.nodes import (
    ONES,
    TOKENS,
    Head,
    Program,
    Readout,
    Table,
    Term,
)
from transformer_programs.language.types import Domain, InputFormat, Vocabulary

Case = tuple[Program, list[tuple[str, ...]]]


@given(programs_with_inputs(), st.data())
def test_nothing_changes_where_a_token_becomes_one_that_is_alike(
    case: Case, data: st.DataObject
) -> None:
    program, inputs = case
    tokens = program.input.vocabulary.tokens
    groups = [[tokens[index] for index in group] for group in alike(program)]
    assert sorted(token for group in groups for token in group) == sorted(tokens)
    frame = {program.input.begin, program.input.end}
    others = {
        token: [other for other in group if other not in frame]
        for group in groups
        for token in group
    }
    copies = {TOKENS}
    for statement in program.statements:
        if (
            isinstance(statement, Head)
            and not statement.sums
            and statement.value in copies
        ):
            copies.add(statement.output)
    # What is typed like a token of the frame is read as an unknown one.
    typed = others.keys() - frame
    known = [i for i in inputs if all(token in typed for token in i)]
    for sequence in known:
        changed = tuple(data.draw(st.sampled_from(others[t] or [t])) for t in sequence)
        assert naive_labels(program, changed) == naive_labels(program, sequence)
        before, after = (naive_trace(program, i) for i in (sequence, changed))
        for name in before.keys() - copies:
            assert before[name] == after[name], name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hist", [(0,), (1,), (2,), (3,)]),
        ("reverse", [(0, 1, 2, 3), (4,)]),
        ("opinion", [(0,), (1,), (2,), (3,)]),
        ("names", [(0, 3, 4), (1,), (2,)]),
    ],
)
def test_golden_programs(name: str, expected: list[tuple[int, ...]]) -> None:
    groups = alike(BY_NAME[name].program)
    # What the readout copies is told apart by its weights.
    if name == "reverse":
        expected = [(0,), (1,), (2,), (3,), (4,)]
    assert sorted(groups) == expected


def test_a_program_without_statements() -> None:
    form = InputFormat(Vocabulary(("a", "b", "c")), 3)
    assert alike(Program("x", form, (), Readout(("y",), ()))) == [(0, 1, 2)]


def test_heads_tables_and_weights_tell_tokens_apart() -> None:
    form = InputFormat(Vocabulary(("a", "b", "c", "d")), 3)
    readout = Readout(("y", "n"), ())
    only_b = ((1,),) * 4
    cases = {
        counting("n", TOKENS, TOKENS, ONES, only_b): [(0, 2, 3), (1,)],
        counting("n", TOKENS, TOKENS, ONES, same(4)): [(0,), (1,), (2,), (3,)],
        counting("n", TOKENS, ONES, ONES, ((), (1,), (1,), ())): [(0, 3), (1, 2)],
        Table("t", (ONES, TOKENS), (0, 0, 0, 1) * 2, Domain.of_classes(2)): [
            (0, 1, 2),
            (3,),
        ],
    }
    for statement, groups in cases.items():
        assert sorted(alike(Program("x", form, (statement,), readout))) == groups
    weights = Readout(("y", "n"), (Term(TOKENS, ((0, 1), (0, 1), (2, 0), (0, 1))),))
    assert sorted(alike(Program("x", form, (), weights))) == [(0, 1, 3), (2,)]
