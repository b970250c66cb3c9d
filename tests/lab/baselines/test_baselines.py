"""Simple methods beside programs: that they learn what they can see."""

from __future__ import annotations

import numpy as np
import pytest

from transformer_programs.data import Dataset, labelled_sequences
from transformer_programs.errors import SettingsError
from transformer_programs.lab.baselines import shallow
from transformer_programs.lab.baselines.shallow import (
    BaselineKind,
    kinds_for,
    measure_baselines,
    missing_package,
)
from transformer_programs.tasks.sources import TaskSource

pytest.importorskip("sklearn", reason="needs scikit-learn")
pytest.importorskip("pycrfsuite", reason="needs python-crfsuite")


def texts() -> Dataset:
    """A text is good if "not" stands right before "bad", or "bad" is not there."""
    rng = np.random.default_rng(0)
    pairs = []
    for number in range(200):
        words = [*rng.choice(["so", "very", "it", "is"], 4), f"n{number}"]
        inside = int(rng.integers(3))
        words[2:2] = (["not", "bad"], ["bad", "not"], ["fine"])[inside]
        pairs.append((list(map(str, words)), "poor" if inside == 1 else "good"))
    return labelled_sequences(pairs)


def names() -> Dataset:
    """Names are in capitals, and never seen twice; the word before says the type."""
    rng = np.random.default_rng(0)
    pairs = []
    for number in range(150):
        name = (
            f"{'QWXYZ'[number % 5]}{'abcde'[number // 5 % 5]}{'fghijk'[number // 25]}"
        )
        kind = ("LOC", "PER")[int(rng.integers(2))]
        before = {"LOC": "in", "PER": "by"}[kind]
        tokens = ["it", "was", before, name, "then"]
        tags = ["O", "O", "O", f"B-{kind}", "O"]
        pairs.append((tokens, tags))
    return labelled_sequences(pairs, max_vocabulary=20_000)  # words as they are


def signals() -> Dataset:
    """A signal is high if its third and its ninth letter are both a."""
    rng = np.random.default_rng(0)
    rows = ["".join(rng.choice(["a", "b"], 12)) for _ in range(300)]
    labels = ["high" if row[2] == row[8] == "a" else "low" for row in rows]
    return labelled_sequences([(list(r), y) for r, y in zip(rows, labels, strict=True)])


def brackets() -> Dataset:
    """Everything from an opening bracket on is inside, however far it is."""
    rng = np.random.default_rng(0)
    pairs = []
    for number in range(120):
        before, inside = (int(n) for n in rng.integers(3, 9, 2))
        tokens = [*(f"w{number + i}" for i in range(before)), "("]
        tokens += [f"w{number + i}" for i in range(inside)]
        pairs.append((tokens, ["out"] * before + ["in"] * (inside + 1)))
    return labelled_sequences(pairs)


def test_pairs_tell_what_words_do_not() -> None:
    data = texts()
    found = {row.kind: row for row in measure_baselines(data, kinds_for(data))}
    assert [*found] == [
        *("majority", "positions", "naive-bayes", "logistic", "svm", "tree")
    ]
    for kind in ("logistic", "svm"):
        assert found[kind].test.accuracy == 1
        assert found[kind].chosen.startswith("words 1-2, C = ")
        assert found[kind].unit == "weights"
    assert found["naive-bayes"].test.accuracy >= 0.9
    assert found["naive-bayes"].chosen.startswith("words 1-2, alpha = ")
    assert found["svm"].test.entity_f1 is None


def test_a_tree_sees_what_stands_where() -> None:
    (tree,) = measure_baselines(signals(), [BaselineKind.TREE])
    assert tree.test.accuracy == tree.validation.accuracy == 1
    assert tree.chosen == "tokens by place, leaves of 1 or more"
    assert (tree.size, tree.unit) == (5, "nodes")


def test_shapes_tell_names_apart() -> None:
    kinds = (BaselineKind.MAJORITY, BaselineKind.TOKEN, BaselineKind.LOGISTIC)
    rows = [*measure_baselines(names(), [*kinds, BaselineKind.CRF])]
    assert [row.test.entity_f1 for row in rows] == [0, 0, 1, 1]
    assert [row.name for row in rows[2:]] == ["logistic regression", "CRF"]
    numbers = rows[3].numbers()
    assert numbers == {
        "accuracy": 1.0,
        "entity_f1": 1.0,
        "kind": "crf",
        "seconds": pytest.approx(rows[3].seconds, abs=0.01),
        "validation": {"accuracy": 1.0, "entity_f1": 1.0},
        "size": rows[3].size,
        "unit": "weights",
        "chosen": "words within 2 tokens, c1 = 0.1, c2 = 0.1",
    }
    assert numbers["size"] > 0


def test_a_crf_carries_labels_on() -> None:
    kinds = (BaselineKind.LOGISTIC, BaselineKind.CRF)
    regression, crf = measure_baselines(brackets(), kinds)
    assert crf.test.accuracy == 1
    assert regression.test.accuracy < 1


def test_tasks_with_a_frame_and_positions_without_label() -> None:
    data = TaskSource("dyck1", size=200, max_length=6).dataset()
    rows = [*measure_baselines(data, [BaselineKind.LOGISTIC, BaselineKind.CRF])]
    assert all(0.5 < row.test.accuracy <= 1 for row in rows)
    partly = TaskSource("induction", size=80).dataset()  # letters alone have a label
    rows = [*measure_baselines(partly, kinds_for(partly))]
    assert all(0 <= row.test.accuracy <= 1 for row in rows)


def test_one_label_alone() -> None:
    data = labelled_sequences([([f"w{n}", "x"], "same") for n in range(40)])
    assert all(r.test.accuracy == 1 for r in measure_baselines(data, kinds_for(data)))
    data = labelled_sequences([([f"w{n}", "x"], ["t", "t"]) for n in range(40)])
    assert all(r.test.accuracy == 1 for r in measure_baselines(data, kinds_for(data)))


def test_the_same_numbers_every_time() -> None:
    def measured(data: Dataset) -> list[object]:
        rows = measure_baselines(data, kinds_for(data))
        return [(row.validation, row.test, row.chosen, row.size) for row in rows]

    assert measured(texts()) == measured(texts())
    assert measured(brackets()) == measured(brackets())


def test_every_method_is_told_before_it_is_fitted() -> None:
    told: list[str] = []
    kinds = (BaselineKind.MAJORITY, BaselineKind.POSITIONS)
    rows = measure_baselines(texts(), kinds, told.append)
    next(rows)
    assert told == ["the most frequent label"]
    next(rows)
    assert told[1:] == ["naive Bayes over positions"]


def test_what_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="one label per sequence: expected a kind"):
        [*measure_baselines(texts(), [BaselineKind.TOKEN])]
    with pytest.raises(
        SettingsError, match=r"a label per token: expected .*, got naiv"
    ):
        [*measure_baselines(names(), [BaselineKind.NAIVE_BAYES])]
    monkeypatch.setattr(shallow, "find_spec", lambda _: None)
    assert missing_package(BaselineKind.SVM) == "scikit-learn"
    assert missing_package(BaselineKind.MAJORITY) is None
    wanted = (
        r"needs python-crfsuite, .* pip install 'transformer-programs\[baselines\]'"
    )
    with pytest.raises(SettingsError, match=wanted):
        [*measure_baselines(names(), [BaselineKind.CRF])]
    assert len([*measure_baselines(texts(), [BaselineKind.MAJORITY])]) == 1
