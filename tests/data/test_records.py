"""Records in columns: checked once, shared, and named by their places."""

from __future__ import annotations

import pytest

from transformer_programs.data import read_examples
from transformer_programs.data.records import (
    NO_RECORDS,
    Origin,
    Records,
    Row,
    records_of,
)
from transformer_programs.errors import DataError

ROWS = [
    Row(1, ["a", "b"], ["X", None]),
    Row(4, ["b", 7], [1, "Y"], "test", "b 7"),
]
RECORDS = records_of(Origin("a.jsonl:"), ROWS)


def rows(records: Records) -> list[tuple[object, ...]]:
    """The rows of records, each with its place."""
    places = map(records.where, range(len(records)))
    return list(zip(places, records.sequences, records.targets, strict=True))


def test_records_are_rows_with_places() -> None:
    assert rows(RECORDS) == [
        ("a.jsonl:1", ("a", "b"), ("X", None)),
        ("a.jsonl:4", ("b", "7"), ("1", "Y")),
    ]
    assert len(RECORDS) == 2
    assert rows(RECORDS.select([1])) == rows(RECORDS)[1:]
    assert RECORDS.parts == [None, "test"]
    with pytest.raises(IndexError):
        RECORDS.where(2)


def test_equal_tokens_are_one_object() -> None:
    text = "".join(["b", "c"])
    given = [Row(i, ["".join(["b", "c"]), text], "x") for i in range(3)]
    records = records_of(Origin("d[", "]"), given)
    assert len({id(token) for tokens in records.sequences for token in tokens}) == 1


def test_records_of_several_origins_keep_their_places() -> None:
    more = records_of(Origin("d[", "]"), [Row(9, ["z"], ["X"], text="z")])
    both = RECORDS + more
    assert [both.where(i) for i in range(3)] == ["a.jsonl:1", "a.jsonl:4", "d[9]"]
    assert both.parts == [None, "test", None]
    assert (more + RECORDS).parts == [None, None, "test"]
    assert rows(both.select([2, 0])) == [rows(both)[2], rows(both)[0]]
    for empty in (RECORDS + NO_RECORDS, NO_RECORDS + RECORDS):
        assert rows(empty) == rows(RECORDS)
    assert not NO_RECORDS


@pytest.mark.parametrize("value", [True, 1.0, None, ["a"], {}, b"a"])
def test_what_looks_like_a_known_token_is_none(value: object) -> None:
    """``True`` and ``1.0`` equal 1, and would be found where 1 is remembered."""
    given = [Row(0, [1, "1"], "x"), Row(1, [1, value], "x")]
    with pytest.raises(DataError, match=r"^d\[1\]: expected strings or integers as to"):
        records_of(Origin("d[", "]"), given)


def test_numbers_and_texts_that_are_read_as_the_same(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"tokens": ["3", 4, "a"], "label": 1}\n'
        '{"tokens": [3, "5"], "label": "1"}\n'
        '{"text": "4 5", "label": "2"}\n'
    )
    notes: list[str] = []
    read_examples(path, on_note=notes.append)
    as_same = "written as a number and as a text, read as the same"
    assert notes == [
        f"token '3' and 1 more: {as_same} token",
        f"label '1': {as_same} label",
    ]


def test_records_are_of_texts_if_all_are() -> None:
    assert not RECORDS.from_text
    texts = records_of(Origin(""), ROWS[1:])
    assert texts.from_text
    assert texts.select([0]).from_text
    assert (texts + NO_RECORDS).from_text
    assert not (texts + RECORDS).from_text
