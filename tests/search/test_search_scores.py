"""Scores by counting: blocks change nothing, and candidates are what they claim."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from transformer_programs import tasks
from transformer_programs.data.dataset import Dataset, Encoded
from transformer_programs.language.encode import Batch
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import Scope
from transformer_programs.search.candidate import input_candidates, needed
from transformer_programs.search.layers import Layers
from transformer_programs.search.readouts import extended, fit, readout_inputs
from transformer_programs.search.sample import Sample, sample_of
from transformer_programs.search.score import (
    HitCounts,
    HitScores,
    LabelScores,
    majority,
)
from transformer_programs.system import Work


@cache
def data(name: str) -> tuple[Dataset, Encoded, Sample]:
    dataset = tasks.get(name).dataset(size=300)
    encoded = dataset.encode(dataset.train)
    return dataset, encoded, sample_of(dataset, encoded, np.arange(60))


@pytest.mark.parametrize("scope", list(Scope))
def test_blocks_count_what_one_block_counts(scope: Scope) -> None:
    dataset, _, sample = data("reverse")
    tokens, positions, _ = input_candidates(sample, dataset.input.vocabulary.tokens)
    wanted = np.arange(len(dataset.labels))
    whole = HitScores(sample, tokens, wanted, Work()).count(positions, tokens, scope)
    blocks = HitScores(sample, tokens, wanted, Work(), block=1).count(
        positions, tokens, scope
    )
    assert whole.cells.sum() > 0
    assert (whole.cells == blocks.cells).all()


def test_hits_are_counted_one_by_one() -> None:
    dataset, _, sample = data("reverse")
    tokens, positions, _ = input_candidates(sample, dataset.input.vocabulary.tokens)
    scores = HitScores(sample, tokens, np.arange(len(dataset.labels)), Work())
    cells = np.zeros_like(scores.count(positions, tokens, Scope.BEFORE).cells)
    sequences, length = sample.shape
    for s in range(sequences):
        for i in range(length):
            for j in range(i):
                if sample.labels[s, i] >= 0 and sample.real[s, j]:
                    hit = int(sample.tokens[s, j] == sample.labels[s, i])
                    cells[i, sample.tokens[s, j], hit] += 1
    assert (scores.count(positions, tokens, Scope.BEFORE).cells == cells).all()


@pytest.mark.parametrize("name", ["most_freq", "dyck2", "add_digits"])
def test_candidates_have_the_values_of_their_programs(name: str) -> None:
    dataset, encoded, sample = data(name)
    layers = Layers(sample, dataset, 4, Work())
    assert [*layers.grow(1)]
    assert [*layers.grow(2)]
    batch = Batch(
        encoded.ids[:60].astype(np.int32), encoded.lengths[:60].astype(np.int32)
    )
    statements = 0
    for candidate in [*layers.pool.kept, *layers.selected]:
        program = fit((candidate,), dataset, encoded).program
        traced = Interpreter(program).trace(batch)
        order = [c for c in needed((candidate,)) if c.rule is not None]
        for part, statement in zip(order, program.statements, strict=False):
            statements += 1
            values = traced[statement.output]
            assert (values == part.values)[sample.real].all(), statement
    assert statements > 200


def test_fitting_counts_errors_as_the_interpreter_makes_them() -> None:
    dataset, encoded, sample = data("hist")
    layers = Layers(sample, dataset, 4, Work())
    assert [*layers.grow(1)]
    inputs = readout_inputs(layers.closures()[-1].inputs)
    fitted = fit(inputs, dataset, encoded)
    batch = Batch(encoded.ids.astype(np.int32), encoded.lengths.astype(np.int32))
    predicted = Interpreter(fitted.program).predict(batch)
    asked = encoded.targets >= 0
    wrong = ((predicted != encoded.targets) & asked).sum(axis=1)
    assert (fitted.wrong == wrong).all()
    assert fitted.labels == asked.sum()


def test_a_table_that_only_remembers_gains_nothing() -> None:
    dataset, _, sample = data("hist")
    tokens, positions, _ = input_candidates(sample, dataset.input.vocabulary.tokens)
    scores = LabelScores(sample, Work())
    assert scores.gain(tokens, positions) < 0.2 * scores.gain(positions)


def test_unseen_values_take_the_nearest_label() -> None:
    counts = np.array([[0, 0], [3, 1], [0, 0], [0, 0], [0, 2], [0, 0]])
    assert majority(counts, (6,)).tolist() == [0, 0, 0, 1, 1, 1]


def test_labels_of_the_values_that_are_asked_for() -> None:
    rng = np.random.default_rng(0)
    counts = rng.integers(3, size=(60, 2)) * (rng.random((60, 1)) < 0.2)
    whole = majority(counts, (6, 10)).ravel()
    for asked in (np.array([5]), rng.integers(60, size=20)):
        assert (majority(counts, (6, 10), asked).ravel()[asked] == whole[asked]).all()


@pytest.mark.parametrize("falling", [False, True])
def test_the_line_on_which_hits_lie_is_found(falling: bool) -> None:
    query, key = np.mgrid[:5, :7]
    line = query + key == 6 if falling else key == query + 2
    cells = np.stack([np.where(line, 0, 10), np.where(line, 10, 1)], axis=-1)
    told, found = HitCounts(cells).best_line(shifts=True)
    assert (found == line).all()
    assert told > 0
    assert (HitCounts(cells).best_line(shifts=False)[1] == (key == query)).all()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("1 2 3 ? ?", "1 2 3 4 4"),  # there is no label 5
        ("1 2 1 2 1 2 ? ?", "1 2 1 2 1 2 1 2"),
        ("1 ? 1 2 1 2 1 2", "1 2 1 2 1 2 1 2"),
        ("1 2 3 1 2 3 1 2 3 ?", "1 2 3 1 2 3 1 2 3 1"),
        ("1 2 1 2 ? ?", "1 2 1 2 1 1"),  # two turns are no rule
        ("1 2 1 2 1 3 ?", "1 2 1 2 1 3 1"),
        ("2 2 2 2 2 2 ?", "2 2 2 2 2 2 1"),
    ],
)
def test_tables_go_on_as_they_began(said: str, expected: str) -> None:
    seen = np.array([label != "?" for label in said.split()])
    table = np.array([int(label) - 1 for label in said.replace("?", "1").split()])
    labels = ("1", "2", "3", "4")
    found = extended(table, seen, labels)
    assert " ".join(labels[i] for i in found) == expected


def test_labels_that_are_no_short_numbers_follow_no_step() -> None:
    table, seen = np.array([0, 1, 2, 0]), np.array([True, True, True, False])
    huge = ("1" * 5000, "2" * 5000, "3" * 5000)
    assert extended(table, seen, huge).tolist() == [0, 1, 2, 0]
    assert extended(table, seen, ("0", "1", "2", *huge)).tolist() == [0, 1, 2, 2]
