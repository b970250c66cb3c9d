from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given, strategies as st

from transformer_programs.analysis import tables
from transformer_programs.analysis.tables import conditions, expression, numeral
from transformer_programs.language.primitives import number
from transformer_programs.language.types import Value


@pytest.mark.parametrize(
    "text",
    [
        *("x", "x + 2", "x - 1", "5 - x", "max(x - 3, 0)", "min(x, 2)", "x % 3"),
        *("str(x)", "str(x + 1)", "int(x == 2)", "int(x > 2)", "int(x % 2 == 1)"),
        *('"odd" if x % 2 == 1 else "even"', "9 if x == 3 else x", "7"),
        '"no" if x in (2, 4) else "yes"',
    ],
)
def test_of_one_number(text: str) -> None:
    values = [1, 2, 3, 4, 5]
    function = eval(f"lambda x: {text}")
    found = expression([values], [function(x) for x in values])
    assert found is not None
    assert [eval(f"lambda x: {found}")(x) for x in values] == list(
        map(function, values)
    )
    assert len(found) <= len(text)


def test_of_one_token() -> None:
    values = ["0", "1", "<s>"]
    assert expression([values], values) == "x"
    assert expression([[*values, "2"]], ["0", "1", "1", "2"]) == (
        '"1" if x == "<s>" else x'
    )
    assert expression([["3", "12"]], [3, 12]) == "int(x)"
    assert expression([values], [0, 1, 0]) == "number(x)"
    assert expression([values], [1, 0, 0]) == 'int(x == "0")'
    assert expression([values], [4, 1, 7]) is None


@pytest.mark.parametrize(
    "text",
    [
        *("a", "b", "a + b", "a + b + 1", "a - b + 5", "b - a + 4", "abs(a - b)"),
        *("min(a, b)", "max(a, b)", "max(a - b, 0)", "1 + (a > b) - (a < b)"),
        *("(a + b) % 5", "int(a == b)", "int(a < b)", "int(a == 1 and b > 2)"),
        *("b if a == 2 else a", "a if b == 1 else 9", "b if a < 3 else 8"),
        '"F" if b != 0 else "P" if a == 2 else "T"',
        *(
            "a + 1 if b == 1 else 0",
            "int(a != b)",
            "int(a != b and a > 0 and b not in (0, 5))",
        ),
    ],
)
def test_of_two_numbers(text: str) -> None:
    values = [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5]]
    function = eval(f"lambda a, b: {text}")
    outputs = [function(*cell) for cell in product(*values)]
    found = expression(values, outputs)
    assert found is not None
    again = eval(f"lambda a, b: {found}")
    assert [again(*cell) for cell in product(*values)] == outputs


def test_digits_of_other_scripts_are_no_numbers() -> None:
    assert expression([["٣", "5"]], [3, 5]) == '3 if x == "٣" else 5'
    assert expression([["٣", "5", "7"]], [3, 5, 7]) is None
    assert expression([["٣", "5", "7"]], [0, 5, 7]) == "number(x)"


def test_of_two_tokens() -> None:
    digits = ["3", "12", "0", "<s>"]
    ids = [3, 12, 0, 0]
    plus = [a + b for a, b in product(ids, ids)]
    assert expression([digits, digits], plus) == "number(a) + number(b)"
    minus = [a - b + 12 for a, b in product(ids, ids)]
    assert expression([digits, digits], minus) == "number(a) - number(b) + 12"
    assert expression([digits], ids) == "number(x)"


def test_of_signed_tokens() -> None:
    tokens = ["-12", "-3", "0", "7", "<s>"]
    numbers = [-12, -3, 0, 7, 0]
    assert expression([tokens], [n + 12 for n in numbers]) == "integer(x) + 12"
    assert expression([tokens], [abs(n) for n in numbers]) == "abs(integer(x))"
    pairs = list(product(numbers, numbers))
    for text, outputs in (
        ("integer(a) - integer(b) + 19", [a - b + 19 for a, b in pairs]),
        ("integer(a) + integer(b) + 24", [a + b + 24 for a, b in pairs]),
        ("abs(integer(a) - integer(b))", [abs(a - b) for a, b in pairs]),
        (
            "abs(integer(a)) - abs(integer(b)) + 12",
            [abs(a) - abs(b) + 12 for a, b in pairs],
        ),
    ):
        assert expression([tokens, tokens], outputs) == text


@pytest.mark.parametrize("text", ["-3", "-0", "-007", "5", "-", "--5", "+5", "-٣"])
def test_numerals_have_a_sign(text: str) -> None:
    known = {"-3": -3, "-0": 0, "-007": -7, "5": 5}
    assert numeral(text) == known.get(text)


def test_carries() -> None:
    sums, carries = list(range(19)), [0, 1, 2]
    digits = [str((a + int(b == 2)) % 10) for a, b in product(sums, carries)]
    found = expression([sums, carries], digits)
    assert found == "str((a + int(b == 2)) % 10)"


def test_types_must_agree() -> None:
    assert expression([[0, 1]], ["0", "1"]) == "str(x)"
    assert expression([["0", "1"]], [0, 1]) == "int(x)"
    assert expression([[0, 1], [0, 1]], [1, 0, 0, 1]) == "int(a == b)"


def test_what_follows_no_rule() -> None:
    values = list(range(6))
    assert expression([values], [3, 1, 4, 1, 5, 9]) is None
    cells = [(a * 7 + b * 5) % 11 for a, b in product(values, values)]
    assert expression([values, values], cells) is None


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LISTED", 2)
    assert expression([[0, 1]], [0, 1]) == "x"
    assert expression([[0, 1, 2]], [0, 1, 2]) is None


VALUES = st.lists(st.integers(0, 9), min_size=1, max_size=8, unique=True).map(
    sorted
) | st.lists(st.text(max_size=2), min_size=1, max_size=5, unique=True)


@given(st.data(), VALUES)
def test_conditions_hold_where_they_are_to(
    data: st.DataObject, values: Sequence[Value]
) -> None:
    size = len(values)
    chosen = data.draw(st.lists(st.booleans(), min_size=size, max_size=size))
    texts = conditions("value", values, chosen)
    if len(set(chosen)) == 1:
        assert texts == []
    for text in texts:
        holds = eval(f"lambda value: {text}")
        assert [holds(value) for value in values] == chosen


@given(st.data(), VALUES, VALUES)
def test_expressions_say_what_tables_say(
    data: st.DataObject, firsts: Sequence[Value], seconds: Sequence[Value]
) -> None:
    size = len(firsts) * len(seconds)
    output = data.draw(
        st.sampled_from([st.integers(0, 2), st.sampled_from(["", "yes", "0"])])
    )
    outputs = data.draw(st.lists(output, min_size=size, max_size=size))
    found = expression([firsts, seconds], outputs)
    if found is not None:
        function = eval(f"lambda a, b: {found}", {"number": number})
        assert [function(*cell) for cell in product(firsts, seconds)] == outputs
