"""Ordinary Transformers on disk: safetensors, a description, and the program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from transformer_programs.codegen import from_json, to_json
from transformer_programs.errors import RunFolderError
from transformer_programs.nn.ordinary.interface import ProgramTransformer
from transformer_programs.nn.ordinary.model import OrdinaryTransformer
from transformer_programs.system import (
    CONFIG,
    MODEL,
    MODEL_LIMIT,
    PROGRAM,
    limited_size,
    read_object,
    read_text,
)

FORMAT = "transformer-programs/transformer/1"
"""What the description says that the folder is; the number is the version."""


def transformer_files(
    model: ProgramTransformer, certificate: dict[str, Any]
) -> dict[str, bytes]:
    """Return the files of a folder; the same program gives the same bytes."""
    content = {"format": FORMAT} | model.described() | {"certificate": certificate}
    # A line for each part: the residual stream has hundreds of names.
    lines = (f'  "{name}": {json.dumps(value)}' for name, value in content.items())
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    return {
        CONFIG: text.encode(),
        MODEL: save(dict(model.transformer.state_dict())),
        PROGRAM: to_json(model.program).encode(),
    }


def is_transformer_folder(folder: Path) -> bool:
    """Return whether a folder is one of an ordinary Transformer."""
    try:
        return read_object(folder / CONFIG).get("format") == FORMAT
    except RunFolderError:
        return False


def load_transformer(folder: str | Path) -> ProgramTransformer:
    """Load what ``tprog export --to transformer`` wrote.

    Raises:
        RunFolderError, SchemaError, ProgramError: If it is missing, damaged, or
            something else.
    """
    folder = Path(folder)
    if not is_transformer_folder(folder):
        raise RunFolderError(
            f"{folder}: expected a folder that 'tprog export RUN --to transformer' "
            f"wrote, with {CONFIG} of format {FORMAT!r}"
        )
    program = from_json(read_text(folder / PROGRAM), str(folder / PROGRAM))
    file = folder / MODEL
    model = ProgramTransformer(program)
    try:
        limited_size(file, MODEL_LIMIT)
        tensors: dict[str, Tensor] = load(file.read_bytes())
        stored = OrdinaryTransformer(model.sizes)
        stored.load_state_dict(tensors)
    except (OSError, SafetensorError, RuntimeError, ValueError) as error:
        raise RunFolderError(
            f"{file} does not hold the weights that {CONFIG} describes "
            f"({' '.join(str(error).split())[:200]}); export the program again"
        ) from error
    return ProgramTransformer(program, stored.requires_grad_(False).eval())
