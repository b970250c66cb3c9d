"""The user's labelled sequences, from files (``docs/data.md``)."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from transformer_programs.data.assembly import (
    assemble,
    check_same_kind,
    examples_of,
)
from transformer_programs.data.conll import read_conll
from transformer_programs.data.dataset import Dataset, Examples
from transformer_programs.data.formats import format_of, known_format
from transformer_programs.data.jsonl import read_jsonl
from transformer_programs.data.lengths import fitted
from transformer_programs.data.options import Format, ReadChanges, ReadOptions, changed
from transformer_programs.data.parts import Parts
from transformer_programs.data.records import (
    Origin,
    Records,
    Row,
    no_records,
    records_of,
    with_tags,
)
from transformer_programs.data.table import read_csv, read_tsv
from transformer_programs.data.tag_scheme import in_scheme
from transformer_programs.data.text_files import TextFile, open_text
from transformer_programs.errors import DataError

Reader = Callable[[TextFile, ReadOptions], Iterator[Row]]

FORMATS: dict[Format, Reader] = {
    "jsonl": read_jsonl,
    "csv": read_csv,
    "tsv": read_tsv,
    "conll": read_conll,
}
"""The reader of each format."""

_DEFAULTS = ReadOptions()


def read_sequences(
    path: str | os.PathLike[str],
    options: ReadOptions = _DEFAULTS,
    **changes: Unpack[ReadChanges],
) -> Dataset:
    """The labelled sequences of a file, split and ready to learn from.

    Args:
        path: a file of JSON lines, a table, or CoNLL columns, possibly compressed by
            gzip; its extension says which, or else its first lines.
        options: how to read it.
        **changes: fields of the options to replace.

    Raises:
        DataError: for data that cannot be used; begins with ``file:line:``.
        SettingsError: for options that contradict each other.
    """
    options = changed(options, changes)
    file = Path(path)
    given = _by_part(file, _read(file, options))
    for part, other in (("validation", options.validation), ("test", options.test)):
        if other is None:
            continue
        if given[part]:
            raise DataError(
                f"{given[part].where(0)}: expected no {part} data in this file, "
                "because there is a separate file of them, found a split field"
            )
        given[part] = _read(Path(other), of_another_file(options, Path(other)))
    parts = Parts(given["train"], given["validation"], given["test"])
    del given  # the columns of all, which need not be there twice
    return dataset_of(name_of_file(file), str(file), parts, options)


def name_of_file(path: Path) -> str:
    """A name for the data of a file: its own, or its folder's if it says nothing."""
    name = path.name.removesuffix(".gz")
    stem = name.rpartition(".")[0] or name
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
    if _are_tags(parts.all, options):
        parts = Parts(
            train=with_tags(parts.train, options.tags_of, options.no_label),
            validation=with_tags(parts.validation, options.tags_of, options.no_label),
            test=with_tags(parts.test, options.tags_of, options.no_label),
        )
    return assemble(name, source, parts, options)


def read_examples(
    path: str | os.PathLike[str],
    options: ReadOptions = _DEFAULTS,
    *,
    tagging: bool | None = None,
    on_note: Callable[[str], None] | None = None,
) -> Examples:
    """The labelled sequences of a file, unsplit and in their order.

    Args:
        path: as for ``read_sequences``.
        options: how to read it; those of the split and the vocabulary do not matter.
        tagging: whether labels per token are expected, or one per sequence; the data
            tell by default.
        on_note: told what a reader should know about how it was read.

    Raises:
        DataError: for data that cannot be used; begins with ``file:line:``.
    """
    records = _read(Path(path), options)
    if on_note is not None:
        for note in records.notes:
            on_note(note)
    if _are_tags(records, options) if tagging is None else tagging:
        records = with_tags(records, options.tags_of, options.no_label)
    check_same_kind(records)
    if tagging is not None and isinstance(records.targets[0], str) == tagging:
        expected, found = "one tag per token", "a single label"
        if not tagging:
            expected, found = found, expected
        raise DataError(f"{records.where(0)}: expected {expected}, found {found}")
    return examples_of(fitted(in_scheme(records, options), options))


def of_another_file(options: ReadOptions, path: Path) -> ReadOptions:
    """Options that were given for one file, as they are for another."""
    return replace(options, format=None) if known_format(path) else options


def _read(path: Path, options: ReadOptions) -> Records:
    """Every record of a file.

    Raises:
        DataError: for a file of unknown format, or without any record.
    """
    file = open_text(path, options.encoding)
    reader = FORMATS[options.format or format_of(file, options)]
    rows = reader(file, options)
    try:
        records = records_of(Origin(f"{path}:"), rows, options.no_label, strip=True)
    except DataError as error:
        if file.notes:
            raise DataError(*error.args, f" ({'; '.join(file.notes)})") from error
        raise
    if not records:
        raise DataError(f"{path}: expected labelled sequences, found none")
    return replace(records, notes=(*file.notes, *records.notes))


def _by_part(path: Path, records: Records) -> dict[str, Records]:
    """The records by the part that their split field names; training without one."""
    if not records.parts:
        return {"train": records, "validation": no_records(), "test": no_records()}
    if None in records.parts:
        raise DataError(
            f"{records.where(records.parts.index(None))}: expected a split field, as "
            f"in other lines of {path.name}, found none"
        )
    indices = {part: array("q") for part in ("train", "validation", "test")}
    for index, part in enumerate(records.parts):
        assert part is not None
        indices[part].append(index)
    return {part: records.select(chosen) for part, chosen in indices.items()}


def _are_tags(records: Records, options: ReadOptions) -> bool:
    """Whether labels written as one text are tags: as many everywhere as tokens.

    In a file of one-token sequences this is no evidence, so they stay labels.
    """
    pairs = zip(records.sequences, records.targets, strict=True)
    return any(len(tokens) > 1 for tokens in records.sequences) and all(
        isinstance(target, str) and len(options.tags_of(target)) == len(tokens)
        for tokens, target in pairs
    )
