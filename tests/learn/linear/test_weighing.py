"""How weights are fitted, and the learner as a whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

import transformer_programs as tp
from transformer_programs.data import labelled_sequences
from transformer_programs.language import Interpreter, encode_batch
from transformer_programs.learn.linear import learner
from transformer_programs.learn.linear.fitting import (
    LabelledCounts,
    Penalty,
    choose,
    fit,
    folds,
    naive_bayes,
)
from transformer_programs.learn.linear.learner import weigh
from transformer_programs.settings import EvidenceSettings
from transformer_programs.system import Work


def drawn(count: int = 400, seed: int = 0) -> LabelledCounts:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 3, size=(count, 6)).astype(float)
    counts[:, -1] = 1
    labels = (counts[:, 0] > counts[:, 1]).astype(np.int64)
    return LabelledCounts(csr_array(counts), labels, 2, np.arange(count))


def test_weights_tell_the_labels_apart() -> None:
    data = drawn()
    weights = fit(data, Penalty(strength=30.0), Work())
    assert ((data.counts @ weights).argmax(axis=1) == data.labels).mean() > 0.9


def test_a_longer_sequence_of_the_same_shares_has_the_same_label() -> None:
    data = drawn()
    twice = LabelledCounts(csr_array(data.counts * 2), data.labels, 2, data.groups)
    one, other = (fit(x, Penalty(scale="rarity"), Work()) for x in (data, twice))
    # Weights are learned from sequences of unit length.
    assert np.abs(one - other).max() < 1e-6 * np.abs(one).max() + 1e-9


def test_naive_bayes_by_hand() -> None:
    counts = csr_array(np.array([[2.0, 0, 1], [0, 1, 1], [1, 1, 1]]))
    data = LabelledCounts(counts, np.array([0, 1, 1]), 2, np.arange(3))
    found = naive_bayes(data, 1.0)
    # Sequences that have each feature, one added: (2, 1) and (2, 3).
    log = np.log(np.array([[2 / 3, 2 / 5], [1 / 3, 3 / 5], [2, 3]]))
    assert np.allclose(found, log - log.mean(axis=1, keepdims=True))


def test_groups_are_held_out_together() -> None:
    data = drawn()
    together = LabelledCounts(data.counts, data.labels, 2, data.groups // 4)
    for inside, outside in folds(together):
        assert not set(inside.groups) & set(outside.groups)


def test_the_choice_is_the_same_each_time() -> None:
    assert choose(drawn(), Work()) == choose(drawn(), Work())


def test_work_is_accounted_for() -> None:
    work = Work()
    fit(drawn(), Penalty(), work)
    assert work.units > 0


def reviews(size: int = 300) -> tuple[list[list[str]], list[str]]:
    rng = np.random.default_rng(3)
    words = [f"w{i}" for i in range(80)]
    texts, labels = [], []
    for _ in range(size):
        text = rng.choice(words, size=6).tolist()
        good = bool(rng.integers(2))
        text[rng.integers(5)] = "not" if rng.integers(2) else "so"
        place = next(i for i, word in enumerate(text) if word in ("not", "so"))
        text[place + 1] = "good" if good == (text[place] == "so") else "bad"
        texts.append(text)
        labels.append("positive" if good else "negative")
    return texts, labels


def test_pairs_of_words_are_found() -> None:
    data = labelled_sequences(*reviews())
    found = weigh(data, EvidenceSettings(size="short"), lambda _: None, Work())
    texts = found.program.domains["gram_2"].tokens
    assert {"not good", "not bad", "so good", "so bad"} <= set(texts)
    assert max(sized.score for sized in found.front) == 1


def test_short_is_shorter() -> None:
    data = labelled_sequences(*reviews())
    short, accurate = (
        weigh(data, EvidenceSettings(size=size), lambda _: None, Work()).grams
        for size in ("short", "accurate")
    )
    assert short <= accurate


def test_n_grams_may_be_of_single_tokens_alone() -> None:
    data = labelled_sequences(*reviews())
    found = weigh(data, EvidenceSettings(longest=1), lambda _: None, Work())
    assert not found.program.heads or "gram_2" not in found.program.domains


@pytest.mark.parametrize("causal", [False, True])
def test_labels_of_tokens(causal: bool) -> None:
    rng = np.random.default_rng(5)
    texts = [rng.choice(list("abcd"), size=8).tolist() for _ in range(120)]
    shift = -1 if causal else 1
    tags = [
        [
            "yes" if 0 <= i + shift < 8 and text[i + shift] == "a" else "no"
            for i in range(8)
        ]
        for text in texts
    ]
    run = tp.train(labelled_sequences(texts, tags), learner="linear", causal=causal)
    assert run.report is not None
    assert run.report.learner == "linear"
    assert run.accuracy.per_label > 0.95


def test_labels_that_the_training_data_lack_count_as_errors() -> None:
    texts, labels = reviews()
    data = labelled_sequences(texts, labels)
    odd = (*data.validation.targets[:-1], "unheard")
    changed = tp.Dataset(
        *(data.name, data.input, data.labels, data.tagging, data.train),
        tp.data.Examples(data.validation.sequences, odd),
        data.test,
    )
    found = weigh(changed, EvidenceSettings(), lambda _: None, Work())
    assert max(sized.score for sized in found.front) < 1


def test_a_weight_is_a_number_of_repetitions() -> None:
    data = drawn(60)
    times = np.arange(60) % 3
    repeated = data.rows(np.repeat(np.arange(60), times))
    weighed = replace(data, given=times.astype(float))
    for penalty in (Penalty(strength=30.0), Penalty("rarity", 3.0, 0.3, 0.3)):
        one, other = (fit(x, penalty, Work()) for x in (repeated, weighed))
        assert np.abs(one - other).max() < 1e-3 * np.abs(one).max()
    assert (naive_bayes(repeated, 1.0) == naive_bayes(weighed, 1.0)).all()


def test_equal_weights_change_nothing() -> None:
    data = drawn()
    ones = replace(data, given=np.ones(len(data)))
    assert choose(data, Work()) == choose(ones, Work())


@pytest.mark.parametrize("tagging", [False, True])
def test_weights_of_data_reach_the_learner(tagging: bool) -> None:
    # Of the same sequences with both labels, the weights decide.
    words = ["a", "b", "a b", "b a", "a a", "b b"] * 30
    names = ["x"] * 90 + ["y"] * 90
    if tagging:
        tags = [[n] * len(w.split()) for w, n in zip(words, names, strict=True)]
        data = labelled_sequences([w.split() for w in words], tags)
    else:
        data = labelled_sequences(words, names)
    for wanted in ("x", "y"):
        by_label = tuple(9.0 if label == wanted else 1.0 for label in data.labels)
        first = [t if isinstance(t, str) else t[0] for t in data.train.targets]
        by_sequence = tuple(9.0 if label == wanted else 1.0 for label in first)
        for weighed in (
            replace(data, label_weights=by_label),
            replace(data, train=replace(data.train, weights=by_sequence)),
        ):
            found = weigh(weighed, EvidenceSettings(), lambda _: None, Work())
            program = found.program
            said = Interpreter(program).predict(encode_batch(program.input, [("a",)]))
            assert program.readout.labels[said.ravel()[0]] == wanted


def test_weights_of_many_labels_stay_few_enough_to_be_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(learner, "MOST_WRITTEN", 40)
    data = labelled_sequences(*reviews())
    found = weigh(data, EvidenceSettings(size="accurate"), lambda _: None, Work())
    assert found.grams * len(data.labels) <= 40
    assert found.known > found.grams
