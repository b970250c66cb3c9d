"""Questions about a run's program, and what its certificate says of the answers."""

from __future__ import annotations

from pathlib import Path

from transformer_programs.runs import folder as run_folder
from transformer_programs.errors import RunFolderError, SchemaError
from transformer_programs.runs.specifications import judge_invariant, judge_run
from transformer_programs.runs.references import reference_hash
from transformer_programs.data import file_hash
from transformer_programs.verify import Advance
from transformer_programs.verify import (
    AGAINST,
    Certificate,
    Finding,
    Question,
)
from transformer_programs.verify import Judgement
from transformer_programs.verify import certificate_from_json


def read_certificate(file: Path) -> Certificate:
    """The certificate in a file.

    Raises:
        RunFolderError, SchemaError: if there is none that this version reads.
    """
    return certificate_from_json(run_folder.read_text(file), str(file))


def ask(
    run: Path,
    question: Question,
    advance: Advance | None = None,
    *,
    trust: bool = False,
) -> Judgement:
    """Ask a question about a run's program.

    Args:
        run: the run folder, or a ``program.json``.
        question: what is asked; a Python file that it names is executed.
        advance: told how many inputs have been looked at.
        trust: whether the Python file of the task that the run names may be executed.

    Raises:
        TransformerProgramsError: if it makes no sense, or there is no such program.
    """
    if question.option != AGAINST:
        return judge_invariant(
            run,
            question.text,
            drawn=question.drawn,
            solver=question.solver,
            solver_work=question.solver_work,
            solver_seconds=question.solver_seconds,
            advance=advance,
            progress=False,
        )
    return judge_run(
        run,
        question.text,
        drawn=question.drawn,
        lengths=question.lengths,
        solver=question.solver,
        solver_work=question.solver_work,
        solver_seconds=question.solver_seconds,
        advance=advance,
        trust=trust,
        progress=False,
    )


def record(
    run: Path, question: Question, judgement: Judgement, *, trust: bool = False
) -> str | None:
    """Add what was found to the certificate of a run.

    Returns:
        Why it was not added, if it was not.

    Raises:
        RunFolderError: if the certificate cannot be written.
    """
    file = run / run_folder.CERTIFICATE
    if not run_folder.is_run(run):
        return "there is no run folder"
    try:
        known = read_certificate(file)
    except (RunFolderError, SchemaError) as error:
        return str(error)
    if known.program_sha256 != run_folder.known_hash(run, known.program_sha256):
        return f"{file} speaks of another program; 'tprog verify RUN' writes a new one"
    if known.file_sha256 != file_hash(run_folder.regular_file(run / run_folder.FILE)):
        return f"{file} speaks of another program.py; 'tprog verify RUN' compares it"
    finding = Finding(question, reference_hash(question, run, trust=trust), judgement)
    text = known.with_finding(finding).to_json()
    run_folder.write_files(run, {run_folder.CERTIFICATE: text})
    return None
