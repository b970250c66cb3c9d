"""Data that no program explains exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from transformer_programs import tasks
from transformer_programs.codegen.python import emit_python
from transformer_programs.data.accuracy import evaluate
from transformer_programs.data.dataset import Dataset, Examples, Target
from transformer_programs.data.in_memory import labelled_sequences
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import (
    Pooling,
    Table,
)
from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.runs.agreement import HardenedPredictor
from transformer_programs.search import Ending, SearchProgress, search
from transformer_programs.settings import SearchSettings
from transformer_programs.verify.certificate import certify

SMALL = SearchSettings(sample=120, layers=2)


def flipped(dataset: Dataset, share: float) -> Dataset:
    """The data set with a share of the labels changed, the test part left alone."""
    rng = np.random.default_rng(0)

    def flip(label: str | None) -> str | None:
        if rng.random() >= share:
            return label
        return str(rng.choice([other for other in dataset.labels if other != label]))

    def spoilt(examples: Examples) -> Examples:
        targets: list[Target] = [tuple(map(flip, t)) for t in examples.targets]
        return replace(examples, targets=tuple(targets))

    return replace(
        dataset, train=spoilt(dataset.train), validation=spoilt(dataset.validation)
    )


@pytest.mark.parametrize(("name", "statements"), [("sort", 4), ("hist", 2)])
def test_one_label_in_twenty_is_wrong(name: str, statements: int) -> None:
    dataset = flipped(tasks.get(name).dataset(size=2000), 0.05)
    seen: list[SearchProgress] = []
    found = search(dataset, SMALL, seen.append)
    assert not found.exact
    assert found.ending is Ending.NOTHING_BETTER
    assert seen[-1].round == 2  # the same program is best on a larger sample
    assert found.statements <= statements
    assert evaluate(Interpreter(found.program), dataset.test).per_sequence == 1


def letters() -> Dataset:
    """The label is drawn from a sum of evidence at four of twelve places."""
    rng = np.random.default_rng(5)
    pairs = []
    for _ in range(900):
        tokens = rng.choice([*"ACGT"], size=12)
        score = sum((tokens[i] == "G") * 2.0 - (tokens[i] == "T") * 2.0 for i in (2, 5))
        score += sum((tokens[i] == "A") * 2.0 - 0.7 for i in (7, 8))
        chance = 1 / (1 + np.exp(-2 * score))
        pairs.append((tokens.tolist(), "yes" if rng.random() < chance else "no"))
    return labelled_sequences(pairs)


def test_sums_of_evidence() -> None:
    dataset = letters()
    found = search(dataset, SearchSettings(sample=60, layers=1))
    program = found.program
    (table,) = program.statements
    assert isinstance(table, Table)
    assert table.inputs == ("positions", "tokens")
    assert program.readout.pooling is Pooling.MEAN
    assert evaluate(Interpreter(program), dataset.test).per_label > 0.85
    places = np.array(table.table).reshape(program.domains["positions"].size, -1)
    assert {2, 5, 7, 8} <= {*np.flatnonzero(places.any(axis=1)).tolist()}
    assert places.any(axis=1).sum() <= 7
    model = HardenedPredictor(HardenedModel(program))
    certificate = certify(program, emit_python(program), [model], dataset.sequences)
    assert [c.differences for c in certificate.comparisons] == [0, 0]


def test_a_sum_of_evidence_ends_the_search_where_tables_gain_nothing() -> None:
    seen: list[SearchProgress] = []
    found = search(letters(), SearchSettings(sample=60), seen.append)
    assert found.ending is Ending.NOTHING_BETTER
    assert (seen[-1].round, seen[-1].layer) == (1, 2)
    assert found.program == search(letters(), SearchSettings(sample=60)).program


def test_large_vocabularies_are_searched_in_little_time() -> None:
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(3000)]
    pairs = [(rng.choice(words, size=8).tolist(), ["x", "y"] * 4) for _ in range(400)]
    found = search(labelled_sequences(pairs), SearchSettings(layers=1))
    assert found.exact  # the label is that of the position
    assert found.work < 5_000
