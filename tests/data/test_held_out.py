"""What is held out: by content, the same however it is read, with groups together."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

import transformer_programs as tp
from transformer_programs.data import Dataset, Examples, ReadOptions, read_examples
from transformer_programs.data.options import ReadChanges
from transformer_programs.errors import DataError, SettingsError

ROWS = [(f"Item {i}, its no. {i * i}", ("low", "high")[i % 3 > 0]) for i in range(120)]
"""Texts of which no two are read as equal, and their labels."""


def write(path: Path, rows: list[tuple[str, str]] = ROWS) -> Path:
    lines = (json.dumps({"text": text, "label": label}) for text, label in rows)
    path.write_text("\n".join(lines))
    return path


def texts(part: Examples) -> set[str]:
    return {"".join(tokens) for tokens in part.sequences}


def held_out(data: Dataset) -> tuple[set[str], set[str]]:
    return texts(data.validation), texts(data.test)


@pytest.mark.parametrize(
    "changes",
    [
        ReadChanges(split="characters"),
        ReadChanges(split="words"),
        ReadChanges(lowercase=True, frame=True),
        ReadChanges(fold_digits=True),
        ReadChanges(surfaces="shape,suffix", max_vocabulary=9),
        ReadChanges(max_length=30, no_label="none"),
        ReadChanges(max_training_length=5),
    ],
)
def test_no_way_of_reading_changes_it(tmp_path: Path, changes: ReadChanges) -> None:
    path = write(tmp_path / "a.jsonl")
    plain = held_out(tp.read_sequences(path))
    assert held_out(tp.read_sequences(path, **changes)) == plain


def test_truncated_texts_are_those_that_were_held_out() -> None:
    pairs = [([f"w{i % 60}", f"v{i}"], "ab"[i % 2]) for i in range(120)]
    whole = tp.labelled_sequences(pairs)
    data = tp.labelled_sequences(pairs, max_length=1, truncate=True)
    assert [s[:1] for s in whole.test.sequences] == list(data.test.sequences)
    for part in (data.train, data.validation):
        assert not set(part.sequences) & set(data.test.sequences)
    assert not set(data.train.sequences) & set(data.validation.sequences)
    lost = len(whole.train) - len(data.train)
    assert lost > 0
    assert any(note.startswith(f"{lost} training") for note in data.notes)


def test_a_part_that_would_lose_most_stays() -> None:
    pairs = [([f"w{i % 3}", f"v{i}"], "ab"[i % 2]) for i in range(60)]
    data = tp.labelled_sequences(pairs, max_length=1, truncate=True)
    assert (len(data.train), len(data.validation), len(data.test)) == (48, 6, 6)
    assert any(
        note.startswith("48 of 48 training sequences equal held-out ones")
        for note in data.notes
    )


@given(seed=st.integers(0, 99), at=st.integers(0, 120), label=st.sampled_from("abc"))
def test_a_row_that_is_added_moves_few_others(seed: int, at: int, label: str) -> None:
    rng = random.Random(seed)
    pairs = [([f"w{i}"], rng.choice("aaabbc")) for i in range(120)]
    before = tp.labelled_sequences(pairs, seed=seed)
    pairs.insert(at, (["new"], label))
    after = tp.labelled_sequences(pairs, seed=seed)
    for old, new in zip(held_out(before), held_out(after), strict=True):
        assert len(old ^ new) <= 4


@given(seed=st.integers(0, 99))
def test_the_order_of_the_rows_does_not_matter(seed: int) -> None:
    pairs = [([f"w{i % 90}"], "abc"[i % 3]) for i in range(120)]
    shuffled = random.Random(seed).sample(pairs, len(pairs))
    one, other = (held_out(tp.labelled_sequences(p, seed=1)) for p in (pairs, shuffled))
    assert one == other


def test_the_test_does_not_depend_on_the_validation(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl")
    data = tp.read_sequences(path)
    more = tp.read_sequences(path, validation_fraction=0.3)
    assert (len(more.validation), more.test) == (36, data.test)
    assert texts(data.validation) < texts(more.validation)
    given = tp.read_sequences(path, validation=path)
    assert given.test == data.test
    no_test = tp.read_sequences(path, test_fraction=0)
    assert texts(no_test.validation) == texts(data.validation)


def test_seeds_give_independent_parts() -> None:
    pairs = [([f"w{i}"], "ab"[i % 2]) for i in range(1000)]
    first, *others = (tp.labelled_sequences(pairs, seed=n).test for n in range(5))
    for other in others:
        assert 1 <= len(texts(first) & texts(other)) <= 25


def test_white_space_does_not_tell_texts_apart() -> None:
    pairs = [(f"w{i // 2}{' ' * (i % 2 + 1)}x", "ab"[i % 2]) for i in range(80)]
    data = tp.labelled_sequences(pairs)
    assert len(data.test) == len(data.validation) == 8
    assert not set(data.train.sequences) & set(data.test.sequences)


def test_runs_of_before_are_split_as_they_were() -> None:
    pairs = [([f"w{i}", "A" if i % 4 else "a"], f"c{i % 3}") for i in range(24)]
    data = tp.labelled_sequences(pairs, seed=3, lowercase=True, split_by="order")
    assert data.validation.sequences == (("w13", "A"), ("w12", "a"))
    assert data.test.sequences == (("w23", "A"), ("w15", "A"))
    assert data.train.sequences[:2] == (("w17", "A"), ("w22", "A"))


GROUPED = [(f"p{i % 30}", f"visit {i}", ("ill", "well")[i % 7 > 2]) for i in range(120)]


def as_table(rows: list[tuple[str, str, str]]) -> str:
    return "\n".join(["patient,text,label", *map(",".join, rows)])


def as_lines(rows: list[tuple[str, str, str]]) -> str:
    names = ("patient", "text", "label")
    lines = (json.dumps(dict(zip(names, row, strict=True))) for row in rows)
    return "\n".join(lines)


@pytest.mark.parametrize(("name", "text"), [("a.csv", as_table), ("a.jsonl", as_lines)])
def test_groups_stay_together(tmp_path: Path, name: str, text) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / name
    path.write_text(text(GROUPED))
    data = tp.read_sequences(path, group_column="Patient")
    group = {("visit", visit.split()[1]): name for name, visit, _ in GROUPED}
    train, validation, test = (
        {group[tokens] for tokens in part.sequences}
        for part in (data.train, data.validation, data.test)
    )
    assert not train & validation
    assert not train & test
    assert not validation & test
    assert (len(train), len(validation), len(test)) == (24, 3, 3)
    assert "12 test sequences, those of equal 'Patient' on one side" in data.notes[0]
    assert len(read_examples(path, ReadOptions(group_column="patient"))) == 120


def test_equal_texts_of_two_groups_are_not_tested_on(tmp_path: Path) -> None:
    rows = [*GROUPED, *((f"p{i}", "same words", "well") for i in range(30))]
    path = tmp_path / "a.csv"
    path.write_text(as_table(rows))
    data = tp.read_sequences(path, group_column="patient")
    assert ("same", "words") in data.test.sequences
    assert ("same", "words") not in data.train.sequences
    assert any(note.startswith("24 training and 3 valid") for note in data.notes)


def test_groups_of_a_given_split_that_leak_are_told(tmp_path: Path) -> None:
    rows = [(*row, "test" if i < 24 else "train") for i, row in enumerate(GROUPED)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["patient,text,label,split", *map(",".join, rows)]))
    note = "21 of 24 test sequences are of groups that are also in the training data"
    assert note in tp.read_sequences(path, group_column="patient").notes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text,label\na,x\n", "csv:1: expected 'patient', beside tokens and la"),
        ("text,label,patient\na,x,1\nb,y,\n", r"csv:3: expected a group in 'patient'"),
    ],
)
def test_groups_that_are_missing(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        tp.read_sequences(path, group_column="patient")


def test_groups_need_names_of_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("a X\n\nb Y\n")
    with pytest.raises(DataError, match=r"a table or JSON lines, .* group_column"):
        tp.read_sequences(path, group_column="patient")
    with pytest.raises(SettingsError, match="group_column: for files"):
        tp.labelled_sequences([("a", "b")] * 9, group_column="patient")
    few = tmp_path / "few.csv"
    few.write_text(as_table([("p1", f"w{i}", "ab"[i % 2]) for i in range(9)]))
    with pytest.raises(DataError, match=r"more than 2 groups in 'patient', .* found 1"):
        tp.read_sequences(few, group_column="patient")
    lines = tmp_path / "a.jsonl"
    lines.write_text('{"text": "a", "label": "x", "patient": 1.5}')
    with pytest.raises(DataError, match="jsonl:1: expected a text or an integer"):
        tp.read_sequences(lines, group_column="patient")
