"""Tables as they come: other separators, names of columns, no names at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.data_files import ROWS, table, write
from transformer_programs.data import ReadOptions, read_examples
from transformer_programs.errors import DataError, SettingsError

SEQUENCES = tuple(tuple(text.split()) for text, _ in ROWS)
LABELS = tuple(label for _, label in ROWS)

HEADERLESS = table(",", ())


@pytest.mark.parametrize(
    ("name", "text", "options"),
    [
        ("a.csv", table(";"), {}),
        ("a.csv", table("\t"), {}),
        ("a.csv", table("|"), {}),
        ("a.csv", table(", "), {}),
        ("a.tsv", table(","), {}),
        ("a.csv", table(",", ("Text", "Label")), {}),
        ("a.csv", table(",", ("Text", "LABEL")), {"tokens_column": "text"}),
        ("a.csv", table("#"), {"delimiter": "#"}),
        ("a.csv", table("\t"), {"delimiter": "tab"}),
        ("a.csv", table("\t"), {"delimiter": "\\t"}),
        ("a.csv", "sep=;\r\n" + table(";", newline="\r\n"), {}),
        (
            "a.csv",
            table(";", ("seq", "class")),
            {"tokens_column": "seq", "label_column": "class"},
        ),
        ("a.csv", HEADERLESS, {"columns": "text,label"}),
        ("a.csv", table(";", ()), {"columns": "text, label"}),
        (
            "a.tsv",
            table("\t", ('"text"', '"label"'), [(f'"{t}"', f'"{x}"') for t, x in ROWS]),
            {},
        ),
        (
            "a.csv",
            table(",", ("", "text", "", "label"), [("1", t, "", x) for t, x in ROWS]),
            {},
        ),
    ],
)
def test_what_columns_are_divided_by_is_found_or_given(
    tmp_path: Path, name: str, text: str, options: dict[str, str]
) -> None:
    found = read_examples(write(tmp_path / name, text), ReadOptions(**options))  # type: ignore[arg-type]
    assert (found.sequences, found.targets) == (SEQUENCES, LABELS)


def test_a_separator_within_texts_is_no_separator(tmp_path: Path) -> None:
    text = 'text;label\n"a, b, c";x\nd, e, f;y\n"g;h";x\n'
    found = read_examples(write(tmp_path / "a.csv", text))
    assert found.sequences == (("a,", "b,", "c"), ("d,", "e,", "f"), ("g;h",))


@pytest.mark.parametrize(
    ("name", "text", "options", "message"),
    [
        (
            "a.csv",
            table(",", ("seq", "class")),
            {},
            "a.csv:1: expected 'tokens' or 'text' and 'tags' or 'label' among the "
            "fields, found 'seq', 'class'; set tokens_column='seq' and "
            "label_column='class'",
        ),
        (
            "a.csv",
            table(";", ("sentence", "n", "sentiment"), [(t, "1", x) for t, x in ROWS]),
            {},
            "found 'sentence', 'n', 'sentiment'; set tokens_column='sentence' and "
            "label_column='sentiment' and set delimiter=';'",
        ),
        (
            "a.csv",
            table(",", ("text", "a", "b"), [(t, x, x) for t, x in ROWS]),
            {},
            "a.csv:1: expected 'tags' or 'label' among the fields, found 'text', 'a', "
            "'b'; set label_column",
        ),
        (
            "a.tsv",
            table("\t", (), ROWS[:4]),
            {"label_column": "mood"},
            "a.tsv:1: expected names of columns, found what looks like data: "
            "'w0 is here', 'neg'; if the file has no names, set columns='text,label'",
        ),
        (
            "a.csv",
            table(";", (), [(x, t, "z") for t, x in ROWS]),
            {},
            "set columns='label,text,column_3' and set delimiter=';'",
        ),
        ("a.csv", HEADERLESS, {"columns": "a,text,label"}, "a.csv:1: expected 3 col"),
        ("a.csv", table(","), {"columns": "text,label"}, "names: text, label; omit co"),
        (
            "a.csv",
            table(":"),
            {},
            "found 'text:label', and no ',' '\\t' ';' '|' between columns; set delimi",
        ),
        (
            "a.csv",
            table(","),
            {"delimiter": ";"},
            "found 'text,label', and no ';' betw",
        ),
        (
            "a.csv",
            "text,label\na,b,c\n",
            {},
            "a.csv:2: expected 2 columns (text, label) divided by ',', found 3: "
            "['a', 'b', 'c']; put a text that holds it between quotes (\")",
        ),
        ("a.csv", 'text,label\na,b\n"c,d\n', {}, "a.csv:3: expected fields divided by"),
        ("a.csv", '{"text": "a", "label": "b"}\n', {}, "lines, set format='jsonl'"),
        ("a.csv", table(","), {"label_column": "text"}, "found both in 'text'; set to"),
        ("a.csv", "text,label,label\na,b,c\n", {}, "distinct column names, found text"),
        ("a.csv", "text,text\na,b\n", {}, "found 'text', 'text'; set label_column"),
        ("a.csv", table(","), {"label_column": "mood"}, "expected 'mood' among the fi"),
    ],
)
def test_what_is_missing_is_named_with_the_option_that_helps(
    tmp_path: Path, name: str, text: str, options: dict[str, str], message: str
) -> None:
    path = write(tmp_path / name, text)
    with pytest.raises(DataError) as caught:
        read_examples(path, ReadOptions(**options))  # type: ignore[arg-type]
    assert str(caught.value).startswith(f"{path}:")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delimiter": ",,"}, "delimiter needs a single character"),
        ({"delimiter": '"'}, "delimiter needs a single character, neither a quote"),
        ({"delimiter": ""}, "delimiter needs a single character"),
        ({"columns": "text"}, "columns needs at least two names"),
        ({"columns": "text,,label"}, "columns needs at least two names"),
        ({"columns": "text,text"}, "columns needs every name once"),
        ({"encoding": "klingon"}, "encoding needs the name of one, such as utf-8"),
        ({"encoding": "base64"}, "encoding needs the name of one, such as utf-8"),
        (
            {"format": "xlsx"},
            "expected format jsonl, csv, tsv, conll, fasta, None, got 'xlsx'",
        ),
        (
            {"tokens_column": "text", "label_column": "text"},
            "tokens_column and label_column are both 'text'",
        ),
    ],
)
def test_options_that_cannot_be(options: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        ReadOptions(**options)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_texts_of_any_length(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", f"text,label\n{'a ' * 100_000},x\nb,y\n")
    assert len(read_examples(path).sequences[0]) == 100_000


def test_labels_with_white_space_around_are_the_same_with_a_note(
    tmp_path: Path,
) -> None:
    notes: list[str] = []
    path = write(tmp_path / "a.tsv", "text\tlabel\na\tx\nb\t x\nc\ty \n")
    assert read_examples(path, on_note=notes.append).targets == ("x", "x", "y")
    assert notes == [
        "label 'x': written with and without white space around, read as the same label"
    ]
