"""Hardened models on disk: safetensors with the program as JSON in the metadata.

A file says everything twice: the program, and the tensors that follow from it. They are
compared when it is read. ``FIRST_FORMAT`` had the structure alone as JSON: a program is
made of it and of the tensors.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from transformer_programs.errors import RunFolderError
from transformer_programs.nn.harden import as_predicate
from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.program import (
    INPUT_FIELDS,
    OPTIONAL_INPUT_FIELDS,
    TOKENS,
    Aggregate,
    Domain,
    Head,
    InputFormat,
    Kind,
    Pooling,
    Program,
    Readout,
    Scope,
    Statement,
    Table,
    Term,
    check,
    from_json,
    read_input,
    to_json,
)
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
        if not _same(expected.get(name), tensors.get(name)):
            raise unreadable(
                path, ValueError(f"tensor {name!r} is not what its program says")
            )
    return model


def _same(one: Tensor | None, other: Tensor | None) -> bool:
    if one is None or other is None:
        return False
    return one.dtype == other.dtype and torch.equal(one, other)


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
    path: Path, *forms: str, most: int = MODEL_LIMIT
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the tensors and the content that ``write_tensors`` wrote.

    Args:
        path: where they are.
        forms: what the file may be.
        most: the most bytes of such a file.

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


def unreadable(path: Path, error: Exception) -> RunFolderError:
    """Return the error for a file that is not what it should be."""
    return RunFolderError(
        f"{path} is not a file that this version can read ({error}); "
        "train again, or read it with the version that wrote it"
    )


def stored_input(content: dict[str, Any]) -> InputFormat:
    """Return the input format among other fields; raises one of ``UNREADABLE``."""
    fields = {*INPUT_FIELDS, *OPTIONAL_INPUT_FIELDS}
    return read_input({n: content[n] for n in fields & content.keys()}, "input")


def _first_program(
    tensors: dict[str, Tensor], structure: dict[str, Any], name: str
) -> Program:
    """The program in a file of ``FIRST_FORMAT``; raises one of ``UNREADABLE``."""
    if any(tensor.is_floating_point() for tensor in tensors.values()):
        raise ValueError("expected whole numbers and truth values")
    parts = enumerate(structure["statements"])
    statements = tuple(_first_statement(part, tensors, i) for i, part in parts)
    terms = tuple(
        Term(variable, tuple(map(tuple, tensors[f"readout.weight_{i}"].tolist())))
        for i, variable in enumerate(structure["readout"]["variables"])
    )
    readout = Readout(tuple(structure["labels"]), terms, Pooling(structure["pooling"]))
    # What it says besides must be what follows from the program.
    program = Program(name, stored_input(structure), statements, readout)
    check(program)
    for part in structure["statements"]:
        if _first_domain(part) != program.domains[part["output"]]:
            raise ValueError(f"{part['output']!r} is stored with another domain")
    numerical = [program.domains[term.variable].numerical for term in terms]
    if numerical != [*structure["readout"]["numerical"]]:
        raise ValueError("the readout reads numbers as categories, or the reverse")
    return program


def _first_statement(
    part: dict[str, Any], tensors: dict[str, Tensor], index: int
) -> Statement:
    kind, output = part["type"], part["output"]
    if kind not in ("attend", "count", "embed", "lookup"):
        raise ValueError(f"unknown statement {kind!r}")
    if kind in ("attend", "count"):
        matrix = tensors[f"statements.{index}.predicate"]
        if matrix.dtype != torch.bool or matrix.dim() != 2:
            raise ValueError(f"{output!r}: the predicate is no matrix of truth values")
        aggregate = Aggregate.NEAREST if kind == "attend" else Aggregate.SUM
        query, key, value = part["inputs"]
        predicate, scope = as_predicate(matrix), Scope(part["scope"])
        return Head(output, query, key, value, predicate, scope, aggregate)
    table = tuple(tensors[f"statements.{index}.table"].flatten().tolist())
    inputs = (TOKENS,) if kind == "embed" else tuple(part["inputs"])
    return Table(output, inputs, table, _first_domain(part))


def _first_domain(part: dict[str, Any]) -> Domain:
    domain = part["domain"]
    return Domain(Kind(domain["kind"]), domain["size"], tuple(domain["tokens"]))
