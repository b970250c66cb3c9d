"""Commands that measure and check runs: ``eval`` and ``verify``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.cli import console
from transformer_programs.cli.base import AsJson, Flag, Trust, app, print_json
from transformer_programs.cli.options import DataOptions, as_typed, given, shown
from transformer_programs.data import Format, TagScheme
from transformer_programs.errors import SettingsError

if TYPE_CHECKING:  # these load numpy
    from transformer_programs.data import Accuracy, Confusion

_NAMED = 3
"""Labels that are named of those that one is taken for."""

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
    tag_scheme: TagScheme | None = None,
    format: Format | None = None,
    delimiter: str | None = None,
    columns: str | None = None,
    encoding: str | None = None,
    no_label: str | None = None,
    labels: Flag = False,
    any_length: Flag = False,
    lengths: str | None = None,
    drawn: int | None = None,
    as_json: AsJson = False,
    trust: Trust = False,
) -> None:
    """Measure the accuracy of a run's program.py, per label and per sequence.

    Where labels write entities, their precision, recall and F1 are shown as well.

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
    tag_scheme
        How its tags write entities; iob1 is read as IOB2 [default: as in training].
    format
        How the file is written [default: by its extension, else as in training].
    delimiter
        The character between its columns [default: as in training].
    columns
        Names of its columns, if its first line is data [default: as in training].
    encoding
        Its encoding [default: as in training].
    no_label
        A tag in it that stands for none [default: as in training].
    labels
        Show precision, recall and F1 of every label, and what it is taken for.
    any_length
        Take sequences that are longer than in training: those of --data, else inputs
        drawn from the task.
    lengths
        With --any-length, how many tokens they have, such as 20,40,90 [default: 2, 4
        and 10 times as many as in training].
    drawn
        With --any-length, how many inputs of every length [default: 2000].
    as_json
        Print JSON.
    """
    from transformer_programs.runs import evaluate_lengths, evaluate_run
    from transformer_programs.system import (
        FILE,
    )

    read = DataOptions(
        tokens_column=tokens_column,
        label_column=label_column,
        tag_scheme=tag_scheme,
        format=format,
        delimiter=delimiter,
        columns=columns,
        encoding=encoding,
        no_label=no_label,
    )
    if any_length and data is None:
        if given(read) or labels:
            options = [*given(read), *(["labels"] if labels else [])]
            raise SettingsError(
                "--any-length without --data draws inputs from the task: omit "
                + shown(options)
            )
        asked = _numbers(lengths)
        with console.watching(quiet=as_json) as watch:
            watch.begin(f"running {FILE} on longer inputs")
            found = evaluate_lengths(
                run, asked, drawn=_DRAWN if drawn is None else drawn, trust=trust
            )
        if as_json:
            print_json({"lengths": {n: a.numbers() for n, a in found.items()}})
        else:
            console.print_lengths(found, str(run))
        return
    if lengths is not None or drawn is not None:
        raise SettingsError(
            "--lengths and --drawn: give them with --any-length, and without --data"
        )
    if data is None and given(read):
        raise SettingsError(
            f"{shown(list(given(read)))}: for a file: name it with --data"
        )
    with as_typed(read), console.watching(quiet=as_json) as watch:
        accuracy, beside = evaluate_run(
            run,
            data,
            any_length=any_length,
            watch=replace(watch, on_note=console.note),
            trust=trust,
            **given(read),
        )
    if as_json:
        simple = {name: quality.numbers() for name, quality in beside.items()}
        more = {"baselines": simple} if beside else {}
        more |= {"by_label": _by_label(accuracy)} if labels else {}
        print_json(accuracy.numbers() | more)
        return
    console.print_accuracy(accuracy, str(data or f"{run}: held out"), beside)
    if labels:
        _print_labels(accuracy.confusion)


def _print_labels(confused: Confusion) -> None:
    """How well every label is found, and what it is taken for."""
    from transformer_programs.data import label_scores, taken_for

    drawn = console.table("", "label", "precision", "recall", "F1", "of", "taken for")
    for label, score in label_scores(confused).items():
        others = [f"{o} ({n:,})" for o, n in taken_for(confused, label).items()]
        more = [f"and {len(others) - _NAMED} more"] if others[_NAMED:] else []
        shares = (score.precision, score.recall, score.f1)
        cells = (*(f"{share:.2%}" for share in shares), f"{score.there:,}")
        console.add_row(drawn, label, *cells, ", ".join(others[:_NAMED] + more))
    console.print_table(drawn)


def _by_label(accuracy: Accuracy) -> dict[str, Any]:
    """What is known of every label, for scripts."""
    from transformer_programs.data import label_scores, taken_for

    table = accuracy.confusion
    return {
        label: score.numbers() | {"taken_for": taken_for(table, label)}
        for label, score in label_scores(table).items()
    }


def _numbers(text: str | None) -> list[int] | None:
    """The numbers of a list such as ``20,40,90``."""
    if text is None:
        return None
    parts = text.split(",")
    if not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise SettingsError(f"--lengths {text}: expected numbers such as 20,40,90")
    return [int(part) for part in parts]
