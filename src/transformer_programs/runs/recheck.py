"""``tprog verify --check CERTIFICATE``: is what a certificate states so?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from transformer_programs.runs import folder as run_folder
from transformer_programs.runs.agreement import certify_run
from transformer_programs.errors import (
    AgreementError,
    TransformerProgramsError,
    TrustError,
)
from transformer_programs.runs.loading import load_dataset
from transformer_programs.runs.questions import ask, read_certificate
from transformer_programs.runs.references import function_file, is_same
from transformer_programs.data import file_hash
from transformer_programs.tasks import (
    untrusted,
)
from transformer_programs.verify import (
    NOT_STATED,
    Certificate,
    Finding,
    InputDomain,
)
from transformer_programs.verify import Judgement
from transformer_programs.learn import Watch


def check_certificate(
    file: Path,
    run: Path | None = None,
    *,
    watch: Watch = Watch(),
    trust: bool = False,
) -> tuple[str, ...]:
    """Do again what a certificate says was done, and compare.

    Nothing is written. Inputs are the same ones: all that exist, the data of the run,
    or drawn with the same seed.

    Args:
        file: a ``certificate.json``.
        run: the run folder that it speaks of; by default the one that it lies in.
        watch: what to call meanwhile.
        trust: whether Python files that the certificate or the run names may be
            executed (``docs/trust.md``).

    Returns:
        What holds, a sentence each.

    Raises:
        AgreementError: if something is not as stated: a file of the run, a comparison,
            a claim.
        TrustError: if a Python file would have to be executed without trust.
        TransformerProgramsError: if the certificate or what it needs cannot be read.
    """
    stated = read_certificate(file)
    place = file.parent if run is None else run
    functions = (function_file(finding.question) for finding in stated.findings)
    for function in functions:
        if function is not None and not trust:
            raise TrustError(untrusted(function))
    _check_files(stated, place, file)
    found = _compared_again(stated, place, watch, trust=trust)
    _check_comparisons(stated, found, file)
    for finding in stated.findings:
        _check_finding(finding, place, file, watch, trust=trust)
    claims = [finding.judgement.sentence() for finding in stated.findings]
    return (*stated.sentences(), *claims)


def _check_files(stated: Certificate, run: Path, file: Path) -> None:
    """Are the files of the run those that the certificate speaks of?"""
    program = run_folder.read_program(run)
    learned = run / run_folder.LEARNED
    found = {
        run_folder.PROGRAM: (
            stated.program_sha256,
            run_folder.known_hash(run, stated.program_sha256),
        ),
        run_folder.FILE: (stated.file_sha256, _hash_of(run / run_folder.FILE)),
        run_folder.MODEL: (stated.model_sha256, _hash_of(run / run_folder.MODEL)),
        run_folder.LEARNED: (
            stated.learned_sha256,
            _hash_of(learned) if learned.exists() else None,
        ),
    }
    for name, (wanted, hashed) in found.items():
        if wanted not in (hashed, NOT_STATED):
            raise AgreementError(
                f"{run / name}: not what {file} speaks of: its hash begins with "
                f"{str(hashed)[:12]}, expected {str(wanted)[:12]}; 'tprog verify RUN' "
                "checks it anew"
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


def _hash_of(file: Path) -> str:
    return file_hash(run_folder.regular_file(file))


def _compared_again(
    stated: Certificate, run: Path, watch: Watch, *, trust: bool
) -> Certificate:
    data: tuple[tuple[str, ...], ...] = ()
    if stated.inputs.get("data"):
        config = run_folder.read_config(run, trust=trust)
        data = tuple(load_dataset(config, run, "they are among the inputs").sequences)
    everything = sum(stated.inputs.values())
    full = all(c.inputs == everything for c in stated.comparisons)
    return certify_run(run, data, full=full, advance=watch.on_compared)


def _check_comparisons(stated: Certificate, found: Certificate, file: Path) -> None:
    """Is every comparison that is stated among those that were found?"""
    if (stated.inputs, stated.seed) != (found.inputs, found.seed):
        raise AgreementError(
            f"{file}: states inputs {stated.inputs} with seed {stated.seed}, there are "
            f"{found.inputs} with seed {found.seed}"
        )
    if stated.data_sha256 not in (found.data_sha256, NOT_STATED):
        raise AgreementError(
            f"{file}: the data of the run are not those that it speaks of: their hash "
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
                "differences; this was not found again"
            )


def _check_finding(
    finding: Finding, run: Path, file: Path, watch: Watch, *, trust: bool
) -> None:
    question, stated = finding.question, finding.judgement
    asked = f"{question.option} {question.text}"
    try:
        same = is_same(question, finding.reference_sha256, run, trust=trust)
        found = None
        if same:
            found = ask(run, question, watch.on_compared, trust=trust)
    except TrustError:
        raise
    except TransformerProgramsError as error:
        raise AgreementError(f"{file}: {asked}: {error}") from error
    if found is None:
        raise AgreementError(f"{file}: {asked}: this is not what it was when asked")
    if found.counterexample is not None:
        raise AgreementError(f"{file}: {asked}: {found.sentence()}")
    if not as_good(stated, found):
        raise AgreementError(
            f"{file}: {asked}: states that it is {stated.sentence()}; found: "
            f"{found.sentence()}"
        )


def as_good(stated: Judgement, found: Judgement) -> bool:
    """Is what was found at least what is stated?

    A solver whose time ran out may come further, or prove all, another time.
    """
    if stated.claim != found.claim:
        return False
    if stated.proved_lengths is None or stated.proved:
        parts = (
            *("method", "lengths", "inputs", "proved_lengths", "reservation"),
            *("which", "rewritten"),
        )
        return all(getattr(stated, p) == getattr(found, p) for p in parts)
    if not found.proved and stated.reservation != found.reservation:
        return False
    least, most = stated.proved_lengths
    known = found.lengths if found.proved else found.proved_lengths
    return known is not None and known[0] <= least and known[1] >= most
