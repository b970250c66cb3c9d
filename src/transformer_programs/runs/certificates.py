"""Certificates of runs: made, read, extended, and checked again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

from transformer_programs.data import file_hash
from transformer_programs.errors import (
    AgreementError,
    RunFolderError,
    SchemaError,
    TransformerProgramsError,
    TrustError,
)
from transformer_programs.language import Program
from transformer_programs.learn import Watch
from transformer_programs.runs.base import BaseRun, read_run
from transformer_programs.runs.export import recorded, repeat_export
from transformer_programs.runs.folder import (
    is_run,
    known_hash,
    read_config,
    read_program,
    text_difference,
)
from transformer_programs.runs.loading import load_dataset, sequences_to_compare
from transformer_programs.runs.specifications import (
    ask,
    function_file,
    is_same,
    reference_hash,
)
from transformer_programs.system import (
    CERTIFICATE,
    FILE,
    LEARNED,
    MODEL,
    PROGRAM,
    read_text,
    regular_file,
    write_files,
    writing,
)
from transformer_programs.tasks import untrusted
from transformer_programs.verify import (
    NOT_STATED,
    Certificate,
    CheckRequest,
    CheckResult,
    Compared,
    InputDomain,
    RecordedCheck,
    RecordedExport,
    certificate_from_json,
)


def read_certificate(file: Path) -> Certificate:
    """Read a certificate.

    Raises:
        RunFolderError, SchemaError: If there is none that this version reads.
    """
    return certificate_from_json(read_text(file), str(file))


def _known(file: Path) -> Certificate | None:
    try:
        return read_certificate(file)
    except (RunFolderError, SchemaError):
        return None


def _hash(file: Path) -> str:
    return file_hash(regular_file(file))


def verify_run(
    run: Path, *, full: bool = False, watch: Watch = Watch(), trust: bool = False
) -> Certificate:
    """Compare the implementations of a run's program, and write its certificate.

    The data of the run are among the inputs if they are available; where all inputs
    are compared, they are not needed. See ``Run.verify``.

    Raises:
        AgreementError: At the first difference; the certificate is removed, unless
            it is about the text of another version of this package.
        TransformerProgramsError: If the run cannot be read.
    """
    config, program = read_config(run, trust=trust), read_program(run)
    watch.begin("loading PyTorch")
    from transformer_programs.runs.agreement import certify_run

    watch.begin("reading the data")
    data = sequences_to_compare(config, program, run, watch)
    file = run / CERTIFICATE
    known, wrong = _known(file), list[AgreementError]()
    try:
        certificate = certify_run(run, data, full=full, advance=watch.on_compared)
    except AgreementError:
        if known is None or not _is_of_another_version(run, program, known):
            with writing(run):
                file.unlink(missing_ok=True)
        raise
    stated = None if known is None else known.program_sha256
    if known is not None and stated == known_hash(run, stated):
        kept = tuple(
            check for check in known.findings if _is_kept(check, run, watch, trust)
        )
        if kept:
            watch.note(
                f"kept without repeating them: {len(kept)} of the checks in "
                f"{CERTIFICATE}; 'tprog verify --check {file}' repeats them"
            )
        certificate = replace(certificate, findings=kept, cut_short=known.cut_short)
        exports, wrong = _exports_again(known, run, watch)
        certificate = replace(certificate, exports=exports)
    write_files(run, {CERTIFICATE: certificate.to_json()})
    if wrong:
        raise wrong[0]
    return certificate


def _exports_again(
    known: Certificate, run: Path, watch: Watch
) -> tuple[tuple[RecordedExport, ...], list[AgreementError]]:
    # Those that are as they were, and what is wrong with the others.
    found: list[RecordedExport] = []
    wrong: list[AgreementError] = []
    for stated in known.exports:
        watch.begin(f"executing {stated.file}")
        try:
            again, why = repeat_export(stated, run, read_run(run).program)
        except AgreementError as error:
            wrong.append(error)
            continue
        if again is None:
            watch.note(f"its comparison is kept: {why}")
        found.append(stated if again is None else again)
    return tuple(found), wrong


def _is_of_another_version(run: Path, program: Program, known: Certificate) -> bool:
    # Then the certificate is not about the text that differed, and is kept.
    try:
        held = _hash(run / FILE)
        differs = text_difference(run, program)[1] is not None
    except (RunFolderError, SchemaError):
        return False
    return differs and known.file_sha256 == held


def _is_kept(check: RecordedCheck, run: Path, watch: Watch, trust: bool) -> bool:
    request = check.question
    why = "its specification has changed"
    try:
        if is_same(request, check.reference_sha256, read_run(run), trust=trust):
            return True
    except TransformerProgramsError as error:
        why = str(error)
    watch.note(f"the check {request.option} {request.text} is removed: {why}")
    return False


def record(
    run: Path, request: CheckRequest, result: CheckResult, *, trust: bool = False
) -> str | None:
    """Add the result of a check to the certificate of a run.

    Returns:
        Why it was not added, if it was not.
    """
    known = _current(run)
    if isinstance(known, str):
        return known
    reference = reference_hash(request, read_run(run), trust=trust)
    certificate = known.with_check(RecordedCheck(request, reference, result))
    write_files(run, {CERTIFICATE: certificate.to_json()})
    return None


def _current(run: Path) -> Certificate | str:
    # The certificate of what is in the folder, or why there is none.
    file = run / CERTIFICATE
    if not is_run(run):
        return "there is no run folder"
    try:
        known = read_certificate(file)
    except (RunFolderError, SchemaError) as error:
        return str(error)
    if known.program_sha256 != known_hash(run, known.program_sha256):
        return f"{file} is about another program; 'tprog verify RUN' writes a new one"
    if known.file_sha256 != _hash(run / FILE):
        return f"{file} is about another program.py; 'tprog verify RUN' compares it"
    return known


def record_export(
    run: Path, to: str, file: Path, sha256: str, compared: Compared
) -> str | None:
    """Add an export that was compared to the certificate of a run.

    Returns:
        Why it was not added, if it was not.
    """
    known = _current(run)
    if isinstance(known, str):
        return known
    certificate = known.with_export(recorded(run, to, file, sha256, compared))
    try:
        write_files(run, {CERTIFICATE: certificate.to_json()})
    except RunFolderError as error:
        return str(error)
    return None


def recheck_certificate(
    file: Path, run: Path | None = None, *, watch: Watch = Watch(), trust: bool = False
) -> tuple[str, ...]:
    """Repeat every comparison and check that a certificate states.

    Nothing is written. The inputs are the same: all that exist, the data of the run,
    or drawn with the same seed.

    Args:
        file: A ``certificate.json``.
        run: The run folder that it is about; by default the one that contains it.
        watch: Callbacks.
        trust: Whether Python files that the certificate or the run names may be
            executed (``docs/explanation/trust.md``).

    Returns:
        What was confirmed, a sentence each.

    Raises:
        AgreementError: If something is not as stated: a file of the run, a comparison,
            or a check.
        TrustError: If a Python file would have to be executed without trust.
        TransformerProgramsError: If the certificate or what it needs cannot be read.
    """
    stated = read_certificate(file)
    place = file.parent if run is None else run
    for check in stated.findings:
        function = function_file(check.question)
        if function is not None and not trust:
            raise TrustError(untrusted(function))
    _recheck_files(stated, place, file)
    _recheck_comparisons(stated, _compared_again(stated, place, watch, trust), file)
    for check in stated.findings:
        _recheck(check, read_run(place), file, watch, trust)
    repeated = _recheck_exports(stated, place, file, watch)
    checks = [check.judgement.sentence() for check in stated.findings]
    compared = replace(stated, exports=repeated).sentences()
    return (*compared, *checks)


def _recheck_exports(
    stated: Certificate, run: Path, file: Path, watch: Watch
) -> tuple[RecordedExport, ...]:
    # Those that were executed again, and gave what is stated.
    repeated = []
    for export in stated.exports:
        again, why = repeat_export(export, run, read_run(run).program)
        if again is None:
            watch.note(f"not repeated: {why}")
        elif again != export:
            raise AgreementError(
                f"{file}: states {export.sentence()}; found: {again.sentence()}"
            )
        else:
            repeated.append(again)
    return tuple(repeated)


def _recheck_files(stated: Certificate, run: Path, file: Path) -> None:
    program = read_program(run)
    learned = _hash(run / LEARNED) if (run / LEARNED).exists() else None
    for name, wanted, found in (
        (PROGRAM, stated.program_sha256, known_hash(run, stated.program_sha256)),
        (FILE, stated.file_sha256, _hash(run / FILE)),
        (MODEL, stated.model_sha256, _hash(run / MODEL)),
        (LEARNED, stated.learned_sha256, learned),
    ):
        if wanted not in (found, NOT_STATED):
            raise AgreementError(
                f"{run / name}: not the file that {file} is about: its hash begins "
                f"with {str(found)[:12]}, expected {str(wanted)[:12]}; 'tprog verify "
                "RUN' writes a new certificate"
            )
    domain = InputDomain.of(program.input)
    if domain != stated.domain:
        raise AgreementError(
            f"{file}: states a domain of {_in_words(stated.domain)}, the program "
            f"accepts {_in_words(domain)}"
        )


def _in_words(domain: InputDomain) -> str:
    least, most = domain.lengths
    read = f", as they are read ({domain.as_read})" if domain.as_read else ""
    return f"{domain.size} inputs of {least} to {most} of {domain.tokens} tokens{read}"


def _compared_again(
    stated: Certificate, run: Path, watch: Watch, trust: bool
) -> Certificate:
    watch.begin("loading PyTorch")
    from transformer_programs.runs.agreement import certify_run

    data: Sequence[tuple[str, ...]] = ()
    if stated.inputs.get("data"):
        config = read_config(run, trust=trust)
        dataset = load_dataset(config.source, run, "they are among the inputs")
        data = dataset.sequences
    everything = sum(stated.inputs.values())
    full = all(c.inputs == everything for c in stated.comparisons)
    return certify_run(run, data, full=full, advance=watch.on_compared)


def _recheck_comparisons(stated: Certificate, found: Certificate, file: Path) -> None:
    if (stated.inputs, stated.seed) != (found.inputs, found.seed):
        raise AgreementError(
            f"{file}: states inputs {stated.inputs} with seed {stated.seed}, there are "
            f"{found.inputs} with seed {found.seed}"
        )
    if stated.data_sha256 not in (found.data_sha256, NOT_STATED):
        raise AgreementError(
            f"{file}: the data of the run are not those that it is about: their hash "
            f"begins with {str(found.data_sha256)[:12]}, expected "
            f"{str(stated.data_sha256)[:12]}"
        )
    missing = {c.implementations for c in found.comparisons}
    missing -= {c.implementations for c in stated.comparisons}
    if missing:
        first, second = missing.pop()
        raise AgreementError(f"{file}: does not state that {first} = {second}")
    if len(stated.comparisons) != len(found.comparisons):
        raise AgreementError(f"{file}: states a comparison more than once")
    done = {replace(c, seconds=0) for c in found.comparisons}
    for c in stated.comparisons:
        if replace(c, seconds=0) not in done:
            first, second = c.implementations
            raise AgreementError(
                f"{file}: states that {first} = {second} on {c.inputs:,} inputs"
                f"{', all that exist' if c.exhaustive else ''}, with {c.differences} "
                "differences; this was not reproduced"
            )


def _recheck(
    check: RecordedCheck, run: BaseRun, file: Path, watch: Watch, trust: bool
) -> None:
    request, stated = check.question, check.judgement
    place = f"{file}: {request.option} {request.text}"
    try:
        same = is_same(request, check.reference_sha256, run, trust=trust)
        found = ask(run, request, watch.on_compared, trust=trust) if same else None
    except TrustError:
        raise
    except TransformerProgramsError as error:
        raise AgreementError(f"{place}: {error}") from error
    if found is None:
        raise AgreementError(f"{place}: the specification has changed since the check")
    if found.counterexample is not None:
        raise AgreementError(f"{place}: {found.sentence()}")
    if not as_good(stated, found):
        raise AgreementError(
            f"{place}: states that it is {stated.sentence()}; found: {found.sentence()}"
        )


def as_good(stated: CheckResult, found: CheckResult) -> bool:
    """Return whether a result confirms all that is stated.

    A solver whose time ran out may come further, or prove all, another time.
    """
    if stated.proved_lengths is None or stated.proved:
        parts = {field.name for field in fields(stated)} - {"seconds", "counterexample"}
        return all(getattr(stated, part) == getattr(found, part) for part in parts)
    if stated.claim != found.claim:
        return False
    if not found.proved and stated.reservation != found.reservation:
        return False
    least, most = stated.proved_lengths
    known = found.lengths if found.proved else found.proved_lengths
    return known is not None and known[0] <= least and known[1] >= most
