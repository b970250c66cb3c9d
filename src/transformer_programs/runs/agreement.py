"""The gate after every training, and ``tprog verify``: are all three the same?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from transformer_programs.data import file_hash
from transformer_programs.errors import AgreementError, RunFolderError
from transformer_programs.nn import HardenedModel, load_model
from transformer_programs.program import Batch, Program
from transformer_programs.runs import folder as run_folder
from transformer_programs.runs.texts import text_difference
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
    """A hardened model, for comparison.

    Args:
        model: the model.
        name: what reports call it.
    """

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

    The file must be the text that the program is written down as; else it is not
    executed.

    Args:
        run: the run folder.
        data: bare sequences that are compared in any case.
        full: give the file every input too.
        advance: told how many inputs have been compared.

    Raises:
        RunFolderError: if a file is missing or damaged.
        AgreementError: at the first difference.
    """
    config = run_folder.read_config(run)
    program = run_folder.read_program(run)
    (source, tables), difference = text_difference(run, program)
    if difference is not None:
        raise AgreementError(
            f"{difference}; if an earlier version of this package wrote it, 'tprog "
            f"compile {run}' makes a new run of {run_folder.PROGRAM}"
        )
    file = run_folder.regular_file(run / run_folder.MODEL)
    learned, learned_sha256 = [], None
    if (run / run_folder.LEARNED).exists():
        model = load_model(run_folder.regular_file(run / run_folder.LEARNED))
        learned.append(HardenedPredictor(model, "learned model"))
        learned_sha256 = file_hash(run / run_folder.LEARNED)
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


def check_written(run: Path, program: Program, source: str, tables: str | None) -> None:
    """Is what a run folder holds what was certified?

    Args:
        run: the run folder.
        program: the program that was certified.
        source: the text of its ``program.py``.
        tables: that of the file of tables that it reads, if it reads one.

    Raises:
        RunFolderError: if a file holds something else.
    """
    model = load_model(run / run_folder.MODEL)
    for name, same in (
        (run_folder.MODEL, model.program == program),
        (run_folder.PROGRAM, run_folder.read_program(run) == program),
        (run_folder.FILE, run_folder.read_text(run / run_folder.FILE) == source),
        (run_folder.TABLES, run_folder.read_tables(run) == tables),
    ):
        if not same:
            raise RunFolderError(
                f"{run / name}: what was written is not what was certified; "
                "check the disk and train again"
            )
