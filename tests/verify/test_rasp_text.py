"""The evaluator of RASP: what the paper and the interpreter's README show."""

from __future__ import annotations

import pytest

from transformer_programs.verify.rasp_text import Rasp, RaspError


def value(text: str, tokens: str) -> object:
    return Rasp(text).evaluate(list(tokens))["x"]


@pytest.mark.parametrize(
    ("text", "tokens", "expected"),
    [
        ("x = 3 * indices;", "hello", [0, 3, 6, 9, 12]),
        ("x = indices + indices;", "hey", [0, 2, 4]),
        ("x = select(indices, indices, <);", "hey", [[0, 0, 0], [1, 0, 0], [1, 1, 0]]),
        ('x = aggregate(full_s, indicator(tokens == "e"));', "hey", [1 / 3] * 3),
        ('x = tokens in ["a", "e"];', "hey", [False, True, False]),
        ('d = {"1": 5, "2": 7}; x = d[tokens];', "212", [7, 5, 7]),
        ("b = [5, 8, 2]; x = b[indices];", "abc", [5, 8, 2]),
        ("x = selector_width(select(tokens, tokens, ==));", "hello", [1, 1, 2, 2, 1]),
        (
            "f = select(indices, length - 1 - indices, ==); x = aggregate(f, tokens);",
            "abc",
            ["c", "b", "a"],
        ),
        ("x = aggregate(select(1, 0, ==), indices, -1);", "ab", [-1, -1]),
        ("x = (0 - 7) % 3;", "a", 2),
        ("x = round(indices / 2);", "abcde", [0, 0, 1, 2, 2]),
        ("x = 2 ^ indices + 1;", "abc", [2, 3, 5]),
        ("x = not indices == 1;", "ab", [True, False]),
        (
            'x = "a" if indices < 1 else "b" if indices < 2 else "c";',
            "xyz",
            list("abc"),
        ),
        ("def f(a, b) { c = a + b; return c * c; } x = f(indices, 1);", "ab", [1, 4]),
        ('# said\nset example ["a"]\nx = max(indices, 1); # more', "abc", [1, 1, 2]),
        ("x = has_focus(select(tokens, tokens, !=));", "aa", [False, False]),
    ],
)
def test_values(text: str, tokens: str, expected: object) -> None:
    assert value(text, tokens) == expected


@pytest.mark.parametrize(
    "text",
    [
        "x = y;",
        "x = indices + full_s;",
        'x = "a" if indices == 0 else 1;',  # values of two types
        "x = aggregate(full_s, tokens);",  # an average of texts
        "b = [1]; x = b[indices];",  # outside of the list
        "b = [1, 2]; x = b[(indices)];",  # no name for what is in parentheses
        "x = full_s and indices;",
        "x = aggregate(indices, indices);",
        "def f(a) { return a; } x = f(1, 2);",
        "length = 3; x = 1;",
        "x = 1",
        "x = 'a';",
    ],
)
def test_what_the_interpreter_refuses(text: str) -> None:
    with pytest.raises(RaspError):
        value(text, "ab")
