"""What a run folder gets: the files of a program, certified and read back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformer_programs.data import file_hash
from transformer_programs.learn import Watch, append_lines
from transformer_programs.nn import HardenedModel, save_model
from transformer_programs.runs import folder as run_folder
from transformer_programs.runs.agreement import HardenedPredictor, check_written
from transformer_programs.runs.runnable import Program
from transformer_programs.verify import Certificate, certify


def write_compiled(
    run: Path,
    program: Program,
    config: run_folder.Config,
    data: Sequence[Sequence[str]],
    metrics: list[dict[str, Any]],
    watch: Watch,
) -> Certificate:
    """Fill a run folder with a program that was not trained as it is.

    Args:
        run: the folder to write into.
        program: the program, which becomes a model and a ``program.py``.
        config: what the run is.
        data: bare sequences that are compared in any case.
        metrics: lines for ``metrics.jsonl``.
        watch: what to call meanwhile.

    Raises:
        AgreementError: at the first difference.
    """
    run_folder.write_files(run, {run_folder.CONFIG: config.to_json()})
    model = HardenedModel(program.data)
    save_model(model, run / run_folder.MODEL)
    certificate = certify(
        program.data,
        program.source,
        [HardenedPredictor(model)],
        data,
        tables=program.tables_json,
        model_sha256=file_hash(run / run_folder.MODEL),
        advance=watch.on_compared,
    )
    write_run(run, program, certificate, metrics)
    return certificate


def write_run(
    run: Path,
    program: Program,
    certificate: Certificate,
    metrics: list[dict[str, Any]],
) -> None:
    """Write a program, its text and its certificate, and read them back.

    The lines of metrics are added to those that are there.

    Raises:
        RunFolderError: if they cannot be written, or what is there is something else.
    """
    texts = program.files | {run_folder.CERTIFICATE: certificate.to_json()}
    run_folder.write_files(run, texts)
    append_lines(run, metrics)
    check_written(run, program.data, program.source, program.tables_json)
