"""JSON lines: one object per line with tokens or a text, and tags or a label."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from transformer_programs.data.columns import (
    Layout,
    group_of,
    layout_of,
    part_of,
    without_label,
)
from transformer_programs.data.options import ReadOptions
from transformer_programs.data.records import Origin, Row, mismatch, shown
from transformer_programs.data.text_files import TextFile
from transformer_programs.errors import DataError, Message, SettingName


def read_jsonl(file: TextFile, options: ReadOptions) -> Iterator[Row]:
    """Yield the rows of a file of JSON lines; blank lines are skipped."""
    origin = Origin(f"{file.path}:")
    lines = ((number, text) for number, text in file.lines() if text.strip())
    objects = ((n, _object(origin.where(n), text)) for n, text in lines)
    return rows_of(origin, objects, options)


def rows_of(
    origin: Origin, objects: Iterable[tuple[int, dict[str, Any]]], options: ReadOptions
) -> Iterator[Row]:
    """Yield the rows that numbered objects make.

    Objects without the field of the label have none, if others have it.
    """
    layouts: dict[tuple[str, ...], Layout] = {}
    unlabelled: DataError | None = None
    for number, fields in objects:
        names = tuple(fields)
        layout = layouts.get(names)
        if layout is None:
            where = origin.where(number)
            try:
                layout = layout_of(where, names, options)
            except DataError as error:
                layout = without_label(where, names, options)
                if layout is None:
                    raise
                unlabelled = unlabelled or error
            layouts[names] = layout
        yield _row(origin, number, fields, layout, options)
    if unlabelled is not None and not any(found.label for found in layouts.values()):
        raise unlabelled


def _row(
    origin: Origin,
    number: int,
    fields: dict[str, Any],
    layout: Layout,
    options: ReadOptions,
) -> Row:
    sequence, target = fields[layout.tokens], fields.get(layout.label)
    text = sequence if isinstance(sequence, str) else None
    if text is not None:
        sequence = options.tokens_of(text)
    elif not isinstance(sequence, list):
        expected = f"a list or a text in {layout.tokens!r}"
        raise mismatch(origin.where(number), expected, shown(sequence))
    if layout.tags and isinstance(target, str):
        target = options.tags_of(target)
    elif layout.tags and target is not None and not isinstance(target, list):
        expected = f"a list or a text in {layout.label!r}"
        raise mismatch(origin.where(number), expected, shown(target))
    part = group = None
    if layout.split is not None:
        part = part_of(origin.where(number), fields[layout.split])
    if layout.group is not None:
        group = group_of(origin.where(number), layout.group, fields[layout.group])
    return Row(number, sequence, target, part, text, group)


class _Repeated(dict[str, Any]):
    """An object some of whose names stand there twice."""


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else _Repeated(pairs)


_parse = json.JSONDecoder(object_pairs_hook=_fields).decode


def _object(where: str, text: str) -> dict[str, Any]:
    try:
        value = _parse(text)
    except json.JSONDecodeError as error:
        problem = f"invalid JSON: {error.msg} at column {error.colno}"
        raise _no_object(where, problem, text) from error
    except (ValueError, RecursionError) as error:  # a huge number, or deep nesting
        raise mismatch(where, "one JSON object", str(error)) from error
    if type(value) is _Repeated:
        names = [name for name, _ in json.loads(text, object_pairs_hook=list)]
        twice = next(shown(name) for name in names if names.count(name) > 1)
        raise mismatch(where, "every field once", f"{twice} twice")
    if not isinstance(value, dict):
        raise _no_object(where, shown(value), text)
    return value


def _no_object(where: str, problem: str, text: str) -> DataError:
    begin, parts = text.strip()[:2], [problem]
    if begin[:1] == "[":
        parts.append("; of a list of objects make lines: ")
        parts.append("jq -c '.[]' LIST.json > LINES.jsonl")
    elif begin == "{":
        parts.append("; each object stands on a line of its own")
    elif begin[:1] != "{":
        parts.append("; if the file is a table or has columns, set ")
        parts += [SettingName("format"), "='csv', 'tsv' or 'conll'"]
    return mismatch(where, "one JSON object", Message(*parts))
