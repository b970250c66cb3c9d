"""``tprog baseline``: other methods on the data of a program."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from transformer_programs.cli import (
    DATA,
    AsJson,
    Chosen,
    Force,
    Quiet,
    command,
    console,
    name_of,
    shown,
    source,
)
from transformer_programs.errors import SettingsError
from transformer_programs.lab.baselines.settings import StandardSettings

if TYPE_CHECKING:  # these load numpy and torch
    from transformer_programs.lab.baselines.shallow import BaselineResult
    from transformer_programs.lab.baselines.standard import StandardResult
    from transformer_programs.tasks import Source

_Simple = Literal["majority", "token", "positions", "naive-bayes", "logistic"]
Method = Literal["transformer", _Simple, "simple", "all"]

_WITH_RUN = ("transformer", "all")
"""What trains a Transformer, which is written."""


@command({"Data": DATA, "Model and training": (StandardSettings,)})
def baseline(
    task: str | None = None,
    /,
    *,
    data: Path | None = None,
    kind: Method = "transformer",
    chosen: Chosen,
    out: Path | None = None,
    force: Force = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Measure other methods on the data of a program.

    By default a standard Transformer is trained: PyTorch's own encoder, of the size of
    the program that suits the data. Ctrl-C keeps the best model so far.

    Args:
        task: A built-in task (see "tprog tasks"), or FILE.py:NAME for one of your own.
        data: A file of labelled sequences: JSON lines, CSV, TSV or CoNLL, also .gz.
        kind: The method: a standard transformer; the majority label; the most frequent
            label of each token; naive Bayes over positions; naive-bayes or logistic
            regression on words (which need the extra "sklearn"); simple, all but the
            transformer; or all.
        out: The transformer's run folder [default: runs/NAME-baseline, numbered if
            that exists].
    """
    from transformer_programs.runs import free_folder

    learned_from = source(task, data, chosen, None)
    assert learned_from is not None
    standard = chosen.of(StandardSettings)
    if kind not in _WITH_RUN:
        used = {"out": out is not None, "force": force, "quiet": quiet}
        refused = [name for name, is_used in used.items() if is_used]
        if refused := [*refused, *standard]:
            raise SettingsError(
                f"{shown(refused)}: only for --kind transformer and all; omit it"
            )
        _compare(learned_from, kind, None, as_json=as_json, quiet=False)
        return
    place = out or free_folder(Path("runs"), f"{name_of(learned_from)}-baseline")
    with console.waiting("loading PyTorch", quiet=quiet or as_json):
        from transformer_programs.lab.baselines.standard import train_standard
    with console.watching(quiet=quiet or as_json) as watch:
        result = train_standard(
            learned_from,
            change=lambda suited: replace(suited, **standard),
            out=place,
            force=force,
            watch=watch,
            progress=False,
        )
    if kind == "all" and not result.fitted.interrupted:
        _compare(learned_from, kind, result, as_json=as_json, quiet=quiet)
    elif as_json:
        console.print_json(result.summary() | {"run": str(place)})
    elif not quiet:
        _print_standard(result, place)
    if quiet:
        console.out.print(str(place), markup=False)
    if result.fitted.interrupted:
        sys.exit(console.INTERRUPTED)


def _compare(
    learned_from: Source,
    kind: str,
    trained: StandardResult | None,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Measure shallow methods, and show them with the Transformer, if there is one."""
    from transformer_programs.lab.baselines.shallow import (
        BaselineKind,
        kinds_for,
        measure_baselines,
    )

    dataset = learned_from.dataset()
    kinds = kinds_for(dataset) if kind in ("simple", "all") else (BaselineKind(kind),)
    rows = []
    with console.waiting("measuring other methods", quiet=quiet or as_json):
        for row in measure_baselines(dataset, kinds):
            rows.append(row)
            if not (as_json or quiet):
                line = f"{row.name}: {row.test.sentence()}, {row.seconds:.1f} s"
                console.err.print(line, markup=False)
    if as_json:
        found = {"name": dataset.name, "notes": list(dataset.notes)}
        if trained is not None:
            found |= trained.summary() | {"run": str(trained.folder)}
        console.print_json(
            found | {"baselines": {row.name: row.numbers() for row in rows}}
        )
    elif not quiet:
        for text in dataset.notes:
            console.note(text)
        _print_table(dataset.name, rows, trained)


def _print_table(
    name: str, rows: Sequence[BaselineResult], trained: StandardResult | None
) -> None:
    found = [(row.name, row.test, row.seconds) for row in rows]
    if trained is not None:
        title = f"standard Transformer, {trained.model.size:,} parameters"
        found.append((title, trained.test.quality, trained.seconds))
    with_entities = found[0][1].entity_f1 is not None
    columns = ("entity F1",) if with_entities else ()
    drawn = console.table(
        f"{name}: held out", "method", "labels right", *columns, "seconds"
    )
    for method, quality, seconds in found:
        shares = [f"{quality.accuracy:.2%}"]
        if quality.entity_f1 is not None:
            shares.append(f"{quality.entity_f1:.2%}")
        console.add_row(drawn, method, *shares, f"{seconds:.1f}")
    console.print_table(drawn)
    if trained is not None and trained.folder is not None:
        console.out.print(f"\nwritten to {trained.folder}", markup=False)


def _print_standard(result: StandardResult, place: Path) -> None:
    console.print_accuracy(result.test, f"{result.name}: held out", result.baselines)
    chosen = result.settings
    console.out.print(
        f"size: {result.model.size:,} parameters; layers {chosen.layers}, "
        f"heads {chosen.heads}, width {chosen.width}, feed-forward "
        f"{chosen.feed_forward}; learned in {result.seconds:.0f} s "
        f"(step {result.fitted.step} of {chosen.steps})"
    )
    console.out.print(f"\nwritten to {place}", markup=False)
    if result.fitted.interrupted:
        console.out.print("stopped early: this is the best model so far.")
