"""Linear models beside programs: what they see, and that they learn it."""

from __future__ import annotations

import numpy as np
import pytest

from transformer_programs.data import Dataset, labelled_sequences
from transformer_programs.errors import SettingsError
from transformer_programs.lab.baselines import shallow
from transformer_programs.lab.baselines.shallow import (
    BaselineKind,
    Seen,
    beginnings,
    measure_baselines,
    pairs,
    shape,
    window,
)
from transformer_programs.tasks.sources import TaskSource

sklearn = pytest.importorskip("sklearn", reason="needs scikit-learn")


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
    return labelled_sequences(pairs)


def test_words_and_pairs() -> None:
    found = pairs(("a", "b"))
    assert found[1] == "a\nb"
    assert len({"a", "b", *found}) == 5
    assert len(beginnings(("a",))) == 1
    assert len(set(beginnings(("a", "b", "c", "d")))) == 3


def test_windows() -> None:
    words = ("Ada", "met", "<unk>")
    tokens = ("Ada", "met", "Bo")
    assert window(tokens, words, 0, Seen.WORDS)[2:] == ["0wAda", "1wmet", "2w<unk>"]
    assert "2sXx" in window(tokens, words, 0, Seen.SHAPES)
    affixes = window(tokens, words, 1, Seen.AFFIXES)
    assert {"0pm", "0emet", "1pbo", "1ebo", "-1eda"} <= {*affixes}
    assert "2pbo" not in window(tokens, words, 0, Seen.AFFIXES)


def test_shapes() -> None:
    assert [shape(t) for t in ("London", "IBM", "1990s", "ÄÖx-3", "x.y")] == [
        *("Xx", "X", "dx", "Xx-d", "x.x"),
    ]


def test_pairs_tell_what_words_do_not() -> None:
    found = {row.name: row for row in measure_baselines(texts(), [*BaselineKind][2:])}
    assert [*found] == [
        "naive Bayes over positions",
        "naive Bayes, words",
        "naive Bayes, words and pairs",
        "logistic regression, words",
        "logistic regression, words and pairs",
        "logistic regression, words, pairs and beginnings",
    ]
    with_pairs = found["logistic regression, words and pairs"].test
    assert with_pairs.accuracy == 1
    assert found["logistic regression, words"].test.accuracy < 0.9
    assert with_pairs.entity_f1 is None
    assert found["naive Bayes, words and pairs"].test.accuracy >= 0.9


def test_shapes_tell_names_apart() -> None:
    kinds = (BaselineKind.MAJORITY, BaselineKind.TOKEN, BaselineKind.LOGISTIC)
    rows = [*measure_baselines(names(), kinds)]
    assert [row.test.entity_f1 for row in rows[:2]] == [0, 0]
    assert [row.name for row in rows[2:]] == [
        "logistic regression, words of 5 tokens",
        "logistic regression, words and shapes of 5 tokens",
        "logistic regression, words, shapes and affixes of 5 tokens",
    ]
    assert rows[3].test.entity_f1 == 1
    assert rows[3].numbers() == {
        "accuracy": 1.0,
        "entity_f1": 1.0,
        "kind": "logistic",
        "seconds": pytest.approx(rows[3].seconds, abs=0.1),
    }


def test_tasks_with_a_frame_and_positions_without_label() -> None:
    data = TaskSource("dyck1", size=200, max_length=6).dataset()
    [*rows] = measure_baselines(data, [BaselineKind.LOGISTIC])
    assert all(0.5 < row.test.accuracy <= 1 for row in rows)


def test_the_same_numbers_every_time() -> None:
    first, again = (
        [row.test for row in measure_baselines(texts(), [BaselineKind.LOGISTIC])]
        for _ in range(2)
    )
    assert first == again


def test_what_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="one label per sequence: expected a kind"):
        [*measure_baselines(texts(), [BaselineKind.TOKEN])]
    with pytest.raises(
        SettingsError, match=r"a label per token: expected .*, got naiv"
    ):
        [*measure_baselines(names(), [BaselineKind.NAIVE_BAYES])]
    monkeypatch.setattr(shallow, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"transformer-programs\[sklearn\]"):
        [*measure_baselines(texts(), [BaselineKind.LOGISTIC])]
    assert len([*measure_baselines(texts(), [BaselineKind.MAJORITY])]) == 1
