from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from golden_programs import BY_NAME, same
from statements import counting
from strategies import awkward_tokens, programs_with_inputs
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
from transformer_programs.language.rules import violations
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.optimize.naming import LONGEST, name_by_meaning
from transformer_programs.optimize.statements import rename

TOKENS_KNOWN = ("a", "(", "B c", "<s>")
FORM = InputFormat(Vocabulary(TOKENS_KNOWN), 5, "<s>")
ANY = ((0, 1),) * 2
PREVIOUS = ((), (0,), (1,), (2,), (3,))
SMALLER = ((), (0,), (0, 1), (0, 1, 2))


def named(*statements: Statement) -> list[str]:
    program = Program("x", FORM, statements, Readout(("y",), ()))
    return [s.output for s in name_by_meaning(program).statements]


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        (counting("v", TOKENS, TOKENS, ONES, same(4)), "same_token"),
        (
            counting("v", TOKENS, TOKENS, ONES, same(4), Scope.BEFORE),
            "same_token_before",
        ),
        (counting("v", TOKENS, TOKENS, ONES, SMALLER), "smaller_token"),
        (counting("v", ONES, ONES, ONES, ANY, Scope.AFTER), "positions_after"),
        (counting("v", ONES, ONES, ONES, ANY), "positions_in_all"),
        (
            counting("v", ONES, TOKENS, ONES, ((0,),) * 2, Scope.CAUSAL),
            "count_of_a_so_far",
        ),
        (counting("v", ONES, TOKENS, ONES, ((1,),) * 2), "count_of_left_parenthesis"),
        (counting("v", ONES, TOKENS, ONES, ((0, 2),) * 2), "count_of_a_or_b_c"),
        (Head("v", POSITIONS, POSITIONS, TOKENS, PREVIOUS), "previous_token"),
        (Head("v", POSITIONS, POSITIONS, POSITIONS, PREVIOUS), "previous_position"),
        (
            Head("v", TOKENS, TOKENS, POSITIONS, same(4), Scope.BEFORE),
            "position_at_same_token_before",
        ),
        (Head("v", POSITIONS, POSITIONS, TOKENS, PREVIOUS, Scope.AFTER), "v"),
        (Head("v", POSITIONS, POSITIONS, TOKENS, ((), (), (1,), (), ())), "v"),
        (Head("v", TOKENS, TOKENS, TOKENS, ((0,), (2,), (1,), (0, 2))), "v"),
    ],
)
def test_names(statement: Statement, name: str) -> None:
    assert named(statement) == [name]


def test_ranks() -> None:
    smaller = counting("v", TOKENS, TOKENS, ONES, SMALLER)
    equal = counting("w", TOKENS, TOKENS, ONES, same(4), Scope.BEFORE)
    table = tuple(a + b for a in range(6) for b in range(5))
    total = Table("t", ("v", "w"), table, Domain.of_numbers(9))
    assert named(smaller, equal, total)[-1] == "rank"
    twice = Table(
        "t",
        ("v", "v"),
        tuple(a + b for a in range(6) for b in range(6)),
        Domain.of_numbers(10),
    )
    assert named(smaller, twice)[-1] == "t"
    other = replace(total, table=(1, *table[1:]))
    assert named(smaller, equal, other)[-1] == "t"


def test_names_are_distinct_and_short() -> None:
    first = counting("v", TOKENS, TOKENS, ONES, same(4))
    second = replace(first, output="w")
    third = counting("same_token_2", ONES, ONES, "v", ANY)
    found = named(first, second, third)
    assert found == ["same_token", "same_token_3", "same_token_in_all"]
    deep: list[Statement] = [first]
    for index in range(6):
        last = deep[-1].output
        deep.append(counting(f"d{index}", ONES, ONES, last, ANY, Scope.CAUSAL))
    assert all(len(name) <= LONGEST + 2 for name in named(*deep))


@settings(max_examples=150)
@given(
    programs_with_inputs(awkward_tokens)
    | programs_with_inputs(awkward_tokens, characters=True)
)
def test_the_meaning_stays(case: tuple[Program, list[tuple[str, ...]]]) -> None:
    program, inputs = case
    found = name_by_meaning(program)
    assert violations(found) == ()
    assert Interpreter(found).labels(inputs) == Interpreter(program).labels(inputs)
    assert len({s.output for s in found.statements}) == len(program.statements)
    assert name_by_meaning(found) == found


def test_renaming_and_back() -> None:
    program = BY_NAME["hist"].program
    there = rename(program, {"frequency": "f", "label": "g"})
    assert [s.output for s in there.statements] == ["f", "g"]
    assert rename(there, {"f": "frequency", "g": "label"}) == program
