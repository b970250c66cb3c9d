"""Encodings, line ends, compression, and what is no text file at all."""

from __future__ import annotations

import codecs
import gzip
import os
from pathlib import Path

import pytest

from data.data_files import ROWS, table, write
from transformer_programs.data import read_examples, read_sequences
from transformer_programs.data.text_files import open_text
from transformer_programs.errors import DataError
from transformer_programs.tasks.sources import FileSource

TEXT = table(",", rows=[(f"{text} café", label) for text, label in ROWS])


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), None),
        (codecs.BOM_UTF8 + TEXT.encode(), None),
        (TEXT.encode("utf-16"), None),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), None),
        (TEXT.encode("utf-32"), None),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("latin-1"), "latin-1"),
        (TEXT.replace("\n", "\r\n").encode(), None),
        (TEXT.replace("\n", "\r").encode(), None),
        (TEXT.replace("\n", "\r\n", 5).encode(), None),
        (gzip.compress(TEXT.encode("utf-16")), None),
    ],
)
def test_encodings_and_line_ends(
    tmp_path: Path, data: bytes, encoding: str | None
) -> None:
    data_set = read_sequences(write(tmp_path / "a.csv", data), encoding=encoding)
    assert "café" in data_set.input.vocabulary
    assert sorted(data_set.sequences)[0] == ("w0", "is", "here", "café")
    assert len(data_set.sequences) == len(ROWS)
    assert len(data_set.notes) == 1  # that of the split


def test_what_is_not_utf8_is_read_as_windows_text_with_a_note(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", TEXT.encode("cp1252"))
    data = read_sequences(path)
    assert "café" in data.input.vocabulary
    assert data.notes[0] == (
        f"{path}:2: not UTF-8, so the file is read as cp1252 (Windows, Western "
        "Europe); set encoding (--encoding) if it is another"
    )
    told: list[str] = []
    read_examples(path, on_note=told.append)
    assert told == [data.notes[0]]
    with pytest.raises(DataError, match=r"csv:2: expected UTF-8 text, found byte 0xe9"):
        read_sequences(path, encoding="utf-8")
    broken = write(tmp_path / "b.csv", TEXT.encode("cp1252") + b"a,b,c\n")
    with pytest.raises(DataError, match=r"csv:32: .*found 3.*\(.*read as cp1252"):
        read_sequences(broken)


def test_byte_order_marks_of_joined_files(tmp_path: Path) -> None:
    text = '{"text": "a b", "label": "x"}\n'
    data = (codecs.BOM_UTF8 + text.encode()) * 3
    found = read_examples(write(tmp_path / "a.jsonl", data))
    assert found.sequences == (("a", "b"),) * 3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            TEXT.encode("utf-16-le"),
            ":1: expected UTF-8 text, found a zero in every sec",
        ),
        (TEXT.encode("utf-16-be"), "has; set encoding='utf-16-be'"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), ":1: expected text, found bytes that are n"),
        (b"text,label\na,\x81\n", ":2: expected UTF-8 text, found byte 0x81 at byte 2"),
        (
            b"PK\x03\x04" + bytes(9),
            "found a zip archive, as Excel files are; export it",
        ),
        (b"PAR1", "found a Parquet file; write it as JSON lines"),
        (b"BZh91AY", "found a bzip2 file"),
        (
            gzip.compress(TEXT.encode())[:-9],
            ": expected a whole gzip file, found a tru",
        ),
    ],
)
def test_what_is_no_text_file(tmp_path: Path, data: bytes, message: str) -> None:
    path = write(tmp_path / "a.csv", data)
    with pytest.raises(DataError) as caught:
        read_sequences(path)
    assert str(caught.value).startswith(f"{path}:")
    assert message in str(caught.value)


def test_the_line_of_a_byte_far_into_the_file(tmp_path: Path) -> None:
    data = TEXT.encode() * 2000 + b"a,\x81\n"
    assert len(data) > 1 << 20
    with pytest.raises(DataError, match=r"a\.csv:62001: .*0x81 at byte 2 of the line"):
        open_text(write(tmp_path / "a.csv", data))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipes_and_devices_are_refused_before_they_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    for path in (tmp_path / "a.csv", Path(os.devnull)):
        for read in (read_sequences, lambda path: FileSource(str(path)).stamped()):
            with pytest.raises(DataError, match=r"found a pipe or a device; write wha"):
                read(path)


def test_a_missing_file_is_called_the_same_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "nope.csv"
    said = set()
    for read in (read_sequences, read_examples, lambda p: FileSource(str(p)).stamped()):
        with pytest.raises(DataError) as caught:
            read(path)
        said.add(str(caught.value))
    assert said == {f"{path}: no such file"}


def test_what_is_made_to_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = tmp_path / "a.csv.gz"
    bomb.write_bytes(gzip.compress(b"a" * (20 << 20)))
    with pytest.raises(DataError, match="unpacks to more than 100 times its size"):
        open_text(bomb)
    monkeypatch.setattr("transformer_programs.data.text_files.LONGEST_LINE", 9)
    path = write(tmp_path / "a.csv", "short\nmuch longer\n")
    with pytest.raises(DataError, match=r"a\.csv:2: expected at most 9 characters in"):
        list(open_text(path).lines())
