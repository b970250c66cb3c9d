"""Hardened models on disk: safetensors, with the structure as JSON metadata."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from transformer_programs.errors import RunFolderError
from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.nn.modules import (
    HardAttend,
    HardCount,
    HardEmbed,
    HardLookup,
    HardReadout,
)
from transformer_programs.program import (
    INPUT_FIELDS,
    OPTIONAL_INPUT_FIELDS,
    Domain,
    Kind,
    Pooling,
    Scope,
    input_to_json,
    read_input,
)
from transformer_programs.system import (
    MODEL_LIMIT,
    TEXT_LIMIT,
    limited_size,
    open_regular,
    parse_object,
    write_new,
)

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from transformer_programs.nn.modules import HardStatement
    from transformer_programs.program import InputFormat

FORMAT = "transformer-programs/hardened-model/1"
"""What the metadata of our files say they are; the number is the version."""

UNREADABLE = (OSError, SafetensorError, LookupError, TypeError, ValueError)
"""What reading a damaged file can raise."""


def save_model(model: HardenedModel, path: Path) -> None:
    """Write a hardened model; the same model gives the same bytes."""
    tensors, structure = pack(model)
    write_tensors(path, FORMAT, tensors, structure)


def load_model(path: Path) -> HardenedModel:
    """Read what ``save_model`` wrote.

    Raises:
        RunFolderError: if the file is missing, damaged or something else.
    """
    tensors, structure = read_tensors(path, FORMAT)
    try:
        return unpack(tensors, structure)
    except UNREADABLE as error:
        raise unreadable(path, error) from error


def write_tensors(
    path: Path, form: str, tensors: dict[str, Tensor], content: dict[str, Any]
) -> None:
    """Write tensors with JSON content; an older file stays until the new is whole.

    Args:
        path: where to.
        form: says what the file is.
        tensors: by name.
        content: anything that JSON can hold.
    """
    # A single key: safetensors writes several in random order.
    metadata = {"content": json.dumps({"format": form} | content, sort_keys=True)}
    partial = path.with_name(path.name + ".partial")
    write_new(partial, save(tensors, metadata=metadata))
    partial.replace(path)


def read_tensors(
    path: Path, form: str, most: int = MODEL_LIMIT
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the content that ``write_tensors`` wrote.

    Args:
        path: where they are.
        form: what the file must be.
        most: the most bytes of such a file.

    Raises:
        RunFolderError: if the file is missing, damaged or something else.
    """
    try:
        _check_sizes(path, most)
        with safe_open(path, framework="pt") as file:
            content = parse_object((file.metadata() or {})["content"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if content["format"] != form:
            raise ValueError(f"expected format {form!r}, got {content['format']!r}")
    except UNREADABLE as error:
        raise unreadable(path, error) from error
    return tensors, content


def _check_sizes(path: Path, most: int) -> None:
    """See that a file is not larger than what is read of its kind.

    Raises:
        OSError, ValueError: if it is, or no regular file.
    """
    limited_size(path, most)
    with open_regular(path) as file:
        header = file.read(8)
    if int.from_bytes(header, "little") > TEXT_LIMIT:
        raise ValueError(f"its header is longer than {TEXT_LIMIT:,} bytes")


def unreadable(path: Path, error: Exception) -> RunFolderError:
    """The error for a file that is not what it should be."""
    return RunFolderError(
        f"{path} is not a file that this version can read ({error}); "
        "train again, or read it with the version that wrote it"
    )


def pack(model: HardenedModel) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of a model, and its structure as JSON can hold it."""
    tensors = {name: t.cpu().contiguous() for name, t in model.state_dict().items()}
    return tensors, _model_structure(model)


def unpack(tensors: dict[str, Tensor], structure: dict[str, Any]) -> HardenedModel:
    """The model that ``pack`` took apart; raises one of ``UNREADABLE`` for others."""
    form = stored_input(structure)
    statements = [
        _build_statement(part, tensors, f"statements.{index}")
        for index, part in enumerate(structure["statements"])
    ]
    part = structure["readout"]
    names = tuple(part["variables"])
    weights = tuple(
        _integers(tensors, f"readout.weight_{index}") for index in range(len(names))
    )
    return HardenedModel(
        form,
        tuple(structure["labels"]),
        Pooling(structure["pooling"]),
        statements,
        HardReadout(names, weights, tuple(part["numerical"])),
    )


def stored_input(structure: dict[str, Any]) -> InputFormat:
    """The input format among other fields; raises one of ``UNREADABLE``."""
    fields = {*INPUT_FIELDS, *OPTIONAL_INPUT_FIELDS}
    return read_input({n: structure[n] for n in fields & structure.keys()}, "input")


def _model_structure(model: HardenedModel) -> dict[str, Any]:
    return {
        **input_to_json(model.input_format),
        "labels": model.labels,
        "pooling": model.pooling,
        "statements": [_statement_structure(s) for s in model.statements],  # type: ignore[arg-type]
        "readout": {
            "variables": model.readout.variables,
            "numerical": model.readout.numerical,
        },
    }


def _statement_structure(module: HardStatement) -> dict[str, Any]:
    domain = module.domain
    common: dict[str, Any] = {
        "output": module.output,
        "domain": {"kind": domain.kind, "size": domain.size, "tokens": domain.tokens},
    }
    match module:
        case HardEmbed():
            return common | {"type": "embed"}
        case HardAttend() | HardCount():
            return common | {
                "type": "attend" if isinstance(module, HardAttend) else "count",
                "inputs": (module.query, module.key, module.value),
                "scope": module.scope,
            }
        case HardLookup():
            return common | {"type": "lookup", "inputs": module.inputs}


def _build_statement(
    part: dict[str, Any], tensors: dict[str, Tensor], prefix: str
) -> HardStatement:
    output, kind = part["output"], part["type"]
    domain = Domain(
        Kind(part["domain"]["kind"]),
        part["domain"]["size"],
        tuple(part["domain"]["tokens"]),
    )
    if kind in ("attend", "count"):
        query, key, value = part["inputs"]
        predicate = tensors[f"{prefix}.predicate"]
        if predicate.dtype != torch.bool or predicate.dim() != 2:
            raise ValueError(f"{prefix}.predicate is no matrix of truth values")
        inputs = (output, query, key, value, predicate, Scope(part["scope"]), domain)
        return HardAttend(*inputs) if kind == "attend" else HardCount(*inputs)
    table = _integers(tensors, f"{prefix}.table")
    if kind == "embed":
        return HardEmbed(output, table, domain)
    if kind == "lookup":
        return HardLookup(output, tuple(part["inputs"]), table, domain)
    raise ValueError(f"unknown statement {kind!r}")


def _integers(tensors: dict[str, Tensor], name: str) -> Tensor:
    tensor = tensors[name]
    if tensor.dtype != torch.int64:
        raise ValueError(f"{name} holds {tensor.dtype}, not integers")
    return tensor
