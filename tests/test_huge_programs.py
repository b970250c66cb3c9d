"""Programs that are larger than anybody could run are refused; others run in 2 GB."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from statements import counting, embedding
from transformer_programs.codegen.python import emit
from transformer_programs.errors import ProgramError
from transformer_programs.language import (
    rules as limits,
)
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Head,
    Pooling,
    Program,
    Readout,
    Statement,
    Table,
    Term,
)
from transformer_programs.language.rules import violations
from transformer_programs.language.surface import Surface, SurfaceKind
from transformer_programs.language.types import Domain, InputFormat, Kind, Vocabulary
from transformer_programs.nn.hardened import HardenedModel
from traps import in_limits

FORM = InputFormat(Vocabulary(("a", "b")), 4)
READOUT = Readout(("x", "y"), (Term(TOKENS, ((0, 1), (1, 0))),))
EVERYTHING = ((), (1,))


def program(*statements: Statement, length: int = 4, **changes: Any) -> Program:
    made = Program("huge", replace(FORM, max_length=length), statements, READOUT)
    return replace(made, **changes)


def embed(name: str, domain: Domain) -> Table:
    return embedding(name, (0, 1), domain)


def sums(depth: int, length: int) -> tuple[Statement, ...]:
    names = [ONES, *(f"c{i}" for i in range(depth))]
    return tuple(
        counting(new, ONES, ONES, old, EVERYTHING) for old, new in pairwise(names)
    )


MANY = tuple(f"l{i}" for i in range(100_000))
FEWER = MANY[:10_000]

TOO_LARGE: dict[str, tuple[Program, str]] = {
    "classes": (
        program(embed("c", Domain.of_classes(1 << 62))),
        "its domain has 4,611,686,018,427,387,904 values, expected at most 1,048,576",
    ),
    "positions": (
        program(embed("c", Domain(Kind.POSITION, 1 << 40))),
        "expected at most 1,048,576",
    ),
    "numbers": (
        program(embed("c", Domain.of_numbers(1 << 70))),
        "expected at most 9,007,199,254,740,992",
    ),
    "key": (
        program(
            embed("n", Domain.of_numbers(10**12)),
            counting("c", ONES, "n", ONES, ((), (1,))),
        ),
        "its key 'n' has 1,000,000,000,001 values, expected at most 1,048,576",
    ),
    "sums": (program(*sums(6, 1 << 10), length=1 << 10), "a sum can reach 2**53"),
    "length": (program(length=10**9), "max_length is 1,000,000,000, expected at most"),
    "statements": (
        program(*(embed(f"e{i}", Domain.of_classes(2)) for i in range(5000))),
        "there are 5,000 statements, expected at most 4,096",
    ),
    "labels": (
        program(length=1000, readout=Readout(MANY, ())),
        "one sequence has 1,000 positions with 100,000 variables and labels each",
    ),
    "pairs": (
        program(
            embedding("a", (0, 1), Domain.of_classes(1 << 15)),
            Head("b", "a", "a", TOKENS, ((),) * (1 << 15)),
        ),
        "predicates: there are 1,073,741,824 pairs of a query and a key, expected at",
    ),
    "rows": (
        program(
            embedding("a", (0, 1), Domain.of_classes(1 << 17)),
            embedding("k", (0, 1), Domain.of_classes(1 << 10)),
            Head(
                "b",
                "a",
                "k",
                TOKENS,
                tuple((i & 511, 512 + (i >> 9)) for i in range(1 << 17)),
            ),
        ),
        "bits for their different rows, expected at most 2,147,483,648",
    ),
    "surfaces": (
        program(
            input=replace(
                FORM,
                surfaces=tuple(
                    Surface(f"s{i}", SurfaceKind.PREFIX, ("a", "b"), 1)
                    for i in range(62)
                ),
            )
        ),
        "combinations, expected less than 2**62",
    ),
}


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_a_program_that_nobody_could_run(kind: str) -> None:
    huge, message = TOO_LARGE[kind]
    found = in_limits(lambda: violations(huge))
    assert any(message in sentence for sentence in found), found


LARGE: dict[str, Program] = {
    "classes": program(embed("c", Domain.of_classes(limits.MAX_VALUES))),
    "numbers": program(
        embed("n", Domain.of_numbers(10**12)),
        counting("c", ONES, ONES, "n", EVERYTHING),
        readout=Readout(("x", "y"), (Term("c", ((1, 0),)),)),
    ),
    "keys": program(
        embedding("k", (0, 1), Domain.of_classes(limits.MAX_VALUES)),
        counting("c", ONES, "k", ONES, ((), (1, limits.MAX_VALUES - 1))),
    ),
    "sums": program(*sums(4, 1 << 10), length=1 << 10),
    "statements": program(
        *(embed(f"e{i}", Domain.of_classes(2)) for i in range(limits.MAX_STATEMENTS))
    ),
    "labels": program(
        length=1000,
        readout=Readout(FEWER, (Term(ONES, ((1,) + (0,) * (len(FEWER) - 1),)),)),
    ),
    "length": program(length=limits.MAX_LENGTH),
    "pairs": program(
        embedding("a", (0, 1), Domain.of_classes(1 << 13)),
        Head("b", "a", "a", TOKENS, ((0,),) * (1 << 13)),
    ),
    "table": program(
        embedding("a", (0, 1), Domain.of_classes(1 << 10)),
        Table("b", ("a", "a"), (0,) * (1 << 20), Domain.of_classes(2)),
    ),
    "token": program(
        input=InputFormat(Vocabulary(("a" * (1 << 20), "b")), 4),
    ),
    "positions": program(
        Head("b", POSITIONS, POSITIONS, TOKENS, ((0,),) * 3000),
        length=3000,
        readout=replace(READOUT, pooling=Pooling.MEAN),
    ),
}


@pytest.mark.parametrize("kind", LARGE)
def test_a_program_within_the_limits_runs(kind: str) -> None:
    large = LARGE[kind]
    assert violations(large) == ()
    symbols = large.input.symbols
    longest = [symbols[i % 2] for i in range(large.input.max_bare_length)]

    def work() -> int:
        interpreter = Interpreter(large)
        interpreter.labels([longest, *([[symbols[0]]] * 9)])
        HardenedModel(large)
        return len(emit(large)[0])

    assert in_limits(work)


def test_of_many_violations_the_first_are_listed() -> None:
    embeds = tuple(embed(f"E{i}", Domain.of_classes(2)) for i in range(100))
    with pytest.raises(ProgramError, match="and more") as caught:
        limits.check(program(*embeds))
    assert len(caught.value.violations) == limits.SHOWN + 1
