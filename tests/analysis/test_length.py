from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from golden_programs import BY_NAME
from statements import counting
from transformer_programs.analysis.intervals import (
    Interval,
    Range,
    covers,
    divides,
    negative,
    numbers_alone,
    range_of,
)
from transformer_programs.analysis.length import AnyLength, LengthBound, length_bound
from transformer_programs.analysis.tables import runner
from transformer_programs.analysis.words import lengths_in_words
from transformer_programs.language.nodes import (
    Head,
    Pooling,
    Program,
    Readout,
    Statement,
    Table,
    Term,
)
from transformer_programs.language.types import Domain, InputFormat, Vocabulary

NUMBERS = Interval(0)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x", NUMBERS),
        ("x + 3", Interval(3)),
        ("x - 3", Interval(-3)),
        ("x * 3", NUMBERS),
        ("x ** 3", Interval()),
        ("len(x)", Interval()),
        ("3 - x", Interval(most=3)),
        ("max(x - 3, 0)", Interval(0)),
        ("x // 2 + 1", Interval(1)),
        ("(x - 3) // 2", Interval(-2)),
        ("12 // (x + 1)", frozenset(range(13))),
        ("2 - 3 * x", Interval(most=2)),
        ("x // x", Interval()),
        ('("r", "s", "t")[x % 3]', frozenset("rst")),
        ("(0, 4)[x % 2]", frozenset({0, 1, 2, 3, 4})),
        ("abs(3 - x)", Interval(0)),
        ("min(x, 2)", frozenset({0, 1, 2})),
        ("x % 3", frozenset({0, 1, 2})),
        ("int(x == 2)", frozenset({0, 1})),
        ("1 + (x > 2) - (x < 2)", frozenset({0, 1, 2})),
        ("str(x + 1)", Interval(1, text=True)),
        ("str(min(max(x, 1), 3))", frozenset({"1", "2", "3"})),
        ('"a" if x % 2 == 1 else "b"', frozenset({"a", "b"})),
        ('"a" if x == 1 else str(x)', Interval(text=True)),
        ("7 if x == 3 else x", NUMBERS),
        ("5 if x > 2 else 3 if x == 0 else 4", frozenset({3, 4, 5})),
    ],
)
def test_ranges_of_closed_forms(text: str, found: Range) -> None:
    assert range_of(text, {"x": NUMBERS}) == found
    if isinstance(found, frozenset):
        assert {runner(text)(x) for x in range(9)} <= found


@pytest.mark.parametrize(
    "text",
    ["a + b", "a - b + 2", "min(a, b)", "max(a - b, 0)", "(a + b) % 3", "abs(a)"],
)
def test_ranges_of_two(text: str) -> None:
    found = range_of(text, {"a": NUMBERS, "b": frozenset({1, 4})})
    given = {runner(text, "a, b")(a, b) for a, b in product(range(9), (1, 4))}
    if isinstance(found, frozenset):
        assert given <= found
    else:
        assert found.least is None or found.least <= min(given)
        assert found.most is None or found.most >= max(given)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("a % b", False),
        ("a % max(b, 1)", True),
        ("a // (b + 1)", True),
        ("0 if b == 0 else a % b", True),
        ("0 if b < 2 else a // (b - 1)", True),
        ("a % b if b == 0 else 1", False),
        ("0 if a == 0 else a % b", False),
        ("a % 3", True),
    ],
)
def test_divisors_above_zero(text: str, right: bool) -> None:
    assert divides(text, {"a": NUMBERS, "b": NUMBERS}) == right


def test_numbers_that_are_written() -> None:
    written = range_of("str(x)", {"x": NUMBERS})
    assert range_of("int(x)", {"x": written}) == NUMBERS
    assert range_of("number(a) + number(b)", {"a": written, "b": frozenset("17")}) == (
        Interval(1)
    )
    assert numbers_alone(written)
    assert numbers_alone(frozenset({"1", "-2"}))
    assert not numbers_alone(frozenset({"1", "<s>"}))


def test_what_is_said_of_ranges() -> None:
    assert negative(Interval(-1))
    assert negative(Interval(most=3))
    assert not negative(frozenset({0, 3}))
    assert covers((0, 1, 2), frozenset({0, 2}))
    assert not covers((0, 1), frozenset({2}))
    assert not covers(range(100), NUMBERS)


FORM = InputFormat(Vocabulary(("<s>", "a", "b")), max_length=7, begin="<s>")
AFTER = counting("after", "ones", "ones", "ones", ((), (1,)))
"""How many positions there are."""


def reasons(*statements: Statement, readout: Readout | None = None) -> list[str]:
    nothing = Readout(("no", "yes"), ())
    program = Program("p", FORM, statements, readout or nothing)
    return [str(bound) for bound in length_bound(program)]


def table(*entries: int, over: str = "positions", name: str = "table") -> Table:
    return Table(name, (over,), entries, Domain.of_classes(max(entries) + 1))


def test_what_binds() -> None:
    assert reasons(table(0, 2, 1, 0, 1, 2, 0)) == ["table (a table over positions)"]
    assert reasons(table(0, 1, 1, 0, 1, 0, 0)) == ["table (lists values of positions)"]
    assert reasons(table(0, 0, 0, 0, 0, 0, 2)) == [
        "table (names the largest positions)"
    ]
    rows = ((1,), (4,), (2, 3), (), (5,), (0,), (1, 2))
    head = Head("head", "positions", "positions", "tokens", rows)
    assert reasons(head) == ["head (pairs of positions)"]
    weights = tuple((0, i) for i in range(7))
    readout = Readout(("no", "yes"), (Term("positions", weights),), Pooling.MEAN)
    assert reasons(readout=readout) == ["readout (weights of positions)"]
    odd = tuple((i not in (0, 3), i in (0, 3)) for i in range(7))
    single = Readout(("no", "yes"), (Term("positions", odd),))
    assert reasons(readout=single) == ["readout (lists values of positions)"]


def test_what_does_not_bind() -> None:
    assert reasons(AFTER, table(0, 0, 0, 1, 1, 1, 1)) == []
    assert reasons(table(0, 2, 1, over="tokens")) == []
    remainder = table(0, 1, 2, 0, 1, 2, 0, name="remainder")
    assert reasons(remainder, table(2, 0, 1, over="remainder")) == []
    assert reasons(readout=Readout(("no", "yes"), (Term("ones", ((1, 2),)),))) == []
    # There is one <s>, however long the input is.
    begun = counting("begun", "ones", "tokens", "ones", ((), (0,)))
    copied = Table("x", ("begun",), (1, 0, *(0,) * 6), Domain.of_classes(2))
    assert reasons(begun, copied) == []


def test_only_the_cause_is_named() -> None:
    cause = table(0, 2, 1, 0, 1, 2, 0, name="cause")
    assert reasons(cause, table(1, 0, 2, over="cause")) == [
        "cause (a table over positions)"
    ]


def test_sums_of_what_can_be_negative() -> None:
    falling = Table(
        "falling", ("positions",), (6, 5, 4, 3, 2, 1, 0), Domain.of_numbers(6)
    )
    total = counting("total", "ones", "ones", "falling", ((), (1,)))
    assert reasons(falling, total) == ["total (sums falling, which can be negative)"]
    readout = Readout(("no", "yes"), (Term("falling", ((1, 2),)),))
    assert reasons(falling, readout=readout) == [
        "readout (a factor of falling, which can be negative)"
    ]


def test_ranges_of_a_program() -> None:
    hist = BY_NAME["hist"].program
    meaning = AnyLength(hist)
    assert meaning.bound == ()
    assert meaning.ranges["frequency"] == Interval(0)
    assert meaning.ranges["label"] == Interval(0, text=True)
    opinion = BY_NAME["opinion"].program
    assert length_bound(replace(opinion, name="other")) == length_bound(opinion) == ()
    assert meaning.capped == {}
    assert str(LengthBound("a", "a table over b")) == "a (a table over b)"


def test_labels_that_stop() -> None:
    entries = tuple(min(i, 4) for i in range(7))
    domain = Domain.of_tokens(tuple("01234"))
    capped = Table("capped", ("positions",), entries, domain)
    program = Program("p", FORM, (capped,), Readout(("no", "yes"), ()))
    assert AnyLength(program).capped == {"capped": 4}
    assert lengths_in_words(AnyLength(program)) == (
        "Holds at any length, with capped at most 4"
    )
    readout = Readout(
        tuple("01234"),
        (
            Term(
                "positions",
                tuple(tuple(int(i == e) for i in range(5)) for e in entries),
            ),
        ),
    )
    program = Program("p", FORM, (), readout)
    assert AnyLength(program).capped == {"readout": 4}
