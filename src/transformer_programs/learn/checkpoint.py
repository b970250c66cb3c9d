"""The state of training on disk, so that it can go on to the same bits."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor

from transformer_programs.codegen import from_json, to_json
from transformer_programs.data import Quality
from transformer_programs.errors import RunFolderError
from transformer_programs.learn.records import record_from
from transformer_programs.learn.selection import Evaluation, Learned
from transformer_programs.learn.trainer import Trainer
from transformer_programs.nn import (
    UNREADABLE,
    read_tensors,
    unreadable,
    write_tensors,
)
from transformer_programs.system import FILE_LIMIT

FORMAT = "transformer-programs/checkpoint/4"
"""What the metadata of our files say they are; the number is the version."""


def save_checkpoint(trainer: Trainer, path: Path) -> None:
    """Write the state of training; an older checkpoint is there until it is whole."""
    tensors = {
        f"model.{name}": tensor for name, tensor in trainer.model.state_dict().items()
    }
    for index, state in trainer.optimizer.state_dict()["state"].items():
        tensors |= {f"adam.{index}.{name}": value for name, value in state.items()}
    tensors["generator"] = trainer.generator.get_state()
    tensors["order"] = trainer.order
    progress: dict[str, Any] = {
        "step": trainer.step,
        "seconds": trainer.seconds,
        "active": trainer.active,
        "diverged": [*trainer.diverged.items()],
        "records": [record.line() for record in trainer.records],
    }
    if trainer.best is not None:
        progress["best"] = {
            "program": to_json(trainer.best.program),
            "validation": asdict(trainer.best.validation),
            "restart": trainer.best.restart,
            "step": trainer.best.step,
        }
    # Copies: some tensors share memory, which safetensors does not write.
    copies = {name: tensor.cpu().clone() for name, tensor in tensors.items()}
    content = {"origin": _origin(trainer), "progress": progress}
    write_tensors(path, FORMAT, copies, content)


def load_checkpoint(trainer: Trainer, path: Path) -> None:
    """Bring a fresh trainer to the state that was saved.

    Raises:
        RunFolderError: If it cannot be read, or is of other data or settings.
    """
    if not path.exists():
        raise RunFolderError(
            f"nothing to resume: there is no checkpoint {path}; train without resuming"
        )
    tensors, content = read_tensors(path, FORMAT, most=FILE_LIMIT)
    if content.get("origin") != _origin(trainer):
        raise RunFolderError(
            f"{path} is the checkpoint of a training with other data or settings; "
            "resume with the same ones, or train without resuming"
        )
    try:
        _restore(trainer, tensors, content["progress"])
    except (*UNREADABLE, RuntimeError) as error:
        raise unreadable(path, error) from error


def _restore(
    trainer: Trainer, tensors: dict[str, Tensor], progress: dict[str, Any]
) -> None:
    trainer.keep(progress["active"])
    trainer.model.load_state_dict(_under("model.", tensors))
    states: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _under("adam.", tensors).items():
        index, part = name.split(".")
        states.setdefault(int(index), {})[part] = tensor
    groups = trainer.optimizer.state_dict()["param_groups"]
    trainer.optimizer.load_state_dict({"state": states, "param_groups": groups})
    trainer.generator.set_state(tensors["generator"])
    trainer.order = tensors["order"]
    trainer.step = progress["step"]
    trainer.seconds = progress["seconds"]
    trainer.diverged = dict(progress["diverged"])
    trainer.records = [record_from(line) for line in progress["records"]]
    trainer.history = [
        Evaluation(record.step, record.loss, record.accuracies, record.entity_f1)
        for record in trainer.records
        if record.accuracies is not None
    ]
    best = progress.get("best")
    if best is not None:
        best["program"] = from_json(best["program"], "the best program")
        best["validation"] = Quality(**best["validation"])
        trainer.best = Learned(**best, history=(), interrupted=False)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def _origin(trainer: Trainer) -> str:
    """A fingerprint of everything that training depends on."""
    digest = hashlib.sha256()
    digest.update(repr(trainer.settings).encode())
    digest.update(trainer.model.identity.encode())
    digest.update(repr(trainer.model.input_format).encode())
    digest.update(repr(trainer.model.labels).encode())
    for tensor in (trainer.ids, trainer.lengths, trainer.targets):
        digest.update(tensor.cpu().numpy().tobytes())
    return digest.hexdigest()
