"""Machines whose letters are computed: aligned tokens, histories, and the search."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from transformer_programs.analysis.length import length_bound
from transformer_programs.data.dataset import Dataset
from transformer_programs.data.in_memory import labelled_sequences
from transformer_programs.language.nodes import Scope
from transformer_programs.search import search
from transformer_programs.search.automata.aligned import Aligned
from transformer_programs.search.automata.feeding import alike
from transformer_programs.search.automata.histories import numbered, told_apart
from transformer_programs.search.automata.machine import UNKNOWN, Machine
from transformer_programs.search.candidate import input_candidates, needed
from transformer_programs.search.sample import Sample, sample_of
from transformer_programs.settings import SearchSettings
from transformer_programs.system import Work

LETTERS = st.lists(
    st.lists(st.integers(0, 2), min_size=4, max_size=4), min_size=1, max_size=6
)


@given(LETTERS, st.booleans())
def test_equal_histories_have_equal_numbers(rows: list[list[int]], back: bool) -> None:
    numbers = numbered(np.array(rows), back)
    known: dict[tuple[int, ...], int] = {}
    for row, found in zip(rows, numbers.tolist(), strict=True):
        for place, number in enumerate(found):
            read = row[place:][::-1] if back else row[: place + 1]
            history = tuple(letter for letter in read if letter)
            assert known.setdefault(history, number) == number
    assert len(set(known.values())) == len(known)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=1))
def test_labels_of_one_history_are_not_told_apart(pairs: list[tuple[int, int]]) -> None:
    history, labels = np.array(pairs).T
    classes = told_apart(history, labels, 4)
    for (a, one), (b, other) in combinations(pairs, 2):
        assert a != b or classes[one] == classes[other]
    # No more than that: where nothing differs, all are told apart.
    if len(set(pairs)) == len(set(history.tolist())):
        assert len(set(classes.tolist())) == 4


def test_letters_that_do_the_same_are_one() -> None:
    step = ((0, 1, 0, 1), (1, 0, 1, UNKNOWN))
    said = ((0, 1, 0, 1, UNKNOWN), (1, 0, UNKNOWN, 0, UNKNOWN))
    machine, letters = alike(Machine(4, step, said))
    assert letters.tolist() == [0, 1, 0, 1]
    assert machine.step == ((0, 1), (1, 0))
    assert machine.said == ((0, 1, UNKNOWN), (1, 0, UNKNOWN))


def added(lengths: list[int], rng: np.random.Generator, last: bool) -> list[str]:
    """Two binary numbers with a plus between them, then an equals sign and blanks."""
    words = [rng.integers(2, size=n).astype(str).tolist() for n in lengths]
    end = ["=", *["_"] * (max(lengths) + 1)] if last else []
    return [*words[0], "+", *words[1], *end]


def additions(frame: bool, last: bool, count: int) -> Dataset:
    """Sums of binary numbers; the lowest bits first, where blanks are, or at once."""
    rng = np.random.default_rng(0)
    words, labels = [], []
    for lengths in rng.integers(1, 8, size=(count, 2)).tolist():
        tokens = added(lengths, rng, last)
        plus = tokens.index("+")
        numbers = tokens[:plus], tokens[plus + 1 : sum(lengths) + 1]
        total = sum(int("".join(bits[::-1]), 2) for bits in numbers)
        bits = list(f"{total:0{max(lengths) + 1}b}")[::-1]
        before = [None] * (sum(lengths) + 2) if last else []
        label = [*before, *bits, *[None] * len(tokens)][: len(tokens)]
        words.append(tokens)
        labels.append(label)
    return labelled_sequences(words, labels, frame=frame)


def sampled(dataset: Dataset) -> Sample:
    encoded = dataset.encode(dataset.train)
    return sample_of(dataset, encoded, np.arange(min(30, len(encoded))))


@pytest.mark.parametrize("frame", [False, True])
def test_tokens_at_the_same_place_of_two_operands(frame: bool) -> None:
    dataset = additions(frame, True, 60)
    sample, form = sampled(dataset), dataset.input
    inputs = input_candidates(sample, form.vocabulary.tokens)
    begin, end = (form.vocabulary.ids[t] if t else None for t in (form.begin, form.end))
    aligned = Aligned(sample, inputs, (begin, end), Scope.ALL, Work())
    tokens = form.vocabulary.tokens
    assert [tokens[mark] for mark in aligned.marks] == sorted(
        ["+", "="], key=tokens.index
    )
    # Some pair has, at the blanks, the digits of that place of both numbers.
    pairs = list(aligned.pairs())
    for row, bare in enumerate(dataset.train.sequences[: len(sample.tokens)]):
        plus, equals = bare.index("+"), bare.index("=")
        for from_end in (False, True):
            one, other = bare[:plus], bare[plus + 1 : equals]
            if from_end:
                one, other = one[::-1], other[::-1]
            place = range(min(len(one), len(other)))
            width = len(bare) - equals - 1
            asked = [
                form.offset + equals + 1 + (width - 1 - p if from_end else p)
                for p in place
            ]
            wanted = [(one[p], other[p]) for p in place]
            found = [
                [(tokens[a.values[row, at]], tokens[b.values[row, at]]) for at in asked]
                for a, b in pairs
            ]
            assert wanted in found


def test_aligned_tokens_where_only_earlier_ones_are_read() -> None:
    dataset = additions(True, True, 60)
    sample, form = sampled(dataset), dataset.input
    inputs = input_candidates(sample, form.vocabulary.tokens)
    ids = form.vocabulary.ids
    frame = ids["<s>"], ids["</s>"]
    pairs = list(Aligned(sample, inputs, frame, Scope.CAUSAL, Work()).pairs())
    assert pairs
    for pair in pairs:
        for candidate in needed(pair):
            scope = getattr(candidate.rule, "scope", Scope.CAUSAL)
            assert scope in (Scope.BEFORE, Scope.CAUSAL)


def test_nothing_is_aligned_without_marks() -> None:
    words = [list("abab"), list("bbaa"), list("aabb"), list("baba")] * 9
    dataset = labelled_sequences(words, words, frame=False)
    sample = sampled(dataset)
    inputs = input_candidates(sample, dataset.input.vocabulary.tokens)
    aligned = Aligned(sample, inputs, (None, None), Scope.ALL, Work())
    assert list(aligned.pairs()) == []


@pytest.mark.parametrize("last", [False, True])
def test_carries_are_found_at_any_length(last: bool) -> None:
    dataset = additions(True, last, 1500)
    found = search(dataset, SearchSettings(layers=1))
    assert found.exact
    assert not length_bound(found.program)
