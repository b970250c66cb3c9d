from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, strategies as st

from strategies import awkward_tokens, input_formats
from transformer_programs.language import enumerate as enumerate_module
from transformer_programs.language.encode import Batch
from transformer_programs.language.enumerate import BLOCK_PAIRS
from transformer_programs.language.types import InputFormat, Vocabulary
from transformer_programs.verify.inputs import (
    EDGE_TOKENS,
    EXHAUSTIVE_LIMIT,
    RANDOM_INPUTS,
    choose_inputs,
    domain_size,
    edge_cases,
    enumerate_inputs,
    random_count,
    random_inputs,
    sample_rows,
)

PLAIN = InputFormat(Vocabulary(("a", "b", "c")), 4)
FRAMED = InputFormat(Vocabulary(("<", "a", "?", "b", ">"), unknown="?"), 5, "<", ">")
LARGE = InputFormat(Vocabulary(tuple(map(str, range(100)))), 9)

Sequences = list[tuple[str, ...]]


def decoded(form: InputFormat, batch: Batch) -> Sequences:
    """Bare sequences; the frame and the padding are checked on the way."""
    found = []
    for row, length in zip(batch.ids.tolist(), batch.lengths.tolist(), strict=True):
        assert set(row[length:]) <= {0}
        framed = tuple(form.vocabulary.tokens[i] for i in row[:length])
        bare = framed[form.offset : length - (form.end is not None)]
        assert form.encode(bare) == row[:length]
        found.append(bare)
    return found


@pytest.mark.parametrize(
    ("form", "size"), [(PLAIN, 3 + 9 + 27 + 81), (FRAMED, 1 + 3 + 9 + 27)]
)
def test_domain_size(form: InputFormat, size: int) -> None:
    assert domain_size(form) == size


def test_large_domains_are_counted_exactly() -> None:
    assert domain_size(LARGE) == sum(100**n for n in range(1, 10))


@given(input_formats(awkward_tokens))
def test_enumeration_is_complete_and_unique(form: InputFormat) -> None:
    if domain_size(form) > 4000:
        return
    found = [t for batch in enumerate_inputs(form) for t in decoded(form, batch)]
    lengths = range(form.min_bare_length, form.max_bare_length + 1)
    expected = [t for n in lengths for t in product(form.symbols, repeat=n)]
    assert found == expected
    assert len(set(found)) == len(found) == domain_size(form)


def test_enumeration_goes_on_over_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [t for batch in enumerate_inputs(PLAIN) for t in decoded(PLAIN, batch)]
    monkeypatch.setattr(enumerate_module, "BLOCK", 7)
    batches = list(enumerate_inputs(PLAIN))
    assert max(map(len, batches)) == 7
    assert [t for batch in batches for t in decoded(PLAIN, batch)] == whole


@given(input_formats(awkward_tokens), st.integers(0, 99))
def test_random_inputs_are_valid(form: InputFormat, seed: int) -> None:
    found = decoded(form, random_inputs(form, 50, seed))
    assert len(found) == 50


def test_random_inputs_vary_and_are_seeded() -> None:
    batch = random_inputs(LARGE, 2000, seed=5)
    assert set(batch.lengths.tolist()) == set(range(1, 10))
    assert len(np.unique(batch.ids)) == 100
    again = random_inputs(LARGE, 2000, seed=5)
    assert batch.ids.tolist() == again.ids.tolist()
    other = random_inputs(LARGE, 2000, seed=6)
    assert batch.ids.tolist() != other.ids.tolist()


@given(input_formats(awkward_tokens))
def test_edge_cases_are_valid(form: InputFormat) -> None:
    cases = edge_cases(form)
    assert len(set(cases)) == len(cases)
    for tokens in cases:
        form.encode(tokens)
    lengths = {len(tokens) for tokens in cases}
    assert lengths == set(range(form.min_bare_length, form.max_bare_length + 1))
    for token in form.symbols:
        if form.max_bare_length:
            assert (token,) * form.max_bare_length in cases


def test_edge_cases_of_large_vocabularies() -> None:
    words = (*map(str, range(500)), "<unk>")
    form = InputFormat(Vocabulary(words, "<unk>"), 3)
    tokens = {token for case in edge_cases(form) for token in case}
    assert len(tokens) == EDGE_TOKENS + 1
    assert "<unk>" in tokens


def test_small_domains_are_taken_whole() -> None:
    chosen = choose_inputs(FRAMED, [("a",)], seed=0)
    assert chosen.exhaustive
    assert chosen.counts == {"all valid inputs": 40}
    assert sum(map(len, chosen.batches())) == chosen.size == 40
    assert sum(map(len, chosen.batches())) == 40


def test_large_domains_are_sampled() -> None:
    data = [("1", "2"), ("3",)]
    chosen = choose_inputs(LARGE, data, seed=0)
    assert not chosen.exhaustive
    assert domain_size(LARGE) > EXHAUSTIVE_LIMIT
    edges = edge_cases(LARGE)
    assert chosen.counts == {
        "data": 2,
        "random": RANDOM_INPUTS,
        "edge cases": len(edges),
    }
    found = [t for batch in chosen.batches() for t in decoded(LARGE, batch)]
    assert found[:2] == data
    assert sorted(found[-len(edges) :]) == sorted(edges)
    assert len(found) == chosen.size


def test_long_inputs_are_fewer() -> None:
    assert random_count(LARGE) == random_count(replace(LARGE, max_length=419)) == 10_000
    assert random_count(replace(LARGE, max_length=10_000)) == 419
    assert random_count(replace(LARGE, max_length=10**8)) == 1
    long = replace(LARGE, max_length=3_000)
    batches = [*choose_inputs(long, [("1", "2")], seed=0).batches()]
    assert batches[0].ids.shape == (1, 2)  # no padding for the longest of all


def test_no_data() -> None:
    chosen = choose_inputs(LARGE, (), seed=0)
    assert chosen.counts["data"] == 0
    assert sum(map(len, chosen.batches())) == chosen.size


def test_sampling_is_seeded_ordered_and_without_repetition() -> None:
    chosen = choose_inputs(PLAIN, (), seed=0)
    whole = [t for batch in chosen.batches() for t in decoded(PLAIN, batch)]

    def sample(count: int, seed: int) -> Sequences:
        return [
            t
            for batch in sample_rows(chosen, count, seed)
            for t in decoded(PLAIN, batch)
        ]

    some = sample(30, 1)
    assert len(some) == len(set(some)) == 30
    assert [whole.index(t) for t in some] == sorted(whole.index(t) for t in some)
    assert some == sample(30, 1)
    assert some != sample(30, 2)
    assert sample(len(whole), 1) == sample(10**9, 1) == whole


def test_long_inputs_have_edge_cases_of_a_few_lengths() -> None:
    form = InputFormat(Vocabulary(("a", "b", "^"), unknown="b"), 101, "^")
    lengths = sorted({len(tokens) for tokens in edge_cases(form)})
    assert lengths == [*range(17), 32, 64, 99, 100]


@pytest.mark.parametrize(("length", "size"), [(9, 4096), (100, 419), (3000, 1)])
def test_batches_of_long_inputs_are_small(length: int, size: int) -> None:
    form = InputFormat(Vocabulary(tuple(map(str, range(20)))), length)
    data = [("1",)] * 30
    longest = {
        batch.ids.shape[1]: len(batch)
        for batch in choose_inputs(form, data, seed=0).batches()
    }
    assert longest[length] <= size
    for width, rows in longest.items():
        assert rows == 1 or rows * width**2 <= BLOCK_PAIRS
    single = InputFormat(Vocabulary(("a",)), length)
    assert all(len(batch) == 1 for batch in enumerate_inputs(single))
