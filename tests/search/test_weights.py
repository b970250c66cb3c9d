"""Weights of tokens: their sums tell labels, as numbers, remainders and thresholds."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from transformer_programs.analysis import length_bound
from transformer_programs.data import Dataset, labelled_sequences
from transformer_programs.language import Interpreter, Scope
from transformer_programs.optimize.resizing import resize
from transformer_programs.search import search
from transformer_programs.search.candidate import input_candidates
from transformer_programs.search.letters import Beside, periodic
from transformer_programs.search.residues import (
    ENDLESS,
    adding_up_to_one,
    full_rank,
    reduced,
    solved,
    vanishing,
)
from transformer_programs.search.sample import sample_of
from transformer_programs.search.sums import Weights
from transformer_programs.search.thresholds import separating
from transformer_programs.search.weights import SURE, learn_weights
from transformer_programs.settings import SearchSettings
from transformer_programs.system import Work

Label = Callable[[Sequence[str]], str] | Callable[[Sequence[str]], list[str]]

LETTERS = "abcdefgh"
VALUES = dict(zip(LETTERS, (3, 8, 0, 5, 11, 2, 7, 1), strict=True))
SIGNED = dict(zip(LETTERS, (3, 1, 0, -2, 5, -4, 2, -1), strict=True))
DIGITS = "0123456789"


def drawn(
    label: Label, symbols: str, shortest: int, longest: int, count: int = 1500
) -> Dataset:
    chance = random.Random(0)
    sequences = [
        [chance.choice(symbols) for _ in range(chance.randint(shortest, longest))]
        for _ in range(count)
    ]
    return labelled_sequences(sequences, [label(s) for s in sequences])


def balanced(right: Callable[[Sequence[str]], bool], symbols: str, n: int) -> Dataset:
    # As many sequences of one label as of the other.
    chance = random.Random(0)
    sequences: list[list[str]] = []
    labels: list[str] = []
    while len(sequences) < 1200:
        sequence = [chance.choice(symbols) for _ in range(n)]
        if right(sequence) == (len(sequences) % 2 == 0):
            sequences.append(sequence)
            labels.append("right" if right(sequence) else "wrong")
    return labelled_sequences(sequences, labels)


def learned(dataset: Dataset, widest: Scope = Scope.ALL) -> list[Weights]:
    return learn_weights(dataset, dataset.encode(dataset.train), Work(), widest)


def best(dataset: Dataset) -> Weights:
    found = learned(dataset)[0]
    assert found.told >= SURE
    return found


# Linear algebra.


@given(st.integers(0, 10**6), st.sampled_from((2, 3, 5, 13, ENDLESS)))
@settings(max_examples=30)
def test_what_vanishes_is_a_basis(seed: int, prime: int) -> None:
    chance = np.random.default_rng(seed)
    count, size = chance.integers(1, 12, 2)
    rows = chance.integers(-3, 4, (count, size))
    found = vanishing(rows, prime, Work())
    basis, pivots = found.basis, found.pivots
    assert not ((rows @ basis.T) % prime).any()
    left, again = reduced(rows, prime, Work())
    assert len(basis) == size - len(left)
    assert pivots == again
    assert len(reduced(basis, prime, Work())[1]) == len(basis)


@given(st.integers(0, 10**6), st.sampled_from((4, 6, 7, 9, 10, 12, 15, 0)))
@settings(max_examples=30)
def test_weights_are_found_modulo_as_much_as_they_have(seed: int, modulus: int) -> None:
    chance = np.random.default_rng(seed)
    size, weights = 6, chance.integers(1, modulus or 9, 6)
    weights[0] = 1  # so that the modulus is no smaller
    rows = chance.integers(-5, 6, (4000, size))
    sums = rows @ weights
    rows = rows[(sums % modulus if modulus else sums) == 0]
    ((found, of),) = solved(rows, Work())
    assert of == modulus
    scaled = found * weights[0] - found[0] * weights
    assert not (scaled % modulus if modulus else scaled).any()


def test_arbitrary_rows_have_full_rank() -> None:
    rows = np.random.default_rng(0).integers(0, 4, (60, 20))
    assert full_rank(rows, Work())
    assert not [*solved(rows, Work())]
    rows[:, 3] = 2 * rows[:, 1] + 7 * rows[:, 5]
    assert not full_rank(rows, Work())


def test_a_number_fixes_the_scale() -> None:
    rows = np.random.default_rng(0).integers(0, 9, (200, 3))
    number = rows @ [2, -3, 0]
    ((weights, modulus),) = solved(np.column_stack([rows, number]), Work(), last=True)
    assert (weights.tolist(), modulus) == ([2, -3, 0, -1], 0)
    both = np.column_stack([rows, number % 5])
    ((weights, modulus),) = solved(both, Work(), last=True)
    assert (weights.tolist(), modulus) == ([2, 2, 0, 4], 5)


def test_weights_that_add_up_to_one() -> None:
    rows = np.array([[1, 0, 2], [0, 1, 5], [1, 0, 0], [0, 1, 3]])
    found = adding_up_to_one(rows, Work())
    assert found is not None
    assert (rows @ found == 1).all()
    assert adding_up_to_one(np.array([[1, 0], [2, 0]]), Work()) is None


# Places.


def test_weights_that_come_again_need_no_more_places() -> None:
    weights = np.array([[0] * 9, [3, 7, 1] * 3])
    known = np.ones((2, 9), dtype=np.bool_)
    found = periodic(weights, known, 10)
    assert found is not None
    assert found.tolist() == [[0, 0, 0], [3, 7, 1]]
    known[1, 4] = False
    assert periodic(weights, known, 10) is None


def test_weights_that_grow_evenly_come_again_modulo_something() -> None:
    places = np.arange(9)
    weights = np.array([2 * places + 1, 3 * places]) % 5
    weights[:, 0] = (weights[:, 0] + 3) % 5
    found = periodic(weights, np.ones((2, 9), dtype=np.bool_), 5)
    assert found is not None
    assert found.tolist() == [[1, 3, 0, 2, 4], [0, 3, 1, 4, 2]]
    assert periodic(weights, np.ones((2, 9), dtype=np.bool_), 0) is None
    weights[0, 6] += 1
    assert periodic(weights, np.ones((2, 9), dtype=np.bool_), 5) is None


# Thresholds.


def test_integers_separate_two_labels() -> None:
    counts = np.random.default_rng(0).integers(0, 4, (1500, 5))
    sums = counts @ [3, -2, 0, 1, 1]
    found = separating(counts, sums > 2, Work())
    assert found is not None
    ordered = counts @ found
    assert ordered[sums > 2].min() > ordered[sums <= 2].max()


def test_what_no_sum_separates_has_no_weights() -> None:
    counts = np.random.default_rng(0).integers(0, 4, (1500, 5))
    assert separating(counts, counts[:, 0] % 2 == 0, Work()) is None
    assert separating(counts, np.ones(1500, dtype=np.bool_), Work()) is None


# Labels of sequences and tokens.


def test_a_number_is_the_sum_of_values() -> None:
    found = best(drawn(lambda s: str(sum(VALUES[c] for c in s)), LETTERS, 1, 8))
    assert found.modulus == 0
    assert [*found.entries[-8:]] == [*VALUES.values()]


def test_names_of_remainders() -> None:
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    data = drawn(lambda s: days[sum(VALUES[c] for c in s) % 7], LETTERS, 1, 8)
    assert best(data).modulus == 7


@pytest.mark.parametrize("modulus", [4, 6, 9, 10])
def test_remainders_of_composite_numbers(modulus: int) -> None:
    def label(s: Sequence[str]) -> str:
        return LETTERS[0] + str(sum(VALUES[c] for c in s) % modulus)

    assert best(drawn(label, LETTERS, 1, 8)).modulus == modulus


def test_one_label_of_a_single_remainder_is_enough() -> None:
    def right(s: Sequence[str]) -> bool:
        doubled = [int(c) * (1 + i % 2) for i, c in enumerate(s)]
        return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0

    found = best(balanced(right, DIGITS, 8))
    assert found.modulus == 10
    assert (found.companion.beside, found.companion.period) == (Beside.PLACE, 2)
    # Weights are as near to the digits themselves as they can be.
    assert found.entries[-10:, 0].tolist() == [*range(10)]
    assert found.entries[-10:, 1].tolist() == [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]


def test_weights_of_three_places_in_turn() -> None:
    def right(s: Sequence[str]) -> bool:
        return sum((3, 7, 1)[i % 3] * int(c) for i, c in enumerate(s)) % 10 == 0

    found = best(balanced(right, DIGITS, 9))
    assert found.modulus == 10
    assert found.entries.shape[1] == 3


def test_weights_of_every_place() -> None:
    def label(s: Sequence[str]) -> str:
        return LETTERS[sum((i + 2) * VALUES[c] for i, c in enumerate(s)) % 5]

    found = best(drawn(label, LETTERS, 1, 8, 4000))
    assert found.modulus == 5
    assert (found.companion.beside, found.companion.period) == (Beside.PLACE, 5)


def test_weights_by_the_token_beside() -> None:
    values = {"I": 1, "V": 5, "X": 10, "L": 50}

    def roman(s: Sequence[str]) -> str:
        numbers = [values[c] for c in s]
        after = [*numbers[1:], 0]
        pairs = zip(numbers, after, strict=True)
        return str(sum(-a if b > a else a for a, b in pairs))

    found = best(drawn(roman, "IVXL", 1, 7, 4000))
    assert found.modulus == 0
    assert found.companion.beside in (Beside.TOKEN_BEFORE, Beside.TOKEN_AFTER)


def test_windows() -> None:
    def label(s: Sequence[str]) -> list[str]:
        return [
            str(sum(map(int, s[max(0, i - 2) : i + 1])) % 10) for i in range(len(s))
        ]

    found = best(drawn(label, DIGITS, 1, 9))
    assert (found.span.width, found.modulus) == (3, 10)


def test_the_own_token_may_decide_with_a_remainder() -> None:
    def label(s: Sequence[str]) -> list[str]:
        sums = [sum(map(int, s[:i])) for i in range(len(s) + 1)]
        return [str(b // 7 - a // 7) for a, b in itertools.pairwise(sums)]

    found = best(drawn(label, "0123456", 1, 10, 4000))
    assert found.modulus == 7
    assert found.own
    assert found.span.scope is Scope.BEFORE


def test_the_largest_number_may_stand_for_larger_ones() -> None:
    data = drawn(lambda s: str(min(9, sum(VALUES[c] for c in s))), LETTERS, 1, 5, 3000)
    # One that is larger by itself weighs more than all that is not the largest.
    wanted = [min(value, 9) for value in VALUES.values()]
    assert best(data).entries[-8:].tolist() == wanted


def test_arbitrary_labels_have_no_weights() -> None:
    chance = random.Random(1)
    data = drawn(lambda _: chance.choice("pq"), LETTERS, 1, 8)
    assert not [w for w in learned(data) if w.told > 0.7]


def test_no_later_token_is_read_where_none_may_be() -> None:
    def label(s: Sequence[str]) -> list[str]:
        return [str(sum(map(int, s[i + 1 :])) % 6) for i in range(len(s))]

    data = drawn(label, DIGITS, 1, 8)
    assert best(data).span.scope is Scope.AFTER
    scopes = {w.span.scope for w in learned(data, Scope.CAUSAL)}
    assert not scopes & {Scope.AFTER, Scope.ALL}


def test_variables_tell_what_the_weights_do() -> None:
    def label(s: Sequence[str]) -> str:
        return str(sum(SIGNED[c] for c in s))

    data = drawn(label, LETTERS, 1, 8)
    train = data.encode(data.train)
    sample = sample_of(data, train, np.arange(50))
    inputs = input_candidates(sample, data.input.vocabulary.tokens)
    (difference,), pair, raised = best(data).sums(sample, inputs)
    wanted = [int(data.labels[i]) for i in train.targets[:50]]
    positive, negative = (c.values[:, 0] for c in pair)
    assert (positive - negative).tolist() == wanted
    numbers = difference.values[:, 0] - pair[1].domain.bound
    assert numbers.tolist() == wanted
    total, count = (c.values[:, 0] for c in raised)
    assert (total - 4 * count).tolist() == wanted


# Searches.


def signed_threshold(s: Sequence[str]) -> str:
    return "much" if sum(SIGNED[c] for c in s) > 1 else "little"


def alternating(s: Sequence[str]) -> list[str]:
    signs = [int(c) if i % 2 == 0 else -int(c) for i, c in enumerate(s)]
    return [f"r{sum(signs[: i + 1]) % 11}" for i in range(len(s))]


@pytest.mark.parametrize(
    ("label", "symbols"), [(signed_threshold, LETTERS), (alternating, DIGITS)]
)
def test_a_search_finds_sums_that_hold_at_any_length(
    label: Label, symbols: str
) -> None:
    data = drawn(label, symbols, 1, 8, 2500)
    found = search(data, SearchSettings(sample=120, work=6_000))
    assert found.exact
    assert not length_bound(found.program)
    longer = drawn(label, symbols, 16, 16, 60).train.sequences
    twice = Interpreter(resize(found.program, 16))
    assert twice.labels(longer) == [label(tokens) for tokens in longer]
