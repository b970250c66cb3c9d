"""Commands that measure and check runs: ``eval`` and ``verify``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from transformer_programs import run_folder
from transformer_programs.cli import console
from transformer_programs.cli.base import AsJson, Flag, app, print_json
from transformer_programs.errors import SettingsError
from transformer_programs.judging import judge_run
from transformer_programs.runnable import load
from transformer_programs.verify.judgement import Judgement


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
    drawn: int = 100_000,
    lengths: str | None = None,
    solver: Flag = False,
    solver_seconds: float = 60.0,
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
        With --against, the random inputs compared where more than 2 million exist.
    lengths
        With --against, only inputs of so many tokens: N, or A-B [default: all].
    solver
        With --against, where more than 2 million inputs exist: prove by a solver that
        there is no difference, or find the shortest input with one. For a task with a
        formula, and for another run.
    solver_seconds
        How long the solver may take; what is not proved by then is tested.
    quiet
        Print nothing if all is well.
    as_json
        Print the certificate as JSON.
    """
    from transformer_programs import run_checks  # loads torch

    if against is not None:
        judge = partial(
            judge_run,
            run,
            against,
            drawn=drawn,
            lengths=_spread(lengths),
            solver=solver,
            solver_seconds=solver_seconds,
        )
        _judge(run, judge, quiet=quiet, as_json=as_json)
        return
    with console.watching(quiet=quiet or as_json) as watch:
        certificate = run_checks.verify_run(run, full=full, watch=watch)
    if as_json:
        sys.stdout.write(certificate.to_json())
    elif not quiet:
        console.print_certificate(certificate)
        console.out.print(f"certificate: {run / run_folder.CERTIFICATE}", markup=False)


def _spread(lengths: str | None) -> tuple[int, int] | None:
    """``N`` or ``A-B`` as the fewest and the most tokens."""
    if lengths is None:
        return None
    least, dash, most = lengths.partition("-")
    if not least.isdecimal() or not (most.isdecimal() if dash else True):
        raise SettingsError(f"--lengths {lengths}: expected N or A-B, such as 1-9")
    return int(least), int(most if dash else least)


def _judge(
    run: Path, judge: Callable[..., Judgement], *, quiet: bool, as_json: bool
) -> None:
    with console.watching(quiet=quiet or as_json) as watch:
        judgement = judge(advance=watch.on_compared)
    wrong = judgement.counterexample
    if as_json:
        print_json(asdict(judgement) | {"proved": judgement.proved})
    elif not quiet:
        console.print_judgement(judgement)
        if wrong is not None:
            console.print_trace(load(run).trace(wrong.tokens))
    if wrong is not None:
        sys.exit(1)
