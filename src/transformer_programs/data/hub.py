"""Data sets of Hugging Face, from the hub or a folder (extra ``hf``)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Unpack

from transformer_programs.data.columns import PARTS, layout_of
from transformer_programs.data.dataset import Dataset
from transformer_programs.data.files import dataset_of
from transformer_programs.data.jsonl import rows_of
from transformer_programs.data.options import ReadChanges, ReadOptions, changed
from transformer_programs.data.records import (
    NO_RECORDS,
    Origin,
    Records,
    mismatch,
    records_of,
    shown,
)
from transformer_programs.data.split import Parts
from transformer_programs.errors import DataError, SettingsError

_TIMEOUT = 10.0
"""Seconds that the hub has to answer."""

LANGUAGE: ReadChanges = {
    "max_vocabulary": 20_000,
    "lowercase": True,
    "fold_digits": True,
    "surfaces": "shape,prefix,suffix2,suffix",
    "frame": True,
}
"""How sentences are read best: the most frequent words (the paper has half as many),
whatever their case and their numbers, and what the characters of all words say."""

# Training sentences have at most 64 words where they are classified, 32 where words are
# tagged.
_CLASSES = changed(ReadOptions(), {**LANGUAGE, "max_training_length": 64})
_TAGS = replace(_CLASSES, max_training_length=32)

_CONVERTED = "refs/convert/parquet"
"""Where the hub keeps the rows of data sets that are made by a script, which is not
executed any more."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A known data set: its name, configuration and branch on the hub, and options."""

    repository: str
    options: ReadOptions
    configuration: str | None = None
    revision: str | None = None


def _texts(label: str) -> ReadOptions:
    return replace(_CLASSES, tokens_column="text", label_column=label)


PRESETS: dict[str, Preset] = {
    "conll2003": Preset(
        "eriktks/conll2003",
        replace(_TAGS, tokens_column="tokens", label_column="ner_tags"),
        "conll2003",
        _CONVERTED,
    ),
    "trec": Preset("CogComp/trec", _texts("coarse_label"), "default", _CONVERTED),
    "rotten_tomatoes": Preset(
        "cornell-movie-review-data/rotten_tomatoes", _texts("label")
    ),
    "SetFit/subj": Preset("SetFit/subj", _texts("label_text")),
    "ag_news": Preset("fancyzhx/ag_news", _texts("label")),
}
"""By the name that ``read_dataset`` and ``--dataset`` take."""


def preset_called(name: str) -> str | None:
    """Return the preset that is meant by a name, in any case and without its owner."""
    known = {preset.rpartition("/")[2].lower(): preset for preset in PRESETS}
    return known.get(name.rpartition("/")[2].lower())


def read_dataset(
    name: str,
    options: ReadOptions | None = None,
    *,
    configuration: str | None = None,
    **changes: Unpack[ReadChanges],
) -> Dataset:
    """Read the labelled sequences of a Hugging Face data set, ready to learn from.

    Args:
        name: Name of a preset, a data set of the hub, or a folder that
            ``save_to_disk`` wrote. A folder with the name of a preset is written
            ``./NAME``.
        options: How it is read; by default as the preset says, if it is one, which
            in any case names the columns that these do not.
        configuration: Of a data set that has several.
        **changes: Fields of the options to replace.

    Raises:
        SettingsError: If the package ``datasets`` is missing.
        DataError: If there is no such data set, no network, or nothing to learn from.

    >>> data = tp.read_dataset("trec")  # doctest: +SKIP
    """
    options = changed(options or options_for(name), changes)
    return read_stamped(name, options, configuration)[0]


def options_for(name: str) -> ReadOptions:
    """Return how a data set is read by default."""
    return PRESETS[name].options if name in PRESETS else ReadOptions()


def is_folder(name: str) -> bool:
    """Return whether a name is that of a folder, not of a data set of the hub."""
    return name not in PRESETS and Path(name).is_dir()


def read_stamped(
    name: str, options: ReadOptions, configuration: str | None
) -> tuple[Dataset, str]:
    """Read a data set; return it and the SHA-256 of its sequences and labels."""
    if options.validation is not None or options.test is not None:
        raise SettingsError(
            "validation and test are separate files: a data set has its own splits"
        )
    of_files = ("format", "delimiter", "columns", "encoding")
    given = [option for option in of_files if getattr(options, option) is not None]
    if given:
        raise SettingsError(
            f"{' and '.join(given)}: for files, but {name} is a data set; omit it"
        )
    suited = options_for(name)
    options = replace(
        options,
        tokens_column=options.tokens_column or suited.tokens_column,
        label_column=options.label_column or suited.label_column,
    )
    parts = Parts(NO_RECORDS)
    digest = hashlib.sha256()
    splits = _splits(name, configuration)
    for split in sorted(PARTS.keys() & splits.keys()):
        part, records = PARTS[split], _records(name, split, splits[split], options)
        parts = parts._replace(**{part: getattr(parts, part) + records})
        for pair in zip(records.sequences, records.targets, strict=True):
            digest.update(json.dumps([part, *pair]).encode())
    dataset = dataset_of(Path(name).name or name, name, parts, options)
    return dataset, digest.hexdigest()


def _splits(name: str, configuration: str | None) -> Mapping[str, Any]:
    try:
        library: Any = import_module("datasets")
    except ImportError as error:
        raise SettingsError(
            "data sets of Hugging Face need the package datasets: "
            "pip install 'transformer-programs[hf]'"
        ) from error
    if is_folder(name):
        if configuration is not None:
            raise SettingsError(f"{name}: a folder has no configuration; omit it")
        try:
            found = library.load_from_disk(name)
        except Exception as error:  # whatever may be wrong with a folder
            expected = "a folder that save_to_disk of Hugging Face datasets wrote"
            found = f"something else: {_first_line(error)}"
            raise mismatch(name, expected, found) from error
    else:
        found = _downloaded(library, name, configuration)
    splits = found if isinstance(found, Mapping) else {"train": found}
    if not PARTS.keys() & splits.keys():
        found = ", ".join(splits) or "none"
        raise mismatch(name, f"splits named {', '.join(PARTS)}", found)
    return splits


def _downloaded(library: Any, name: str, configuration: str | None) -> Any:
    preset = PRESETS.get(name, Preset(name, ReadOptions()))
    unreachable = _unreachable()
    try:
        with _offline(library) if unreachable else nullcontext():
            return library.load_dataset(
                preset.repository,
                configuration or preset.configuration,
                revision=preset.revision,
            )
    except Exception as error:  # of the network, the hub, or the data set
        why = unreachable or _first_line(error)
        raise DataError(
            f"{name}: cannot be had from the Hugging Face hub as "
            f"{preset.repository!r}: {why}. Is the name right, and is "
            "there a network? Without one: save_to_disk(FOLDER) where there is, and "
            "name that folder"
        ) from error


def _unreachable() -> str:
    """Say why the hub cannot be reached; "" if it can.

    The library would try for a minute, and write a line about each time.
    """
    import ssl
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return ""  # it knows by itself
    request = Request(constants.ENDPOINT, method="HEAD")
    try:
        with urlopen(request, timeout=_TIMEOUT):
            return ""
    except HTTPError:
        return ""  # something answers, and the library asks in its own way
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLError):
            return ""  # it may have certificates of its own
        return f"{constants.ENDPOINT} cannot be reached ({reason}), no copy is kept"


@contextmanager
def _offline(library: Any) -> Iterator[None]:
    import logging  # slow to load

    from huggingface_hub import constants

    log = logging.getLogger("datasets")
    level, *before = log.level, constants.HF_HUB_OFFLINE, library.config.HF_HUB_OFFLINE
    try:
        constants.HF_HUB_OFFLINE = library.config.HF_HUB_OFFLINE = True
        log.setLevel(logging.ERROR)
        yield
    finally:
        log.setLevel(level)
        constants.HF_HUB_OFFLINE, library.config.HF_HUB_OFFLINE = before


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no reason given'}"


def _records(name: str, split: str, rows: Any, options: ReadOptions) -> Records:
    """Return the rows of a split as records; ids of labels become their names."""
    origin = Origin(f"{name}:{split}[", "]")
    columns = list(rows.column_names)
    tokens, label, _, group, _ = layout_of(f"{name}:{split}", columns, options)
    feature = rows.features[label]
    inner = getattr(feature, "feature", feature)  # of a list
    names = getattr(inner, "names", None)
    chosen = [tokens, label] if group is None else [tokens, label, group]
    values = rows.select_columns(chosen).to_dict()

    def objects() -> Iterator[tuple[int, dict[str, Any]]]:
        for index in range(len(values[label])):
            fields = {column: values[column][index] for column in chosen}
            if names is not None:
                fields[label] = _named(origin.where(index), names, fields[label])
            yield index, fields

    found = rows_of(origin, objects(), options)
    return records_of(origin, found, options.no_label, strip=True)


def _named(where: str, names: list[str], value: object) -> object:
    """Return the name of a label, or the names of tags; None where -1 means none."""
    if isinstance(value, list):
        return [_named(where, names, item) for item in value]
    if value in (-1, None):
        return None
    if not isinstance(value, int) or not 0 <= value < len(names):
        found = f"{shown(value)}; -1 stands for labels that are not told"
        raise mismatch(where, f"a label from 0 to {len(names) - 1}", found)
    return names[value]
