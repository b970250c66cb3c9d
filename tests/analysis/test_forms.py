from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given, strategies as st

from transformer_programs.analysis.forms import complete, fit_form, fit_numerals
from transformer_programs.analysis.tables import runner
from transformer_programs.analysis.terms import MOST_TERMS, terms_over
from transformer_programs.language.types import Value

SIGNED = [*map(str, range(-9, 10)), "<s>"]
LABELS = '("m0", "m1", "m2")'


def partly(
    text: str, inputs: Sequence[Sequence[Value]], share: float
) -> tuple[list[Value], list[Value | None]]:
    """What a form says everywhere, and a part of it."""
    function = runner(text, "a, b" if len(inputs) == 2 else "x")
    every = [function(*cell) for cell in product(*inputs)]
    drawn = random.Random(text)
    some = [value if drawn.random() < share else None for value in every]
    return every, [every[0], *some[1:]]


@pytest.mark.parametrize(
    "text",
    [
        *("x % 3", "x // 2", "3 * x + 1", "7 * x - 5", "9 - x", "(x + 1) // 3"),
        *("(2 * x) % 5", "str(x // 3)", "str(min(2 * x, 12))", "max(x - 4, 0)"),
        *(f"{LABELS}[x % 3]", f'"s" if x == 0 else {LABELS}[x % 3]'),
        *("int(x % 3 == 2)", '"low" if x < 7 else "high"', '"A" if x % 2 else "B"'),
        *("x + 1 if x % 2 == 0 else x - 1", "2 * x if x < 9 else 2 * x - 17"),
        '"low" if x < 5 else "mid" if x < 13 else "high"',
    ],
)
def test_of_one_number(text: str) -> None:
    every, some = partly(text, [range(24)], 0.8)
    form = fit_form([range(24)], some)
    assert form is not None
    assert [runner(form.text)(x) for x in range(24)] == every


@pytest.mark.parametrize(
    "text",
    [
        *("a + b", "2 * a + b", "3 * a - b", "3 * a - 2 * b", "a * b", "abs(a - b)"),
        *("(a + b) % 3", "(a - b) % 4", "(2 * a - b + 1) % 5", "str(a + b)"),
        *("int(2 * a > b + 1)", "int(2 * a == b)", "int(a % 2 == b % 2)"),
        *('"yes" if 3 * a <= 2 * b else "no"', f"{LABELS}[(a + b) % 3]"),
        *("a % b if b else 0", "a // b if b else a", "a % max(b, 1)"),
        *("a if b == 0 else b", "2 * a if 2 * a < b else 2 * a - b + 1"),
        *(
            "b - a - 1 if a < b else a",
            "a // 2 if a % 2 == 0 else (b + 1) // 2 + a // 2",
        ),
        '"lt" if a < b else "gt" if a > b else "eq"',
        "str(min(a + b, 9))",
    ],
)
def test_of_two_numbers(text: str) -> None:
    inputs = [range(18), range(20)]
    every, some = partly(text, inputs, 0.5)
    form = fit_form(inputs, some)
    assert form is not None
    found = runner(form.text, "a, b")
    again = [found(*cell) for cell in product(*inputs)]
    wrong = [
        c for c, x, y in zip(product(*inputs), every, again, strict=True) if x != y
    ]
    assert not wrong, form.text


@pytest.mark.parametrize(
    "text",
    [
        '2 * a if b == "x" else a + 3 if b == "y" else 0',
        'a % 3 if b in ("x", "y") else a // 2',
        f'"z" if b == "x" else {LABELS}[a % 3]',
    ],
)
def test_a_token_chooses(text: str) -> None:
    inputs: list[Sequence[Value]] = [range(15), "xyz"]
    every, some = partly(text, inputs, 0.9)
    form = fit_form(inputs, some)
    assert form is not None
    found = runner(form.text, "a, b")
    assert [found(*cell) for cell in product(*inputs)] == every


@pytest.mark.parametrize("kinds", [2, 3, 30])
def test_of_what_is_random(kinds: int) -> None:
    drawn = random.Random(kinds)
    for _ in range(20):
        cells: list[Value | None] = [drawn.randrange(kinds) for _ in range(12 * 12)]
        assert fit_form([range(12), range(12)], cells) is None


def test_few_cells_are_no_evidence() -> None:
    assert fit_form([range(3)], [0, 1, 0]) is None
    assert fit_form([range(9)], ["a", None, "b", *[None] * 6]) is None
    assert fit_form([range(9)], [None] * 9) is None
    assert fit_form([["a", "b"]], [0, 1]) is None


def test_two_turns_are_no_period() -> None:
    labels = ["r", "s", "t"]
    turns = [labels[i % 3] for i in range(24)]
    assert fit_form([range(8)], list(turns[:8])) is None
    found = fit_form([range(9)], list(turns[:9]))
    assert found is not None
    assert found.text == '("r", "s", "t")[x % 3]'


def test_completed() -> None:
    table = np.array([0, 1, 0, 1, 0, 1, 0, 0, 0, 0])
    seen = np.arange(10) < 6
    assert complete([range(10)], table, seen, ("odd", "even")) is None
    table = np.arange(16) % 3
    found = complete([range(16)], table * (table < 12), np.arange(16) < 12, "rst")
    assert found is not None
    assert found.table.tolist() == table.tolist()


def test_numbers_beyond_the_labels() -> None:
    labels = tuple(map(str, range(8)))
    table = np.minimum(np.arange(12) // 1, 7)
    seen = np.arange(12) < 7
    found = complete([range(12)], table, seen, labels)
    assert found is not None
    assert found.table.tolist() == table.tolist()
    assert found.form.text == "str(x)"


@pytest.mark.parametrize(
    "text",
    [
        *("str(integer(a) - integer(b))", "str(abs(integer(a) - integer(b)))"),
        *("str(integer(a) - 2 * integer(b))", "str(abs(integer(a)) - integer(b))"),
        'a if integer(a) > integer(b) else "none"',
        '"more" if integer(a) > integer(b) else "less"',
        '"a" if integer(a) == 2 * integer(b) else "b"',
    ],
)
def test_texts_that_are_numbers(text: str) -> None:
    inputs = [SIGNED, SIGNED]
    every, some = partly(text, inputs, 0.8)
    form = fit_numerals(inputs, some)
    if text.startswith("a if"):  # neither numbers nor two texts
        assert form is None
        return
    assert form is not None
    found = runner(form.text, "a, b")
    assert [found(*cell) for cell in product(*inputs)] == every


def test_a_number_and_a_text_that_is_one() -> None:
    inputs: list[Sequence[Value]] = [range(12), SIGNED]
    every, some = partly("str(a - 2 * integer(b) - 6)", inputs, 0.6)
    form = fit_numerals(inputs, some)
    assert form is not None
    assert form.text == "str(a - 2 * integer(b) - 6)"
    assert fit_numerals(inputs[:1], every[:12]) is None
    assert fit_numerals(["pq", SIGNED], every[:40]) is None


@pytest.mark.parametrize(
    "text", ["abs(x - 7)", "str(abs(x - 4))", "str(x - 9)", "str(3 - 2 * x)"]
)
def test_distances_and_numbers_with_a_sign(text: str) -> None:
    every, some = partly(text, [range(16)], 0.8)
    form = fit_form([range(16)], some)
    assert form is not None
    assert [runner(form.text)(x) for x in range(16)] == every


FORMULAS: tuple[Callable[[int, int, int], Value], ...] = (
    lambda a, b, c: (c + 1) * a + b,
    lambda a, b, c: (a + c * b) % (c + 2),
    lambda a, b, c: int(a * c > b + 1),
    lambda a, b, c: "pqrst"[(a + b) % (c + 2)],
    lambda a, b, c: a if b <= c else b,
    lambda a, b, c: a // (c + 1) - b,
    lambda a, b, c: 5,
    lambda a, b, c: (a * 7 + b * b * 5) % 11,
)


@given(
    st.sampled_from(FORMULAS),
    st.integers(0, 3),
    st.lists(st.booleans(), min_size=70, max_size=70),
)
def test_agrees_with_what_is_known(
    formula: Callable[[int, int, int], Value], constant: int, known: list[bool]
) -> None:
    inputs = [range(7), range(10)]
    cells = [formula(a, b, constant) for a, b in product(*inputs)]
    some = [cell if k else None for cell, k in zip(cells, known, strict=True)]
    form = fit_form(inputs, some)
    if form is not None:
        function = runner(form.text, "a, b")
        for cell, output in zip(product(*inputs), some, strict=True):
            assert output is None or function(*cell) == output


def test_large_tables_are_compared_in_part() -> None:
    inputs = [range(120), range(120)]
    _, some = partly("int(2 * a > b + 1)", inputs, 0.3)
    form = fit_form(inputs, some)
    assert form is not None
    assert form.text == "int(2 * a > b + 1)"
    some[some.index(1, 60 * 120)] = 0
    assert fit_form(inputs, some) is None


@pytest.mark.parametrize("names", [("x",), ("a", "b")])
def test_terms_are_what_their_texts_say(names: tuple[str, ...]) -> None:
    terms = terms_over(*names)
    assert len(terms.terms) <= MOST_TERMS
    points = np.array([[0, 1, 2, 7, 13], [0, 5, 2, 1, 9]], dtype=np.float64)
    points = points[: len(names)]
    for term, row in zip(terms.terms, terms.at(points), strict=True):
        function = runner(term.text, ", ".join(names))
        for point, value in zip(
            points.T.astype(int).tolist(), row.tolist(), strict=True
        ):
            if value == value:
                assert function(*point) == value, term.text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "b - 1 - a",
            "(a + 1) % b",
            "(a + b // 2) % b",
            "(b - 1) // 2",
            "(2 * a) % b",
        ),
        "b - 1 if a == 0 else 0 if a == b - 1 else a",
        "min(a + 1, b - 1) if a % 2 == 0 else a - 1",
        "a // 2 if a % 2 == 0 else (b + 1) // 2 + a // 2",
        "2 * a if 2 * a < b else 2 * a - b + (b % 2 == 0)",
    ],
)
def test_places_in_longer_sequences(text: str) -> None:
    # Of places and lengths up to 12, what stands at places of lengths up to 16.
    function = runner(text, "a, b")
    inputs = [range(16), range(17)]
    occurs = np.array([[a < b for b in inputs[1]] for a in inputs[0]])
    wanted = np.array([[function(a, b or 1) for b in inputs[1]] for a in inputs[0]])
    seen = occurs & (np.arange(17) <= 12)
    found = complete(inputs, np.where(seen, wanted, 0), seen, range(16))
    assert found is not None
    assert found.table[occurs].tolist() == wanted[occurs].tolist()
