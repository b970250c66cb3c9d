"""Data sets of the library ``datasets``: from the hub, or a folder (extra ``hf``)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Unpack

from transformer_programs.errors import DataError, SettingsError
from transformer_programs.tasks.assemble import Parts
from transformer_programs.tasks.dataset import Dataset
from transformer_programs.tasks.files import dataset_of
from transformer_programs.tasks.jsonl import record_of
from transformer_programs.tasks.options import ReadChanges, ReadOptions, changed
from transformer_programs.tasks.presets import PRESETS, Preset
from transformer_programs.tasks.records import (
    PARTS,
    Record,
    label_field,
    shown,
    tokens_field,
)


def read_dataset(
    name: str,
    options: ReadOptions | None = None,
    *,
    configuration: str | None = None,
    **changes: Unpack[ReadChanges],
) -> Dataset:
    """The labelled sequences of a Hugging Face data set, ready to learn from.

    Args:
        name: of a preset, a data set of the hub, or a folder that
            ``Dataset.save_to_disk`` or ``DatasetDict.save_to_disk`` wrote. A folder
            with the name of a preset is written ``./NAME``.
        options: how it is read; by default as the preset says, if it is one.
        configuration: of a data set that has several.
        **changes: fields of the options to replace.

    Raises:
        SettingsError: if the package ``datasets`` is missing.
        DataError: if there is no such data set, no network, or nothing to learn from.
    """
    options = changed(options or options_for(name), changes)
    return read_stamped(name, options, configuration)[0]


def options_for(name: str) -> ReadOptions:
    """How a data set is read where nothing else is said."""
    return PRESETS[name].options if name in PRESETS else ReadOptions()


def is_folder(name: str) -> bool:
    """Whether a name is that of a folder, not of a data set of the hub."""
    return name not in PRESETS and Path(name).is_dir()


def read_stamped(
    name: str, options: ReadOptions, configuration: str | None
) -> tuple[Dataset, str]:
    """A data set, and the SHA-256 of the sequences and labels that were read.

    Raises:
        SettingsError, DataError: as for ``read_dataset``.
    """
    if options.validation is not None or options.test is not None:
        raise SettingsError(
            "validation and test are separate files: a data set has its own splits"
        )
    parts: dict[str, list[Record]] = {"train": [], "validation": [], "test": []}
    digest = hashlib.sha256()
    splits = _splits(name, configuration)
    for split, rows in sorted(splits.items()):
        if split not in PARTS:
            continue
        for record in _records(name, split, rows, options):
            parts[PARTS[split]].append(record)
            line = json.dumps([PARTS[split], record.tokens, record.target])
            digest.update(line.encode())
    dataset = dataset_of(
        Path(name).name or name,
        name,
        Parts(parts["train"], parts["validation"], parts["test"]),
        options,
    )
    return dataset, digest.hexdigest()


def _splits(name: str, configuration: str | None) -> Mapping[str, Any]:
    """The splits of a data set by their names, each a ``datasets.Dataset``."""
    library = _library()
    if is_folder(name):
        if configuration is not None:
            raise SettingsError(f"{name}: a folder has no configuration; omit it")
        try:
            found = library.load_from_disk(name)
        except Exception as error:  # whatever may be wrong with a folder
            raise DataError(
                f"{name}: expected a folder that save_to_disk of Hugging Face datasets "
                f"wrote, found something else: {_first_line(error)}"
            ) from error
    else:
        found = _downloaded(library, name, configuration)
    splits = found if isinstance(found, Mapping) else {"train": found}
    if not PARTS.keys() & splits.keys():
        raise DataError(
            f"{name}: expected splits named {', '.join(PARTS)}, found "
            f"{', '.join(splits) or 'none'}"
        )
    return splits


def _library() -> Any:
    try:
        return import_module("datasets")
    except ImportError as error:
        raise SettingsError(
            "data sets of Hugging Face need the package datasets: "
            "pip install 'transformer-programs[hf]'"
        ) from error


def _downloaded(library: Any, name: str, configuration: str | None) -> Any:
    preset = PRESETS.get(name, Preset(name, ReadOptions()))
    try:
        return library.load_dataset(
            preset.repository,
            configuration or preset.configuration,
            revision=preset.revision,
        )
    except Exception as error:  # of the network, the hub, or the data set
        raise DataError(
            f"{name}: cannot be had from the Hugging Face hub as "
            f"{preset.repository!r}: {_first_line(error)}. Is the name right, and is "
            "there a network? Without one: save_to_disk(FOLDER) where there is, and "
            "name that folder"
        ) from error


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no reason given'}"


def _records(
    name: str, split: str, rows: Any, options: ReadOptions
) -> Iterator[Record]:
    """The rows of a split as records; ids of labels become their names."""
    where = f"{name}:{split}"
    columns = list(rows.column_names)
    tokens = tokens_field(where, columns, options.tokens_column)
    label = label_field(where, columns, options.label_column)
    names = _label_names(rows.features[label])
    values = rows.select_columns([tokens, label]).to_dict()
    for index, pair in enumerate(zip(values[tokens], values[label], strict=True)):
        place = f"{where}[{index}]"
        target = pair[1] if names is None else _named(place, names, pair[1])
        yield record_of(place, {tokens: pair[0], label: target}, options)


def _label_names(feature: Any) -> list[str] | None:
    """The names of a label feature, or of a list of such; None for any other."""
    inner = getattr(feature, "feature", feature)  # of a list
    names = getattr(inner, "names", None)
    return None if names is None else list(names)


def _named(where: str, names: list[str], value: object) -> object:
    """A label's name, or the names of a list of labels."""
    if isinstance(value, list):
        return [_named(where, names, item) for item in value]
    if not isinstance(value, int) or not 0 <= value < len(names):
        raise DataError(
            f"{where}: expected a label from 0 to {len(names) - 1}, found "
            f"{shown(value)}; -1 stands for labels that are not told"
        )
    return names[value]
