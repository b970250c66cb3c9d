"""Word vectors, such as GloVe or word2vec, for the words of a data set."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data.dataset import Dataset
from transformer_programs.data.records import mismatch
from transformer_programs.data.text_files import file_hash
from transformer_programs.data.vector_files import read_pairs
from transformer_programs.errors import DataError, SettingsError
from transformer_programs.language import Vocabulary

_LOOKED_AT = 50
"""Words that are looked at to name a few of them."""


@dataclass(frozen=True, eq=False, repr=False)
class WordVectors:
    """Vectors of words.

    Attributes:
        words: Words, each once.
        matrix: (words, features) their vectors.
        path: Absolute path of the file that they were read from; "" for none.
        sha256: Hash of this file.
    """

    words: tuple[str, ...]
    matrix: NDArray[np.float32]
    path: str = ""
    sha256: str = ""

    def __post_init__(self) -> None:
        shape = self.matrix.shape
        if len(shape) != 2 or len(self.words) != shape[0] or not shape[1]:
            raise SettingsError(
                f"expected a matrix of word vectors of shape ({len(self.words)}, "
                f"features), got {shape}"
            )

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        return (
            f"<WordVectors: {len(self):,} words, {self.matrix.shape[1]} features, "
            f"{self.path or 'from memory'}>"
        )

    def rows(self, words: Iterable[str]) -> NDArray[np.int64]:
        """Return the row of each word, or of its lower-cased form; -1 for none."""
        rows = {word: row for row, word in enumerate(self.words)}
        found = [rows.get(word, rows.get(word.lower(), -1)) for word in words]
        return np.array(found, dtype=np.int64)

    def for_vocabulary(self, vocabulary: Vocabulary) -> tuple[NDArray[np.float32], int]:
        """Return the (vocabulary, features) vectors, and how many tokens have one.

        The row of a token without a vector is NaN.

        Raises:
            SettingsError: If no token has a vector.
        """
        rows = self.rows(vocabulary.tokens)
        known = rows >= 0
        if not known.any():
            raise SettingsError(
                _of_other_words(self.path, len(self), self.words, vocabulary.tokens)
            )
        shape = (len(rows), self.matrix.shape[1])
        matrix = np.full(shape, np.nan, dtype=np.float32)
        matrix[known] = self.matrix[rows[known]]
        return matrix, int(known.sum())


def read_vectors(
    path: str | os.PathLike[str], words: Iterable[str] | None = None
) -> WordVectors:
    """Read word vectors from a file (``docs/how-to/data.md``).

    A word that stands in the file more than once has its first vector.

    Args:
        path: A file of GloVe or word2vec text, a word2vec ``.bin`` (each also with
            ``.gz``), or an ``.npz`` with arrays "vectors" and "words_utf8" or "words".
        words: The only ones to keep, as they are and lower-cased; by default all.

    Raises:
        DataError: If the file holds no word vectors; begins with ``file:line:``.
    """
    file = Path(path)
    sha256 = file_hash(file)
    wanted = None
    if words is not None:
        words = list(words)
        wanted = {form for word in words for form in (word, word.lower())}
    found: dict[str, NDArray[np.float32]] = {}
    for word, vector in read_pairs(file, wanted):
        found.setdefault(word, vector)
    if not found:
        count, first = _census(file)
        if not count:
            raise mismatch(
                file,
                "word vectors, such as lines of a word and its numbers as GloVe and "
                "word2vec write them",
                "none; give another file",
            )
        raise DataError(_of_other_words(str(file), count, first, list(words or ())))
    return WordVectors(
        tuple(found), np.stack(list(found.values())), str(file.resolve()), sha256
    )


class _Census:
    """Counts the words of a file of vectors, and wants none of them."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[str] = []

    def __contains__(self, word: object) -> bool:
        self.count += 1
        if len(self.first) < _LOOKED_AT:
            # Not every word of a binary file can be printed.
            self.first.append(str(word).encode("utf-8", "replace").decode())
        return False


def _census(file: Path) -> tuple[int, list[str]]:
    census = _Census()
    for _ in read_pairs(file, census):
        pass
    return census.count, census.first


def _of_other_words(
    source: str, count: int, words: Sequence[str], expected: Sequence[str]
) -> str:
    return (
        f"{source or 'word vectors'}: expected a vector for at least one of "
        f"{len(expected):,} words ({_examples(expected)}), found {count:,} "
        f"vector{'' if count == 1 else 's'} of others ({_examples(words)}); give "
        "vectors of the same language and with the same upper and lower case"
    )


def _examples(words: Sequence[str]) -> str:
    """Name a few words, rather than special tokens and punctuation."""
    plain = [word for word in words[:_LOOKED_AT] if word[:1].isalnum()]
    named = (plain or words)[:5]
    return ", ".join(named) + (", ..." if len(words) > len(named) else "")


@dataclass(frozen=True, slots=True)
class UsedVectors:
    """The word vectors that a training began with, and what they cover.

    Attributes:
        path: Their file; "" if they were in memory.
        sha256: Hash of this file.
        words: Number of words in the vocabulary.
        words_found: Number of these that have a vector.
        tokens: Number of tokens in the training data.
        tokens_found: Number of these whose word has a vector.
    """

    path: str
    sha256: str
    words: int
    words_found: int
    tokens: int
    tokens_found: int

    def sentence(self) -> str:
        """Describe what they cover."""
        return (
            f"vectors for {self.words_found / self.words:.1%} of {self.words:,} words, "
            f"{self.tokens_found / self.tokens:.1%} of tokens"
        )


def vectors_for_data(
    vectors: WordVectors, dataset: Dataset
) -> tuple[NDArray[np.float32], UsedVectors]:
    """Return a vector for every token of a data set's vocabulary, and what they cover.

    Raises:
        SettingsError: If no token of the training data has a vector.
    """
    vocabulary = dataset.input.vocabulary
    matrix, found = vectors.for_vocabulary(vocabulary)
    has_vector = ~np.isnan(matrix[:, 0])
    known = {t for t, has in zip(vocabulary.tokens, has_vector, strict=True) if has}
    folding = dataset.input.folding
    counts = Counter(
        token if folding is None else folding.fold(token)
        for sequence in dataset.train.sequences
        for token in sequence
    )
    used = UsedVectors(
        path=vectors.path,
        sha256=vectors.sha256,
        words=len(vocabulary.tokens),
        words_found=found,
        tokens=counts.total(),
        # A token outside the vocabulary is read as the unknown one, whatever it is.
        tokens_found=sum(n for token, n in counts.items() if token in known),
    )
    if not used.tokens_found:
        # Of a file only those of the vocabulary may have been kept.
        count, first = len(vectors), list(vectors.words)
        if vectors.path:
            count, first = _census(Path(vectors.path))
        frequent = [token for token, _ in counts.most_common()]
        raise SettingsError(_of_other_words(vectors.path, count, first, frequent))
    return matrix, used


def read_again(used: UsedVectors, dataset: Dataset) -> WordVectors:
    """Read the vectors that a training began with.

    Raises:
        DataError: If the file is not there, or not the one that was read.
    """
    found = file_hash(Path(used.path))
    if found != used.sha256:
        raise DataError(
            f"{used.path}: these are not the word vectors that training began with: "
            f"expected SHA-256 {used.sha256[:12]}..., got {found[:12]}..."
        )
    return read_vectors(used.path, dataset.input.vocabulary.tokens)
