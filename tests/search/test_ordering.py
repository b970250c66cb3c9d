"""The next token in order, by bisection."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from transformer_programs.data import NO_LABEL
from transformer_programs.language import Scope
from transformer_programs.search.candidate import Candidate, input_candidates, needed
from transformer_programs.search.ordering import next_tokens
from transformer_programs.search.sample import Sample
from transformer_programs.system import Work

LETTERS = 9
END = LETTERS  # a label that is no token
MARK = LETTERS  # after the sequence, before it is written in order
BEGIN = LETTERS + 1
VOCABULARY = (*"abcdefghi", "|", "<s>")

Rows = list[list[int]]


def sample_of(rows: Rows, *, framed: bool, falling: bool) -> Sample:
    """Sequences ``x | sorted(x)``, whose labels from the mark on are the next token."""
    length = framed + 2 * max(map(len, rows)) + 1
    tokens = np.zeros((len(rows), length), dtype=np.int64)
    labels = np.full(tokens.shape, NO_LABEL, dtype=np.int64)
    real = np.zeros(tokens.shape, dtype=np.bool_)
    for row, x in enumerate(rows):
        y = sorted(x, reverse=falling)
        whole = [*[BEGIN] * framed, *x, MARK, *y]
        tokens[row, : len(whole)], real[row, : len(whole)] = whole, True
        start = framed + len(x)
        labels[row, start : len(whole)] = [*y, END]
    return Sample(tokens, real, labels, labels != NO_LABEL, END + 1)


def proposed(sample: Sample, *, framed: bool) -> list[Candidate]:
    inputs = input_candidates(sample, VOCABULARY)
    frame = (BEGIN if framed else None, None)
    wanted = np.array([*range(LETTERS), -1])
    return [*next_tokens(sample, inputs, wanted, frame, Scope.CAUSAL, Work())]


def test_it_is_proposed_where_labels_are_sorted() -> None:
    rng = np.random.default_rng(0)
    rows = [rng.permutation(LETTERS)[: 2 + i % 6].tolist() for i in range(40)]
    for framed in (False, True):
        for falling in (False, True):
            sample = sample_of(rows, framed=framed, falling=falling)
            (found,) = proposed(sample, framed=framed)
            values = found.values[sample.judged].tolist()
            labels = sample.labels[sample.judged].tolist()
            # Every value says one label, and every label is said by one value.
            pairs = {*zip(values, labels, strict=True)}
            assert len(pairs) == len({*values}) == len({*labels}) == END + 1
            # Ranks, and what has one; then a head and a table for every halving.
            steps = len([c for c in needed([found]) if c.rule is not None])
            assert steps == 1 + framed + 2 * 4


@given(st.lists(st.permutations(range(LETTERS)), min_size=2, max_size=4), st.booleans())
def test_it_is_the_smallest_that_is_larger(rows: Rows, framed: bool) -> None:
    rows = [row[: 2 + row[0] % 5] for row in rows]
    sample = sample_of(rows, framed=framed, falling=False)
    for found in proposed(sample, framed=framed):
        ranks = next(c for c in needed([found]) if c.family == "rank").values
        none = found.domain.size - 1
        for row in range(len(rows)):
            for i in np.flatnonzero(sample.real[row]):
                seen = ranks[row, : i + 1]
                above = seen[seen > ranks[row, i]]
                after = above.min() - 1 if len(above) else none
                assert found.values[row, i] == after


def test_labels_in_no_order_propose_nothing() -> None:
    rng = np.random.default_rng(1)
    rows = [rng.permutation(LETTERS)[:6].tolist() for _ in range(30)]
    sample = sample_of(rows, framed=True, falling=False)
    labels = np.where(sample.judged, rng.integers(LETTERS, size=sample.shape), NO_LABEL)
    shuffled = Sample(sample.tokens, sample.real, labels, sample.judged, END + 1)
    assert proposed(shuffled, framed=True) == []
