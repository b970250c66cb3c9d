"""The search finds exact programs, keeps its budgets, and gives the same each time."""

from __future__ import annotations

import itertools
import random
import time
from dataclasses import replace

import pytest

from transformer_programs import tasks
from transformer_programs.codegen.python import emit_python
from transformer_programs.data.accuracy import evaluate
from transformer_programs.data.dataset import Dataset, Examples
from transformer_programs.data.in_memory import labelled_sequences
from transformer_programs.errors import SettingsError
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.rules import violations
from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.runs.agreement import HardenedPredictor
from transformer_programs.search import Ending, SearchProgress, search
from transformer_programs.settings import SearchSettings
from transformer_programs.verify.certificate import certify

SMALL = SearchSettings(sample=120)


def small(name: str, size: int = 1500) -> Dataset:
    return tasks.get(name).dataset(size=size)


@pytest.mark.parametrize(
    ("name", "statements"),
    [
        ("reverse", 2),
        ("sort", 4),
        ("hist", 2),
        ("induction", 2),
        ("previous_distinct", 1),
        ("prefix_parity", 2),
        ("palindrome", 5),
        ("shift", 9),
        ("majority", 3),
        ("add_digits", 5),
    ],
)
def test_exact_and_small(name: str, statements: int) -> None:
    dataset = small(name)
    found = search(dataset, SMALL)
    assert violations(found.program) == ()
    assert found.exact
    assert found.ending is Ending.EXACT
    assert found.label_accuracy == found.sequence_accuracy == 1
    assert found.statements == len(found.program.statements) <= statements
    assert evaluate(Interpreter(found.program), dataset.test).per_sequence == 1


@pytest.mark.parametrize("name", ["sort", "induction", "palindrome"])
def test_what_is_found_is_a_transformer(name: str) -> None:
    program = search(small(name), SMALL).program
    model = HardenedPredictor(HardenedModel(program))
    certificate = certify(program, emit_python(program), [model], ())
    assert [c.differences for c in certificate.comparisons] == [0, 0]


def test_every_statement_is_needed() -> None:
    program = search(small("sort"), SMALL).program
    read = {name for statement in program.statements for name in statement.inputs}
    read |= {term.variable for term in program.readout.terms}
    assert {statement.output for statement in program.statements} <= read


def test_same_seed_same_program() -> None:
    dataset = small("sort")
    assert search(dataset, SMALL).program == search(dataset, SMALL).program


def test_work_budget() -> None:
    short = replace(SMALL, work=500)
    found = search(small("most_freq"), short)
    assert found.ending is Ending.WORK
    assert found.work <= 500
    assert violations(found.program) == ()
    assert not found.exact
    assert search(small("most_freq"), short).program == found.program


def test_no_clock_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which an hour passes between any two looks at the clock."""
    hours = itertools.count(step=3600.0)
    expected = search(small("sort"), SMALL)
    monkeypatch.setattr(time, "perf_counter", lambda: next(hours))
    found = search(small("sort"), SMALL)
    assert (found.program, found.work) == (expected.program, expected.work)
    limited = search(small("sort"), replace(SMALL, seconds=60.0))
    assert limited.ending is Ending.TIME
    assert limited.layers == 0


def test_size_budget() -> None:
    found = search(small("sort"), replace(SMALL, layers=1, max_statements=2))
    assert found.statements <= 2
    assert not found.exact


def test_interrupted_search_returns_the_best_so_far() -> None:
    seen: list[SearchProgress] = []

    def interrupt(progress: SearchProgress) -> None:
        seen.append(progress)
        raise KeyboardInterrupt

    found = search(small("most_freq"), SMALL, interrupt)
    assert found.ending is Ending.INTERRUPTED
    assert len(seen) == 1
    assert found.label_accuracy == seen[0].accuracy
    assert found.statements == seen[0].statements
    assert violations(found.program) == ()


def test_unasked_labels_do_not_count() -> None:
    dataset = small("hist")
    hidden = tuple((None, *target[1:]) for target in dataset.train.targets)
    train = Examples(dataset.train.sequences, hidden)
    found = search(replace(dataset, train=train), SMALL)
    assert evaluate(Interpreter(found.program), dataset.test).per_sequence == 1


def test_no_validation_data() -> None:
    dataset = replace(small("reverse"), validation=Examples((), ()))
    assert search(dataset, SMALL).exact


@pytest.mark.parametrize("field", ["work", "seconds", "layers", "beam", "sample"])
def test_impossible_budgets(field: str) -> None:
    with pytest.raises(SettingsError, match=field):
        SearchSettings(**{field: 0})


def test_a_count_that_the_data_never_reach_is_still_a_count() -> None:
    dataset = small("hist")
    assert not any("7" in target for target in dataset.train.targets)
    run = Interpreter(search(dataset, SMALL).program)
    assert run(["2"] * 7) == ["7"] * 7


@pytest.mark.parametrize("way", [1, -1])
def test_a_thousand_tokens_cost_little(way: int) -> None:
    rng = random.Random(0)
    known = [f"t{number}" for number in range(1_000)]
    drawn = [rng.choices(known, k=rng.randint(1, 8)) for _ in range(2_000)]
    data = labelled_sequences([(tokens, tokens[::way]) for tokens in drawn])
    found = search(data, SearchSettings(work=1_500))
    assert found.exact
    assert found.statements <= 2
