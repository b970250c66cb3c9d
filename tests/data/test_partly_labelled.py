"""Sequences only some of whose tokens have a label, from everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import transformer_programs as tp
from transformer_programs.data import NO_LABEL, read_examples
from transformer_programs.data.accuracy import evaluate
from transformer_programs.data.metrics import Score, Scorer
from transformer_programs.data.options import ReadChanges
from transformer_programs.data.tags import BIO
from transformer_programs.errors import DataError

PAIRS = [
    ([f"w{i}", "is", "here"], ["A" if i % 2 else "B", None, "A" if i % 3 else None])
    for i in range(20)
]
"""Tokens with tags, None where none is known."""


def as_jsonl() -> str:
    return "".join(json.dumps({"tokens": s, "tags": t}) + "\n" for s, t in PAIRS)


def as_columns() -> str:
    return "\n\n".join(
        "\n".join(f"{token} {tag or '_'}" for token, tag in zip(*pair, strict=True))
        for pair in PAIRS
    )


def as_table() -> str:
    rows = [f"{' '.join(s)},{' '.join(g or '_' for g in t)}\n" for s, t in PAIRS]
    return "text,tags\n" + "".join(rows)


def as_table_of_labels() -> str:
    return as_table().replace("tags", "label", 1)


@pytest.mark.parametrize(
    ("name", "text", "changes"),
    [
        ("a.jsonl", as_jsonl(), ReadChanges()),
        ("a.conll", as_columns(), ReadChanges(no_label="_")),
        ("a.csv", as_table(), ReadChanges(no_label="_")),
        ("a.csv", as_table_of_labels(), ReadChanges(no_label="_")),
        ("a.jsonl", as_jsonl().replace("null", '"?"'), ReadChanges(no_label="?")),
    ],
)
def test_every_format_has_them(
    tmp_path: Path, name: str, text: str, changes: ReadChanges
) -> None:
    path = tmp_path / name
    path.write_text(text)
    found = read_examples(path, tp.ReadOptions(**changes))
    assert found.targets == tuple(tuple(tags) for _, tags in PAIRS)
    data = tp.read_sequences(path, **changes)
    assert data.labels == ("A", "B")
    note = "27 of 60 tokens have no label: nothing is learned from theirs, and nothing"
    assert any(text.startswith(note) for text in data.notes)
    in_memory = tp.labelled_sequences(PAIRS)
    assert (data.train, data.test) == (in_memory.train, in_memory.test)


def test_only_the_option_makes_an_underscore_no_label(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text(as_columns())
    assert tp.read_sequences(path).labels == ("A", "B", "_")


def test_they_are_neither_learned_nor_scored() -> None:
    data = tp.labelled_sequences(PAIRS)
    encoded = data.encode(data.test)
    unknown = np.array([[tag is None for tag in tags] for tags in data.test.targets])
    np.testing.assert_array_equal(encoded.targets == NO_LABEL, unknown)
    known = int((~unknown).sum())
    answers = dict(zip(data.test.sequences, data.test.targets, strict=True))

    def right_where_known(tokens: object) -> list[str]:
        return [tag or "B" for tag in answers[tuple(tokens)]]  # type: ignore[arg-type]

    found = evaluate(right_where_known, data.test)
    assert (found.per_label, found.labels, found.per_sequence) == (1.0, known, 1.0)
    wrong = np.where(unknown, 1, encoded.targets)
    assert Scorer.of(data, data.test).quality(wrong).accuracy == 1.0


def test_a_program_is_learned_from_them() -> None:
    pairs = [
        ([a, b, a], [a.upper(), None, None] if n % 2 else [None, b.upper(), None])
        for n, (a, b) in enumerate((a, b) for a in "xyz" for b in "xyz" for _ in "123")
    ]
    data = tp.labelled_sequences(pairs)
    result = tp.train(data, learner="search", search=tp.SearchSettings(seconds=10))
    assert result.accuracy is not None
    assert result.accuracy.per_label == 1.0
    assert result.program(["x", "y", "z"]) == ["X", "Y", "Z"]


def test_the_same_sequence_with_other_tags_known_is_no_conflict() -> None:
    def notes(*more: tuple[list[str], list[str | None]]) -> str:
        return " ".join(tp.labelled_sequences([*PAIRS, *more]).notes)

    assert "different labels" not in notes((PAIRS[0][0], ["B", "A", None]))
    assert "1 distinct sequence has different labels" in notes(
        (PAIRS[0][0], [None, "A", None]), (PAIRS[0][0], [None, "B", None])
    )


def test_entities_after_an_unknown_tag_may_go_on() -> None:
    tags = [[None, "I-X", "O"], ["B-X", "I-X", None]]
    pairs = [([f"w{i}", "a", "b"], tags[i % 2]) for i in range(12)]
    data = tp.labelled_sequences(pairs, tag_scheme="iob2")
    assert data.labels == ("B-X", "I-X", "O")
    assert not any("IOB1" in note for note in tp.labelled_sequences(pairs).notes)
    broken = [(tokens, ["O", "I-X", None]) for tokens, _ in pairs]
    with pytest.raises(DataError, match=r"data\[0\]: .* 'I-X' at position 1 does not"):
        tp.labelled_sequences(broken, tag_scheme="iob2")


@pytest.mark.parametrize("frame", [False, True])
def test_entities_beside_an_unknown_tag_are_not_scored(frame: bool) -> None:
    rows = [["B-X", "I-X", "O", "B-X"], ["B-X", None, "O", "B-X"], [None, "I-X", "O"]]
    pairs = [
        ([f"w{n}", *"abc"[: len(rows[n % 3]) - 1]], rows[n % 3]) for n in range(30)
    ]
    data = tp.labelled_sequences(pairs, frame=frame)
    assert data.tags == BIO
    answers = dict(zip(data.test.sequences, data.test.targets, strict=True))

    def nearly(tokens: object) -> list[str]:
        """Right but for what stands beside an unknown tag."""
        tags = answers[tuple(tokens)]  # type: ignore[arg-type]
        return [tag or "I-X" for tag in tags]

    found = evaluate(nearly, data.test)
    kinds = [sum(tags == tuple(row) for tags in data.test.targets) for row in rows]
    there = 2 * kinds[0] + kinds[1]
    assert found.entities == {"X": Score(there, there, there)}
    ids = {label: number for number, label in enumerate(data.labels)}
    predicted = data.encode(data.test).targets.copy()
    for row, tokens in enumerate(data.test.sequences):
        start = data.input.offset
        predicted[row, start : start + len(tokens)] = [ids[t] for t in nearly(tokens)]
    assert Scorer.of(data, data.test).quality(predicted).entity_f1 == 1.0


def test_an_unknown_tag_leaves_open_what_begins_after_it() -> None:
    tags = [["I-X", None, "I-X", "I-X"], ["O", "I-X", "B-X", None]]
    pairs = [([f"w{i}", *"abc"], tags[i % 2]) for i in range(12)]
    data = tp.labelled_sequences(pairs, tag_scheme="iob1")
    assert {*data.train.targets} == {
        ("B-X", None, "I-X", "I-X"),
        ("O", "B-X", "B-X", None),
    }
