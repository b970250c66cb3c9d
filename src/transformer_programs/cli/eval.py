"""``tprog eval``: the accuracy of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.cli import console
from transformer_programs.cli.options import (
    AsJson,
    Chosen,
    Flag,
    Trust,
    command,
    numbers,
    shown,
)
from transformer_programs.data import ReadOptions
from transformer_programs.errors import SettingsError

if TYPE_CHECKING:  # these load numpy
    from transformer_programs.data import Confusion

_READ = (
    *("tokens_column", "label_column", "tag_scheme", "format", "delimiter", "columns"),
    *("encoding", "no_label"),
)
"""How the file of --data is read."""

_NAMED = 3
"""Labels that are named of those that one is taken for."""


@command({"How --data is read": (ReadOptions,)}, only=_READ, default="as in training")
def evaluate(
    run: Path,
    /,
    *,
    data: Path | None = None,
    by_label: Flag = False,
    any_length: Flag = False,
    lengths: str | None = None,
    drawn: int | None = None,
    chosen: Chosen,
    as_json: AsJson = False,
    trust: Trust = False,
) -> None:
    """Measure the accuracy of a run's program.py.

    Accuracy is given per label and per sequence; where labels encode entities, also
    their precision, recall and F1.

    Args:
        run: The run folder.
        data: A file of labelled sequences [default: the run's own held-out data].
        by_label: Show precision, recall and F1 of every label, and what it is
            confused with.
        any_length: Take sequences longer than in training: those of --data, else inputs
            drawn from the task.
        lengths: With --any-length, the lengths in tokens, such as 20,40,90 [default: 2,
            4 and 10 times the length in training].
        drawn: With --any-length, the number of inputs of each length [default: 2000].
    """
    from transformer_programs.runs import evaluate_lengths, evaluate_run
    from transformer_programs.system import FILE

    if any_length and data is None:
        if chosen or by_label:
            options = shown([*chosen, *(["by_label"] if by_label else [])])
            raise SettingsError(
                "--any-length without --data draws inputs from the task: omit "
                f"{options}"
            )
        asked = numbers("--lengths", lengths, "20,40,90", least=1)
        more: dict[str, Any] = {} if drawn is None else {"drawn": drawn}
        with console.watching(quiet=as_json) as watch:
            watch.begin(f"running {FILE} on longer inputs")
            found = evaluate_lengths(run, asked, trust=trust, **more)
        if as_json:
            console.print_json({"lengths": {n: a.numbers() for n, a in found.items()}})
        else:
            console.print_lengths(found, str(run))
        return
    if lengths is not None or drawn is not None:
        raise SettingsError(
            "--lengths and --drawn: give them with --any-length, and without --data"
        )
    if data is None and chosen:
        raise SettingsError(f"{shown(chosen)}: for a file: name it with --data")
    with console.watching(quiet=as_json) as watch:
        accuracy, beside = evaluate_run(
            run,
            data,
            any_length=any_length,
            watch=replace(watch, on_note=console.note),
            trust=trust,
            **chosen,
        )
    if as_json:
        document = accuracy.numbers()
        if beside:
            document["baselines"] = {n: q.numbers() for n, q in beside.items()}
        if by_label:
            document["by_label"] = _by_label(accuracy.confusion)
        console.print_json(document)
        return
    console.print_accuracy(accuracy, str(data or f"{run}: held out"), beside)
    if by_label:
        _print_labels(accuracy.confusion)


def _print_labels(confused: Confusion) -> None:
    from transformer_programs.data import label_scores, taken_for

    drawn = console.table("", "label", "precision", "recall", "F1", "of", "taken for")
    for label, score in label_scores(confused).items():
        others = [f"{o} ({n:,})" for o, n in taken_for(confused, label).items()]
        more = [f"and {len(others) - _NAMED} more"] if others[_NAMED:] else []
        shares = (score.precision, score.recall, score.f1)
        cells = (*(f"{share:.2%}" for share in shares), f"{score.there:,}")
        console.add_row(drawn, label, *cells, ", ".join(others[:_NAMED] + more))
    console.print_table(drawn)


def _by_label(confused: Confusion) -> dict[str, Any]:
    from transformer_programs.data import label_scores, taken_for

    return {
        label: score.numbers() | {"taken_for": taken_for(confused, label)}
        for label, score in label_scores(confused).items()
    }
