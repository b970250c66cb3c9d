"""Terminal output: progress, results and messages."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from transformer_programs.language import POSITIONS, Value
from transformer_programs.learn import Watch
from transformer_programs.runs import showing
from transformer_programs.system import (
    add_row as add_row,
    console,
    fitted,
    table as table,
    visible_json,
)

if TYPE_CHECKING:  # these load numpy and torch
    from rich.table import Table

    from transformer_programs.data import Accuracy, Quality, Score
    from transformer_programs.runs import Run
    from transformer_programs.verify import Certificate

out = console()
"""Results."""

err = console(stderr=True)
"""Everything else."""

LONGEST = 4_000
"""The most characters of an error that are shown: some hold the text of a file."""

FEW = 50
"""Held-out sequences below which a share is not worth much."""

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it."""


def print_json(value: object) -> None:
    """Print a value for scripts."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write(visible_json(text) + "\n")


@contextmanager
def watching(*, quiet: bool) -> Iterator[Watch]:
    """Show progress on standard error, unless it shall be quiet."""
    with nullcontext(Watch()) if quiet else showing(err) as watch:
        yield watch


@contextmanager
def waiting(what: str, *, quiet: bool = False) -> Iterator[None]:
    """Say on a terminal what is waited for, unless it shall be quiet."""
    with nullcontext() if quiet else err.status(Text(what), spinner="line"):
        yield


def note(text: str) -> None:
    """Print something that the user should know."""
    err.print(f"note: {_shortened(text)}", markup=False)


def error(text: str) -> None:
    """Print why a command ends."""
    err.print("[red]error:[/] ", end="")
    err.print(_shortened(text), markup=False)


def _shortened(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]} ... ({len(text) - LONGEST:,} more characters)"


def warn(text: str) -> None:
    """Print a warning."""
    err.print(f"warning: {text}", markup=False)


def print_result(run: Run, folder: Path) -> None:
    """Print the end of a training: accuracy, evidence, size, and what to do next."""
    from transformer_programs.cli.next_steps import after_training
    from transformer_programs.runs import facts

    program, training = run.program, run.training
    assert training is not None
    report, certificate = training.report, training.certificate
    if report.nothing_learned is not None:
        out.print(Text.assemble((report.nothing_learned, "bold red")))
    print_accuracy(report.test, f"{program.name}: held out", report.baselines)
    print_certificate(certificate)
    for finding in certificate.findings:
        out.print(finding.judgement)
    for fact in facts(program, report):
        out.print(fact, markup=False)
    print_next(folder, after_training(run, folder))
    if report.interrupted:
        out.print("stopped early: this is the best program so far.")
    if training.outcome.resumable:
        place = shlex.quote(str(folder))
        out.print(f"Go on with\n  tprog train --resume {place}", markup=False)


def print_next(folder: Path, commands: Sequence[str]) -> None:
    """Print where the run is, and commands to go on with."""
    out.print(Text.assemble("\nwritten to ", (str(folder), "bold"), ". Next:"))
    for command in commands:
        out.print(f"  {command}", markup=False)


def print_accuracy(
    accuracy: Accuracy, title: str, baselines: dict[str, Quality] | None = None
) -> None:
    """Print the accuracy, and that of baselines."""
    if not accuracy.measured:
        out.print(Text.assemble((title, "bold"), ": there are no labels to measure by"))
        return
    out.print(
        Text.assemble(
            (title, "bold"),
            f": {accuracy.per_label:.2%} of {accuracy.labels:,} labels right, "
            f"{accuracy.per_sequence:.2%} of {accuracy.sequences:,} sequences",
        )
    )
    if accuracy.entities is not None:
        print_entities(accuracy.entities, str(accuracy.tags or ""))
    for name, quality in (baselines or {}).items():
        out.print(f"  baseline, {name}: {quality.sentence()}", markup=False)
    if baselines:
        _compare(accuracy, baselines)
    if accuracy.sequences < FEW:
        few = f"{accuracy.sequences} sequence"
        few += " says" if accuracy.sequences == 1 else "s say"
        out.print(f"  note: {few} little about others")


def _compare(accuracy: Accuracy, baselines: dict[str, Quality]) -> None:
    # Says so if a program is no better than a simple method.
    from transformer_programs.data import MAJORITY

    score = accuracy.quality.score
    wanted = {label for label, _ in accuracy.confusion}
    name, best = max(baselines.items(), key=lambda item: item[1].score)
    if len(wanted) == 1 and score >= best.score:
        label = next(iter(wanted))
        text = f"{label!r} is the only label of these data: others were not measured"
    elif MAJORITY in baselines and score <= baselines[MAJORITY].score:
        text = "no better than always the most frequent label: little was learned"
    elif score <= best.score:
        text = f"no better than {name}: {score:.2%} against {best.score:.2%}"
    else:
        return
    out.print(f"  note: {text}", markup=False)


def print_entities(scores: dict[str, Score], scheme: str = "") -> None:
    """Print the scores of every type of entity, and of all together."""
    from transformer_programs.data import total

    title = f"{scheme} entities".strip()
    drawn = table("", title, "precision", "recall", "F1", "of")
    for name, score in [*scores.items(), ("all", total(scores))]:
        shares = (score.precision, score.recall, score.f1)
        add_row(drawn, name, *(f"{share:.2%}" for share in shares), f"{score.there:,}")
    print_table(drawn)


def print_lengths(found: dict[int, Accuracy], title: str) -> None:
    """Print the accuracy at every length, in a table."""
    columns = ("tokens", "labels right", "sequences right", "sequences")
    drawn = table(f"{title}: beyond the training length", *columns)
    for length, accuracy in found.items():
        shares = (f"{accuracy.per_label:.2%}", f"{accuracy.per_sequence:.2%}")
        add_row(drawn, str(length), *shares, f"{accuracy.sequences:,}")
    print_table(drawn)


def print_certificate(certificate: Certificate) -> None:
    """Print what was checked, a sentence each."""
    for sentence in certificate.sentences():
        out.print(Text.assemble(("checked", "green"), f": {sentence}"))


def print_trace(traced: dict[str, list[Value]]) -> None:
    """Print a table with a row for every variable and a column for every position."""
    drawn = table("", POSITIONS, *map(str, traced[POSITIONS]))
    for name, values in traced.items():
        if name != POSITIONS:
            add_row(drawn, name, *map(str, values))
    print_table(drawn)


def print_table(drawn: Table) -> None:
    """Print a table as wide as it is: a cut value would be a wrong one."""
    out.print(fitted(drawn))
