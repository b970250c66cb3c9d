"""Commands that measure and check runs: ``eval`` and ``verify``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from transformer_programs import run_folder
from transformer_programs.cli import console
from transformer_programs.cli.base import AsJson, Flag, app, print_json
from transformer_programs.errors import SettingsError
from transformer_programs.judging import DRAWN
from transformer_programs.questions import ask, record
from transformer_programs.runnable import load
from transformer_programs.verify.certificate import Question
from transformer_programs.verify.invariants import MEANINGS
from transformer_programs.verify.judgement import Judgement

Invariants = Annotated[
    list[str] | None,
    Parameter(
        negative="",
        help="Does the program keep this on every input? Exits with 1 if not, and "
        "shows the shortest input that was found; can be repeated. "
        + "; ".join(f"{name}: {meaning}" for name, meaning in MEANINGS.items())
        + ".",
    ),
]
"""Names of invariants."""

_DRAWN = 2_000
"""Inputs of every length that are drawn by default."""


@app.command(name="eval", sort_key=5)
def evaluate(
    run: Path,
    /,
    *,
    data: Path | None = None,
    tokens_column: str | None = None,
    label_column: str | None = None,
    any_length: Flag = False,
    lengths: str | None = None,
    drawn: int | None = None,
    as_json: AsJson = False,
) -> None:
    """Measure the accuracy of a run's program.py, per label and per sequence.

    Parameters
    ----------
    run
        The run folder.
    data
        A file of labelled sequences [default: the run's own held-out data].
    tokens_column
        The file's field or column with the tokens [default: as in training].
    label_column
        The file's field or column with the labels [default: as in training].
    any_length
        Measure on inputs that are longer than in training, drawn from the task.
    lengths
        With --any-length, how many tokens they have, such as 20,40,90 [default: 2, 4
        and 10 times as many as in training].
    drawn
        With --any-length, how many inputs of every length [default: 2000].
    as_json
        Print JSON.
    """
    from transformer_programs import run_checks  # loads torch

    if any_length:
        if data or tokens_column or label_column:
            raise SettingsError("--any-length draws inputs from the task: omit --data")
        asked = _numbers(lengths)
        found = run_checks.evaluate_lengths(
            run, asked, drawn=_DRAWN if drawn is None else drawn
        )
        if as_json:
            print_json({"lengths": {n: asdict(a) for n, a in found.items()}})
        else:
            console.print_lengths(found, str(run))
        return
    if lengths is not None or drawn is not None:
        raise SettingsError("--lengths and --drawn: give them with --any-length")
    accuracy, beside = run_checks.evaluate_run(
        run, data, tokens_column=tokens_column, label_column=label_column
    )
    if as_json:
        print_json(asdict(accuracy) | ({"baselines": beside} if beside else {}))
    else:
        console.print_accuracy(accuracy, str(data or f"{run}: held out"), beside)


@app.command(sort_key=6)
def verify(
    run: Path | None = None,
    /,
    *,
    full: Flag = False,
    against: str | None = None,
    invariant: Invariants = None,
    check: Path | None = None,
    drawn: int | None = None,
    quiet: Flag = False,
    as_json: AsJson = False,
) -> None:
    """Check that model, interpreter and program.py agree; write the certificate.

    Exits with 1 if they do not.

    Parameters
    ----------
    run
        The run folder.
    full
        Give program.py every input, where it is given a sample otherwise.
    against
        Is the program right? Compare its labels with "task", the definition of the
        task of the run; with FILE.py:FUNCTION; or with another run. Exits with 1 at
        the first difference, and shows it; else adds to the certificate what was found.
    check
        Do again what this certificate.json states, of RUN or of the run that it lies
        in, and write nothing. Exits with 1 if something is not so.
    drawn
        With --against and --invariant, the random inputs compared where more than 2
        million exist [default: 100000].
    quiet
        Print nothing if all is well.
    as_json
        Print the certificate as JSON.
    """
    if check is not None:
        _check(check, run, quiet=quiet or as_json)
        return
    if run is None:
        raise SettingsError("expected a run folder, or a certificate with --check")
    if against is not None and invariant:
        raise SettingsError("--against and --invariant: ask for one, then the other")
    if drawn is not None and drawn < 1:
        raise SettingsError(f"expected --drawn >= 1, got {drawn}")
    if against is not None or invariant:
        if full:
            raise SettingsError(
                "--full: not with --against or --invariant, which look at the program "
                "as data; omit one of them"
            )
        option = "--invariant" if against is None else "--against"
        texts = invariant or [against or ""]
        questions = [Question(option, text, drawn or DRAWN) for text in texts]
        _ask(run, questions, quiet=quiet, as_json=as_json)
        return
    from transformer_programs import run_checks  # loads torch

    if drawn is not None:
        raise SettingsError("--drawn: for --against and --invariant; omit it")
    with console.watching(quiet=quiet or as_json) as watch:
        certificate = run_checks.verify_run(run, full=full, watch=watch)
    if as_json:
        sys.stdout.write(certificate.to_json())
    elif not quiet:
        console.print_certificate(certificate)
        console.out.print(f"certificate: {run / run_folder.CERTIFICATE}", markup=False)


def _numbers(text: str | None) -> list[int] | None:
    """The numbers of a list such as ``20,40,90``."""
    if text is None:
        return None
    parts = text.split(",")
    if not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise SettingsError(f"--lengths {text}: expected numbers such as 20,40,90")
    return [int(part) for part in parts]


def _check(certificate: Path, run: Path | None, *, quiet: bool) -> None:
    from transformer_programs import revalidation  # loads torch

    with console.watching(quiet=quiet) as watch:
        found = revalidation.check_certificate(certificate, run, watch=watch)
    if not quiet:
        for sentence in found:
            console.out.print(Text.assemble(("again", "green"), f": {sentence}"))


def _ask(
    run: Path, questions: Sequence[Question], *, quiet: bool, as_json: bool
) -> None:
    """Answer questions about a program, and add what was found to its certificate."""
    with console.watching(quiet=quiet or as_json) as watch:
        found = [ask(run, question, watch.on_compared) for question in questions]
    pairs = list(zip(questions, found, strict=True))
    missed = {record(run, question, judged) for question, judged in pairs} - {None}
    if as_json:
        documents = [_document(question, judged) for question, judged in pairs]
        print_json(documents[0] if questions[0].option == "--against" else documents)
    elif not quiet:
        for judged in found:
            console.print_judgement(judged)
            if judged.counterexample is not None:
                console.print_trace(load(run).trace(judged.counterexample.tokens))
        if not missed:
            file = run / run_folder.CERTIFICATE
            console.out.print(f"certificate: {file}", markup=False)
        elif run.is_dir():
            console.note(f"not added to the certificate: {missed.pop()}")
    if any(judged.counterexample is not None for judged in found):
        sys.exit(1)


def _document(question: Question, judgement: Judgement) -> dict[str, object]:
    asked = {question.option.strip("-"): question.text}
    return asked | asdict(judgement) | {"proved": judgement.proved}
