"""Counting by classes of keys, and in one pass: the same as pair by pair."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from transformer_programs.language import (
    ONES,
    TOKENS,
    Aggregate,
    Head,
    InputFormat,
    Interpreter,
    Pooling,
    Program,
    Readout,
    Scope,
    Term,
    Vocabulary,
    encode_batch,
    primitives,
    steps,
)

LETTERS = tuple("abcdef")


@settings(max_examples=100, deadline=None)
@given(
    query=st.lists(st.sampled_from("abc"), max_size=8),
    more=st.randoms(use_true_random=False),
    scope=st.sampled_from([scope.value for scope in Scope]),
)
def test_one_pass_is_pair_by_pair(query: list[str], more, scope: str) -> None:
    key = [more.choice("abcd") for _ in query]
    value = [more.randrange(4) for _ in query]
    plain = primitives.count(query, key, value, lambda q, k: k == q, scope=scope)
    assert primitives.count_equal(query, key, value, scope=scope) == plain


def pair_by_pair(
    query: list[int],
    key: list[int],
    predicate: Callable[[int, int], bool],
    scope: str,
) -> Iterator[list[int]]:
    """For every position those it sees that match, the nearest first."""
    for i, q in enumerate(query):
        seen = primitives.visible(scope, i, len(key))
        matches = [j for j in seen if predicate(q, key[j])]
        yield sorted(matches, key=lambda j: (j == i, abs(j - i), j))


@settings(max_examples=300, deadline=None)
@given(
    variables=st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 9)), max_size=9
    ),
    rows=st.lists(st.sets(st.integers(0, 4)), min_size=5, max_size=5),
    scope=st.sampled_from([scope.value for scope in Scope]),
)
def test_heads_are_pair_by_pair(
    variables: list[tuple[int, int, int]], rows: list[set[int]], scope: str
) -> None:
    query, key, value = ([row[n] for row in variables] for n in range(3))
    for predicate in (lambda q, k: k in rows[q], lambda q, k: k == q):
        found = [*pair_by_pair(query, key, predicate, scope)]
        nearest = [value[matches[0] if matches else 0] for matches in found]
        assert primitives.attend(query, key, value, predicate, scope) == nearest
        sums = [sum(value[j] for j in matches) for matches in found]
        assert primitives.count(query, key, value, predicate, scope) == sums
    # Of the last predicate, which is equality.
    assert primitives.attend_equal(query, key, value, scope) == nearest


def rows() -> st.SearchStrategy[tuple[tuple[int, ...], ...]]:
    """Predicates whose rows are equal or share no key."""

    def of(owners: list[int]) -> st.SearchStrategy[tuple[tuple[int, ...], ...]]:
        # Every key belongs to a class; classes 0 to 2 are rows.
        classes = [
            tuple(k for k, owner in enumerate(owners) if owner == c) for c in range(3)
        ]
        row = st.sampled_from([*classes, ()])
        return st.tuples(*[row] * len(LETTERS))

    return st.lists(
        st.integers(0, 3), min_size=len(LETTERS), max_size=len(LETTERS)
    ).flatmap(of)


@pytest.mark.parametrize("scope", list(Scope))
@settings(max_examples=40, deadline=None)
@given(
    predicate=rows(),
    sequences=st.lists(
        st.lists(st.sampled_from(LETTERS), min_size=1, max_size=7),
        min_size=1,
        max_size=4,
    ),
)
def test_classes_are_pair_by_pair(scope, predicate, sequences) -> None:
    form = InputFormat(Vocabulary(LETTERS), 7)
    heads = (
        Head("seen", TOKENS, TOKENS, ONES, predicate, scope, Aggregate.SUM),
        # A head whose values are counts.
        Head("more", TOKENS, TOKENS, "seen", predicate, scope, Aggregate.SUM),
    )
    terms = (Term("more", ((1, 0),)),)
    program = Program(
        "counts", form, heads, Readout(("one", "two"), terms, Pooling.NONE)
    )
    batch = encode_batch(form, sequences)
    plain = Interpreter(program).trace(batch)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "_FEW_ROWS", 0)
        found = Interpreter(program).trace(batch)
    real = batch.real.T
    for name in ("seen", "more"):
        assert np.array_equal(found[name][real], plain[name][real])


def test_rows_that_share_a_key_are_no_classes() -> None:
    assert steps._disjoint(tuple((i, i + 1) for i in range(70)), 200) is None
    assert steps._disjoint(tuple((i,) for i in range(70)), 70) is not None
    assert steps._disjoint(tuple((i,) for i in range(60)), 70) is None
