"""What is known of a run: its accuracy, and that its parts agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Unpack

import numpy as np

from transformer_programs.runs import folder as run_folder
from transformer_programs.errors import (
    AgreementError,
    RunFolderError,
    SchemaError,
    SettingsError,
    TransformerProgramsError,
    TrustError,
)
from transformer_programs.data import (
    Accuracy,
    evaluate_all,
    find_tags,
    tags_of,
)
from transformer_programs.runs.loading import load_dataset, sequences_to_compare
from transformer_programs.system import check_length
from transformer_programs.data import Quality, Scheme
from transformer_programs.optimize import check_length_free
from transformer_programs.program import Program
from transformer_programs.runs.progress import shows_progress
from transformer_programs.runs.references import check_inputs_of_task, is_same
from transformer_programs.runs.texts import own_texts, text_difference
from transformer_programs.data import baselines
from transformer_programs.data import Examples
from transformer_programs.data import of_another_file, read_examples
from transformer_programs.tasks import check_drawn_fit, sample_distinct
from transformer_programs.data import ReadChanges, ReadOptions, changed
from transformer_programs.tasks import (
    DatasetSource,
    FileSource,
    Source,
    TaskSource,
)
from transformer_programs.data import file_hash
from transformer_programs.data import measuring_notes, scheme_read
from transformer_programs.verify import Certificate, Finding
from transformer_programs.verify import FileProcess
from transformer_programs.verify import certificate_from_json
from transformer_programs.learn import Watch

TIMES = (2, 4, 10)
"""Times the training length at which a program is measured beyond it."""


def evaluate_run(
    run: Path,
    data: Path | None = None,
    *,
    any_length: bool = False,
    watch: Watch = Watch(),
    trust: bool = False,
    **reading: Unpack[ReadChanges],
) -> tuple[Accuracy, dict[str, Quality]]:
    """The accuracy of a run's ``program.py``.

    Args:
        run: the run folder.
        data: a file of labelled sequences; by default the run's own test split.
        any_length: whether the file's sequences may be longer than in training.
        watch: what to call meanwhile; told how a file was read, and what is odd
            about its tags.
        trust: whether the Python file of a task of one's own may be executed, which
            gives the held-out data.
        **reading: how it is read, such as its columns; by default as in training.

    Returns:
        The accuracy; and on the run's own data how right simple methods are, by name.

    Raises:
        LengthError: for ``any_length`` if the program is bound to its length.
        TransformerProgramsError: the subclass says what is wrong.
    """
    config = run_folder.read_config(run, trust=trust)
    program = run_folder.read_program(run)
    beside: dict[str, Quality] = {}
    watch.begin("reading the data")
    if data is None:
        if reading:
            raise SettingsError(
                f"{', '.join(reading)}: for a file: name it with --data"
            )
        if isinstance(config.source, TaskSource):
            check_inputs_of_task(run, program, config.source.find_task())
        dataset = load_dataset(config, run, "name labelled sequences with --data")
        examples, beside = dataset.test, baselines(dataset)
        tags = dataset.tags
    else:
        options = of_another_file(_options_of(config.source), data)
        options = replace(
            changed(options, reading),
            max_length=None if any_length else program.input.max_bare_length,
            truncate=options.truncate and not any_length,
        )
        examples = read_examples(
            data, options, tagging=program.tagging, on_note=watch.on_note
        )
        scheme = scheme_read(options) or _scheme_of(run)
        tags = find_tags(examples, program.readout.labels, scheme)
        if watch.on_note is not None:
            for note in measuring_notes(tags_of(examples), tags):
                watch.on_note(note)
    if any_length:
        check_length_free(program)
    watch.begin(f"running {run_folder.FILE} on {len(examples):,} sequences")
    with FileProcess(*own_texts(run, program)) as file:
        predict = partial(file.labels, any_length=any_length)
        return evaluate_all(predict, examples, tags), beside


def _scheme_of(run: Path) -> Scheme | None:
    """The scheme of the tags that a run was learned from, if it is known."""
    try:
        lines = run_folder.read_lines(run)
    except RunFolderError:
        return None
    for line in reversed(lines):
        if isinstance(line, dict) and line.get("kind") == "result":
            try:
                return Scheme(line["test"]["entities"]["scheme"].lower())
            except (AttributeError, KeyError, TypeError, ValueError):
                return None
    return None


def _options_of(source: Source | None) -> ReadOptions:
    """How a file is read to be like the data of a run."""
    match source:
        case FileSource():
            return source.options
        case DatasetSource(options=ReadOptions() as options):
            # Its columns have names of their own, which a file need not have.
            return replace(options, tokens_column=None, label_column=None)
    return ReadOptions()


def evaluate_lengths(
    run: Path,
    lengths: Sequence[int] | None = None,
    *,
    drawn: int = 2_000,
    trust: bool = False,
) -> dict[int, Accuracy]:
    """The accuracy of a run's ``program.py`` beyond the length that it was learned at.

    Args:
        run: the run folder, learned from a task.
        lengths: how many tokens the inputs have, the frame not counted; by default 2,
            4 and 10 times as many as in training.
        drawn: how many inputs are drawn from the task at every length; all, where
            fewer exist.
        trust: whether the Python file of a task of one's own may be executed.

    Returns:
        By length.

    Raises:
        LengthError: if the program is bound to its length; names the statements.
        TransformerProgramsError: if the run cannot be read, was not learned from a
            task, or its task has no inputs of such a length.
    """
    source = run_folder.read_config(run, trust=trust).source
    if not isinstance(source, TaskSource):
        raise SettingsError(
            f"{run}: expected a run that was learned from a task, whose definition "
            "labels inputs of any length"
        )
    if drawn < 1:
        raise SettingsError(f"expected at least 1 drawn input, got {drawn}")
    program = run_folder.read_program(run)
    check_inputs_of_task(run, program, source.find_task())
    check_length_free(program)
    for length in lengths or ():
        check_length("lengths", length, program.input.frame_size)
    if lengths is None:
        lengths = [n * program.input.max_bare_length for n in TIMES]
    with FileProcess(*own_texts(run, program)) as file:
        predict = partial(file.labels, any_length=True)
        return {
            length: evaluate_all(predict, _examples_at(source, length, drawn))
            for length in lengths
        }


def _examples_at(source: TaskSource, length: int, drawn: int) -> Examples:
    """Inputs of exactly one length."""
    frame = source.find_task().input.frame_size
    task = replace(source, max_length=length + frame).find_task()
    exact = replace(task, min_length=length)
    rng = np.random.default_rng(source.seed)
    check_drawn_fit(exact.space, {"drawn": drawn})
    count = min(drawn, exact.space.size_up_to(drawn))
    return exact.examples(sample_distinct(exact.space, count, rng, exact.draw))


@shows_progress()
def verify_run(
    run: Path,
    *,
    full: bool = False,
    watch: Watch = Watch(),
    trust: bool = False,
    progress: bool | None = None,
) -> Certificate:
    """Check a run again, and write its certificate.

    The data of the run are among the inputs if they can still be had; where there are
    few enough inputs to check them all, they are not needed.

    Args:
        run: the run folder.
        full: give ``program.py`` every input, not a sample.
        watch: what to call meanwhile.
        trust: whether the Python file of a task of one's own may be executed, which
            gives the data of the run.
        progress: whether progress is shown, as for ``train``.

    Raises:
        AgreementError: at the first difference; the certificate is removed, unless
            it is about the text of another version of this package.
        TransformerProgramsError: if the run cannot be read.
    """
    config = run_folder.read_config(run, trust=trust)
    program = run_folder.read_program(run)
    watch.begin("loading PyTorch")
    from transformer_programs.runs.agreement import certify_run

    watch.begin("reading the data")
    data = sequences_to_compare(config, program, run, watch.on_note)
    try:
        certificate = certify_run(run, data, full=full, advance=watch.on_compared)
    except AgreementError:
        if not _is_of_another_version(run, program):
            with run_folder.writing(run):
                (run / run_folder.CERTIFICATE).unlink(missing_ok=True)
        raise
    known = _known_before(run)
    if known is not None:
        found = _findings(run, known, watch.on_note, trust=trust)
        if found and watch.on_note is not None:
            watch.on_note(
                f"kept as stated before, and not asked again: {len(found)} of the "
                f"claims in {run_folder.CERTIFICATE}; 'tprog verify --check "
                f"{run / run_folder.CERTIFICATE}' does it"
            )
        certificate = replace(certificate, findings=found, cut_short=known.cut_short)
    run_folder.write_files(run, {run_folder.CERTIFICATE: certificate.to_json()})
    return certificate


def _is_of_another_version(run: Path, program: Program) -> bool:
    """Whether a run has another text than this version writes, and was so certified.

    Then its certificate is not about what was found, and is kept.
    """
    known = _certificate(run)
    if known is None:
        return False
    try:
        held = file_hash(run_folder.regular_file(run / run_folder.FILE))
        differs = text_difference(run, program)[1] is not None
    except (RunFolderError, SchemaError):
        return False
    return differs and known.file_sha256 == held


def _known_before(run: Path) -> Certificate | None:
    """The certificate that was there, if it is about the same program."""
    known = _certificate(run)
    if known is None:
        return None
    stated = known.program_sha256
    return known if stated == run_folder.known_hash(run, stated) else None


def _certificate(run: Path) -> Certificate | None:
    """The certificate of a run; None if there is none that can be read."""
    try:
        text = run_folder.read_text(run / run_folder.CERTIFICATE)
        return certificate_from_json(text, "")
    except (RunFolderError, SchemaError):
        return None


def _findings(
    run: Path,
    known: Certificate,
    on_note: Callable[[str], None] | None,
    *,
    trust: bool,
) -> tuple[Finding, ...]:
    """What was found about this program before, by comparing it with the same."""
    return tuple(
        finding
        for finding in known.findings
        if _is_as_it_was(finding, run, on_note, trust=trust)
    )


def _is_as_it_was(
    finding: Finding,
    run: Path,
    on_note: Callable[[str], None] | None,
    *,
    trust: bool,
) -> bool:
    """Whether what a finding speaks of can be had, and is what it was."""
    question = finding.question
    why = "what it speaks of is not what it was"
    try:
        if is_same(question, finding.reference_sha256, run, trust=trust):
            return True
    except (TrustError, TransformerProgramsError) as error:
        why = str(error)
    if on_note is not None:
        on_note(f"the claim {question.option} {question.text} is left out: {why}")
    return False
