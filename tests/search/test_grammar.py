"""What rules of the grammar propose, on samples of a few sequences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, strategies as st

from transformer_programs import tasks
from transformer_programs.language import Kind, Scope
from transformer_programs.search.candidate import Candidate, input_candidates
from transformer_programs.search.grammar import Grammar
from transformer_programs.search.sample import Sample, sample_of


def start(name: str, sequences: list[str]) -> tuple[Sample, Grammar]:
    task = tasks.get(name)
    form = task.input
    dataset = task.dataset(size=30)
    examples = task.examples([tuple(tokens.split()) for tokens in sequences])
    dataset = replace(dataset, train=examples)
    sample = sample_of(dataset, dataset.encode(examples), np.arange(len(sequences)))
    ids = form.vocabulary.ids
    begin = None if form.begin is None else ids[form.begin]
    end = None if form.end is None else ids[form.end]
    inputs = input_candidates(sample, form.vocabulary.tokens)
    return sample, Grammar(sample, inputs, form.vocabulary.tokens, begin, end)


def previous_token(grammar: Grammar) -> Candidate:
    return next(c for c in grammar.places() if c.family == "near")


def bare(candidate: Candidate, length: int) -> list[int]:
    """The values at the bare tokens of the first sequence."""
    return candidate.values[0, 1 : length + 1].tolist()


def test_tokens_at_every_distance() -> None:
    sample, grammar = start("sort", ["3 1 4 1 2"])
    tokens = grammar.tokens.values[0].tolist()
    length = sample.shape[1]
    proposed = grammar.shifted([grammar.positions], range(1 - length, length))
    found = [c.values[0].tolist() for c in proposed]
    assert len(found) == 2 * length - 1
    assert found[length - 1] == tokens
    real = int(sample.real[0].sum())
    for shift in (-2, 2, 3):
        moved = [
            tokens[i + shift] if 0 <= i + shift < real else tokens[0]
            for i in range(real)
        ]
        assert moved in [values[:real] for values in found]


def test_sums_and_differences_of_the_numbers_that_tokens_are() -> None:
    _, grammar = start("add_digits", ["7 5 0 9"])
    plus, minus = grammar.sums_of_tokens([grammar.tokens, previous_token(grammar)])
    assert bare(plus, 4) == [7, 12, 5, 9]
    assert bare(minus, 4) == [9 + 7, 9 - 2, 9 - 5, 9 + 9]
    assert (plus.domain.bound, minus.domain.bound) == (18, 18)


def test_the_token_and_the_place_of_the_nearest_unlike() -> None:
    sequence = [3, 3, 1, 1, 1, 2]
    _, grammar = start("sort", [" ".join(map(str, sequence))])
    found = [bare(c, 6) for c in grammar.nearest([grammar.tokens])]
    assert len(found) == 2 * 2 * 2  # signs, sides, token and place
    assert [0, 0, 2, 2, 2, 5] in found  # earlier, <s> before all
    assert [3, 3, 6, 6, 6, 7] in found  # later, </s> after all


def test_the_larger_and_the_smaller_of_two_tokens() -> None:
    _, grammar = start("add_digits", ["7 5 0 9"])
    pair = [grammar.tokens, previous_token(grammar)]
    larger, smaller = grammar.larger_tokens(pair)
    known = grammar.tokens.domain.tokens
    assert larger.domain == smaller.domain == grammar.tokens.domain
    assert [known[i] for i in bare(larger, 4)] == ["7", "7", "5", "9"]
    assert [known[i] for i in bare(smaller, 4)][1:] == ["5", "0", "0"]
    _, grammar = start("dyck1", ["( ) ( ) ( ) ( ) ( ) ( ) ( ) ("])
    assert list(grammar.larger_tokens([grammar.tokens, grammar.tokens])) == []


@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=9), min_size=1))
def test_what_is_left_of_tokens_that_one_takes_back(rows: list[list[int]]) -> None:
    size = max(map(len, rows))
    real = np.array([[True] * len(r) + [False] * (size - len(r)) for r in rows])
    tokens = np.array([r + [0] * (size - len(r)) for r in rows])
    sample = Sample(tokens, real, np.zeros_like(tokens), real, 1)
    inputs = input_candidates(sample, ("a", "b", "c"))
    found = Grammar(sample, inputs, ("a", "b", "c"), None, None).stacks()
    takers = sorted({token for row in rows for token in row})  # all that occur
    for taking, places in zip(takers, found, strict=True):
        for row, said in zip(rows, places.values.tolist(), strict=True):
            stack: list[int] = []
            for place, token in enumerate(row):
                stack = stack[:-1] if token == taking else [*stack, place]
            wanted = [0] * size
            for number, place in enumerate(reversed(stack), 1):
                wanted[place] = number
            assert said == wanted


def test_tokens_that_are_no_numbers_have_no_sums() -> None:
    _, grammar = start("dyck1", ["( ) ( ) ( ) ( ) ( ) ( ) ( ) ("])
    assert list(grammar.sums_of_tokens([grammar.tokens, grammar.tokens])) == []


def test_the_nearest_place_that_decides() -> None:
    sequence = [7, 5, 4, 5, 3, 6, 0, 1]
    _, grammar = start("add_digits", [" ".join(map(str, sequence[:6]))])
    plus, _ = grammar.sums_of_tokens([grammar.tokens, previous_token(grammar)])
    # The sums at the second digits are 12, 9 and 9: the carry of 12 goes all the way.
    sums = bare(plus, 6)
    assert sums == [7, 12, 9, 9, 8, 9]
    proposed = [bare(c, 6) for c in grammar.deciders([plus])]
    assert len(proposed) == 17 * 3 * 2
    # With <s>, whose sum is 0, at position 0; the second digits are at even positions.
    at_second_digits = [0, 0, 2, 2, 2, 2]
    at_all_digits = [0, 0, 2, 2, 2, 0]
    assert at_second_digits in proposed
    assert at_all_digits in proposed


def test_what_was_not_found_falls_back_where_there_is_a_begin_token() -> None:
    _, grammar = start("sort", ["3 1 4"])
    previous = previous_token(grammar)
    (found,) = grammar.fallbacks([previous], [grammar.tokens, previous])
    tokens = grammar.tokens.values[0].tolist()
    assert bare(found, 3) == [tokens[1], tokens[1], tokens[2]]
    framed = grammar.tokens.domain.tokens.index("<s>")
    assert previous.values[0, 1] == framed
    unframed = Grammar(
        grammar.sample,
        (grammar.tokens, grammar.positions, grammar.ones),
        grammar.tokens.domain.tokens,
        begin=None,
        end=None,
    )
    assert list(unframed.fallbacks([previous], [grammar.tokens])) == []


def test_the_largest_and_the_smallest_number() -> None:
    _, grammar = start("sort", ["3 1 4 1"])
    said = {
        candidate.domain.tokens[int(candidate.values[0, 1])]
        for candidate in grammar.extremes([grammar.tokens], Scope.ALL)
        if candidate.domain.kind is Kind.TOKEN
    }
    assert {"4", "1"} <= said


def test_ranks_among_flagged_positions_carry_their_mask() -> None:
    _, grammar = start("sort", ["3 1 4 1"])
    flag = next(
        grammar.first_flags(list(grammar.comparisons([grammar.tokens], [grammar.ones])))
    )
    found = list(grammar.ranks([grammar.tokens], [grammar.ones, flag]))
    assert [c.family for c in found] == ["sum", "sum", "mask"] * 4
    for rank, masked in zip(found[1::3], found[2::3], strict=True):
        up = flag.values[0] == 1
        assert (masked.values[0] == rank.values[0] + 1)[up].all()
        assert (masked.values[0] == 0)[~up].all()


def test_tokens_are_counted_among_positions_of_the_same_turn() -> None:
    _, grammar = start("dyck1", ["( ( ) ( ) ) ( )"])
    (thirds,) = (
        c for c in grammar.remainders([grammar.positions]) if c.domain.size == 3
    )
    counts = list(grammar.comparisons([thirds], [*grammar.kinds()], ["=="]))
    # By scope, the opening and the closing ones; positions begin with <s>.
    opening = [0, 0, 0, 1, 1, 0, 2, 1]
    assert opening in [bare(c, 8) for c in counts]
    orders = list(grammar.orders(counts))
    assert len(orders) == len(counts) // 2


def test_the_last_record_before_the_own_position() -> None:
    _, grammar = start("sort", ["2 1 3 0 4"])
    tokens = grammar.tokens.domain.values
    found = [
        [str(tokens[i]) for i in bare(c, 5)]
        for c in grammar.extremes([grammar.tokens], Scope.CAUSAL)
        if c.domain == grammar.tokens.domain
    ]
    # The first one stands for itself: <s>, which goes further, is none.
    assert ["2", "2", "2", "3", "3"] in found
