"""Hardened models on disk: safetensors with the program as JSON in the metadata.

A file says everything twice: the program, and the tensors that follow from it. They are
compared when it is read. ``FIRST_FORMAT`` had the structure alone as JSON: a program is
made of it and of the tensors.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from transformer_programs.codegen import (
    INPUT_FIELDS,
    OPTIONAL_INPUT_FIELDS,
    from_json,
    read_input,
    to_json,
)
from transformer_programs.errors import RunFolderError
from transformer_programs.language import InputFormat, Program
from transformer_programs.nn.hardened import HardenedModel, as_predicate
from transformer_programs.system import (
    MODEL_LIMIT,
    TEXT_LIMIT,
    limited_size,
    open_regular,
    parse_object,
    write_new,
)

FORMAT = "transformer-programs/hardened-model/2"
"""What the metadata of our files say they are; the number is the version."""

FIRST_FORMAT = "transformer-programs/hardened-model/1"

UNREADABLE = (OSError, SafetensorError, LookupError, TypeError, ValueError)
"""What reading a damaged file can raise."""


def save_model(model: HardenedModel, path: Path) -> None:
    """Write a hardened model; the same model gives the same bytes."""
    tensors = {name: t.cpu().contiguous() for name, t in model.state_dict().items()}
    write_tensors(path, FORMAT, tensors, {"program": to_json(model.program)})


def load_model(path: Path) -> HardenedModel:
    """Read what ``save_model`` wrote, or what earlier versions did.

    Raises:
        RunFolderError: If the file is missing, damaged or something else, or if its
            tensors are not those of its program.
    """
    tensors, content = read_tensors(path, FORMAT, FIRST_FORMAT)
    try:
        if content["format"] == FIRST_FORMAT:
            return HardenedModel(_first_program(tensors, content, path.stem))
        model = HardenedModel(from_json(content["program"], "the program"))
    except UNREADABLE as error:
        raise unreadable(path, error) from error
    # Both say the same, or the file was changed.
    expected = model.state_dict()
    for name in sorted({*expected, *tensors}):
        one, other = expected.get(name), tensors.get(name)
        if (
            one is None
            or other is None
            or one.dtype != other.dtype
            or not torch.equal(one, other)
        ):
            raise unreadable(path, f"tensor {name!r} is not what its program says")
    return model


def write_tensors(
    path: Path, form: str, tensors: dict[str, Tensor], content: dict[str, Any]
) -> None:
    """Write tensors with JSON content; an older file stays until the new is whole."""
    # A single key: safetensors writes several in random order.
    metadata = {"content": json.dumps({"format": form} | content, sort_keys=True)}
    partial = path.with_name(path.name + ".partial")
    write_new(partial, save(tensors, metadata=metadata))
    partial.replace(path)


def read_tensors(
    path: Path, *forms: str, most: int = MODEL_LIMIT
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the tensors and the content that ``write_tensors`` wrote.

    Args:
        path: where they are.
        forms: what the file may be.
        most: bytes that such a file may have.

    Raises:
        RunFolderError: If the file is missing, damaged or something else.
    """
    try:
        # Before anything is read into memory: the file, then its header.
        limited_size(path, most)
        with open_regular(path) as file:
            header = int.from_bytes(file.read(8), "little")
        if header > TEXT_LIMIT:
            raise ValueError(f"its header is longer than {TEXT_LIMIT:,} bytes")
        with safe_open(path, framework="pt") as file:
            content = parse_object((file.metadata() or {})["content"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if content["format"] not in forms:
            raise ValueError(f"expected format {forms[0]!r}, got {content['format']!r}")
    except UNREADABLE as error:
        raise unreadable(path, error) from error
    return tensors, content


def unreadable(path: Path, error: Exception | str) -> RunFolderError:
    """Return the error for a file that is not what it should be."""
    return RunFolderError(
        f"{path} is not a file that this version can read ({error}); "
        "train again, or read it with the version that wrote it"
    )


def stored_input(content: dict[str, Any]) -> InputFormat:
    """Return the input format among other fields; raises one of ``UNREADABLE``."""
    return read_input(_input_fields(content), "input")


def _input_fields(content: dict[str, Any]) -> dict[str, Any]:
    fields = {*INPUT_FIELDS, *OPTIONAL_INPUT_FIELDS}
    return {name: content[name] for name in fields & content.keys()}


def _first_program(
    tensors: dict[str, Tensor], structure: dict[str, Any], name: str
) -> Program:
    """The program in a file of ``FIRST_FORMAT``; raises one of ``UNREADABLE``."""
    if any(tensor.is_floating_point() for tensor in tensors.values()):
        raise ValueError("expected whole numbers and truth values")
    parts, readout = structure["statements"], structure["readout"]
    # It is written down as program.json has it, which is read and checked.
    document = {
        "format": "transformer-program",
        "version": 1,
        "name": name,
        "input": _input_fields(structure),
        "statements": [_first_statement(p, tensors, i) for i, p in enumerate(parts)],
        "readout": {
            "labels": structure["labels"],
            "terms": [
                {"variable": v, "weights": tensors[f"readout.weight_{i}"].tolist()}
                for i, v in enumerate(readout["variables"])
            ],
            "pooling": structure["pooling"],
        },
    }
    program = from_json(json.dumps(document), "the program")
    # What it says besides must be what follows from the program.
    for part in parts:
        domain = program.domains[part["output"]]
        if asdict(domain) | {"tokens": [*domain.tokens]} != part["domain"]:
            raise ValueError(f"{part['output']!r} is stored with another domain")
    numerical = [program.domains[v].numerical for v in readout["variables"]]
    if numerical != readout["numerical"]:
        raise ValueError("the readout reads numbers as categories, or the reverse")
    return program


def _first_statement(
    part: dict[str, Any], tensors: dict[str, Tensor], index: int
) -> dict[str, Any]:
    kind, output = part["type"], part["output"]
    if kind in ("attend", "count"):
        matrix = tensors[f"statements.{index}.predicate"]
        if matrix.dtype != torch.bool or matrix.dim() != 2:
            raise ValueError(f"{output!r}: the predicate is no matrix of truth values")
        reads = dict(zip(("query", "key", "value"), part["inputs"], strict=True))
        read = reads | {"predicate": as_predicate(matrix), "scope": part["scope"]}
    elif kind in ("embed", "lookup"):
        absent = "size" if part["domain"]["kind"] == "token" else "tokens"
        domain = {n: v for n, v in part["domain"].items() if n != absent}
        table = tensors[f"statements.{index}.table"].flatten().tolist()
        read = {"table": table, "domain": domain}
        read |= {"inputs": part["inputs"]} if kind == "lookup" else {}
    else:
        raise ValueError(f"unknown statement {kind!r}")
    return {kind: output} | read
