"""JSON lines: one object per line with tokens or a text, and tags or a label."""

from __future__ import annotations

import json
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


def read_jsonl(path: Path, options: ReadOptions) -> Iterator[Record]:
    """The records of a file of JSON lines; blank lines are skipped.

    Raises:
        DataError: for the first line that is no labelled sequence.
    """
    for number, text in read_lines(path):
        if text.strip():
            where = f"{path}:{number}"
            yield record_of(where, _fields(where, text), options)


def _fields(where: str, text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(
            f"{where}: expected one JSON object, found invalid JSON: "
            f"{error.msg} at column {error.colno}"
        ) from error
    except (ValueError, RecursionError) as error:  # a huge number, or deep nesting
        raise DataError(f"{where}: expected one JSON object, found {error}") from error
    if not isinstance(value, dict):
        raise DataError(f"{where}: expected one JSON object, found {shown(value)}")
    return value


def record_of(where: str, fields: dict[str, object], options: ReadOptions) -> Record:
    """The record that the fields of an object make.

    Raises:
        DataError: if they make none.
    """
    tokens = tokens_field(where, fields, options.tokens_column)
    label = label_field(where, fields, options.label_column)
    value = fields[tokens]
    if isinstance(value, str):
        sequence = options.tokens_of(value)
    elif isinstance(value, list):
        sequence = _strings(where, tokens, value)
    else:
        raise DataError(
            f"{where}: expected a list or a text in {tokens!r}, found {shown(value)}"
        )
    part = None
    if has_split(fields, tokens, label):
        part = part_of(where, fields[SPLIT_FIELD])
    target = _target(where, label, fields[label], options)
    from_text = isinstance(value, str)
    return make_record(where, sequence, target, part, from_text=from_text)


def _target(where: str, field: str, value: object, options: ReadOptions) -> Target:
    if isinstance(value, list):
        return _strings(where, field, value)
    if field == "tags" and isinstance(value, str):
        return options.tags_of(value)
    if _is_integer(value) or isinstance(value, str):
        return str(value).strip()
    raise DataError(
        f"{where}: expected a string or an integer in {field!r}, or a list of them, "
        f"found {shown(value)}"
    )


def _strings(where: str, field: str, values: list[object]) -> tuple[str, ...]:
    for index, value in enumerate(values):
        if not (_is_integer(value) or isinstance(value, str)):
            raise DataError(
                f"{where}: expected strings or integers in {field!r}, "
                f"found {shown(value)} at position {index}"
            )
    return tuple(map(str, values))


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
