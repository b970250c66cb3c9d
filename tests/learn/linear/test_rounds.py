"""Tags of words by sums of evidence in rounds, and the programs that hold them."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from transformer_programs.data import (
    Dataset,
    ReadOptions,
    Scorer,
    labelled_sequences,
    read_vectors,
    vectors_for_data,
)
from transformer_programs.language import (
    Batch,
    Head,
    Interpreter,
    Program,
    Scope,
    check,
)
from transformer_programs.learn.linear import rounds
from transformer_programs.learn.linear.learner import weigh
from transformer_programs.learn.linear.places import kind_of
from transformer_programs.learn.linear.tags import program_of
from transformer_programs.learn.linear.word_classes import word_classes
from transformer_programs.settings import EvidenceSettings
from transformer_programs.system import Work

SYLLABLES = ["pa", "to", "mi", "lu", "se", "ka", "re", "va", "no", "di"]
WORDS = [a + b + "n" for a in SYLLABLES for b in SYLLABLES]


def drawn(
    count: int = 120, *, seed: int = 0, unknown: bool = False
) -> tuple[list[list[str]], list[list[str | None]]]:
    # Names are capitalised; the kind of a name is that of the word before its first
    # part, however long the name is, so that it is told from decision to decision.
    rng = random.Random(seed)
    sequences, targets = [], []
    for _ in range(count):
        tokens: list[str] = []
        tags: list[str | None] = []
        while len(tokens) < 10:
            kind = rng.choice(["PER", "LOC"])
            tokens += [rng.choice(WORDS[:60]), "mister" if kind == "PER" else "near"]
            tags += ["O", "O"]
            parts = rng.randint(1, 4)
            tokens += [rng.choice(WORDS).capitalize() for _ in range(parts)]
            tags += [f"B-{kind}", *[f"I-{kind}"] * (parts - 1)]
        if unknown:
            tags[rng.randrange(len(tags))] = None
        sequences.append(tokens)
        targets.append(tags)
    return sequences, targets


def read(*, unknown: bool = False, **changes: object) -> Dataset:
    sequences, targets = drawn(unknown=unknown)
    options = ReadOptions(**changes)  # type: ignore[arg-type]
    return labelled_sequences(sequences, targets, options)


def learned(dataset: Dataset, **changes: object) -> rounds.InRounds:
    silent = lambda _: None  # noqa: E731
    return rounds.learn_rounds(dataset, None, silent, Work(), **changes)  # type: ignore[arg-type]


def score(program: Program, dataset: Dataset) -> float:
    scorer = Scorer.of(dataset, dataset.validation)
    known = Batch(scorer.data.ids, scorer.data.lengths)
    return scorer.quality(Interpreter(program).predict(known)).score


@pytest.mark.parametrize(
    "changes",
    [{}, {"unknown": True}, {"lowercase": True}, {"surfaces": "shape", "frame": True}],
)
def test_the_program_is_as_good_as_the_sums_that_were_compared(
    changes: dict[str, object],
) -> None:
    dataset = read(**changes)  # type: ignore[arg-type]
    found = learned(dataset)
    check(found.program)
    assert score(found.program, dataset) == found.chosen.score


def test_decisions_are_read_by_the_next_round() -> None:
    dataset = read()
    found = learned(dataset)
    assert found.program.decisions
    assert found.chosen.score > 0.9
    # The word before a long name is out of sight of its last part.
    first = replace(found.chosen, rounds=found.chosen.rounds[:1])
    alone = program_of(dataset, first.rounds, {})
    assert score(alone, dataset) < found.chosen.score
    assert not alone.decisions


def test_the_same_again() -> None:
    dataset = read()
    assert learned(dataset).program == learned(dataset).program


def test_causal_tags_read_no_later_token() -> None:
    found = learned(read(), no_later=True)
    heads = [s for s in found.program.statements if isinstance(s, Head)]
    assert heads
    assert all(head.scope is Scope.BEFORE for head in heads)


def test_classes_of_word_vectors() -> None:
    dataset = read()
    words = dataset.input.vocabulary.tokens
    random_state = np.random.default_rng(0)
    vectors = random_state.normal(size=(len(words), 4))
    vectors[0] = np.nan
    many = np.concatenate([vectors, random_state.normal(size=(400, 4))])
    names = [*words, *(f"more {number}" for number in range(400))]
    classes = word_classes(many, names, Work())["class_64"]
    assert classes.ids[0] == 0
    assert classes.domain.tokens[0] == ""
    assert classes.ids[1:].min() > 0
    assert classes.ids[1:].max() == 64
    # Each is named after its first words.
    first = np.flatnonzero(classes.ids == classes.ids[1])[:3]
    named = " ".join(names[place] for place in first)
    assert classes.domain.tokens[classes.ids[1]] == named
    # Too few words have vectors to be grouped.
    assert not word_classes(vectors, words, Work())
    found = learned(dataset, vectors=many[: len(words)])
    assert score(found.program, dataset) == found.chosen.score


def test_words_without_weights_are_no_rows(tmp_path: Path) -> None:
    file = tmp_path / "vectors.txt"
    more = [f"{a}{b}{c}" for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES]
    random_state = np.random.default_rng(0)
    rows = {word: random_state.normal(size=3) for word in [*WORDS, *more]}
    lines = (f"{word} {' '.join(map(str, row))}\n" for word, row in rows.items())
    file.write_text("".join(lines))
    dataset = read(more_words=str(file))
    assert dataset.input.knows("pamise")  # which training data lack
    vectors, _ = vectors_for_data(read_vectors(file), dataset)
    found = learned(dataset, vectors=vectors.astype(np.float64))
    check(found.program)
    assert score(found.program, dataset) == found.chosen.score
    read_by = {term.variable for term in found.program.readout.terms}
    for decide in found.program.decisions:
        read_by |= {term.variable for term in decide.terms}
    assert "listed_word" in read_by
    assert "tokens" not in read_by
    assert any(name.startswith("class_64") for name in read_by)


def test_tables_that_join_words_stay_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "MOST_CELLS", 900)
    dataset = read()
    found = learned(dataset)
    pairs = [t for t in found.program.tables if len(t.inputs) == 2]
    assert pairs
    assert max(t.entries for t in pairs) <= 900
    assert score(found.program, dataset) == found.chosen.score


def test_the_learner_of_sums_learns_tags_of_words_so() -> None:
    dataset = read()
    found = weigh(dataset, EvidenceSettings(), lambda _: None, Work())
    assert found.program.decisions
    assert found.grams == min(s.grams for s in found.front if s.score > 0.9)


@pytest.mark.parametrize(
    ("shape", "kind"),
    [("Xx", "Xx"), ("X.X.", "X"), ("xX", "xX"), ("Xd", "Xd"), ("d.d", "d"), (",", ",")],
)
def test_kinds_of_shapes(shape: str, kind: str) -> None:
    assert kind_of(shape) == kind
