"""X and y of scikit-learn as tokens and labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d

from transformer_programs.data import (
    Dataset,
    Origin,
    Parts,
    ReadOptions,
    Row,
    Target,
    assemble,
    is_list,
    records_of,
    rows_of_list,
    shown,
)
from transformer_programs.errors import DataError, InputError

Tokens = tuple[str, ...]

Tags = tuple[Any, ...]
"""The tags of a sequence, None where none is asked for."""


def sequences_of(data: Any, options: ReadOptions) -> list[Tokens]:
    """Return the token sequences of X."""
    return [
        _tokens(f"X[{index}]", item, options)
        for index, item in enumerate(_rows("X", data, "texts or lists of tokens"))
    ]


def fitting(sequences: list[Tokens], limit: int, *, truncate: bool) -> list[Tokens]:
    """Check that no sequence is longer than a program takes, or cut them."""
    if truncate:
        return [tokens[:limit] for tokens in sequences]
    for index, tokens in enumerate(sequences):
        if len(tokens) > limit:
            raise InputError(
                f"X[{index}]: expected at most {limit} tokens, found {len(tokens)}; "
                "fit with a larger read__max_length, or with read__truncate=True to "
                "leave out what is beyond it (a classifier can)"
            )
    return sequences


def classes_of(
    sequences: Sequence[Tokens], y: Any
) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the distinct classes of y, sorted, and the index of each sequence's."""
    if y is None:
        raise _no_y("one class")
    if isinstance(y, str | bytes | Mapping | Set) or not hasattr(y, "__len__"):
        raise DataError(f"y: expected one class per sequence, found {shown(y)}")
    _check_single(y)
    for index, value in enumerate(y):
        if _missing(value) or isinstance(value, bytes):
            raise DataError(f"y[{index}]: expected a class, found {shown(value)}")
    _check_kinds(y)  # numpy would make texts of numbers, and numbers of truth values
    column = column_or_1d(y, warn=True)
    check_consistent_length(sequences, column)
    check_classification_targets(column)
    try:
        classes, indices = np.unique(column, return_inverse=True)
    except TypeError:
        raise DataError(
            f"y: expected labels that can be sorted, found {shown(column[0])}"
        ) from None
    _at_least_one("class", classes.tolist())
    return classes, indices


def _check_single(y: Any) -> None:
    # Several labels per sequence: a matrix with a column each, or lists of them.
    shape = tuple(y.shape) if hasattr(y, "shape") else (len(y),)
    several = len(shape) > 1 and shape[1:] != (1,)
    if len(shape) == 1:
        lists = (value for value in y if is_list(value) or isinstance(value, Set))
        several = any(len(value) != 1 for value in lists)
    if several:
        found = f"of shape {shape}" if len(shape) > 1 else f"like {shown(y)}"
        raise DataError(
            f"y should be a 1d array with one class per sequence, got one {found}; a "
            "program gives every sequence one class: for several labels per sequence "
            "(multi-label) fit a classifier for each, as "
            "sklearn.multioutput.MultiOutputClassifier does"
        )


def tags_of(
    sequences: Sequence[Tokens], y: Any
) -> tuple[NDArray[Any], list[tuple[int | None, ...]]]:
    """Return the distinct tags of y, sorted, and the index of every token's tag."""
    tags = checked_tags(sequences, y)
    _check_kinds(tag for row in tags for tag in row if tag is not None)
    ordered = sorted({tag for row in tags for tag in row if tag is not None})
    _at_least_one("tag", ordered)
    indices: dict[Any, int | None] = {tag: i for i, tag in enumerate(ordered)}
    indices[None] = None
    return np.array(ordered), [tuple(indices[tag] for tag in row) for row in tags]


def checked_tags(sequences: Sequence[Tokens], y: Any) -> list[Tags]:
    """Return one tag per token, None where none is known."""
    if y is None:
        raise _no_y("a list of tags")
    rows = list(_rows("y", y, "lists of tags"))
    check_consistent_length(sequences, rows)
    pairs = enumerate(zip(sequences, rows, strict=True))
    return [_tags(f"y[{index}]", tokens, row) for index, (tokens, row) in pairs]


def names_of(classes: NDArray[Any]) -> tuple[str, ...]:
    """Return the classes as the labels of a program, which are texts."""
    names = tuple(map(str, classes.tolist()))
    if len(set(names)) < len(names) or "" in names:
        raise DataError(
            "expected classes that are different texts, none of them empty, found "
            f"{shown(classes.tolist())}"
        )
    return names


def dataset_of(
    name: str,
    sequences: Sequence[Tokens],
    targets: Sequence[Target],
    labels: tuple[str, ...],
    read: ReadOptions,
    texts: Sequence[str] | None,
) -> Dataset:
    """Return the data to learn from, split.

    The labels are in the order of the classes, which decides ties; they include those
    that only the validation part has.
    """
    if len(sequences) < 2:
        raise DataError(
            "X: expected 2 samples or more, one of which is held out to choose among "
            f"programs, found {len(sequences)} sample"
        )
    pairs = enumerate(zip(sequences, targets, strict=True))
    rows = (
        Row(n, tokens, target, text=None if texts is None else texts[n])
        for n, (tokens, target) in pairs
    )
    records = records_of(Origin("X[", "]"), rows)
    return replace(assemble(name, "X", Parts(records), read), labels=labels)


def _no_y(expected: str) -> DataError:
    return DataError(
        "requires y to be passed, but the target y is None: expected "
        f"{expected} per sequence"
    )


def _rows(name: str, data: Any, expected: str) -> Iterable[Any]:
    if not hasattr(data, "__len__"):
        raise DataError(f"{name}: expected a list of {expected}, found {shown(data)}")
    rows = rows_of_list(name, data, expected)
    if not len(data):
        raise DataError(f"{name}: expected {expected}, found 0 sample(s)")
    return rows


def _tokens(where: str, item: Any, options: ReadOptions) -> Tokens:
    if isinstance(item, str):
        tokens = options.tokens_of(item)
    elif is_list(item) and all(isinstance(token, str) for token in item):
        tokens = tuple(map(str, item))
    else:
        raise DataError(
            f"{where}: expected a text or a list of tokens, each a str, found "
            f"{shown(item)}; numbers must be made tokens first, for example by str"
        )
    if not (tokens or options.frame) or "" in tokens:
        found = "an empty one" if tokens else "none"
        raise DataError(
            f"{where}: expected at least one token, and none empty, found {found}"
        )
    return tokens


def _tags(where: str, tokens: Tokens, row: Any) -> Tags:
    if not is_list(row):
        raise DataError(f"{where}: expected a list of tags, found {shown(row)}")
    tags = tuple(tag.item() if isinstance(tag, np.generic) else tag for tag in row)
    if len(tags) != len(tokens):
        raise DataError(
            f"{where}: expected one tag per token, found {len(tokens)} tokens and "
            f"{len(tags)} tags"
        )
    for tag in tags:
        if tag is not None and (_missing(tag) or not isinstance(tag, str | int)):
            raise DataError(
                f"{where}: expected tags that are str, int or bool (or None where "
                f"none is known), found {shown(tag)}"
            )
    return tags


def _missing(value: Any) -> bool:
    # Also NaN, and pandas.NA, whose comparison has no truth value.
    if value is None:
        return True
    if isinstance(value, np.ndarray | Sequence):
        return False
    try:
        return bool(value != value)
    except TypeError:
        return True


def _check_kinds(values: Iterable[Any]) -> None:
    # Texts, numbers and truth values together may look the same.
    kinds = {_kind(value) for value in values}
    if len(kinds) > 1:
        raise DataError(
            "y: expected labels of one kind that can be sorted, found "
            + ", ".join(sorted(kinds))
        )


def _kind(value: Any) -> str:
    plain = value.item() if isinstance(value, np.generic) else value
    number = isinstance(plain, int | float) and not isinstance(plain, bool)
    return "number" if number else type(plain).__name__


def _at_least_one(what: str, found: Sequence[Any]) -> None:
    if not found:
        raise DataError(f"y: expected 1 or more, each a {what}, found none")
