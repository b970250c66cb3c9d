"""Standard Transformers on disk: safetensors, with their shape as JSON metadata."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from transformer_programs.lab.standard.model import StandardTransformer
from transformer_programs.lab.standard.settings import StandardSettings
from transformer_programs.nn import (
    UNREADABLE,
    read_tensors,
    stored_input,
    unreadable,
    write_tensors,
)
from transformer_programs.program import input_to_json

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "transformer-programs/standard-model/1"
"""What the metadata of our files say they are; the number is the version."""


def save_standard(
    model: StandardTransformer, settings: StandardSettings, path: Path
) -> None:
    """Write a model; the same model gives the same bytes."""
    tensors = {name: t.cpu().contiguous() for name, t in model.state_dict().items()}
    shape = {
        "settings": asdict(settings),
        **input_to_json(model.form),
        "labels": model.labels,
        "tagging": model.tagging,
    }
    write_tensors(path, FORMAT, tensors, shape)


def load_standard(path: Path) -> StandardTransformer:
    """Read what ``save_standard`` wrote.

    Raises:
        RunFolderError: if the file is missing, damaged or something else.
    """
    tensors, shape = read_tensors(path, FORMAT)
    try:
        form = stored_input(shape)
        settings = StandardSettings(**shape["settings"])
        labels, tagging = tuple(shape["labels"]), shape["tagging"]
        model = StandardTransformer(settings, form, labels, tagging)
        model.load_state_dict(tensors)
    except (*UNREADABLE, RuntimeError) as error:
        raise unreadable(path, error) from error
    return model.eval()
