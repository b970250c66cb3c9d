"""Labels that depend only on the tokens up to their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import transformer_programs as tp
from transformer_programs import tasks
from transformer_programs.data.dataset import Dataset
from transformer_programs.data.in_memory import labelled_sequences
from transformer_programs.data.metrics import Scorer
from transformer_programs.errors import SettingsError
from transformer_programs.language.nodes import Scope
from transformer_programs.optimize.pruning import prune
from transformer_programs.runs.runnable import Program
from transformer_programs.search import search
from transformer_programs.settings import (
    Learner,
    ModelSettings,
    Recipe,
    SearchSettings,
    TrainSettings,
)
from transformer_programs.verify.causality import (
    first_later_read,
    is_causal,
    looks_causal,
)
from transformer_programs.verify.check import check_property
from transformer_programs.verify.result import Method

GALLERY = Path(__file__).parent.parent.parent / "gallery"

SMALL = SearchSettings(sample=120, layers=2)


def words(count: int = 600) -> Dataset:
    """Strings of a and b, with the number of a so far, modulo 2, as labels."""
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(count):
        tokens = rng.choice(["a", "b"], size=rng.integers(1, 10)).tolist()
        odd = np.cumsum([token == "a" for token in tokens]) % 2
        rows.append((tokens, ["odd" if o else "even" for o in odd]))
    return labelled_sequences(rows)


@pytest.mark.parametrize(
    ("name", "causal"),
    [
        ("dyck1", True),
        ("prefix_parity", True),
        ("previous_distinct", True),
        ("hist", False),
        ("sort", False),
        ("reverse", False),
        ("palindrome", False),  # one label per sequence
    ],
)
def test_data_look_causal_where_they_are(name: str, causal: bool) -> None:
    assert looks_causal(tasks.get(name).dataset(size=4000)) is causal


def test_labels_that_are_not_known_contradict_nothing() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(600):
        tokens = rng.choice(["a", "b"], size=rng.integers(2, 9)).tolist()
        rows.append((tokens, [t if rng.random() < 0.7 else None for t in tokens]))
    assert looks_causal(labelled_sequences(rows))


@pytest.mark.parametrize("name", ["dyck1", "hist", "sort"])
def test_causal_searches_use_causal_heads_alone(name: str) -> None:
    dataset = tasks.get(name).dataset(size=800, max_length=8 if name == "dyck1" else 5)
    found = search(dataset, SMALL, widest=Scope.CAUSAL)
    assert is_causal(found.program)
    assert first_later_read(found.program, dataset) is None
    assert found.exact is (name == "dyck1")


def test_a_causal_program_is_proved_to_be_one() -> None:
    result = tp.train(words(), learner="search", causal=True)
    assert result.accuracy is not None
    assert result.accuracy.per_label == 1
    assert result.certificate is not None
    (finding,) = result.certificate.findings
    assert finding.question.text == "prefix"
    assert finding.judgement.counterexample is None
    tokens = ["a", "b", "a", "a"]
    labels = result.program(tokens)
    assert [result.program(tokens[: n + 1])[-1] for n in range(4)] == labels


@pytest.mark.filterwarnings("ignore::transformer_programs.errors.LearningWarning")
@pytest.mark.parametrize("learner", [Learner.GRADIENT, Learner.AUTO])
def test_gradient_descent_can_be_causal(learner: Learner) -> None:
    """After polishing, making shorter and pruning it still is, and it is certified."""
    model = ModelSettings(layers=1, tables=1, word_classes=2, window=1, cardinality=4)
    training = TrainSettings(steps=4, batch_size=8, restarts=1, evaluations=1, polish=1)
    small = SearchSettings(work=1)
    result = tp.train(
        words(100), training, model, learner=learner, search=small, causal=True
    )
    assert is_causal(result.program)
    assert result.certificate is not None
    (finding,) = result.certificate.findings
    assert finding.question.text == "prefix"
    assert finding.judgement.proved
    dataset = words(100)
    scorer = Scorer.of(dataset, dataset.validation)
    pruned = prune(result.program.data, dataset.encode(dataset.train), scorer, 0.5)
    assert is_causal(pruned.kept.program)


def test_what_cannot_be_enumerated_is_causal_by_its_structure() -> None:
    program = tp.load(GALLERY / "dyck1-32").program
    result = check_property(program, "prefix")
    assert result.method is Method.STRUCTURE
    assert result.sentence().endswith("(by its structure)")


def test_causal_recipes_have_narrow_scopes() -> None:
    assert Recipe(ModelSettings(), causal=True).model.scope is Scope.CAUSAL
    narrow = ModelSettings(scope=Scope.BEFORE)
    assert Recipe(narrow, causal=True).model.scope is Scope.BEFORE
    with pytest.raises(SettingsError, match="scope is 'after'"):
        Recipe(ModelSettings(scope=Scope.AFTER), causal=True)


def test_a_causal_training_begins_with_a_causal_program() -> None:
    begin = search(tasks.get("hist").dataset(size=600), SMALL).program
    with pytest.raises(SettingsError, match="of the program to begin with looks at"):
        tp.train("hist", start=Program.of(begin), causal=True)


def test_a_program_that_reads_later_tokens_is_pointed_out() -> None:
    dataset = tasks.get("prefix_parity").dataset(size=600)
    other = search(tasks.get("hist").dataset(size=600), SMALL).program
    assert not is_causal(other)
    assert first_later_read(other, tasks.get("hist").dataset(size=600)) is not None
    begin_causal = search(dataset, SMALL, widest=Scope.CAUSAL).program
    assert first_later_read(begin_causal, dataset) is None
    notes: list[str] = []
    backwards = labelled_sequences(
        [(s, s) for s in words().train.sequences if len(s) > 1]
    )
    result = tp.train(
        backwards, learner="search", search=SMALL, watch=tp.Watch(on_note=notes.append)
    )
    assert not [note for note in notes if "later" in note]  # each label is its token
    assert result.accuracy is not None
    assert result.accuracy.per_label == 1


def test_one_label_per_sequence_cannot_be_causal() -> None:
    with pytest.raises(SettingsError, match="one label for every sequence"):
        tp.train("palindrome", causal=True)


def test_few_different_sequences_can_look_causal() -> None:
    """What may follow in strings of a and as many b: the note needs few of them."""
    rows = []
    for n in range(1, 7):
        tags = [*["ab"] * n, *["b"] * (n - 1), "end"]
        rows += [(["a"] * n + ["b"] * n, tags)] * 20
    dataset = labelled_sequences(rows)
    assert looks_causal(dataset)
