"""CSV and TSV files whose first line names the columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from transformer_programs.errors import DataError
from transformer_programs.tasks.dataset import Target
from transformer_programs.tasks.lines import read_lines
from transformer_programs.tasks.options import ReadOptions
from transformer_programs.tasks.records import (
    SPLIT_FIELD,
    Record,
    has_split,
    label_field,
    make_record,
    part_of,
    shown,
    tokens_field,
)

Rows = Iterator[tuple[str, list[str]]]
"""Where a row begins, and its fields."""


def read_csv(path: Path, options: ReadOptions) -> Iterator[Record]:
    """The records of a comma-separated file; fields may be quoted with ``"``.

    Raises:
        DataError: for the first row that is no labelled sequence.
    """
    return _records(path, _csv_rows(path), options)


def read_tsv(path: Path, options: ReadOptions) -> Iterator[Record]:
    """The records of a tab-separated file; quotes are characters like any other.

    Raises:
        DataError: for the first row that is no labelled sequence.
    """
    return _records(path, _tsv_rows(path), options)


def _csv_rows(path: Path) -> Rows:
    rows = csv.reader((f"{text}\n" for _, text in read_lines(path)), strict=True)
    while True:
        where = f"{path}:{rows.line_num + 1}"
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise DataError(
                f"{where}: expected comma-separated values, found a row that breaks "
                f"the format: {error}"
            ) from error
        if row is None:
            return
        if any(row):
            yield where, row


def _tsv_rows(path: Path) -> Rows:
    for number, text in read_lines(path):
        if text.strip():
            yield f"{path}:{number}", text.split("\t")


def _records(path: Path, rows: Rows, options: ReadOptions) -> Iterator[Record]:
    first = next(rows, None)
    if first is None:
        return
    where, header = first
    header = [name.strip() for name in header]
    if len(set(header)) < len(header):
        raise DataError(
            f"{where}: expected distinct column names, found {', '.join(header)}"
        )
    tokens = tokens_field(where, header, options.tokens_column)
    label = label_field(where, header, options.label_column)
    split = has_split(header, tokens, label)
    for where, row in rows:
        if len(row) != len(header):
            raise DataError(
                f"{where}: expected {len(header)} columns ({', '.join(header)}), "
                f"found {len(row)}: {shown(row)}"
            )
        fields = dict(zip(header, row, strict=True))
        part = part_of(where, fields[SPLIT_FIELD]) if split else None
        target: Target = fields[label].strip()
        if label == "tags":
            target = options.tags_of(fields[label])
        sequence = options.tokens_of(fields[tokens])
        yield make_record(where, sequence, target, part, from_text=True)
