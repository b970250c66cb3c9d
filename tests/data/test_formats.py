"""What a file is whose extension does not say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.data_files import ROWS, table, write
from transformer_programs.data import ReadOptions, read_examples, read_sequences
from transformer_programs.data.files import format_of, known_format
from transformer_programs.data.text_files import open_text
from transformer_programs.errors import DataError

JSON = "".join(f'{{"text": "{text}", "label": "{label}"}}\n' for text, label in ROWS)
CONLL = "-DOCSTART- -X- O\n\n" + "\n\n".join(
    "\n".join(f"{token} NN T{token}" for token in text.split()) for text, _ in ROWS
)


@pytest.mark.parametrize("name", ["eng.train", "a.txt", "a.dat", "a", "a.train.gz"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (JSON, "jsonl"),
        ("\n\n" + JSON, "jsonl"),
        (table(","), "csv"),
        (table(";", ("Text", "Label")), "csv"),
        (table("\t"), "tsv"),
        (table("\t", ()), "tsv"),
        (table(",", ()), "csv"),
        (">a x\nGATTACA\n", "fasta"),
        (CONLL, "conll"),
        ("# a comment\na\tX\nb c\tY\n\nd\tX\n" + "\n\nd\tX" * 20, "conll"),
    ],
)
def test_the_first_lines_say_it(
    tmp_path: Path, name: str, text: str, expected: str
) -> None:
    path = write(tmp_path / name.removesuffix(".gz"), text)
    assert format_of(open_text(path), ReadOptions()) == expected
    assert read_examples(path).sequences


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            table("\t", (), [(t, label, "x") for t, label in ROWS]),
            "of a table without names of columns, set columns='text,label'",
        ),
        (
            table(",", (), [(label, f"{n % 3}") for n, (_, label) in enumerate(ROWS)]),
            "of a table without names of columns, set columns='text,label'",
        ),
        (
            "a long poem\nof two lines\n",
            "set format='jsonl', 'csv', 'tsv', 'conll' or ",
        ),
        ("GATTACA\tx\n" * 300, "set columns='text,label'"),
    ],
)
def test_what_nothing_says_is_refused_with_the_options(
    tmp_path: Path, text: str, hint: str
) -> None:
    with pytest.raises(DataError) as caught:
        read_examples(write(tmp_path / "a.txt", text))
    assert hint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_format_that_is_given(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", table("\t", ()))
    found = read_examples(path, ReadOptions(columns="text,label"))
    assert found.targets[:2] == ("neg", "pos")
    single = write(tmp_path / "b.txt", "a X\nb Y\n")
    assert len(read_examples(single, ReadOptions(format="conll"))) == 1
    other = write(tmp_path / "c.csv", JSON)
    assert len(read_examples(other, ReadOptions(format="jsonl"))) == len(ROWS)


def test_a_format_is_not_that_of_separate_files_with_an_extension(
    tmp_path: Path,
) -> None:
    train = write(tmp_path / "a.dat", table(","))
    test = write(tmp_path / "b.jsonl", JSON)
    data = read_sequences(train, format="csv", test=test)
    assert len(data.test) == len(ROWS)


def test_known_extensions() -> None:
    names = {"a.JSONL.gz": "jsonl", "a.tsv": "tsv", "a.iob": "conll", "a.csv": "csv"}
    assert {name: known_format(Path(name)) for name in names} == names
    assert known_format(Path("a.txt")) is None


def test_json_that_is_not_lines(tmp_path: Path) -> None:
    array = write(tmp_path / "a.json", f"[{','.join(JSON.splitlines())}]")
    with pytest.raises(DataError, match=r"make lines: jq -c '\.\[\]' LIST\.json"):
        read_examples(array)
    pretty = write(tmp_path / "b.json", '{\n "text": "a",\n "label": "b"\n}\n')
    with pytest.raises(DataError, match="each object stands on a line of its own"):
        read_examples(pretty)
    table_ = write(tmp_path / "c.jsonl", table(","))
    with pytest.raises(DataError, match="set format='csv', 'tsv' or 'conll'"):
        read_examples(table_)
    twice = write(tmp_path / "d.jsonl", '{"text": "a", "label": "b", "text": "c"}')
    with pytest.raises(
        DataError, match=r"jsonl:1: expected every field once, found 'te"
    ):
        read_examples(twice)
    inner = '{"text": "a", "label": "b", "more": {"x": 1, "x": 2}}'
    assert len(read_examples(write(tmp_path / "e.jsonl", inner))) == 1
