"""Text files: plain or compressed, in several encodings, checked before reading."""

from __future__ import annotations

import codecs
import hashlib
import io
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from transformer_programs.errors import DataError, SettingName
from transformer_programs.system import (
    FILE_LIMIT,
    LONGEST_LINE,
    limited_size,
    open_bytes,
    open_regular,
    readable,
)

FALLBACK_ENCODING = "cp1252"
"""The most frequent encoding of files that are not UTF-8."""

_BLOCK = 1 << 20
"""Bytes looked at together."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark begins it
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_NO_TEXT = (
    (b"PK\x03\x04", "a zip archive, as Excel files are; export it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an Excel file; export it as CSV"),
    (b"PAR1", "a Parquet file; write it as JSON lines"),
    (b"BZh", "a bzip2 file; unpack it, or compress it with gzip"),
    (b"\xfd7zXZ", "an xz file; unpack it, or compress it with gzip"),
    (b"\x28\xb5\x2f\xfd", "a zstd file; unpack it, or compress it with gzip"),
    (b"%PDF", "a PDF file"),
    (b"SQLite format 3", "an SQLite database; export it as CSV"),
)

_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file whose every byte can be decoded.

    Attributes:
        path: Where it is.
        encoding: Its encoding, as Python names it.
        newline: What ends its lines, but for a carriage return before it.
        notes: What a reader should know, such as an encoding that was guessed.
    """

    path: Path
    encoding: str
    newline: str = "\n"
    notes: tuple[str, ...] = ()

    def lines(self) -> Iterator[tuple[int, str]]:
        """Yield line numbers, from 1, and lines without their ends.

        Byte order marks at the beginning of lines are dropped: files that were joined
        have some.

        Raises:
            DataError: If a line is too long, or the file cannot be read any more.
        """
        newline = self.newline
        number = 0
        try:
            with (
                readable(self.path),
                open_bytes(self.path, known=True) as file,
                io.TextIOWrapper(file, self.encoding, newline=newline) as text,
            ):
                while line := text.readline(LONGEST_LINE + 1):
                    number += 1
                    if len(line) > LONGEST_LINE:
                        raise _too_long(self.where(number))
                    if line[0] == _MARK:
                        line = line.lstrip(_MARK)
                    yield number, line.removesuffix(newline).removesuffix("\r")
        except UnicodeDecodeError as error:
            raise DataError(f"{self.path}: changed while it was read") from error

    def where(self, number: int) -> str:
        """Return the place of a line, for messages."""
        return f"{self.path}:{number}"


def open_text(path: Path, encoding: str | None = None) -> TextFile:
    """Open a text file, after a look at all of its bytes.

    Args:
        path: Where it is.
        encoding: Its encoding; by default what its byte order mark says, else UTF-8,
            else Windows-1252, with a note, if it can be that.

    Raises:
        DataError: If it is missing, not a regular file, not readable, a damaged gzip,
            or not text in the encoding.
    """
    check_regular(path)
    with readable(path), open_bytes(path) as file:
        head = file.read(_BLOCK)
    for magic, what in _NO_TEXT:
        if head.startswith(magic):
            raise DataError(f"{path}: expected a text file, found {what}")
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    chosen = encoding or marked
    if chosen is not None:
        return _decoded(path, chosen)
    if _looks_like_utf16(head):
        encoding = "utf-16-le" if head[1] == 0 else "utf-16-be"
        raise DataError(
            f"{path}:1: expected UTF-8 text, found a zero in every second byte, as "
            "UTF-16 has; set ",
            SettingName("encoding"),
            f"={encoding!r}",
        )
    try:
        return _decoded(path, "utf-8")
    except _UndecodableError as error:
        return _of_another_encoding(path, error)


def check_regular(path: Path) -> None:
    """Check that a file is regular: pipes can be read once only."""
    with readable(path):
        mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise DataError(f"{path}: expected a data file, found a folder")
    if not stat.S_ISREG(mode):
        raise DataError(
            f"{path}: expected a regular file, which can be read again, found a pipe "
            "or a device; write what comes from it to a file first"
        )


class _UndecodableError(DataError):
    """Bytes that are not text in an encoding."""


def _of_another_encoding(path: Path, error: _UndecodableError) -> TextFile:
    place = str(error).partition(": expected")[0]
    # No text in a code page has control characters.
    printable = bytes(i for i in range(256) if i >= 32 or i in b"\t\n\r\f\v\x1b")
    if any(block.translate(None, printable) for block in _blocks(path)):
        raise DataError(
            f"{place}: expected text, found bytes that are neither UTF-8 nor text in a "
            "code page; is it a text file? If it is, set ",
            SettingName("encoding"),
            " to what it is",
        ) from None
    note = (
        f"{place}: not UTF-8, so the file is read as {FALLBACK_ENCODING} "
        "(Windows, Western Europe); set encoding (--encoding) if it is another"
    )
    try:
        return replace(_decoded(path, FALLBACK_ENCODING), notes=(note,))
    except _UndecodableError:
        raise error from None


def _decoded(path: Path, encoding: str) -> TextFile:
    lines, length, returns = 0, 0, False
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        for block in _blocks(path):
            text = decoder.decode(block, final=not block)
            lines += text.count("\n")
            returns = returns or (not lines and "\r" in text)
            end = max(text.rfind("\n"), text.rfind("\r")) + 1
            length = len(text) - end if end else length + len(text)
            if length > LONGEST_LINE:
                raise _too_long(f"{path}:{lines + 1}")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        lines += before.decode(encoding, "ignore").count("\n")
        column = len(before) - (before.rfind(b"\n") + 1)
        name = "UTF-8" if encoding.startswith("utf-8") else encoding
        raise _UndecodableError(
            f"{path}:{lines + 1}: expected {name} text, found byte "
            f"0x{error.object[error.start]:02x} at byte {column} of the line; if the "
            "text is in another encoding, set ",
            SettingName("encoding"),
            f"={FALLBACK_ENCODING!r} or what it is",
        ) from error
    except UnicodeError as error:  # such as no byte order mark where one is needed
        raise DataError(f"{path}: expected {encoding} text, found {error}") from error
    return TextFile(path, encoding, "\r" if returns and not lines else "\n")


def _too_long(where: str) -> DataError:
    return DataError(
        f"{where}: expected at most {LONGEST_LINE:,} characters in a line, found more"
    )


def _blocks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, and an empty block at its end."""
    with readable(path), open_bytes(path, known=True) as file:
        while block := file.read(_BLOCK):
            yield block
    yield b""


def _looks_like_utf16(head: bytes) -> bool:
    """Return whether every second byte is zero, as in UTF-16 of Latin letters."""
    few = head[:200]
    zeros = sorted((few[::2].count(0), few[1::2].count(0)))
    return len(few) >= 4 and zeros[1] > 0.4 * len(few) and zeros[0] < 0.1 * len(few)


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    check_regular(path)
    with readable(path):
        limited_size(path, FILE_LIMIT)
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
