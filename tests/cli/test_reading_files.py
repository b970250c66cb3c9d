"""Files of all kinds, given to the commands."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cli.commands import Done, refused, tprog
from data.data_files import ROWS, table, write

SEARCH = ("--learner", "search", "--search-seconds", "5")


@pytest.fixture
def train(tmp_path: Path) -> object:
    def run(name: str, data: str | bytes, *options: str | Path) -> Done:
        file = write(tmp_path / name, data)
        return tprog("train", "--data", file, "--out", tmp_path / "run", *options)

    return run


@pytest.mark.parametrize(
    ("name", "data", "options", "message"),
    [
        (
            "a.csv",
            table(",", ("seq", "class")),
            (),
            "set --tokens-column='seq' and --label-column='class'",
        ),
        (
            "a.csv",
            table(";", ("seq", "class")),
            (),
            "set --tokens-column='seq' and --label-column='class' and set "
            "--delimiter=';'",
        ),
        (
            "a.tsv",
            table("\t", (), [(text, label, "x") for text, label in ROWS]),
            (),
            "if the file has no names, set --columns='text,label,column_3'",
        ),
        ("a.csv", table(",").encode("utf-16-le"), (), "set --encoding='utf-16-le'"),
        ("a.csv", b"text,label\na,\x81\n", (), "set --encoding='cp1252' or what it is"),
        ("a.foo", "nothing known\n", (), "set --format='jsonl', 'csv', 'tsv', 'conl"),
        ("a.csv", '{"text": "a"}\n', (), "set --format='jsonl'"),
        (
            "a.csv",
            table(","),
            ("--tokens-column", "text", "--label-column", "text"),
            "--tokens-column and --label-column are both 'text'",
        ),
        ("a.csv", table(","), ("--delimiter", ",,"), "--delimiter needs a single char"),
        (
            "a.csv",
            table(","),
            ("--encoding", "x"),
            "--encoding needs the name of one, ",
        ),
        ("a.csv", table(","), ("--columns", "a"), "--columns needs at least two names"),
        ("a.jsonl", '{"text": "a", "text": "b", "label": 1}', (), "found 'text' twice"),
        (
            "a.jsonl",
            '{"text": "a", "label": null}',
            (),
            "no label and are left out (the first: ",
        ),
    ],
)
def test_bad_files_get_one_line_with_the_option_that_helps(
    tmp_path: Path, name: str, data: str | bytes, options: tuple[str, ...], message: str
) -> None:
    file = write(tmp_path / name, data)
    out = ("--out", tmp_path / "run")
    assert message in refused("train", "--data", file, *options, *out)
    assert not (tmp_path / "run").exists()


def test_the_options_that_a_message_names_work(train, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    options = ("--tokens-column='seq'", "--label-column='class'", "--delimiter=';'")
    typed = [option.replace("'", "") for option in options]  # as a shell gives them
    data = table(";", ("seq", "class")).encode("utf-16-le")
    done = train("a.csv", data, *typed, "--encoding=utf-16-le", *SEARCH)
    assert done.status == 0, done.err
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    kept = config["source"]["options"]
    assert (kept["delimiter"], kept["encoding"]) == (";", "utf-16-le")
    assert tprog("eval", tmp_path / "run").status == 0
    other = write(tmp_path / "b.tsv", table("\t", ()))
    options = ("--columns", "seq,class", "--delimiter", "tab", "--encoding", "utf-8")
    done = tprog("eval", tmp_path / "run", "--data", other, *options, "--json")
    assert json.loads(done.out)["sequences"] == len(ROWS), done.err
    guessed = write(tmp_path / "c.csv", "seq;class\nis café;pos\n".encode("cp1252"))
    done = tprog("eval", tmp_path / "run", "--data", guessed, "--encoding", "cp1252")
    assert done.status == 0, done.err
    assert "--encoding: for a file" in refused(
        "eval", tmp_path / "run", "--encoding", "cp1252"
    )


def test_notes_come_before_training(train) -> None:  # type: ignore[no-untyped-def]
    rows = [(f"word{i}x{i * i}", "pos" if i % 2 else "neg") for i in range(40)]
    done = train("a.csv", table(";", rows=rows), *SEARCH)
    assert done.status == 0, done.err
    said = done.err.index("did you mean split='characters' (--split characters)?")
    assert said < done.err.index("searching")
    assert done.err.count("did you mean") == 1
    assert "did you mean" not in done.out


def test_a_guessed_encoding_is_told(train, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    rows = [(f"{text} café", label) for text, label in ROWS]
    done = train("a.csv", table(",", rows=rows).encode("cp1252"), *SEARCH)
    assert done.status == 0, done.err
    assert "note: " in done.err
    assert "a.csv:2: not UTF-8, so the file is read as cp1252" in done.err
    file = tmp_path / "a.csv"
    assert "is read as cp1252" in tprog("eval", tmp_path / "run", "--data", file).err


def test_partly_labelled_columns(train) -> None:  # type: ignore[no-untyped-def]
    sentences = [f"a X\nb {'_' if i % 2 else 'Y'}\nc{i} _" for i in range(20)]
    done = train("a.train", "\n\n".join(sentences), "--no-label", "_", *SEARCH)
    assert done.status == 0, done.err
    assert "30 of 60 tokens have no label" in done.err
    assert "100.00% of 4 labels right, 100.00% of 2 sequences" in done.out


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipes_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    message = refused("train", "--data", tmp_path / "a.csv", "--out", tmp_path / "run")
    assert "found a pipe or a device; write what comes from it to a file" in message


def test_options_of_files_are_for_files(tmp_path: Path) -> None:
    assert "--delimiter: for data of a file" in refused(
        "train", "sort", "--delimiter", ","
    )
    assert refused("train", "--dataset", "x", "--columns", "a,b") == (
        "--columns: for files, not for data sets; omit it"
    )
    assert "omit --encoding, --by-label" in refused(
        "eval", tmp_path, "--any-length", "--encoding", "utf-8", "--by-label"
    )
