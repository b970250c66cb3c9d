"""Files of word vectors: GloVe, word2vec as text and binary, and numpy's ``.npz``.

Readers yield pairs of a word and its vector, one at a time and only of wanted words, so
that no more of a file of millions of words is kept.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data.records import mismatch, shown
from transformer_programs.errors import DataError
from transformer_programs.system import (
    EXPANSION,
    FILE_LIMIT,
    UNPACKED,
    limited_size,
    open_bytes,
    read_lines,
    readable,
)

Vector = NDArray[np.float32]
Pairs = Iterator[tuple[str, Vector]]
"""Words, each with its vector."""

Wanted = Container[str] | None
"""The words to read; None for all."""

MOST_FEATURES = 100_000
"""The most numbers of a vector."""

_LONGEST = 1 << 20
"""The most bytes of a word in a binary file."""

_BLOCK = 1 << 20
"""Bytes read at a time from a binary file."""


def read_pairs(path: Path, wanted: Wanted) -> Pairs:
    """Yield the words of a file and their vectors, in the order of the file.

    The name tells the format: ``.npz``; ``.bin`` is binary word2vec; everything else
    is text, GloVe or word2vec. The last two may be followed by ``.gz``.

    Raises:
        DataError: If the file is damaged; names the line, or the number of the word.
            Numbers are only looked at where the word is wanted.
    """
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    readers = {".npz": _read_arrays, ".bin": _read_binary}
    return readers.get(suffix.lower(), _read_text)(path, wanted)


def _read_text(path: Path, wanted: Wanted) -> Pairs:
    """A word and its numbers per line; word2vec has a line with the sizes before."""
    features = count = None
    number = 0
    for number, text in read_lines(path):
        line, where = text.replace("\t", " ").rstrip(" "), f"{path}:{number}"
        if features is None:
            if sizes := _sizes(line):
                count, features = sizes
                continue
            features = line.count(" ")
        # Words may hold spaces (". . ." in GloVe 840B): numbers are told from the end.
        word, *values = line.rsplit(" ", features)
        extra = " " in word and _is_number(word.rsplit(" ", 1)[1])
        if not word or not values or len(values) != features or extra:
            found = f"{line.count(' ')} after {shown(line.split(' ')[0])}"
            raise mismatch(
                where,
                f"a word and {features or 'at least 1'} "
                f"number{'' if features == 1 else 's'}, as GloVe and word2vec write "
                "them",
                found if line else "an empty line",
            )
        if wanted is None or word in wanted:
            yield word, _numbers(where, word, values)
    if count is not None and number - 1 != count:
        found = f"{number - 1:,}; is the file whole?"
        raise mismatch(f"{path}:{number}", f"{count:,} words, as line 1 says", found)


def _sizes(line: str) -> tuple[int, int] | None:
    parts = line.split()
    if len(parts) == 2 and all(p.isascii() and p.isdecimal() for p in parts):
        return int(parts[0]), int(parts[1])
    return None


def _numbers(where: str, word: str, values: list[str]) -> Vector:
    try:
        vector = np.array(values, dtype=np.float64)
    except ValueError:
        wrong = shown(next(value for value in values if not _is_number(value)))
        expected = f"numbers after the word {shown(word)}"
        raise mismatch(where, expected, wrong) from None
    return _finite(where, word, vector)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _finite(where: str, word: str, values: NDArray[Any]) -> Vector:
    """Return numbers in single precision, where those too large become infinite."""
    with np.errstate(over="ignore"):
        vector: Vector = values.astype(np.float32)
    if not np.isfinite(vector).all():
        wrong = vector[~np.isfinite(vector)][0]
        expected = f"finite numbers for the word {shown(word)}"
        raise mismatch(where, expected, str(wrong))
    return vector


def _read_binary(path: Path, wanted: Wanted) -> Pairs:
    """Read sizes in a line; then words, each with a space and 4 bytes a number."""
    with readable(path), open_bytes(path) as file:
        header = file.readline(100)
        sizes = _sizes(header.decode("latin-1").strip())
        if sizes is None or not header.endswith(b"\n") or not sizes[1]:
            raise mismatch(
                path,
                "a first line with how many words and how many numbers each, as binary "
                "word2vec files have",
                f"{shown(header[:40])}; text must not be called .bin",
            )
        count, features = sizes
        if features > MOST_FEATURES:
            most = f"at most {MOST_FEATURES:,} numbers a word"
            raise mismatch(path, most, str(features))
        size = 4 * features
        block, at = b"", 0
        for index in range(1, count + 1):
            end = block.find(b" ", at)
            while end < 0 or end + 1 + size > len(block):
                more = file.read(_BLOCK)
                endless = end < 0 and len(block) - at > _LONGEST
                if not more or endless:
                    raise mismatch(
                        path,
                        f"{count:,} words of {features} numbers, as its first line "
                        "says",
                        f"an end within word {index:,}; is it whole?",
                    )
                block, at = block[at:] + more, 0
                end = block.find(b" ", at)
            # Some writers end each vector with a newline. Words that are no UTF-8
            # (there are such files) become what equals no token.
            word = block[at:end].lstrip(b"\n").decode("utf-8", "surrogateescape")
            at = end + 1 + size
            if wanted is None or word in wanted:
                values = np.frombuffer(block, "<f4", features, end + 1)
                yield word, _finite(f"{path}: word {index:,}", word, values)


def _read_arrays(path: Path, wanted: Wanted) -> Pairs:
    """Read arrays "vectors", and "words_utf8" (bytes) or "words" (strings)."""
    from zipfile import BadZipFile  # slow to load

    damaged = (OSError, EOFError, ValueError, KeyError, BadZipFile, zlib.error)
    expected = "arrays 'vectors' and 'words_utf8' or 'words', without pickle"
    try:
        with readable(path):
            limited_size(path, FILE_LIMIT)
        _check_sizes(path)
        arrays = np.load(path, allow_pickle=False)
        if not isinstance(arrays, np.lib.npyio.NpzFile):
            raise mismatch(path, expected, "a single array")
        with arrays:
            names = [n for n in ("words_utf8", "words") if n in arrays]
            if not names or "vectors" not in arrays:
                found = ", ".join(map(repr, arrays)) or "none"
                raise mismatch(path, expected, found)
            words = _words(path, names[0], arrays[names[0]])
            vectors = arrays["vectors"]
    except DataError:  # a ValueError, too
        raise
    except damaged as error:
        raise mismatch(path, expected, f"something else: {error}") from error
    if vectors.ndim != 2 or vectors.dtype.kind not in "fiu":
        expected = "'vectors' to be numbers of shape (words, features)"
        raise mismatch(path, expected, f"{vectors.dtype} of shape {vectors.shape}")
    if len(words) != len(vectors):
        expected = f"a vector for each of {len(words):,} words"
        raise mismatch(path, expected, f"{len(vectors):,}")
    for index, word in enumerate(words):
        if wanted is None or word in wanted:
            yield word, _finite(f"{path}: vectors[{index}]", word, vectors[index])


def _check_sizes(path: Path) -> None:
    """Check that arrays are as large as they say, and not far larger than the file."""
    import zipfile

    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as packed:
        infos = [info for info in packed.infolist() if info.filename.endswith(".npy")]
        unpacked = sum(info.file_size for info in infos)
        if unpacked > max(UNPACKED, EXPANSION * path.stat().st_size):
            found = f"what unpacks to more than {EXPANSION} times its size"
            raise mismatch(path, "word vectors", found)
        for info in infos:
            with packed.open(info) as file:
                version = np.lib.format.read_magic(file)
                read = {
                    (1, 0): np.lib.format.read_array_header_1_0,
                    (2, 0): np.lib.format.read_array_header_2_0,
                }[version]
                shape, _, dtype = read(file)
            if math.prod(shape) * dtype.itemsize > info.file_size:
                raise ValueError(f"{info.filename} is smaller than its shape {shape}")


def _words(path: Path, name: str, array: NDArray[Any]) -> list[str]:
    if name == "words" and array.dtype.kind == "U" and array.ndim == 1:
        return [str(word) for word in array]
    if name == "words_utf8" and array.dtype == np.uint8 and array.ndim == 1:
        try:
            return array.tobytes().decode("utf-8").split("\n")
        except UnicodeDecodeError as error:
            found = f"byte 0x{error.object[error.start]:02x} at {error.start}"
            raise mismatch(path, "words in UTF-8 in 'words_utf8'", found) from error
    wanted = {"words": "a list of strings", "words_utf8": "a list of bytes (uint8)"}
    found = f"{array.dtype} of shape {array.shape}"
    raise mismatch(path, f"{name!r} to be {wanted[name]}", found)
