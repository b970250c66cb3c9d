"""The user's labelled sequences, from files or from Python (``docs/data.md``)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Unpack

from transformer_programs.errors import DataError, SettingsError
from transformer_programs.tasks.assemble import (
    Parts,
    assemble,
    check_same_kind,
    examples_of,
)
from transformer_programs.tasks.conll import read_conll
from transformer_programs.tasks.dataset import Dataset, Examples
from transformer_programs.tasks.jsonl import read_jsonl
from transformer_programs.tasks.lengths import fitted
from transformer_programs.tasks.options import ReadChanges, ReadOptions, changed
from transformer_programs.tasks.records import Record, make_record, shown
from transformer_programs.tasks.table import read_csv, read_tsv
from transformer_programs.tasks.tag_scheme import in_scheme

__all__ = [
    "FORMATS",
    "ReadOptions",
    "labelled_sequences",
    "read_examples",
    "read_sequences",
]

Reader = Callable[[Path, ReadOptions], Iterator[Record]]

FORMATS: dict[str, Reader] = {
    ".jsonl": read_jsonl,
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".conll": read_conll,
    ".iob": read_conll,
    ".txt": read_conll,
}
"""The reader for each file extension; every one may be followed by ``.gz``."""

_DEFAULTS = ReadOptions()


def read_sequences(
    path: str | os.PathLike[str],
    options: ReadOptions = _DEFAULTS,
    **changes: Unpack[ReadChanges],
) -> Dataset:
    """The labelled sequences of a file, split and ready to learn from.

    Args:
        path: a file of JSON lines, comma- or tab-separated values, or CoNLL columns,
            possibly compressed by gzip; its extension says which.
        options: how to read it.
        **changes: fields of the options to replace.

    Raises:
        DataError: for data that cannot be used; begins with ``file:line:``.
        SettingsError: for options that contradict each other.
    """
    options = changed(options, changes)
    file = Path(path)
    records = _read(file, options)
    separate = {
        part: [] if other is None else _read(Path(other), options)
        for part, other in (("validation", options.validation), ("test", options.test))
    }
    given = _by_part(file, records)
    for part, held_out in separate.items():
        if held_out and given[part]:
            raise DataError(
                f"{given[part][0].where}: expected no {part} data in this file, "
                f"because there is a separate file of them, found a split field"
            )
    parts = Parts(
        train=given["train"],
        validation=given["validation"] + separate["validation"],
        test=given["test"] + separate["test"],
    )
    return dataset_of(name_of_file(file), str(file), parts, options)


def name_of_file(path: Path) -> str:
    """A name for the data of a file: its own, or its folder's if it says nothing."""
    stem = path.name.removesuffix(".gz").rpartition(".")[0]
    if stem.lower() in ("train", "training"):
        return path.parent.resolve().name or stem
    return stem


def dataset_of(name: str, source: str, parts: Parts, options: ReadOptions) -> Dataset:
    """A data set from records, after deciding whether texts as labels are tags.

    Args:
        name: what the data are about.
        source: what stands for them in messages.
        parts: the records.
        options: how to make them a data set.

    Raises:
        DataError: for data that make no data set.
    """
    as_tags = _are_tags(parts.all, options)
    interpreted = Parts(
        train=_interpreted(parts.train, as_tags, options),
        validation=_interpreted(parts.validation, as_tags, options),
        test=_interpreted(parts.test, as_tags, options),
    )
    return assemble(name, source, interpreted, options)


def read_examples(
    path: str | os.PathLike[str],
    options: ReadOptions = _DEFAULTS,
    *,
    tagging: bool | None = None,
) -> Examples:
    """The labelled sequences of a file, unsplit and in their order.

    Args:
        path: as for ``read_sequences``.
        options: how to read it; those of the split and the vocabulary do not matter.
        tagging: whether labels per token are expected, or one per sequence; the data
            tell by default.

    Raises:
        DataError: for data that cannot be used; begins with ``file:line:``.
    """
    records = _read(Path(path), options)
    as_tags = _are_tags(records, options) if tagging is None else tagging
    records = _interpreted(records, as_tags, options)
    check_same_kind(records)
    if tagging is not None and isinstance(records[0].target, str) == tagging:
        expected, found = "one tag per token", "a single label"
        if not tagging:
            expected, found = found, expected
        raise DataError(f"{records[0].where}: expected {expected}, found {found}")
    return examples_of(fitted(in_scheme(records, options), options))


def labelled_sequences(
    pairs: Iterable[tuple[Sequence[str], str | Sequence[str]]],
    options: ReadOptions = _DEFAULTS,
    *,
    name: str = "data",
    **changes: Unpack[ReadChanges],
) -> Dataset:
    """Sequences that are in memory already, split and ready to learn from.

    Args:
        pairs: tokens with their tags (tagging) or with one label (classification).
        options: how to split them, and the limits of vocabulary and length.
        name: what the data are about.
        **changes: fields of the options to replace.

    Raises:
        DataError: for data that cannot be used; begins with ``name[index]:``.
        SettingsError: for options that contradict each other.
    """
    options = changed(options, changes)
    records = [_pair(f"{name}[{index}]", pair) for index, pair in enumerate(pairs)]
    if options.validation is not None or options.test is not None:
        raise SettingsError("data in memory have no validation or test file")
    return assemble(name, name, Parts(records, [], []), options)


def _pair(where: str, pair: tuple[Sequence[str], str | Sequence[str]]) -> Record:
    try:
        tokens, target = pair
    except (TypeError, ValueError):
        raise DataError(
            f"{where}: expected a pair of tokens and labels, found {shown(pair)}"
        ) from None
    lists = [("tokens", tokens)]
    if not isinstance(target, str):
        lists.append(("tags", target))
    for what, values in lists:
        if (
            isinstance(values, str)
            or not isinstance(values, Sequence)
            or not all(isinstance(value, str) for value in values)
        ):
            raise DataError(
                f"{where}: expected a list of strings as {what}, found {shown(values)}"
            )
    return make_record(
        where, tuple(tokens), target if isinstance(target, str) else tuple(target)
    )


def _read(path: Path, options: ReadOptions) -> list[Record]:
    """Every record of a file.

    Raises:
        DataError: for a file of unknown type, or without any record.
    """
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    reader = FORMATS.get(suffix.lower())
    if reader is None and not path.is_dir():
        raise DataError(
            f"{path}: expected a file that ends in {', '.join(FORMATS)} "
            f"(each also with .gz), found {path.name!r}"
        )
    records = list((reader or read_jsonl)(path, options))
    if not records:
        raise DataError(f"{path}: expected labelled sequences, found none")
    return records


def _by_part(path: Path, records: Sequence[Record]) -> dict[str, list[Record]]:
    parts: dict[str, list[Record]] = {"train": [], "validation": [], "test": []}
    named = any(record.part for record in records)
    for record in records:
        if named and record.part is None:
            raise DataError(
                f"{record.where}: expected a split field, as in other lines of "
                f"{path.name}, found none"
            )
        parts[record.part or "train"].append(record)
    return parts


def _are_tags(records: Sequence[Record], options: ReadOptions) -> bool:
    """Whether labels written as one text are tags: as many everywhere as tokens.

    In a file of one-token sequences this is no evidence, so they stay labels.
    """
    return any(len(record.tokens) > 1 for record in records) and all(
        isinstance(record.target, str)
        and len(options.tags_of(record.target)) == len(record.tokens)
        for record in records
    )


def _interpreted(
    records: Sequence[Record], as_tags: bool, options: ReadOptions
) -> list[Record]:
    """The records, with labels written as one text divided into tags if they are."""
    if not as_tags:
        return list(records)
    return [
        make_record(
            r.where,
            r.tokens,
            options.tags_of(r.target),
            r.part,
            from_text=r.from_text,
        )
        if isinstance(r.target, str)
        else r
        for r in records
    ]
