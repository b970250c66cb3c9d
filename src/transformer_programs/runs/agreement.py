"""The agreement gate of run folders: model, program and ``program.py`` are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from transformer_programs.data import file_hash
from transformer_programs.errors import AgreementError, RunFolderError
from transformer_programs.language import Batch, Program as Plain
from transformer_programs.learn import append_lines
from transformer_programs.nn import HardenedModel, load_model, save_model
from transformer_programs.runs.folder import (
    read_config,
    read_program,
    read_texts,
    text_difference,
)
from transformer_programs.runs.runnable import Program
from transformer_programs.system import (
    CERTIFICATE,
    FILE,
    LEARNED,
    MODEL,
    PROGRAM,
    TABLES,
    regular_file,
    write_files,
)
from transformer_programs.verify import (
    LABEL,
    Advance,
    Certificate,
    Signature,
    Values,
    certify,
    program_signature,
)


class HardenedPredictor:
    """A hardened model, for comparison; ``name`` is what reports call it."""

    def __init__(self, model: HardenedModel, name: str = "hardened model") -> None:
        self.name = name
        self._model = model

    @property
    def signature(self) -> Signature:
        """What its ids stand for."""
        return program_signature(self._model.program)

    def values(self, batch: Batch) -> Values:
        """Return every variable and the labels."""
        ids = torch.from_numpy(batch.ids.astype(np.int64))
        lengths = torch.from_numpy(batch.lengths.astype(np.int64))
        with torch.inference_mode():
            values = self._model.trace(ids, lengths)
            values[LABEL] = self._model.scores(values, lengths).argmax(-1)
        return {name: tensor.numpy() for name, tensor in values.items()}


def certify_run(
    run: Path,
    data: Sequence[Sequence[str]],
    *,
    full: bool = False,
    advance: Advance | None = None,
) -> Certificate:
    """Compare the model, the program and the file of a run folder.

    The file is executed only if it is the text of the program.

    Args:
        run: The run folder.
        data: Bare sequences that are compared in any case.
        full: Whether the file gets every input, too.
        advance: Called with the number of inputs compared.

    Raises:
        RunFolderError: If a file is missing or damaged.
        AgreementError: At the first difference.
    """
    config, program = read_config(run), read_program(run)
    (source, tables), difference = text_difference(run, program)
    if difference is not None:
        raise AgreementError(
            f"{difference}; if an earlier version of this package wrote it, 'tprog "
            f"compile {run}' makes a new run of {PROGRAM}"
        )
    file = regular_file(run / MODEL)
    learned, learned_sha256 = [], None
    if (run / LEARNED).exists():
        model = load_model(regular_file(run / LEARNED))
        learned.append(HardenedPredictor(model, "learned model"))
        learned_sha256 = file_hash(run / LEARNED)
    return certify(
        program,
        source,
        [HardenedPredictor(load_model(file))],
        data,
        learned=learned,
        tables=tables,
        model_sha256=file_hash(file),
        learned_sha256=learned_sha256,
        seed=config.seed,
        full=full,
        advance=advance,
    )


def compare(
    program: Program,
    data: Sequence[Sequence[str]],
    advance: Advance | None,
    *,
    learned: Plain | None = None,
    seed: int = 0,
) -> Certificate:
    """Compare the model, the interpreter and the text of a program.

    Args:
        program: The program.
        data: Bare sequences that are compared in any case.
        advance: Called with the number of inputs compared.
        learned: The program as it was learned, if it was made shorter.
        seed: The seed of the inputs that are drawn.

    Raises:
        AgreementError: At the first difference.
    """
    before = () if learned is None else (learned,)
    return certify(
        program.data,
        program.source,
        [HardenedPredictor(HardenedModel(program.data))],
        data,
        learned=[HardenedPredictor(HardenedModel(p), "learned model") for p in before],
        tables=program.tables_json,
        seed=seed,
        advance=advance,
    )


def write_run(
    run: Path,
    program: Program,
    certificate: Certificate,
    metrics: list[dict[str, Any]],
    learned: Plain | None = None,
) -> Certificate:
    """Write models, program, text and certificate, append metrics, and read back.

    Returns:
        The certificate, which names the files of the models.
    """
    models = {MODEL: program.data} | ({} if learned is None else {LEARNED: learned})
    for name, model in models.items():
        save_model(HardenedModel(model), run / name)
    certificate = replace(
        certificate,
        model_sha256=file_hash(run / MODEL),
        learned_sha256=None if learned is None else file_hash(run / LEARNED),
    )
    write_files(run, program.files | {CERTIFICATE: certificate.to_json()})
    append_lines(run, metrics)
    check_written(run, program.data, program.source, program.tables_json)
    return certificate


def check_written(run: Path, program: Plain, source: str, tables: str | None) -> None:
    """Check that a run folder holds the program and the texts that were certified.

    Raises:
        RunFolderError: If a file holds something else.
    """
    texts = read_texts(run)
    for name, same in (
        (MODEL, load_model(run / MODEL).program == program),
        (PROGRAM, read_program(run) == program),
        (FILE, texts[0] == source),
        (TABLES, texts[1] == tables),
    ):
        if not same:
            raise RunFolderError(
                f"{run / name}: what was written is not what was certified; "
                "check the disk and train again"
            )
