"""What people pass to a program, as tokens and as padded arrays of ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from transformer_programs.errors import InputError
from transformer_programs.language.surface import Splitting, split_text
from transformer_programs.language.types import InputFormat

# Sequences that are encoded together: Python's numbers take much memory.
_BLOCK = 1 << 14

_MOST_NAMED = 10  # tokens that messages name

_PLAUSIBLE: tuple[Splitting, ...] = ("whitespace", "characters")


@dataclass(frozen=True, slots=True)
class Batch:
    """Framed sequences of different lengths.

    Attributes:
        ids: (sequences, width) codes of tokens, 0 where padded; without surfaces they
            are the ids of words.
        lengths: (sequences,) framed lengths, each at most the width.
        words: the bare sequences as they were typed, where that cannot be told from
            the codes: if the format reads characters. None for inputs of which only
            the codes are known.
    """

    ids: NDArray[np.signedinteger]
    lengths: NDArray[np.signedinteger]
    words: tuple[tuple[str, ...], ...] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: slice | NDArray[np.int64]) -> Batch:
        words = self.words
        if words is not None:
            words = tuple(words[i] for i in np.arange(len(words))[rows].tolist())
        return Batch(self.ids[rows], self.lengths[rows], words)

    @property
    def real(self) -> NDArray[np.bool_]:
        """Which (position, sequence) pairs are not padding."""
        return np.asarray(np.arange(self.ids.shape[1])[:, None] < self.lengths)

    def cut(self) -> Batch:
        """Return the same without the columns that are padding in every row."""
        width = int(self.lengths.max(initial=1))
        return Batch(self.ids[:, :width], self.lengths, self.words)


def encode_batch(
    input_format: InputFormat,
    sequences: Sequence[Sequence[str]],
    width: int | None = None,
) -> Batch:
    """Frame and encode bare sequences.

    Args:
        input_format: what is accepted.
        sequences: bare tokens.
        width: columns of the result; by default the longest sequence's length.

    Raises:
        InputError: For the first sequence that the format does not accept.
    """
    bare = np.fromiter(map(len, sequences), np.int32, len(sequences))
    lengths = bare + np.int32(input_format.frame_size)
    if width is None:
        width = int(lengths.max(initial=1))
    ids = np.zeros((len(sequences), width), dtype=code_type(input_format))
    real = np.arange(width) < lengths[:, None]  # (sequences, width)
    for start in range(0, len(sequences), _BLOCK):
        here = slice(start, start + _BLOCK)
        rows = map(input_format.encode, sequences[here])
        ids[here][real[here]] = list(chain.from_iterable(rows))
    words = tuple(map(tuple, sequences)) if input_format.reads_characters else None
    return Batch(ids, lengths, words)


def joined(batches: Sequence[Batch]) -> Batch:
    """Return batches of different widths as one."""
    width = max(batch.ids.shape[1] for batch in batches)
    ids = [np.pad(b.ids, ((0, 0), (0, width - b.ids.shape[1]))) for b in batches]
    lengths = np.concatenate([batch.lengths for batch in batches])
    known = [batch.words for batch in batches if batch.words is not None]
    words = tuple(chain(*known)) if len(known) == len(batches) else None
    return Batch(np.concatenate(ids), lengths, words)


def code_type(form: InputFormat) -> type[np.int32] | type[np.int64]:
    """Return the numbers that hold every code."""
    return np.int32 if form.code_count <= 1 << 31 else np.int64


def tokens_of(form: InputFormat, given: Sequence[str]) -> Sequence[str]:
    """Return the tokens of a text, split as in training; a list stays as it is.

    Raises:
        InputError: For a text, if the program knows lists of tokens alone; names a
            list that it would take.
    """
    if not isinstance(given, str):
        return given
    if form.split is not None:
        return split_text(given, form.split)
    for splitting in _PLAUSIBLE:
        tokens = split_text(given, splitting)
        if tokens and all(map(form.knows, tokens)):
            break
    else:
        some = [t for t in form.symbols if t != form.vocabulary.unknown]
        tokens = (*some, *form.symbols)[: min(form.max_bare_length, 3)]
    raise InputError(
        f"expected a list of tokens, such as [{_named(tokens)}], got the text {given!r}"
    )


def typed(form: InputFormat, arguments: Sequence[str]) -> Sequence[str]:
    """Return the tokens that arguments of a command line are.

    If the program splits texts, and one of them is more or less than a single token,
    they are the words of a text.
    """
    how = form.split
    if how is None or all(split_text(one, how) == (one,) for one in arguments):
        return arguments
    return split_text(" ".join(arguments), how)


def unknown_in_words(form: InputFormat, tokens: Sequence[str]) -> str | None:
    """Return a sentence that names those that are not known; None if all are."""
    unknown = [token for token in dict.fromkeys(tokens) if not form.knows(token)]
    return f"unknown tokens: {_named(unknown)}" if unknown else None


def _named(tokens: Sequence[str]) -> str:
    more = ", ..." if len(tokens) > _MOST_NAMED else ""
    return ", ".join(map(repr, tokens[:_MOST_NAMED])) + more
