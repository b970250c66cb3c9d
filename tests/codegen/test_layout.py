from __future__ import annotations

import ast

import pytest
from hypothesis import given, strategies as st

from transformer_programs.codegen.layout import (
    WIDTH,
    Piece,
    call,
    dict_of,
    keyword,
    lay_out,
    listed,
    literal,
    one_line,
    set_of,
    tuple_of,
    width,
)


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (3, "3"),
        ("a", '"a"'),
        ("it's", '"it\'s"'),
        ('"', "'\"'"),
        ("\"'", '"\\"\'"'),
        ('""\'', "'\"\"\\''"),
        ("\\", '"\\\\"'),
        ("\n\t\x00", '"\\n\\t\\x00"'),
        ("é漢", '"é漢"'),
        ("\u2028", '"\\u2028"'),
        ("", '""'),
    ],
)
def test_literals(value: str | int, source: str) -> None:
    assert literal(value) == source


@given(st.text())
def test_literals_mean_themselves(text: str) -> None:
    source = literal(text)
    assert ast.literal_eval(source) == text
    assert source.isprintable()


def test_empty_collections() -> None:
    assert set_of([]) == "set()"
    assert one_line(dict_of([])) == "{}"
    assert one_line(tuple_of([])) == "()"
    assert one_line(tuple_of(["1"])) == "(1,)"


def test_what_fits_stays_on_its_line() -> None:
    piece = call("f", "a", keyword("b", set_of(["x", 2])), dict_of([("k", "1")]))
    assert lay_out("y = ", piece, ":", indent=4) == [
        '    y = f(a, b={"x", 2}, {k: 1}):'
    ]


def test_what_just_fits_and_what_just_does_not() -> None:
    for spare, lines in ((0, 1), (-1, 3)):
        token = "x" * (WIDTH - len('T = {""}') - spare)
        laid = lay_out("T = ", set_of([token]))
        assert len(laid) == lines
        assert max(map(len, laid)) <= WIDTH + 1


def test_collections_open_one_item_a_line() -> None:
    laid = lay_out("T = ", set_of(["x" * 40, "y" * 40]), indent=2)
    assert laid == [
        "  T = {",
        f'      "{"x" * 40}",',
        f'      "{"y" * 40}",',
        "  }",
    ]


def test_arguments_share_a_line_of_their_own_first() -> None:
    names = ["a" * 30, "b" * 30, "c" * 10]
    assert lay_out("return ", call("function", *names)) == [
        "return function(",
        "    " + ", ".join(names),
        ")",
    ]
    names.append("d" * 30)
    assert lay_out("return ", call("function", *names)) == [
        "return function(",
        *(f"    {name}," for name in names),
        ")",
    ]


def test_nested_collections_open_only_where_they_must() -> None:
    rows = dict_of([("1", set_of(range(5))), ("2", set_of(range(40)))])
    laid = lay_out("rows = ", rows)
    assert laid[:3] == ["rows = {", "    1: {0, 1, 2, 3, 4},", "    2: {"]
    assert laid[-2:] == ["    },", "}"]
    assert len(laid) == 40 + 5


def test_long_atoms_are_left_alone() -> None:
    assert lay_out("x = ", "y" * 100) == ["x = " + "y" * 100]


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("é", 1), ("漢字", 4), ("e\u0301", 1), ("\uff21", 2)],
)
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns


_pieces: st.SearchStrategy[Piece] = st.recursive(
    st.integers(0, 9999).map(literal) | st.text(max_size=20).map(literal),
    lambda inner: st.one_of(
        st.lists(inner, max_size=6).map(tuple_of),
        st.lists(
            st.tuples(st.integers(0, 99).map(literal), inner),
            max_size=6,
            unique_by=lambda entry: entry[0],
        ).map(dict_of),
    ),
    max_leaves=25,
)


@given(_pieces)
def test_layout_does_not_change_the_value(piece: Piece) -> None:
    laid = "\n".join(lay_out("", piece))
    assert ast.literal_eval(laid) == ast.literal_eval(one_line(piece))


@pytest.mark.parametrize(
    ("texts", "source"),
    [
        ((), "()"),
        (("a",), '("a",)'),
        (("0", "1", "2"), '("0", "1", "2")'),
        (tuple(map(str, range(10))), "tuple(map(str, range(10)))"),
        (tuple(map(str, range(3, 14))), "tuple(map(str, range(3, 14)))"),
        ((*map(str, range(12)), "<s>"), '(*map(str, range(12)), "<s>")'),
        (tuple("abcdefghijkl"), 'tuple("abcdefghijkl")'),
        (
            (*"abcdefghijkl", *map(str, range(11)), "é"),
            '(*"abcdefghijkl", *map(str, range(11)), "é")',
        ),
        ((*"abcdefgh", "1", "01", "2"), None),
        ((*"e_'\\é2", *"tasroi"), 'tuple("e_\'\\\\é2tasroi")'),
        (("00", *map(str, range(1, 9))), None),
    ],
)
def test_long_runs_are_short(texts: tuple[str, ...], source: str | None) -> None:
    written = one_line(listed(texts))
    assert source in (None, written)
    assert eval(written) == texts
    if source is None:
        assert "*" not in written
