"""Variables of whole sequences against the interpreter, and sums of few of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from transformer_programs.data import Dataset, labelled_sequences
from transformer_programs.language import (
    InputFormat,
    Interpreter,
    Pooling,
    Program,
    Readout,
    Vocabulary,
    check,
    encode_batch,
)
from transformer_programs.learn.linear.aggregates import Aggregates
from transformer_programs.learn.linear.boosting import Boosting
from transformer_programs.learn.linear.counts import count
from transformer_programs.learn.linear.learner import weigh
from transformer_programs.learn.linear.lines import telling_sets
from transformer_programs.learn.linear.parts import PartChoices, scores_of
from transformer_programs.settings import EvidenceSettings
from transformer_programs.system import Work

ROWS, DOWN = ((0, 1, 2), (3, 4, 5), (6, 7, 8)), ((0, 3, 6), (1, 4, 7), (2, 5, 8))
LINES = (*ROWS, *DOWN, (0, 4, 8), (2, 4, 6))

VOCABULARIES = (("a", "b", "c"), ("1", "2", "12"), ("10H", "2H", "2S", "x"))

sequences = st.integers(0, 2).flatmap(
    lambda index: st.tuples(
        st.just(VOCABULARIES[index]),
        st.lists(
            st.lists(st.sampled_from(VOCABULARIES[index]), min_size=1, max_size=5),
            min_size=2,
            max_size=8,
        ),
    )
)


def form_of(words: Sequence[str], length: int, *, frame: bool = False) -> InputFormat:
    begin, end = ("<s>", "</s>") if frame else (None, None)
    ends = [token for token in (begin, end) if token]
    vocabulary = Vocabulary(("<unk>", *ends, *words), "<unk>")
    return InputFormat(vocabulary, length, begin, end)


@settings(max_examples=60, deadline=None)
@given(sequences, st.booleans(), st.booleans(), st.data())
def test_variables_are_what_the_interpreter_says(
    drawn: tuple[tuple[str, ...], list[list[str]]],
    frame: bool,
    same_length: bool,
    data: st.DataObject,
) -> None:
    words, tokens = drawn
    if same_length:
        tokens = [(line * 3)[:3] for line in tokens]
    longest = max(map(len, tokens)) + 2 * frame
    form = form_of(words, longest, frame=frame)
    batch = encode_batch(form, tokens)
    ids = form.word_ids(batch.ids)
    found = Aggregates(form, ids, batch.lengths)
    labels = np.array([data.draw(st.integers(0, 1)) for _ in tokens])
    every = np.ones(len(tokens), dtype=np.bool_)
    variables = [*found.found, *found.learned(labels, 2, every, Work())]
    statements = found.written.needed(v.name for v in variables)
    program = Program("x", form, tuple(statements), Readout(("l",), (), Pooling.FIRST))
    traced = Interpreter(program).trace(batch)
    for variable in variables:
        assert (traced[variable.name][:, 0] == variable.values).all(), variable.name


def boards() -> tuple[list[list[str]], list[str]]:
    rng = np.random.default_rng(0)
    drawn = rng.choice(["x", "o", "b"], size=(600, 9))
    full = [any(all(row[i] == "x" for i in line) for line in LINES) for row in drawn]
    return drawn.tolist(), ["won" if won else "open" for won in full]


def test_lines_of_a_board_are_found() -> None:
    tokens, labels = boards()
    there = (np.array(tokens) == "x").T
    found = telling_sets(there, np.array(labels) == "won", Work())
    assert sorted(found) == sorted(LINES)


def test_a_line_that_was_seen_once_follows_from_the_others() -> None:
    # Of eight places, three in a row; the last of them are filled but twice.
    rows = [[i <= j < i + 3 for j in range(8)] for i in range(5)] * 20
    rows += [[j >= 5 for j in range(8)]] * 2
    rows += [list(map(bool, x)) for x in product((0, 1), repeat=8)]
    there = np.array(rows).T
    wanted = np.array([any(all(r[i : i + 3]) for i in range(6)) for r in rows])
    found = telling_sets(there, wanted, Work())
    assert sorted(found) == [(i, i + 1, i + 2) for i in range(6)]


def test_a_rule_of_three_variables_is_one_part() -> None:
    rng = np.random.default_rng(1)
    values = rng.integers(0, 3, size=(800, 6))
    labels = ((values[:, 0] == 1) & (values[:, 2] == 0) & (values[:, 5] == 2)) * 1
    choices = PartChoices(tuple(values.T), (3,) * 6, (False,) * 6, (0.0,) * 6)
    rows = np.arange(len(values))
    sums = [*Boosting(choices, labels, 2, rows, np.ones(800), Work()).sums()]
    (part,) = sums[-1].parts
    assert {literal.variable for literal in part.literals} == {0, 2, 5}
    assert (scores_of(choices, sums[-1], rows).argmax(axis=1) == labels).all()


def hand(cards: Sequence[str]) -> str:
    times = sorted(map(cards.count, cards))
    return {1: "none", 2: "pair"}.get(times[-1], "more")


def equal_places(record: Sequence[str]) -> str:
    return "yes" if record[0] == record[2] or record[3] == "c" else "no"


def data_of(
    rule: Callable[[list[str]], str], words: Sequence[str], length: int
) -> Dataset:
    rng = np.random.default_rng(2)
    tokens = [rng.choice(words, size=length).tolist() for _ in range(600)]
    return labelled_sequences(tokens, [rule(x) for x in tokens], seed=0)


@pytest.mark.parametrize(
    ("rule", "words", "length"),
    [(hand, list("23456789"), 3), (equal_places, list("abcd"), 4)],
)
def test_the_program_says_what_the_rule_says(
    rule: Callable[[list[str]], str], words: list[str], length: int
) -> None:
    dataset = data_of(rule, words, length)
    found = weigh(dataset, EvidenceSettings(), lambda _: None, Work())
    assert found.unit == "parts"
    check(found.program)
    test = dataset.encode(dataset.test)
    batch = encode_batch(dataset.input, dataset.test.sequences)
    assert (Interpreter(found.program).predict(batch) == test.targets).all()
    assert len(found.program.statements) < 12
    assert found.front[-1].score > 0.99


def test_the_same_data_have_the_same_sums() -> None:
    dataset = data_of(hand, list("2345678"), 3)
    for one, other in zip(*(count(dataset, Work()) for _ in range(2)), strict=True):
        parts = one.front[-1].parts
        assert one.front == other.front
        assert one.program(parts) == other.program(parts)


def test_texts_and_tags_have_no_such_sums() -> None:
    words = [f"w{i}" for i in range(100)]
    rng = np.random.default_rng(0)
    tokens = [rng.choice(words, size=4).tolist() for _ in range(100)]
    labels = ["a" if "w1" in line else "b" for line in tokens]
    assert count(labelled_sequences(tokens, labels, seed=0), Work()) == []
    tags = [["a"] * 4 for _ in tokens]
    assert count(labelled_sequences(tokens, tags, seed=0), Work()) == []
