"""Labelled sequences that are in memory already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, Unpack

import numpy as np

from transformer_programs.data.assembly import assemble
from transformer_programs.data.dataset import Dataset
from transformer_programs.data.options import GROUP, ReadChanges, ReadOptions, changed
from transformer_programs.data.records import (
    Origin,
    Row,
    mismatch,
    records_of,
    shown,
)
from transformer_programs.data.split import Parts
from transformer_programs.errors import SettingsError

_DEFAULTS = ReadOptions()


def labelled_sequences(
    sequences: Iterable[Any],
    labels: Iterable[Any] | ReadOptions | None = None,
    options: ReadOptions = _DEFAULTS,
    *,
    name: str = "data",
    **changes: Unpack[ReadChanges],
) -> Dataset:
    """Split sequences that are in memory already, ready to learn from.

    Lists, tuples, arrays of numpy and Series of pandas are taken.

    Args:
        sequences: The sequences, each a list of tokens, or a text that is made tokens
            as ``options.split`` says; without ``labels``, pairs of a sequence and its
            label or tags.
        labels: For each sequence one label (classification), or a list with one tag
            per token, None where it is unknown (tagging). Integers are read as strings.
        options: How to split them, and the limits of vocabulary and length. They may
            also follow the pairs at once.
        name: Name of the data.
        **changes: Fields of the options to replace.

    Raises:
        DataError: If the data cannot be used; begins with ``name[index]:``.
        SettingsError: If options contradict each other.

    >>> texts = ["a good film", "a bore", "good", "dull"] * 10
    >>> labels = ["pos", "neg", "pos", "neg"] * 10
    >>> tp.labelled_sequences(texts, labels).labels
    ('neg', 'pos')
    """
    if isinstance(labels, ReadOptions):
        options, labels = labels, None
    options = changed(options, changes)
    if options.validation is not None or options.test is not None:
        raise SettingsError("data in memory have no validation or test file")
    if options.group_column is not None:
        raise SettingsError(
            GROUP,
            ": for files, whose columns have names; data in memory have none",
        )
    origin = Origin(f"{name}[", "]")
    if labels is None:
        pairs = _pairs(origin, rows_of_list(name, sequences, "pairs"))
    else:
        pairs = _zipped(name, sequences, labels)
    records = records_of(origin, _rows(origin, pairs, options), options.no_label)
    return assemble(name, name, Parts(records), options)


def rows_of_list(name: str, data: Any, expected: str) -> Iterable[Any]:
    """Return the items of something like a list."""
    if hasattr(data, "columns"):
        found = f"a table of type {type(data).__name__}; choose one of its columns"
        raise mismatch(name, expected, found)
    dimensions = getattr(data, "ndim", 1)
    unordered = isinstance(data, str | bytes | Mapping | Set)
    sparse = hasattr(data, "toarray") or not hasattr(data, "__iter__")
    if unordered or sparse or dimensions not in (1, 2):
        found = f"{dimensions} dimensions" if dimensions != 1 else shown(data)
        raise mismatch(name, f"a list of {expected}", found)
    rows: Iterable[Any] = data
    return rows


def is_list(item: Any) -> bool:
    """Return whether an item has an order; that of a pandas Series may be another."""
    if isinstance(item, np.ndarray):
        return item.ndim == 1
    return isinstance(item, Sequence) and not isinstance(item, str | bytes)


def _zipped(name: str, sequences: Any, labels: Any) -> Iterator[tuple[Any, Any]]:
    ours = list(rows_of_list(name, sequences, "texts or lists of tokens"))
    theirs = list(rows_of_list(name, labels, "labels, or lists of tags"))
    if len(ours) != len(theirs):
        found = f"{len(ours):,} sequences and {len(theirs):,} labels"
        raise mismatch(name, "as many labels as sequences", found)
    yield from zip(ours, theirs, strict=True)


def _pairs(origin: Origin, items: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    for index, item in enumerate(items):
        # Of a list of two texts nobody can tell whether it is a pair or two tokens.
        texts = is_list(item) and all(isinstance(value, str) for value in item)
        pair = isinstance(item, tuple) or (is_list(item) and not texts)
        if not pair or len(item) != 2:
            apart = "; or give sequences and labels apart, labelled_sequences(X, y)"
            expected = "a pair of tokens and labels"
            raise mismatch(origin.where(index), expected, f"{shown(item)}{apart}")
        yield item[0], item[1]


def _rows(
    origin: Origin, pairs: Iterable[tuple[Any, Any]], options: ReadOptions
) -> Iterator[Row]:
    for index, (tokens, target) in enumerate(pairs):
        text = tokens if isinstance(tokens, str) else None
        if text is not None:
            tokens = options.tokens_of(text)
        elif not is_list(tokens):
            where = origin.where(index)
            raise mismatch(where, "a text or a list of tokens", shown(tokens))
        if is_list(target):
            target = list(map(_plain, target))
        yield Row(index, list(map(_plain, tokens)), _plain(target), text=text)


def _plain(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    # Where pandas has nothing, it has NaN, which does not equal itself.
    return None if isinstance(plain, float) and plain != plain else plain
