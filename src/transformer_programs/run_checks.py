"""What is known of a run: its accuracy, and that its parts agree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from transformer_programs import run_folder
from transformer_programs.certification import certify_run
from transformer_programs.errors import (
    AgreementError,
    RunFolderError,
    SchemaError,
    SettingsError,
)
from transformer_programs.evaluate import Accuracy, evaluate
from transformer_programs.loading import load_dataset, sequences_to_compare
from transformer_programs.tasks.baselines import baselines
from transformer_programs.tasks.files import read_examples
from transformer_programs.tasks.options import ReadOptions
from transformer_programs.tasks.sources import FileSource
from transformer_programs.verify.certificate import Certificate, Finding
from transformer_programs.verify.predictors import load_file
from transformer_programs.verify.read_certificate import certificate_from_json
from transformer_programs.watch import Watch


def evaluate_run(
    run: Path,
    data: Path | None = None,
    *,
    tokens_column: str | None = None,
    label_column: str | None = None,
) -> tuple[Accuracy, dict[str, float]]:
    """The accuracy of a run's ``program.py``.

    Args:
        run: the run folder.
        data: a file of labelled sequences; by default the run's own test split.
        tokens_column: where the file has its tokens, by default as in training.
        label_column: where it has its labels, by default as in training.

    Returns:
        The accuracy; and on the run's own data that of simple methods, by name.

    Raises:
        TransformerProgramsError: the subclass says what is wrong.
    """
    config = run_folder.read_config(run)
    program = run_folder.read_program(run)
    beside: dict[str, float] = {}
    if data is None:
        if tokens_column or label_column:
            raise SettingsError("columns are those of a file: name it with --data")
        dataset = load_dataset(config, run, "name labelled sequences with --data")
        examples, beside = dataset.test, baselines(dataset)
    else:
        source = config.source
        options = source.options if isinstance(source, FileSource) else ReadOptions()
        options = replace(
            options,
            tokens_column=tokens_column or options.tokens_column,
            label_column=label_column or options.label_column,
            max_length=program.input.max_bare_length,
        )
        examples = read_examples(data, options, tagging=program.tagging)
    file = load_file(run_folder.read_text(run / run_folder.FILE))
    return evaluate(file["run"], examples), beside


def verify_run(run: Path, *, full: bool = False, watch: Watch = Watch()) -> Certificate:
    """Check a run again, and write its certificate.

    The data of the run are among the inputs if they can still be had; where there are
    few enough inputs to check them all, they are not needed.

    Args:
        run: the run folder.
        full: give ``program.py`` every input, not a sample.
        watch: what to call meanwhile.

    Raises:
        AgreementError: at the first difference; the certificate is removed.
        TransformerProgramsError: if the run cannot be read.
    """
    config = run_folder.read_config(run)
    program = run_folder.read_program(run)
    data = sequences_to_compare(config, program, run, watch.on_note)
    try:
        certificate = certify_run(run, data, full=full, advance=watch.on_compared)
    except AgreementError:
        with run_folder.writing(run):
            (run / run_folder.CERTIFICATE).unlink(missing_ok=True)
        raise
    known = _findings(run, certificate)
    certificate = replace(certificate, findings=known)
    run_folder.write_files(run, {run_folder.CERTIFICATE: certificate.to_json()})
    return certificate


def _findings(run: Path, certificate: Certificate) -> tuple[Finding, ...]:
    """What was found about this program before."""
    try:
        text = run_folder.read_text(run / run_folder.CERTIFICATE)
        known = certificate_from_json(text, "")
    except (RunFolderError, SchemaError):
        return ()
    same = known.program_sha256 == certificate.program_sha256
    return known.findings if same else ()
