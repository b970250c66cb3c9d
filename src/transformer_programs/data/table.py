"""Tables of text: comma-, semicolon-, tab- and bar-separated, with names of columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NoReturn

from transformer_programs.data.columns import (
    LABEL_FIELDS,
    TOKEN_FIELDS,
    fields_of,
    has_fields,
    means_tags,
    part_of,
    split_field,
)
from transformer_programs.data.dialects import DELIMITERS, Dialect
from transformer_programs.data.options import ReadOptions
from transformer_programs.data.records import Row
from transformer_programs.data.text_files import TextFile
from transformer_programs.data.texts import shown
from transformer_programs.errors import DataError, SettingName

_LOOKED_AT = 200
"""Rows that are looked at to guess what is meant."""

_QUOTE = '; put a text that holds it between quotes (")'


def read_csv(file: TextFile, options: ReadOptions) -> Iterator[Row]:
    """The rows of a table whose fields may be quoted with ``"``.

    Columns are divided by ``options.delimiter``, by default by what makes names of
    columns that are known of the first line: the comma first of all.

    Raises:
        DataError: for names of columns that are not known, and for the first row that
            does not have the columns.
    """
    chosen = options.separator
    kinds = [Dialect(d, True) for d in ([chosen] if chosen else DELIMITERS)]
    return _rows(file, options, kinds)


def read_tsv(file: TextFile, options: ReadOptions) -> Iterator[Row]:
    """The rows of a table with tabs, where quotes are characters like any other.

    Another delimiter, and quotes around names of columns, are known as in
    ``read_csv``; then fields may be quoted.

    Raises:
        DataError: as for ``read_csv``.
    """
    chosen = options.separator
    kinds = [Dialect(chosen or "\t", False), Dialect(chosen or "\t", True)]
    if chosen is None:
        kinds += [Dialect(d, True) for d in DELIMITERS if d != "\t"]
    return _rows(file, options, kinds)


def dialect_of(file: TextFile, options: ReadOptions) -> Dialect | None:
    """The dialect in which a file has the names of columns that are known."""
    chosen = options.separator
    kinds = [Dialect(d, True) for d in ([chosen] if chosen else DELIMITERS)]
    return _suited(file, options, kinds)


def _rows(
    file: TextFile, options: ReadOptions, kinds: Sequence[Dialect]
) -> Iterator[Row]:
    dialect = _suited(file, options, kinds)
    if dialect is None:
        if not any(text.strip() for _, text in file.lines()):
            return
        _refuse(file, options, kinds)
    rows = dialect.rows(file)
    number, names = _header(file, dialect, options)
    if not options.column_names:
        next(rows)
    tokens, label = fields_of(
        file.where(number), names, options.tokens_column, options.label_column
    )
    split = split_field(names, tokens, label)
    tokens_at, label_at = names.index(tokens), names.index(label)
    split_at = None if split is None else names.index(split)
    tokens_of, tags_of = options.tokens_of, options.tags_of
    tags, width = means_tags(label), len(names)
    for number, row in rows:
        if len(row) != width:
            raise DataError(
                f"{file.where(number)}: expected {width} columns ({', '.join(names)}) "
                f"divided by {dialect.delimiter!r}, found {len(row)}: {shown(row)}"
                + (_QUOTE if dialect.quoted and len(row) > width else "")
            )
        target = row[label_at]
        part = None
        if split_at is not None:
            part = part_of(file.where(number), row[split_at])
        yield (
            number,
            tokens_of(row[tokens_at]),
            tags_of(target) if tags else target,
            part,
            True,
        )


def _header(
    file: TextFile, dialect: Dialect, options: ReadOptions
) -> tuple[int, list[str]]:
    """The names of the columns, and the line that they are of.

    Raises:
        DataError: if they are not distinct, or stand in the file as well as in the
            options.
    """
    number, first = next(dialect.rows(file))
    header = [name.strip() for name in first]
    if not options.column_names:
        _check_header(file.where(number), header)
        return number, header
    if header == options.column_names:
        raise DataError(
            f"{file.where(number)}: expected data, as there are columns, found their "
            f"names: {', '.join(header)}; omit ",
            SettingName("columns"),
        )
    return number, options.column_names


def _suited(
    file: TextFile, options: ReadOptions, kinds: Sequence[Dialect]
) -> Dialect | None:
    """The first dialect in which a file has the columns; None for none.

    They have names in its first line, or there are as many as names are given.
    """
    wanted = len(options.column_names)
    for dialect in kinds:
        try:
            rows = list(islice(dialect.rows(file), _LOOKED_AT if wanted else 1))
        except DataError:
            continue
        if wanted:
            suits = {len(row) for _, row in rows} == {wanted}
        else:
            chosen = options.tokens_column, options.label_column
            suits = any(has_fields(row, *chosen) for _, row in rows)
        if suits:
            return dialect
    return None


def _check_header(where: str, names: Sequence[str]) -> None:
    """Refuse names of columns that are not distinct; columns without one may be."""
    named = [name for name in names if name]
    if len(set(named)) < len(named):
        raise DataError(
            f"{where}: expected distinct column names, found {', '.join(names)}"
        )


def _refuse(file: TextFile, options: ReadOptions, kinds: Sequence[Dialect]) -> NoReturn:
    """Say what the first line lacks, and which options would help.

    Raises:
        DataError: always.
    """
    begin = next(text for _, text in file.lines() if text.strip())
    if begin.lstrip().startswith("{"):
        raise DataError(
            f"{file.where(1)}: expected names of columns, found {shown(begin)}; if "
            "these are JSON lines, set ",
            SettingName("format"),
            "='jsonl'",
        )
    dialect, rows = _likely(file, kinds)
    if not rows:
        raise DataError(f"{file.where(1)}: expected names of columns, found none")
    number, first = rows[0]
    where = file.where(number)
    names = [name.strip() for name in first]
    if options.column_names:
        wanted = len(options.column_names)
        number, first = next((r for r in rows if len(r[1]) != wanted), rows[0])
        raise DataError(
            f"{file.where(number)}: expected {wanted} columns, as many as have names "
            f"({options.columns}), found {len(first)} divided by "
            f"{dialect.delimiter!r}: {shown(first)}"
        )
    also: list[str] = []
    if dialect != kinds[0] and options.delimiter is None:
        also = [" and set ", SettingName("delimiter"), f"={dialect.delimiter!r}"]
    found = _as_data([row for _, row in rows])
    if found is not None:
        raise DataError(
            f"{where}: expected names of columns, found what looks like data: "
            f"{', '.join(map(shown, first))}; if the file has no names, set ",
            *(SettingName("columns"), f"={','.join(found)!r}", *also),
        )
    try:
        fields_of(where, names, options.tokens_column, options.label_column)
    except DataError as error:
        if len(names) > 1:
            raise DataError(*error.args, *also) from None
        known = " ".join(repr(kind.delimiter) for kind in kinds)
        raise DataError(
            str(error).partition("; set ")[0],
            f", and no {known} between columns; set ",
            *(SettingName("delimiter"), " to what there is"),
        ) from None
    raise AssertionError("a dialect that suits is found before")


def _likely(
    file: TextFile, kinds: Sequence[Dialect]
) -> tuple[Dialect, list[tuple[int, list[str]]]]:
    """The dialect that gives most columns, as many in all of the first rows."""
    best: tuple[Dialect, list[tuple[int, list[str]]]] | None = None
    for dialect in kinds:
        try:
            rows = list(islice(dialect.rows(file), _LOOKED_AT))
        except DataError:
            continue
        if not rows:
            continue
        width = len(rows[0][1])
        even = all(len(row) == width for _, row in rows)
        if best is None or (even and width > len(best[1][0][1])):
            best = dialect, rows
    return best or (kinds[0], list(islice(kinds[0].rows(file), 1)))


def _as_data(rows: Sequence[list[str]]) -> list[str] | None:
    """Names for the columns of rows of which the first is data; None if it is none.

    It is if one of its fields stands in the same column of a later row again, which
    the name of a column hardly does.
    """
    width = len(rows[0])
    even = [row for row in rows if len(row) == width]
    if width < 2 or len(even) < 3:
        return None
    again = [
        column
        for column in range(width)
        if rows[0][column] and any(row[column] == rows[0][column] for row in even[1:])
    ]
    if not again:
        return None
    label = min(again, key=lambda column: len({row[column] for row in even}))
    others = [column for column in range(width) if column != label]
    tokens = max(others, key=lambda column: sum(len(row[column]) for row in even))
    names = [f"column_{number}" for number in range(1, width + 1)]
    names[label], names[tokens] = LABEL_FIELDS[1], TOKEN_FIELDS[1]
    return names
