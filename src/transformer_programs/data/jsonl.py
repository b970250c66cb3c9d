"""JSON lines: one object per line with tokens or a text, and tags or a label."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from transformer_programs.data.columns import (
    fields_of,
    means_tags,
    part_of,
    split_field,
)
from transformer_programs.data.options import ReadOptions
from transformer_programs.data.records import Origin, Row
from transformer_programs.data.text_files import TextFile
from transformer_programs.data.texts import shown
from transformer_programs.errors import DataError


def read_jsonl(file: TextFile, options: ReadOptions) -> Iterator[Row]:
    """The rows of a file of JSON lines; blank lines are skipped.

    Raises:
        DataError: for the first line that is no object with the fields.
    """
    origin = Origin(f"{file.path}:")
    lines = ((number, text) for number, text in file.lines() if text.strip())
    objects = ((n, _object(origin.where(n), text)) for n, text in lines)
    return rows_of(origin, objects, options)


def rows_of(
    origin: Origin, objects: Iterable[tuple[int, dict[str, Any]]], options: ReadOptions
) -> Iterator[Row]:
    """The rows that numbered objects make.

    Raises:
        DataError: for the first that makes none.
    """
    layouts: dict[tuple[str, ...], tuple[str, str, str | None, bool]] = {}
    for number, fields in objects:
        names = tuple(fields)
        layout = layouts.get(names)
        if layout is None:
            layout = layouts[names] = _layout(origin.where(number), names, options)
        tokens, label, split, tags = layout
        sequence, target = fields[tokens], fields[label]
        from_text = isinstance(sequence, str)
        if from_text:
            sequence = options.tokens_of(sequence)
        elif not isinstance(sequence, list):
            raise DataError(
                f"{origin.where(number)}: expected a list or a text in {tokens!r}, "
                f"found {shown(sequence)}"
            )
        if tags and isinstance(target, str):
            target = options.tags_of(target)
        elif tags and not isinstance(target, list):
            raise DataError(
                f"{origin.where(number)}: expected a list or a text in {label!r}, "
                f"found {shown(target)}"
            )
        part = None
        if split is not None:
            part = part_of(origin.where(number), fields[split])
        yield number, sequence, target, part, from_text


def _layout(
    where: str, names: tuple[str, ...], options: ReadOptions
) -> tuple[str, str, str | None, bool]:
    tokens, label = fields_of(where, names, options.tokens_column, options.label_column)
    return tokens, label, split_field(names, tokens, label), means_tags(label)


class _Repeated(dict[str, Any]):
    """An object some of whose names stand there twice."""


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else _Repeated(pairs)


_parse = json.JSONDecoder(object_pairs_hook=_fields).decode


def _object(where: str, text: str) -> dict[str, Any]:
    """The object on a line.

    Raises:
        DataError: if there is none, or one of its names stands there twice.
    """
    try:
        value = _parse(text)
    except json.JSONDecodeError as error:
        problem = f"invalid JSON: {error.msg} at column {error.colno}"
        _fail(where, problem, text)
    except (ValueError, RecursionError) as error:  # a huge number, or deep nesting
        raise DataError(f"{where}: expected one JSON object, found {error}") from error
    if type(value) is _Repeated:
        raise DataError(
            f"{where}: expected every field once, found {_repeated(text)} twice"
        )
    if not isinstance(value, dict):
        _fail(where, shown(value), text)
    return value


def _fail(where: str, problem: str, text: str) -> NoReturn:
    """Refuse a line that is no object.

    Raises:
        DataError: always.
    """
    begin = text.strip()[:1]
    if begin == "[":
        hint = "; of a list of objects make lines: jq -c '.[]' LIST.json > LINES.jsonl"
    elif begin == "{":
        hint = (
            "" if text.strip() != "{" else "; each object stands on a line of its own"
        )
    else:
        hint = "; if the file is a table or has columns, set format='csv', 'tsv' or "
        hint += "'conll'"
    raise DataError(f"{where}: expected one JSON object, found {problem}{hint}")


def _repeated(text: str) -> str:
    """The name that an object has twice."""
    pairs: list[tuple[str, Any]] = json.loads(text, object_pairs_hook=list)
    names = [name for name, _ in pairs]
    return next(shown(name) for name in names if names.count(name) > 1)
