"""Commands that measure and check runs: ``eval`` and ``verify``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from transformer_programs import run_folder
from transformer_programs.cli import console
from transformer_programs.cli.base import AsJson, Flag, app, print_json
from transformer_programs.errors import SettingsError
from transformer_programs.judging import judge_invariant, judge_run
from transformer_programs.runnable import load
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


@app.command(name="eval", sort_key=5)
def evaluate(
    run: Path,
    /,
    *,
    data: Path | None = None,
    tokens_column: str | None = None,
    label_column: str | None = None,
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
    as_json
        Print JSON.
    """
    from transformer_programs import run_checks  # loads torch

    accuracy, beside = run_checks.evaluate_run(
        run, data, tokens_column=tokens_column, label_column=label_column
    )
    if as_json:
        print_json(asdict(accuracy) | ({"baselines": beside} if beside else {}))
    else:
        console.print_accuracy(accuracy, str(data or f"{run}: held out"), beside)


@app.command(sort_key=6)
def verify(
    run: Path,
    /,
    *,
    full: Flag = False,
    against: str | None = None,
    invariant: Invariants = None,
    drawn: int = 100_000,
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
        the first difference, and shows it.
    drawn
        With --against and --invariant, the random inputs compared where more than 2
        million exist.
    quiet
        Print nothing if all is well.
    as_json
        Print the certificate as JSON.
    """
    if against is not None and invariant:
        raise SettingsError("--against and --invariant: ask for one, then the other")
    if against is not None:
        _judge(run, against, drawn, quiet=quiet, as_json=as_json)
        return
    if invariant:
        _judge_invariants(run, invariant, drawn, quiet=quiet, as_json=as_json)
        return
    from transformer_programs import run_checks  # loads torch

    with console.watching(quiet=quiet or as_json) as watch:
        certificate = run_checks.verify_run(run, full=full, watch=watch)
    if as_json:
        sys.stdout.write(certificate.to_json())
    elif not quiet:
        console.print_certificate(certificate)
        console.out.print(f"certificate: {run / run_folder.CERTIFICATE}", markup=False)


def _judge(run: Path, against: str, drawn: int, *, quiet: bool, as_json: bool) -> None:
    with console.watching(quiet=quiet or as_json) as watch:
        judgement = judge_run(run, against, drawn=drawn, advance=watch.on_compared)
    if as_json:
        print_json(asdict(judgement) | {"proved": judgement.proved})
    elif not quiet:
        _print_judgement(run, judgement)
    if judgement.counterexample is not None:
        sys.exit(1)


def _judge_invariants(
    run: Path, names: Sequence[str], drawn: int, *, quiet: bool, as_json: bool
) -> None:
    with console.watching(quiet=quiet or as_json) as watch:
        found = {
            name: judge_invariant(run, name, drawn=drawn, advance=watch.on_compared)
            for name in names
        }
    if as_json:
        print_json(
            [
                {"invariant": name} | asdict(judged) | {"proved": judged.proved}
                for name, judged in found.items()
            ]
        )
    elif not quiet:
        for judged in found.values():
            _print_judgement(run, judged)
    if any(judged.counterexample is not None for judged in found.values()):
        sys.exit(1)


def _print_judgement(run: Path, judgement: Judgement) -> None:
    console.print_judgement(judgement)
    if judgement.counterexample is not None:
        console.print_trace(load(run).trace(judgement.counterexample.tokens))
