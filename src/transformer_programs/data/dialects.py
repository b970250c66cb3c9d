"""How the lines of tables are divided into fields."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from transformer_programs.data.text_files import TextFile
from transformer_programs.errors import DataError

Fields = Iterator[tuple[int, list[str]]]
"""The number of the line where a row begins, and its fields."""

DELIMITERS = (",", "\t", ";", "|")
"""What columns may be divided by, where nothing says so."""

_EXCEL = re.compile(r"sep=(.)")
"""The first line of tables that Excel writes, in some countries."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a line is divided.

    Attributes:
        delimiter: the character between columns.
        quoted: whether a field may be quoted with ``"``, and then hold anything.
    """

    delimiter: str
    quoted: bool

    def rows(self, file: TextFile) -> Fields:
        """The rows of a file, without empty ones.

        Raises:
            DataError: for a row whose quotes are wrong.
        """
        lines = file.lines()
        first = next(lines, None)
        if first is None:
            return iter(())
        if _EXCEL.fullmatch(first[1]) is None:
            lines = file.lines()
        return self._quoted(file, lines) if self.quoted else self._plain(lines)

    def _plain(self, lines: Iterator[tuple[int, str]]) -> Fields:
        for number, text in lines:
            if text.strip():
                yield number, text.split(self.delimiter)

    def _quoted(self, file: TextFile, lines: Iterator[tuple[int, str]]) -> Fields:
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
                    hint = (
                        "; is a quote not closed?"
                        if "end of data" in str(error)
                        else ""
                    )
                    raise DataError(
                        f"{file.where(begin)}: expected fields divided by "
                        f"{self.delimiter!r}, found a row that breaks the format: "
                        f"{error}{hint}"
                    ) from error
                if row is None:
                    return
                if any(row):
                    yield begin, row


@contextmanager
def _fields_of_any_size() -> Iterator[None]:
    """In this context, the library for tables takes texts of any length."""
    limit = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(limit)
