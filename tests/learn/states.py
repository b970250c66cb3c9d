"""Checkpoints, compared by tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformer_programs.learn.checkpoint import FORMAT
from transformer_programs.nn.storage import read_tensors


def state(checkpoint: Path) -> dict[str, Any]:
    """Everything in a checkpoint but the time that it took."""
    tensors, content = read_tensors(checkpoint, FORMAT)
    del content["progress"]["seconds"]
    for record in content["progress"]["records"]:
        del record["seconds"]
    found = {n: (t.dtype, t.shape, t.numpy().tobytes()) for n, t in tensors.items()}
    return content | found
