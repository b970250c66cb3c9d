"""JSON lines: one object per line with tokens or a text, and tags or a label."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from transformer_programs.data.columns import Layout, layout_of, part_of
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
    """Yield the rows that numbered objects make."""
    layouts: dict[tuple[str, ...], Layout] = {}
    for number, fields in objects:
        names = tuple(fields)
        layout = layouts.get(names)
        if layout is None:
            layout = layouts[names] = layout_of(origin.where(number), names, options)
        tokens, label, split, tags = layout
        sequence, target = fields[tokens], fields[label]
        from_text = isinstance(sequence, str)
        if from_text:
            sequence = options.tokens_of(sequence)
        elif not isinstance(sequence, list):
            expected = f"a list or a text in {tokens!r}"
            raise mismatch(origin.where(number), expected, shown(sequence))
        if tags and isinstance(target, str):
            target = options.tags_of(target)
        elif tags and not isinstance(target, list):
            expected = f"a list or a text in {label!r}"
            raise mismatch(origin.where(number), expected, shown(target))
        part = None
        if split is not None:
            part = part_of(origin.where(number), fields[split])
        yield number, sequence, target, part, from_text


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
