"""Programs as ordinary Transformers: compared with the interpreter, then written."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from transformer_programs.codegen import to_json
from transformer_programs.errors import AgreementError, RunFolderError
from transformer_programs.language import (
    Batch,
    Interpreter,
    Program,
    domain_size,
    encode_batch,
    enumerable,
)
from transformer_programs.nn import (
    ProgramTransformer,
    Sizes,
    framed_ids,
    is_transformer_folder,
    transformer_files,
)
from transformer_programs.system import MODEL, write_new, writing
from transformer_programs.verify import bare_tokens, inputs

WORK = 1 << 40
"""Multiplications for which all inputs are compared; else a sample of ``MOST`` is, or
of as many as they suffice for."""

MOST, LEAST = 10_000, 200

_CELLS = 1 << 23  # the largest activations of a batch


@dataclass(frozen=True, slots=True)
class Equality:
    """What a Transformer and the interpreter were compared on.

    Attributes:
        sizes: the sizes of the Transformer.
        inputs: how many sequences gave the same labels and variables.
        exhaustive: whether these are all valid inputs.
        margin: the least difference between the largest logit and the next one; None
            if there is only one label.
        deviation: how far the one-hot vectors of variables were at most from exact.
    """

    sizes: Sizes
    inputs: int
    exhaustive: bool
    margin: float | None
    deviation: float

    @property
    def sentence(self) -> str:
        """The same in words."""
        which = "all" if self.exhaustive else ""
        which = f"{which} {self.inputs:,} inputs".strip()
        margin = "" if self.margin is None else f"; least margin {self.margin:.4g}"
        return (
            f"{self.sizes.sentence}; executed on {which}: labels and variables are "
            f"those of the interpreter{margin}"
        )


def compare_transformer(model: ProgramTransformer, *, work: int = WORK) -> Equality:
    """Compare a Transformer with the interpreter, in batches with padding.

    Args:
        model: the program and its Transformer.
        work: the multiplications that may be spent.

    Raises:
        AgreementError: At the first label or variable that differs.
    """
    program, form = model.program, model.program.input
    interpreter = Interpreter(program)
    affordable = work // (model.sizes.parameters * model.sizes.n_ctx)
    exhaustive = enumerable(form) and domain_size(form) <= max(affordable, LEAST)
    compared, margin, deviation = 0, np.inf, 0.0
    count = max(LEAST, min(MOST, affordable))
    for batch in _batches(model, count, exhaustive=exhaustive):
        traced, labels = interpreter.trace_and_predict(batch)
        found = _compare(model, batch, traced, labels)
        margin, deviation = min(margin, found[0]), max(deviation, found[1])
        compared += len(batch)
    return Equality(
        model.sizes,
        compared,
        exhaustive,
        None if np.isinf(margin) else float(margin),
        float(deviation),
    )


def _batches(
    model: ProgramTransformer, count: int, *, exhaustive: bool
) -> Iterator[Batch]:
    form, sizes = model.program.input, model.sizes
    heads = sizes.n_heads * max(sizes.d_head, sizes.n_ctx)
    widest = max(sizes.d_model, sizes.d_mlp, heads)
    rows = max(1, _CELLS // (sizes.n_ctx * widest))
    if exhaustive:
        for batch in inputs.enumerate_inputs(form):
            yield from inputs.blocks(batch, rows)
        return
    # Sequences of all lengths together, so that most are padded.
    edges = inputs.edge_cases(form)
    edges = edges[:: 1 + len(edges) // count]
    parts = [
        inputs.random_inputs(form, count, 0),
        encode_batch(form, edges, form.max_length),
    ]
    if inputs.open_ended(form):
        parts += inputs.typed_inputs(form, edges=False).batches()
    for part in parts:
        yield from inputs.blocks(part, rows)


def _compare(
    model: ProgramTransformer,
    batch: Batch,
    traced: dict[str, NDArray[np.int64]],
    labels: NDArray[np.int64],
) -> tuple[float, float]:
    # The least margin, and the largest deviation of a one-hot vector.
    program, form = model.program, model.program.input
    codes = torch.from_numpy(batch.ids.astype(np.int64))
    lengths = torch.from_numpy(batch.lengths.astype(np.int64))
    last, streams = f"blocks.{model.sizes.n_layers - 1}.hook_resid_post", list[Tensor]()
    with torch.inference_mode():
        ids = framed_ids(codes, lengths, form)
        hooks = [(last, streams.append)]
        logits = model.transformer.run_with_hooks(ids, hooks)[:, 1:].numpy()
    real, deviation = batch.real.T, 0.0  # (inputs, width)
    for name in model.variables:
        stream = streams[0][:, 1:, model.subspace(name)].numpy()
        space = model.values_of(name)
        off = np.abs(stream - (traced[name][..., None] == space)).max(-1)
        off = np.where(real, off, 0)
        deviation = max(deviation, float(off.max(initial=0)))
        if deviation >= 0.5:
            _refuse(program, batch, np.argwhere(off >= 0.5)[0], f"in {name!r}")
    if program.tagging:
        columns = np.arange(real.shape[1])
        ends = batch.lengths[:, None] - (form.end is not None)
        asked = (columns >= form.offset) & (columns < ends)
    else:
        logits, labels, asked = logits[:, :1], labels[:, None], real[:, :1]
    wrong = asked & (logits.argmax(-1) != labels)
    if wrong.any():
        _refuse(program, batch, np.argwhere(wrong)[0], "in the label")
    if logits.shape[-1] == 1 or not asked.any():
        return np.inf, deviation
    highest = np.partition(logits[asked], -2, axis=-1)[:, -2:]
    return float((highest[:, 1] - highest[:, 0]).min()), deviation


def _refuse(
    program: Program, batch: Batch, where: NDArray[np.int64], what: str
) -> None:
    row, position = where.tolist()
    (tokens,) = bare_tokens(program, batch[row : row + 1])
    raise AgreementError(
        f"interpreter and Transformer differ {what} at position {position} of input "
        f"{list(tokens)!r}: float32 does not suffice for this program; shorten it "
        "(tprog simplify) or choose a smaller --max-length"
    )


def export_transformer(
    program: Program, out: Path | None, *, force: bool = False
) -> tuple[str, Equality]:
    """Compile a program into an ordinary Transformer, and write it into a folder.

    Returns:
        The description, and what was compared.

    Raises:
        SettingsError: If it would be too large.
        AgreementError: At the first difference; nothing is written.
        RunFolderError: If the place is taken or cannot be written.
    """
    if out is not None:
        _check_free(out, force=force)
    model = ProgramTransformer(program)
    found = compare_transformer(model)
    weights = transformer_files(model, {})[MODEL]
    certificate: dict[str, Any] = {
        "compared": found.inputs,
        "exhaustive": found.exhaustive,
        "margin": found.margin,
        "deviation": found.deviation,
        "variables": list(model.variables),
        "program_sha256": hashlib.sha256(to_json(program).encode()).hexdigest(),
        "model_sha256": hashlib.sha256(weights).hexdigest(),
    }
    files = transformer_files(model, certificate)
    if out is not None:
        _write(out, files)
    return files["config.json"].decode(), found


def _check_free(out: Path, *, force: bool) -> None:
    if not out.parent.is_dir():
        raise RunFolderError(f"{out.parent} is no folder; make it first")
    if not out.exists():
        return
    if not is_transformer_folder(out):
        raise RunFolderError(
            f"{out} exists and is no exported Transformer; --out names another"
        )
    if not force:
        raise RunFolderError(f"{out} exists; --force replaces it, --out names another")


def _write(out: Path, files: dict[str, bytes]) -> None:
    # Beside its place first, so that it is never half a folder.
    with writing(out):
        partial = Path(mkdtemp(prefix=f".{out.name}.", dir=out.parent))
        try:
            for name, content in files.items():
                write_new(partial / name, content)
            partial.chmod(0o777 & ~_umask())
            if out.exists():
                for name in files:
                    (partial / name).replace(out / name)
            else:
                partial.rename(out)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
