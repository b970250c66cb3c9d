"""The part of every emitted file that its reader must trust, by hand."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, strategies as st

from transformer_programs.language import primitives
from transformer_programs.language.primitives import (
    attend,
    best,
    count,
    frame,
    integer,
    number,
    one_of,
    step,
    visible,
)


def is_x(_: str, key: str) -> bool:
    return key == "x"


def test_source_is_python_3_9_and_standard_library() -> None:
    tree = ast.parse(inspect.getsource(primitives), feature_version=(3, 9))
    imported = {
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
    } | {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert imported == {"__future__", "collections.abc", "re", "typing"}
    assert {str(name).split(".")[0] for name in imported} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("all", [0, 1, 2, 3]),
        ("before", [0]),
        ("after", [2, 3]),
        ("causal", [0, 1]),
    ],
)
def test_visible(scope: str, expected: list[int]) -> None:
    assert list(visible(scope, 1, 4)) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("x....", "aaaaa"),  # the only match, and position 0 when nothing matches
        (".....", "aaaaa"),
        (".x...", "bbbbb"),
        (".x.x.", "bdbbd"),  # a tie takes the earlier; self is the farthest
        ("xx...", "babbb"),
        ("xxxxx", "babcd"),
        ("..x..", "ccccc"),  # self, where nothing else matches
    ],
)
def test_attend_takes_the_nearest_match(key: str, expected: str) -> None:
    assert "".join(attend("qqqqq", key, "abcde", is_x)) == expected


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("all", "bdbbdd"),
        ("before", "aabbdd"),
        ("after", "bddaaa"),
        ("causal", "abbbdd"),
    ],
)
def test_attend_within_scopes(scope: str, expected: str) -> None:
    found = attend("q" * 6, ".x.x..", "abcdef", is_x, scope=scope)
    assert "".join(found) == expected


_PREDICATES: dict[str, Callable[[Any, Any], Any]] = {
    "equal": lambda q, k: k == q,
    "shifted": lambda q, k: k == q - 1,
    "mirrored": lambda q, k: 3 - q == k,
    "key": lambda q, k: k == 2,
    "condition": lambda q, k: k in (0, 2),
    "unequal": lambda q, k: k != q,
    "ordered": lambda q, k: k > q,
    "both": lambda q, k: k == q and k > 1,
    "either": lambda q, k: k == q or k == 1,
    "negated": lambda q, k: not (k == q or k == 1),
    "some": lambda q, k: q > 1 and k == q,
    "compared": lambda q, k: (k == q) == (q > 1),
    "itself": lambda q, k: k == int(str(k)),
    "truth": lambda q, k: k,
    "text": lambda q, k: str(k) == str(q),
    "always": lambda q, k: True,
    "table": one_of({0: {1, 2}, 2: {0}}, {3}),
    "remainder": lambda q, k: k % 2 == q % 2,
    "row": lambda q, k: k == {0: 1, 1: [], 2: 3, 3: 2}[q],
}


@pytest.mark.parametrize("name", _PREDICATES)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12),
    st.sampled_from(["all", "before", "after", "causal"]),
)
def test_attend_is_what_it_is_defined_to_be(
    name: str, pairs: list[tuple[int, int]], scope: str
) -> None:
    query, key = zip(*pairs, strict=True)
    predicate, length = _PREDICATES[name], len(pairs)
    expected = []
    for i, q in enumerate(query):
        matches = [j for j in visible(scope, i, length) if predicate(q, key[j])]
        ranks = [(j == i, abs(j - i), j) for j in matches]
        expected.append(min(ranks)[2] if ranks else 0)
    assert attend(query, key, range(length), predicate, scope) == expected


def test_unnamed_queries_look_otherwise() -> None:
    alone, both = one_of({"p": {"y"}}), one_of({"p": {"y"}}, {"x", "y"})
    assert attend("pq", "xy", "ab", one_of({"p": {"y"}}, {"x"})) == ["b", "a"]
    assert attend("pq", "xy", "ab", alone) == ["b", "a"]
    assert count("pq", "xy", (2, 3), both) == [3, 5]
    assert count("pq", "xy", (2, 3), alone) == [3, 0]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("all", [22, 22, 22, 22]),
        ("before", [0, 2, 2, 22]),
        ("after", [20, 20, 0, 0]),
        ("causal", [2, 2, 22, 22]),
    ],
)
def test_count_adds_up(scope: str, expected: list[int]) -> None:
    found = count("qqqq", "x.x.", (2, 10, 20, 100), is_x, scope=scope)
    assert found == expected


def test_number() -> None:
    assert [number(t) for t in ("7", "012")] == [7, 12]
    others = (
        "<s>",
        "-3",
        "",
        "1.5",
        "\u0663",
        "\uff13",
        "\xb2",
    )  # also digits of other scripts
    assert [number(t) for t in others] == [0] * len(others)


def test_integer() -> None:
    assert [integer(t) for t in ("7", "-3", "012", "-0")] == [7, -3, 12, 0]
    others = ("<s>", "-", "--3", "+3", "", "- 3", "1.5", "-\u0663", "-\xb2")
    assert [integer(t) for t in others] == [0] * len(others)


def test_step() -> None:
    rows = {0: "low", 3: "middle", 5: "high"}
    found = [step(rows, number) for number in range(7)]
    assert found == ["low"] * 3 + ["middle"] * 2 + ["high"] * 2


def test_best_takes_the_first_of_equals() -> None:
    assert best(("a", "b", "c"), [1, 3, 3]) == "b"
    assert best(("a", "b"), [0, 0]) == "a"
    assert best(("a", "b"), [-2, -1]) == "b"


def test_frame() -> None:
    assert frame(["a"], {"a"}, 3) == ["a"]
    assert frame(("a",), {"a"}, 1, begin="<", end=">") == ["<", "a", ">"]
    assert frame(["a"] * 3, {"a"}, 1, any_length=True) == ["a"] * 3
    assert frame([], {"a"}, 1, begin="<") == ["<"]
    assert frame([], {"a"}, 1, end="") == [""]
    assert frame(["b", "a"], {"a", "?"}, 2, unknown="?") == ["?", "a"]
    assert frame(["<"], {"a", "?"}, 2, begin="<", unknown="?") == ["<", "?"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["a", "a"], {"a"}, 1), "too long: 2 tokens, at most 1 are allowed"),
        (
            (["a", "a"], {"a"}, 1, False),
            "too long: 2 tokens, at most 1 are allowed; any_length (--any-length) "
            "allows more",
        ),
        (([], {"a"}, 2), "empty sequence: expected 1 to 2 tokens"),
        (("aa", {"a"}, 2), "expected a list of tokens like ['a'], got 'aa'"),
        (
            (["a", "c"], {"b", "a"}, 2),
            "unknown token 'c' at position 1; known tokens: 'a', 'b'",
        ),
    ],
)
def test_frame_refuses(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        frame(*arguments)


def test_frame_lists_twenty_known_tokens() -> None:
    known = {f"t{index:02}" for index in range(30)}
    with pytest.raises(ValueError, match=r"'t00', .*'t19', \.\.\. \(30 in all\)$"):
        frame(["x"], known, 2)
