"""Tables of text: comma-, semicolon-, tab- and bar-separated, with names of columns."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Literal, NamedTuple

from transformer_programs.data.columns import (
    LABEL_FIELDS,
    TOKEN_FIELDS,
    group_of,
    has_fields,
    layout_of,
    part_of,
)
from transformer_programs.data.options import ReadOptions
from transformer_programs.data.records import Row, mismatch, shown
from transformer_programs.data.text_files import TextFile
from transformer_programs.errors import DataError, Message, SettingName

DELIMITERS = (",", "\t", ";", "|")
"""Characters that may divide columns, where nothing says so."""

Fields = tuple[int, list[str]]
"""The number of the line where a row begins, and its fields."""

_LOOKED_AT = 200
"""Rows that are looked at to guess what is meant."""

_EXCEL = re.compile(r"sep=(.)")
"""The first line of tables that Excel writes, in some countries."""


class Dialect(NamedTuple):
    """The character between columns, and whether a field may be quoted with ``"``."""

    delimiter: str
    quoted: bool

    def rows(self, file: TextFile) -> Iterator[Fields]:
        """Yield the rows of a file, without empty ones."""
        lines = file.lines()
        first = next(lines, None)
        if first is None or not _EXCEL.fullmatch(first[1]):
            lines = file.lines()
        if self.quoted:
            return self._quoted(file, lines)
        return ((n, text.split(self.delimiter)) for n, text in lines if text.strip())

    def _quoted(
        self, file: TextFile, lines: Iterator[tuple[int, str]]
    ) -> Iterator[Fields]:
        before = 0

        def texts() -> Iterator[str]:
            nonlocal before
            for number, text in lines:
                before = number
                yield f"{text}\n"

        with _fields_of_any_size():
            rows = csv.reader(
                texts(), delimiter=self.delimiter, strict=True, skipinitialspace=True
            )
            while True:
                begin = before + 1
                try:
                    row = next(rows, None)
                except csv.Error as error:
                    ends = "end of data" in str(error)
                    raise mismatch(
                        file.where(begin),
                        f"fields divided by {self.delimiter!r}",
                        f"a row that breaks the format: {error}"
                        + ("; is a quote not closed?" if ends else ""),
                    ) from error
                if row is None:
                    return
                if any(row):
                    yield begin, row

    def first_rows(self, file: TextFile, count: int = _LOOKED_AT) -> list[Fields]:
        """Return the first rows of a file; none if they are not in this dialect."""
        try:
            return list(islice(self.rows(file), count))
        except DataError:
            return []


@contextmanager
def _fields_of_any_size() -> Iterator[None]:
    limit = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def read_csv(file: TextFile, options: ReadOptions) -> Iterator[Row]:
    """Yield the rows of a table whose fields may be quoted with ``"``.

    Columns are divided by ``options.delimiter``, by default by what makes known names
    of columns of the first line: the comma first of all.

    Raises:
        DataError: If the names of columns are not known, or a row does not have the
            columns.
    """
    return _rows(file, options, dialects(options, "csv"))


def read_tsv(file: TextFile, options: ReadOptions) -> Iterator[Row]:
    """Yield the rows of a table with tabs, where quotes are ordinary characters.

    Another delimiter, and quotes around names of columns, are found as in ``read_csv``;
    then fields may be quoted. Raises as ``read_csv`` does.
    """
    return _rows(file, options, dialects(options, "tsv"))


def dialects(options: ReadOptions, kind: Literal["csv", "tsv"]) -> list[Dialect]:
    """Return the dialects that a table may be in, the likely ones first."""
    chosen = options.separator
    quoted = [Dialect(by, True) for by in ([chosen] if chosen else DELIMITERS)]
    if kind == "csv":
        return quoted
    by = chosen or "\t"
    return list(dict.fromkeys([Dialect(by, False), Dialect(by, True), *quoted]))


def _rows(
    file: TextFile, options: ReadOptions, kinds: Sequence[Dialect]
) -> Iterator[Row]:
    dialect = dialect_of(file, options, kinds)
    if dialect is None:
        if not any(text.strip() for _, text in file.lines()):
            return
        raise _unknown_columns(file, options, kinds)
    rows = dialect.rows(file)
    number, names = _header(file, dialect, options)
    if not options.column_names:
        next(rows)
    tokens, label, split, group, tags = layout_of(file.where(number), names, options)
    tokens_at, label_at = names.index(tokens), names.index(label)
    split_at = None if split is None else names.index(split)
    group_at = None if group is None else names.index(group)
    tokens_of, tags_of, width = options.tokens_of, options.tags_of, len(names)
    for number, row in rows:
        if len(row) != width:
            hint = '; put a text that holds it between quotes (")'
            raise mismatch(
                file.where(number),
                f"{width} columns ({', '.join(names)}) divided by "
                f"{dialect.delimiter!r}",
                f"{len(row)}: {shown(row)}"
                + (hint if dialect.quoted and len(row) > width else ""),
            )
        part = together = None
        if split_at is not None:
            part = part_of(file.where(number), row[split_at])
        if group_at is not None:
            together = group_of(file.where(number), names[group_at], row[group_at])
        text, written = row[tokens_at], row[label_at]
        target = None
        if written.strip():  # an empty cell is no label
            target = tags_of(written) if tags else written
        yield Row(number, tokens_of(text), target, part, text, together)


def _header(
    file: TextFile, dialect: Dialect, options: ReadOptions
) -> tuple[int, list[str]]:
    number, first = next(dialect.rows(file))
    header = [name.strip() for name in first]
    where, found = file.where(number), ", ".join(header)
    if header == options.column_names:
        expected = "data, as there are columns"
        names = Message(f"their names: {found}; omit ", SettingName("columns"))
        raise mismatch(where, expected, names)
    if options.column_names:
        return number, options.column_names
    named = [name for name in header if name]  # several may have no name
    if len(set(named)) < len(named):
        raise mismatch(where, "distinct column names", found)
    return number, header


def dialect_of(
    file: TextFile, options: ReadOptions, kinds: Sequence[Dialect]
) -> Dialect | None:
    """Return the first dialect in which a file has the columns, if there is one.

    They have names in its first line, or there are as many as names are given.
    """
    wanted = len(options.column_names)
    for dialect in kinds:
        rows = [row for _, row in dialect.first_rows(file, _LOOKED_AT if wanted else 1)]
        if wanted and {len(row) for row in rows} == {wanted}:
            return dialect
        if not wanted and any(has_fields(row, options) for row in rows):
            return dialect
    return None


def _unknown_columns(
    file: TextFile, options: ReadOptions, kinds: Sequence[Dialect]
) -> DataError:
    begin = next(text for _, text in file.lines() if text.strip())
    expected = "names of columns"
    if begin.lstrip().startswith("{"):
        jsonl = "if these are JSON lines, set ", SettingName("format"), "='jsonl'"
        return mismatch(file.where(1), expected, Message(f"{shown(begin)}; ", *jsonl))
    dialect, rows = _likely(file, kinds)
    if not rows:
        return mismatch(file.where(1), expected, "none")
    number, first = rows[0]
    where = file.where(number)
    if wanted := len(options.column_names):
        number, first = next((r for r in rows if len(r[1]) != wanted), rows[0])
        return mismatch(
            file.where(number),
            f"{wanted} columns, as many as have names ({options.columns})",
            f"{len(first)} divided by {dialect.delimiter!r}: {shown(first)}",
        )
    by = SettingName("delimiter")
    hint: tuple[str, ...] = ()
    if dialect != kinds[0] and options.delimiter is None:
        hint = " and set ", by, f"={dialect.delimiter!r}"
    names = _as_data([row for _, row in rows])
    if names is not None:
        found = f"what looks like data: {', '.join(map(shown, first))}"
        columns = SettingName("columns"), f"={','.join(names)!r}"
        advice = "; if the file has no names, set ", *columns, *hint
        return mismatch(where, expected, Message(found, *advice))
    try:
        layout_of(where, [name.strip() for name in first], options)
    except DataError as error:
        if len(first) > 1:
            return DataError(*error.args, *hint)
        known = " ".join(repr(kind.delimiter) for kind in kinds)
        text = str(error).partition("; set ")[0]
        text += f", and no {known} between columns; set "
        return DataError(text, by, " to what there is")
    raise AssertionError("a dialect that suits is found before")


def _likely(file: TextFile, kinds: Sequence[Dialect]) -> tuple[Dialect, list[Fields]]:
    """Return the dialect with most columns, as many in all of the first rows."""
    best: tuple[Dialect, list[Fields]] | None = None
    for dialect in kinds:
        if rows := dialect.first_rows(file):
            width = len(rows[0][1])
            even = all(len(row) == width for _, row in rows)
            if best is None or (even and width > len(best[1][0][1])):
                best = dialect, rows
    # Where no dialect fits, the first one says why.
    return best or (kinds[0], list(islice(kinds[0].rows(file), 1)))


def _as_data(rows: Sequence[list[str]]) -> list[str] | None:
    """Return names for the columns of rows of which the first is data, if it is.

    It is if one of its fields stands in the same column of a later row again, which
    the name of a column hardly does.
    """
    first, width = rows[0], len(rows[0])
    even = [row for row in rows if len(row) == width]
    if width < 2 or len(even) < 3:
        return None
    columns = [list(column) for column in zip(*even, strict=True)]
    again = [n for n in range(width) if first[n] and first[n] in columns[n][1:]]
    if not again:
        return None
    # A column with a single value tells nothing apart.
    label = min(again, key=lambda n: (len(set(columns[n])) == 1, len(set(columns[n]))))
    others = [n for n in range(width) if n != label]
    tokens = max(others, key=lambda n: sum(map(len, columns[n])))
    names = [f"column_{number}" for number in range(1, width + 1)]
    names[label], names[tokens] = LABEL_FIELDS[1], TOKEN_FIELDS[1]
    return names
