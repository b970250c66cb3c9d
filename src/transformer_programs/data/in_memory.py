"""Labelled sequences that are in memory already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, Unpack

import numpy as np

from transformer_programs.data.assembly import assemble
from transformer_programs.data.dataset import Dataset
from transformer_programs.data.options import ReadChanges, ReadOptions, changed
from transformer_programs.data.parts import Parts
from transformer_programs.data.records import Origin, Row, no_records, records_of
from transformer_programs.data.texts import shown
from transformer_programs.errors import DataError, SettingsError

_DEFAULTS = ReadOptions()


def labelled_sequences(
    sequences: Iterable[Any],
    labels: Iterable[Any] | ReadOptions | None = None,
    options: ReadOptions = _DEFAULTS,
    *,
    name: str = "data",
    **changes: Unpack[ReadChanges],
) -> Dataset:
    """Sequences that are in memory already, split and ready to learn from.

    Lists, tuples, arrays of numpy and Series of pandas are taken.

    Args:
        sequences: the sequences, each a list of tokens, or a text that is made tokens
            as ``options.split`` says; without ``labels``, pairs of a sequence and its
            label or tags.
        labels: for each sequence one label (classification), or a list with one tag
            per token, None where none is known (tagging). Strings or integers, which
            are read as strings.
        options: how to split them, and the limits of vocabulary and length. They may
            also follow the pairs at once.
        name: what the data are about.
        **changes: fields of the options to replace.

    Raises:
        DataError: for data that cannot be used; begins with ``name[index]:``.
        SettingsError: for options that contradict each other.

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
    origin = Origin(f"{name}[", "]")
    if labels is None:
        pairs = _pairs(origin, rows_of_list(name, sequences, "pairs"))
    else:
        pairs = _zipped(name, sequences, labels)
    rows = _rows(origin, pairs, options)
    records = records_of(origin, rows, options.no_label)
    return assemble(name, name, Parts(records, no_records(), no_records()), options)


def rows_of_list(name: str, data: Any, expected: str) -> Iterable[Any]:
    """The items of something like a list.

    Raises:
        DataError: for what has no order, or is no list of rows.
    """
    if hasattr(data, "columns"):
        raise DataError(
            f"{name}: expected {expected}, found a table of type "
            f"{type(data).__name__}; choose one of its columns"
        )
    dimensions = getattr(data, "ndim", 1)
    if (
        isinstance(data, str | bytes | Mapping | Set)
        or not hasattr(data, "__iter__")
        or hasattr(data, "toarray")
        or dimensions not in (1, 2)
    ):
        found = f"{dimensions} dimensions" if dimensions != 1 else shown(data)
        raise DataError(f"{name}: expected a list of {expected}, found {found}")
    rows: Iterable[Any] = data
    return rows


def is_list(item: Any) -> bool:
    """Whether an item has an order; that of a pandas Series may be another one."""
    if isinstance(item, np.ndarray):
        return item.ndim == 1
    return isinstance(item, Sequence) and not isinstance(item, str | bytes)


def _zipped(name: str, sequences: Any, labels: Any) -> Iterator[tuple[int, Any, Any]]:
    """Sequences with their labels, numbered.

    Raises:
        DataError: if there are not as many.
    """
    both = (
        list(rows_of_list(name, sequences, "texts or lists of tokens")),
        list(rows_of_list(name, labels, "labels, or lists of tags")),
    )
    if len(both[0]) != len(both[1]):
        raise DataError(
            f"{name}: expected as many labels as sequences, found {len(both[0]):,} "
            f"sequences and {len(both[1]):,} labels"
        )
    yield from ((i, *pair) for i, pair in enumerate(zip(*both, strict=True)))


def _pairs(origin: Origin, items: Iterable[Any]) -> Iterator[tuple[int, Any, Any]]:
    """Pairs, numbered.

    Raises:
        DataError: for the first item that is none.
    """
    for index, item in enumerate(items):
        # Of a list of two texts nobody can tell whether it is a pair or two tokens.
        pair = isinstance(item, tuple) or (is_list(item) and not _is_tokens(item))
        if not pair or len(item) != 2:
            raise DataError(
                f"{origin.where(index)}: expected a pair of tokens and labels, found "
                f"{shown(item)}; or give sequences and labels apart, "
                "labelled_sequences(X, y)"
            )
        yield index, item[0], item[1]


def _is_tokens(item: Any) -> bool:
    return all(isinstance(value, str) for value in item)


def _rows(
    origin: Origin, pairs: Iterable[tuple[int, Any, Any]], options: ReadOptions
) -> Iterator[Row]:
    for index, tokens, target in pairs:
        from_text = isinstance(tokens, str)
        if from_text:
            tokens = options.tokens_of(tokens)
        elif not is_list(tokens):
            raise DataError(
                f"{origin.where(index)}: expected a text or a list of tokens, found "
                f"{shown(tokens)}"
            )
        yield (
            index,
            _plain(tokens),
            _plain(target)
            if is_list(target)
            else (target.item() if isinstance(target, np.generic) else target),
            None,
            from_text,
        )


def _plain(values: Sequence[Any]) -> list[Any]:
    """The values without types of numpy."""
    return [
        value.item() if isinstance(value, np.generic) else value for value in values
    ]
