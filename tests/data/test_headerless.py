"""Tables whose first line is data, and which column is what."""

from __future__ import annotations

from pathlib import Path

import pytest

import transformer_programs as tp
from data.data_files import ROWS, table, write
from transformer_programs.data import ReadOptions, read_examples
from transformer_programs.data.headerless import names_of
from transformer_programs.errors import DataError

PARTS = ("train", "train", "dev", "test")
TAGS = [(f"w{i} is v{i}", f"N V {'NP'[i % 2]}") for i in range(30)]


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        (ROWS, "text label"),
        ([row[::-1] for row in ROWS], "label text"),
        ([(str(n), *row) for n, row in enumerate(ROWS)], "column_1 text label"),
        ([(*row, PARTS[n % 4]) for n, row in enumerate(ROWS)], "text label split"),
        ([(f"GATTA{'C' * n}", "+-"[n % 2]) for n in range(9)], "text label"),
        ([(str(n), str(n % 2)) for n in range(9)], "text label"),
        ([(f"w{n % 3} is", "ab"[n % 2]) for n in range(20)], "text label"),
        (TAGS, "text tags"),
        ([row[::-1] for row in TAGS], "tags text"),
    ],
)
def test_what_recurs_are_labels(rows: list[tuple[str, ...]], names: str) -> None:
    assert names_of(rows) == names.split()


@pytest.mark.parametrize(
    "rows",
    [
        [("seq", "class"), *ROWS],  # the first line may be names
        ROWS[:3],
        [*ROWS, ("a", "b", "c")],
        [(text, label, label) for text, label in ROWS],  # two that can be labels
        [(text, text, label) for text, label in ROWS],  # two that can be texts
        [(f"w{n}", f"v{n}", "ab"[n % 2]) for n in range(9)],
        [(text, text) for text, _ in ROWS],  # none that can be labels
        [(str(n % 3), str(n % 2)) for n in range(20)],
        [(text,) for text, _ in ROWS],
    ],
)
def test_what_is_not_clear(rows: list[tuple[str, ...]]) -> None:
    assert names_of(rows) is None


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_they_are_read_with_a_note(tmp_path: Path, name: str, delimiter: str) -> None:
    path = write(tmp_path / name, table(delimiter, ()))
    data = tp.read_sequences(path)
    assert len(data.sequences) == len(ROWS)
    assert data.labels == ("neg", "pos")
    assert data.notes[0] == (
        f"{path}: the first line is read as data, and the columns as text,label; "
        "if that is wrong, set columns (--columns)"
    )
    named = tp.read_sequences(write(tmp_path / "b.csv", table(",")))
    assert (data.train, data.test) == (named.train, named.test)


def test_the_delimiter_of_the_extension_is_preferred(tmp_path: Path) -> None:
    rows = [(f"a{i},b", "xy"[i % 2]) for i in range(20)]
    text = table("\t", (), rows)
    tabs = read_examples(write(tmp_path / "a.tsv", text))
    assert tabs.targets[:2] == ("x", "y")
    # One comma and one tab in every line: nothing else says which of them it is.
    unclear = write(tmp_path / "a.txt", text)
    with pytest.raises(DataError, match=r"set columns='text,label' and delimiter$"):
        read_examples(unclear)
    assert read_examples(unclear, ReadOptions(delimiter="tab")) == tabs


def test_separate_files_have_the_columns_of_the_first(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", table(",", ()))
    test = write(tmp_path / "b.csv", "w3 is here,pos\n")
    data = tp.read_sequences(path, test=test)
    assert data.test.targets == ("pos",)
    with pytest.raises(DataError, match=r"b\.csv:1: expected .* set tokens_column"):
        read_examples(test)
    assert len(read_examples(test, ReadOptions(columns="text,label"))) == 1


def test_words_of_conll_files_with_any_extension(tmp_path: Path) -> None:
    """As the files of the shared task are: marks of documents are no tokens."""
    sentence = "EU NNP I-NP I-ORG\nrejects VBZ I-VP O\nGerman JJ I-NP I-MISC\n\n"
    mark = "-DOCSTART- -X- O O\n\n"
    path = write(tmp_path / "eng.train", (mark + sentence * 3) * 9)
    examples = read_examples(path)
    assert len(examples) == 27
    assert set(examples.sequences) == {("EU", "rejects", "German")}
    assert set(examples.targets) == {("I-ORG", "O", "I-MISC")}
    marked = write(tmp_path / "deu.testa", "-DOCSTART-\tO\n\n" + "EU\tO\n\n" * 9)
    assert set(read_examples(marked).sequences) == {("EU",)}


def test_one_block_of_lines_is_no_evidence_for_sentences(tmp_path: Path) -> None:
    text = "".join(f"GATTA{'C' * n}\t{'+-'[n % 2]}\n" for n in range(20))
    examples = read_examples(write(tmp_path / "a.dat", text + "\n\n"))
    assert len(examples) == 20
    assert examples.targets[:2] == ("+", "-")
