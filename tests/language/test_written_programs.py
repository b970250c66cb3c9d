"""Programs that are written as Python functions."""

from __future__ import annotations

import runpy
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from transformer_programs.errors import InputError, WritingError
from transformer_programs.language import (
    after,
    aggregate,
    attend,
    before,
    count,
    decide,
    first,
    nearest,
    readout,
    select,
    table,
    total,
    where,
    width,
)
from transformer_programs.runs import WrittenProgram, program

Tokens = Sequence[str]


def everything(query: Any, key: Any) -> bool:
    return True


def equal(query: Any, key: Any) -> bool:
    return bool(query == key)


# Tracr's examples (Lindner et al. 2023), and the paper's, written anew.


@program(tokens="01234", max_length=5, begin="<s>", end="</s>")
def sort(tokens: Any, positions: Any, ones: Any) -> Any:
    smaller = count(tokens, tokens, ones, lambda q, k: k < q)
    later = count(tokens, tokens, ones, equal, scope="after")
    rank = smaller + later
    return attend(positions, rank, tokens, lambda q, k: k == q - 1)


@program(tokens="abcd", max_length=4)
def sort_unique(tokens: Any, positions: Any, ones: Any) -> Any:
    rank = count(tokens, tokens, ones, lambda q, k: k < q)
    return nearest(select(positions, rank, equal), tokens)


@program(tokens="abc", max_length=5)
def hist(tokens: Any, positions: Any, ones: Any) -> Any:
    return width(select(tokens, tokens, equal))


@program(tokens="abc", max_length=5)
def reverse(tokens: Any, positions: Any, ones: Any) -> Any:
    length = count(ones, ones, ones, everything)
    return attend(length - 1 - positions, positions, tokens, equal)


@program(tokens="abx", max_length=5)
def frac_prevs(tokens: Any, positions: Any, ones: Any) -> Any:
    so_far = select(positions, positions, lambda q, k: k <= q)
    return aggregate(so_far, tokens == "x")


@program(tokens="abc", max_length=5)
def detect_pattern(tokens: Any, positions: Any, ones: Any) -> Any:
    is_c, after_b = tokens == "c", before(tokens) == "b"
    after_a = before(before(tokens)) == "a"
    return is_c & after_b & after_a & (positions >= 2)


@program(tokens="()[]", max_length=4)
def shuffle_dyck(tokens: Any, positions: Any, ones: Any) -> Any:
    depths = []
    for left, right in ("()", "[]"):
        opened, closed = (
            count(ones, tokens == x, tokens == x, equal, "causal")
            for x in (left, right)
        )
        depths.append(opened - closed)
    fails = (depths[0] < 0) | (depths[1] < 0)
    ends = select(ones, (depths[0] == 0) & (depths[1] == 0), lambda q, k: k == 1)
    length = count(ones, ones, ones, everything)
    balanced = count(ones, fails, ones, lambda q, k: k == 1) == 0
    ended = total(ends, positions == length - 1) == 1
    return first(where(balanced & ended, "yes", "no"))


@program(tokens="()", max_length=6)
def pair_balance(tokens: Any, positions: Any, ones: Any) -> Any:
    opened = aggregate(select(ones, ones, everything, "causal"), tokens == "(")
    closed = aggregate(select(ones, ones, everything, "causal"), tokens == ")")
    return opened - closed


@program(tokens="abc", max_length=5, begin="^")
def most_freq(tokens: Any, positions: Any, ones: Any) -> Any:
    often = count(tokens, tokens, ones, equal)
    seen = count(tokens, tokens, ones, equal, "before")
    new = (seen == 0) & (tokens != "^")
    more = count(often, often * new, ones, lambda q, k: k > q)
    level = select(often, often * new, equal, "before")
    rank = more + total(level, new)
    place = where(new, rank, -1)
    return attend(positions, place, tokens, lambda q, k: k == q - 1)


@program(tokens="0123", max_length=4)
def count_less_freq(tokens: Any, positions: Any, ones: Any) -> Any:
    often = count(tokens, tokens, ones, equal)
    return count(ones, often, ones, lambda q, k: k <= 2)


def _distinct(tokens: Tokens) -> bool:
    return len(set(tokens)) == len(tokens)


def _balanced(tokens: Tokens) -> str:
    depth = Counter[str]()
    for token in tokens:
        depth["([".index(token) if token in "([" else ")]".index(token)] += (  # type: ignore[index]
            1 if token in "([" else -1
        )
        if min(depth.values()) < 0:
            return "no"
    return "yes" if not any(depth.values()) else "no"


def _prefixes(tokens: Tokens) -> list[Tokens]:
    return [tokens[: i + 1] for i in range(len(tokens))]


def _share(tokens: Tokens, token: str) -> Fraction:
    return Fraction(sum(t == token for t in tokens), len(tokens))


DEFINITIONS: dict[str, Callable[[Tokens], Any]] = {
    "sort": lambda t: sorted(t),
    "sort_unique": lambda t: sorted(t) if _distinct(t) else None,
    "hist": lambda t: [str(list(t).count(x)) for x in t],
    "reverse": lambda t: [*reversed(t)],
    "frac_prevs": lambda t: [str(_share(p, "x")) for p in _prefixes(t)],
    "detect_pattern": lambda t: [
        str(int("".join(p).endswith("abc"))) for p in _prefixes(t)
    ],
    "shuffle_dyck": lambda t: _balanced(t),
    "pair_balance": lambda t: [
        str(_share(p, "(") - _share(p, ")")) for p in _prefixes(t)
    ],
    "most_freq": lambda t: None,
    "count_less_freq": lambda t: [str(sum(list(t).count(x) <= 2 for x in t))] * len(t),
}

WRITTEN = {
    p.name: p
    for p in (
        sort,
        sort_unique,
        hist,
        reverse,
        frac_prevs,
        detect_pattern,
        shuffle_dyck,
        pair_balance,
        most_freq,
        count_less_freq,
    )
}


def inputs_of(written: WrittenProgram) -> list[tuple[str, ...]]:
    form = written.input
    lengths = range(form.min_bare_length, form.max_bare_length + 1)
    return [t for n in lengths for t in product(form.symbols, repeat=n)]


@pytest.mark.parametrize("name", WRITTEN)
def test_functions_are_programs(name: str, tmp_path: Path) -> None:
    written = WRITTEN[name]
    inputs = inputs_of(written)
    labels = written.batch(inputs)
    assert labels == [written.on_lists(tokens) for tokens in inputs]
    for tokens, found in zip(inputs, labels, strict=True):
        expected = DEFINITIONS[name](tokens)
        assert expected is None or found == expected, tokens
    for file, text in written.files.items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    emitted = runpy.run_path(str(tmp_path / "program.py"))
    some = inputs[:: max(1, len(inputs) // 300)]
    assert [emitted["run"](t) for t in some] == written.batch(some)


def test_most_frequent_first() -> None:
    assert most_freq(list("abbca")) == ["a", "b", "c", "^", "^"]


def test_a_written_program_is_compiled_and_certified(tmp_path: Path) -> None:
    assert hist.check().proved
    run = hist.compile(tmp_path / "hist")
    assert run.certificate is not None
    assert run.program == hist


def test_variables_are_called_as_in_the_function() -> None:
    names = [statement.output for statement in sort.statements]
    assert names == ["smaller", "later", "rank", "copy_1"]
    assert "rank = [a + b for a, b in zip(smaller, later)]" in sort.heart


def test_labels_that_are_the_frame_and_never_occur_are_left_out() -> None:
    assert sort.readout.labels == ("0", "1", "2", "3", "4")
    assert "^" in most_freq.readout.labels


def test_equal_statements_are_one() -> None:
    @program(tokens="ab", max_length=4)
    def twice(tokens: Any, positions: Any, ones: Any) -> Any:
        one = count(tokens, tokens, ones, equal)
        two = count(tokens, tokens, ones, lambda q, k: k == q)
        return one + two

    assert len(twice.heads) == 1
    assert twice(["a", "b", "a"]) == ["4", "2", "4"]


def test_what_is_not_needed_is_left_out() -> None:
    @program(tokens="ab", max_length=4)
    def copy(tokens: Any, positions: Any, ones: Any) -> Any:
        unused = before(tokens)
        del unused
        return tokens

    assert copy.statements == ()
    assert copy(["a", "b"]) == ["a", "b"]


@pytest.mark.parametrize("pooling", ["none", "mean", "first"])
def test_readouts(pooling: str) -> None:
    @program(tokens="abc", max_length=3)
    def scored(tokens: Any, positions: Any, ones: Any) -> Any:
        often = count(tokens, tokens, ones, equal)
        return readout(
            (tokens, {"a": {"x": 3}, "b": {"y": 2}}),
            (often, {"z": 1}),
            (often % 2, {1: {"x": 1}, 0: {"y": -1}}),
            (tokens, {"a": {"x": -2}, "c": {"y": 1}}),
            (often, {"z": 1, "x": 1}),
            (after(tokens) == "c", {1: {"z": 2}}),
            labels=("x", "y", "z"),
            pooling=pooling,
        )

    inputs = inputs_of(scored)
    assert scored.batch(inputs) == [scored.on_lists(tokens) for tokens in inputs]
    assert len({str(x) for x in scored.batch(inputs)}) > 1


def test_functions_of_three_variables_are_tables_over_two() -> None:
    @program(tokens="abc", max_length=4)
    def three(tokens: Any, positions: Any, ones: Any) -> Any:
        one, two = before(tokens), after(tokens)
        same = table(lambda x, y, z: x == y == z, tokens, one, two)
        return where(same, tokens, "-")

    assert max(len(t.inputs) for t in three.tables) == 2
    inputs = inputs_of(three)
    assert three.batch(inputs) == [three.on_lists(tokens) for tokens in inputs]


def test_equal_numbers_of_other_types_are_other_labels() -> None:
    @program(tokens="ab", max_length=2)
    def halves(tokens: Any, positions: Any, ones: Any) -> Any:
        return table(lambda t, p: 1.0 if t == "a" else p, tokens, positions)

    assert halves(["a", "b"]) == halves.on_lists(["a", "b"]) == ["1.0", "1"]


def test_decisions() -> None:
    @program(tokens="abc", max_length=4)
    def votes(tokens: Any, positions: Any, ones: Any) -> Any:
        often = count(tokens, tokens, ones, equal)
        kind = decide(
            ["low", "high"],
            (tokens, {"a": (2, 0), "c": {"high": 1}}),
            (often, {"high": 1}),
            (often % 2, {1: (1, 0)}),
        )
        enough = decide([0, 1], (often, (0, 2)), (positions, (0, -1)), (ones, (3, 0)))
        return where(enough, kind, before(kind))

    assert len(votes.decisions) == 2
    inputs = inputs_of(votes)
    assert votes.batch(inputs) == [votes.on_lists(tokens) for tokens in inputs]
    assert {label for labels in votes.batch(inputs) for label in labels} == {
        "low",
        "high",
    }


def test_decisions_on_other_values_are_others() -> None:
    @program(tokens="ab", max_length=2)
    def two(tokens: Any, positions: Any, ones: Any) -> Any:
        small = decide([10, 20], (positions, (0, 1)))
        large = decide([300, 400], (positions, (0, 1)))
        return small + large

    assert two(["a", "b"]) == two.on_lists(["a", "b"]) == ["310", "420"]


def test_equal_values_of_other_types_are_joined_apart() -> None:
    @program(tokens="ab", max_length=3)
    def halves(tokens: Any, positions: Any, ones: Any) -> Any:
        number = table(lambda t: 1.0 if t == "a" else 1, tokens)
        nested = table(lambda t: (1.0,) if t == "a" else (1,), tokens)
        later = before(number)
        return table(
            lambda a, b, p, n: f"{a} {b} {p} {n}", number, later, positions, nested
        )

    inputs = inputs_of(halves)
    assert halves.batch(inputs) == [halves.on_lists(tokens) for tokens in inputs]


def test_unknown_tokens_and_lengths() -> None:
    @program(tokens="ab", max_length=2, unknown="?")
    def copy(tokens: Any, positions: Any, ones: Any) -> Any:
        return tokens

    assert copy.on_lists(["b", "z"]) == ["b", "?"]
    with pytest.raises(InputError, match="too long: 3 tokens, at most 2"):
        copy.on_lists(["a", "a", "a"])


def condition(tokens: Any, positions: Any, ones: Any) -> Any:
    return tokens if ones else positions


def summed_tokens(tokens: Any, positions: Any, ones: Any) -> Any:
    return count(tokens, tokens, tokens, equal)


def no_truth(tokens: Any, positions: Any, ones: Any) -> Any:
    return attend(tokens, tokens, tokens, lambda q, k: "yes")  # type: ignore[arg-type, return-value]


def division(tokens: Any, positions: Any, ones: Any) -> Any:
    often = count(tokens, tokens, ones, equal)
    return 4 // (often - 1)


def lists(tokens: Any, positions: Any, ones: Any) -> Any:
    return attend(tokens, tokens, [1, 2], equal)  # type: ignore[arg-type]


def indexed(tokens: Any, positions: Any, ones: Any) -> Any:
    return tokens[0]


def measured(tokens: Any, positions: Any, ones: Any) -> Any:
    return len(tokens) - positions


def printed(tokens: Any, positions: Any, ones: Any) -> Any:
    return f"{tokens}"


def misspelled(tokens: Any, positions: Any, ones: Any) -> Any:
    return attend(tokens, tokens, tokens, equal, "befor")


def nothing(tokens: Any, positions: Any, ones: Any) -> Any:
    del tokens


def compared(tokens: Any, positions: Any, ones: Any) -> Any:
    return attend(tokens, positions, tokens, lambda q, k: q < k)


def unhashable(tokens: Any, positions: Any, ones: Any) -> Any:
    return attend(table(lambda t: [t], tokens), tokens, tokens, equal)


def failing(tokens: Any, positions: Any, ones: Any) -> Any:
    raise ValueError("nothing works")


def large(tokens: Any, positions: Any, ones: Any) -> Any:
    square = table(lambda a, b: a * 300 + b, positions, before(positions))
    return attend(
        square, table(lambda s: s + 1, square) + before(square), tokens, equal
    )


def two_scopes(tokens: Any, positions: Any, ones: Any) -> Any:
    one = select(tokens, tokens, equal, "before")
    return width(one & select(tokens, tokens, equal, "after"))


def no_number(tokens: Any, positions: Any, ones: Any) -> Any:
    return readout((tokens, {"x": 1}))


def other_value(tokens: Any, positions: Any, ones: Any) -> Any:
    return decide(["x", "y"], (tokens, {"a": {"z": 1}}))


def few_weights(tokens: Any, positions: Any, ones: Any) -> Any:
    return decide(["x", "y"], (ones, (1,)))


REFUSED: list[tuple[Any, str]] = [
    (condition, r"line \d+: a variable is not true or false"),
    (summed_tokens, r"line \d+: count: the values .* numbers from 0, got 'a', 'b'"),
    (no_truth, r"line \d+: the predicate of attend returned 'yes' for query 'a'"),
    (division, r"line \d+: the value for often = 1 cannot be computed: ZeroDivision"),
    (lists, r"line \d+: value: expected tokens, positions, ones .* got \[1, 2\]"),
    (indexed, r"line \d+: a variable cannot be listed, counted through or indexed"),
    (measured, r"line \d+: a variable has no length"),
    (printed, r"line \d+: a variable has no text"),
    (misspelled, r"line \d+: scope: expected one of all, .*, got 'befor'"),
    (nothing, "nothing: the function returned None; expected a variable"),
    (compared, r"line \d+: the predicate of attend fails for query 'a' and key 0"),
    (unhashable, r"line \d+: the value for tokens = 'a' cannot be computed: .*unhash"),
    (failing, r"line \d+: the function fails: ValueError: nothing works"),
    (large, r"line \d+: a function of square \(.* cases, expected at most 1,048,576"),
    (two_scopes, r"line \d+: these select among different positions"),
    (other_value, r"line \d+: decide: 'z' is none of the values"),
    (few_weights, r"line \d+: decide: expected 2 whole numbers as weights, got"),
    (no_number, "a weight of a label alone is multiplied by a number from 0"),
    (lambda tokens: tokens, "expected a function of tokens, positions, ones"),
]


@pytest.mark.parametrize(("function", "message"), REFUSED)
def test_what_is_no_program_is_refused(function: Any, message: str) -> None:
    with pytest.raises(WritingError, match=message):
        program(tokens="ab", max_length=300)(function)


OPERATORS: list[Callable[..., Any]] = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: (a * b) % 5,
    lambda a, b: a // (abs(b) + 1),
    lambda a, b: a < b,
    lambda a, b: a == b,
    lambda a, b: (a > 0) & ~(b > 1),
    lambda a, b: where(a > b, a, b),
    lambda a, b: before(a) + after(b),
    lambda a, b: count(a, b, a == b, lambda q, k: k >= q, "causal"),
    lambda a, b: attend(a, b, a, lambda q, k: (q + k) % 3 == 1, "after"),
    lambda a, b: table(lambda x, y, z: (x * y - z) % 7, a, b, before(a)),
    lambda a, b: decide([3, -1, 2], (a, {1: (1, 0, 2), 0: (0, 2, 0)}), (b, (0, 1, -1))),
    lambda a, b: total(select(a, b, equal) | ~select(a, a, equal), b == 1),
]


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(OPERATORS) - 1), st.integers(0, 9), st.integers(0, 9)
        ),
        min_size=1,
        max_size=5,
    )
)
@settings(deadline=None)
def test_random_functions_are_programs(steps: list[tuple[int, int, int]]) -> None:
    """What is computed of numbers is the same with lists and without an input."""

    def drawn(tokens: Any, positions: Any, ones: Any) -> Any:
        found = [positions, ones, table(int, tokens)]
        for operator, left, right in steps:
            a, b = found[left % len(found)], found[right % len(found)]
            found.append(OPERATORS[operator](a, b))
        return found[-1]

    written = program(tokens="012", max_length=3, name="drawn")(drawn)
    inputs = inputs_of(written)
    assert written.batch(inputs) == [written.on_lists(tokens) for tokens in inputs]
