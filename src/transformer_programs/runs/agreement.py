"""The agreement gate of run folders: model, program and ``program.py`` are one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from transformer_programs.data import file_hash
from transformer_programs.errors import AgreementError, RunFolderError
from transformer_programs.learn import Watch, append_lines
from transformer_programs.nn import HardenedModel, load_model, save_model
from transformer_programs.program import Batch, Program as Plain
from transformer_programs.runs.folder import (
    Config,
    read_config,
    read_program,
    read_texts,
    text_difference,
)
from transformer_programs.runs.runnable import Program
from transformer_programs.system import (
    CERTIFICATE,
    CONFIG,
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


def write_compiled(
    run: Path,
    program: Program,
    config: Config,
    data: Sequence[Sequence[str]],
    metrics: list[dict[str, Any]],
    watch: Watch,
) -> Certificate:
    """Fill a run folder with a program that was not trained as it is.

    Args:
        run: The folder to write into.
        program: The program, which becomes a model and a ``program.py``.
        config: What the run is.
        data: Bare sequences that are compared in any case.
        metrics: Lines for ``metrics.jsonl``.
        watch: Callbacks.

    Raises:
        AgreementError: At the first difference.
    """
    write_files(run, {CONFIG: config.to_json()})
    model = HardenedModel(program.data)
    save_model(model, run / MODEL)
    certificate = certify(
        program.data,
        program.source,
        [HardenedPredictor(model)],
        data,
        tables=program.tables_json,
        model_sha256=file_hash(run / MODEL),
        advance=watch.on_compared,
    )
    write_run(run, program, certificate, metrics)
    return certificate


def write_run(
    run: Path, program: Program, certificate: Certificate, metrics: list[dict[str, Any]]
) -> None:
    """Write a program, its text and its certificate, append metrics, and read back."""
    write_files(run, program.files | {CERTIFICATE: certificate.to_json()})
    append_lines(run, metrics)
    check_written(run, program.data, program.source, program.tables_json)


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
