"""``tprog baseline`` and ``tprog reproduce``: programs beside other models."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from transformer_programs.cli import console
from transformer_programs.cli.base import INTERRUPTED, AsJson, Flag, app, print_json
from transformer_programs.cli.options import (
    DataOptions,
    StandardOptions,
    as_typed,
    given,
)
from transformer_programs.cli.sources import name_of, source
from transformer_programs.errors import SettingsError
from transformer_programs.run_place import free_folder

if TYPE_CHECKING:  # these load torch
    from transformer_programs.comparison import StandardResult
    from transformer_programs.reproduction.record import Record
    from transformer_programs.standard.settings import StandardSettings

_DATA = Group("Data", sort_key=1)
_STANDARD = Group("Model and training", sort_key=2)


@app.command(sort_key=9)
def baseline(
    task: str | None = None,
    /,
    *,
    data: Path | None = None,
    out: Path | None = None,
    force: Flag = False,
    quiet: Flag = False,
    as_json: AsJson = False,
    read: Annotated[DataOptions, Parameter(name="*", group=_DATA)] = DataOptions(),
    standard: Annotated[
        StandardOptions, Parameter(name="*", group=_STANDARD)
    ] = StandardOptions(),
) -> None:
    """Train a standard Transformer on the data of a program, to compare the two.

    It is PyTorch's own encoder, of the size of the program that suits the data, and
    measured in the same way. Ctrl-C keeps the best model so far.

    Parameters
    ----------
    task
        A built-in task (see "tprog tasks"), or FILE.py:NAME for one of your own.
    data
        Labelled sequences instead of a task: .jsonl, .csv, .tsv, .conll, also .gz.
    out
        The run folder [default: runs/NAME-baseline, numbered if that exists].
    force
        Replace the run folder if it exists.
    quiet
        Print nothing but the run folder.
    as_json
        Print the result as JSON.
    """
    from transformer_programs import comparison  # loads torch

    learned_from = source(task, data, read, None)
    assert learned_from is not None
    place = out or free_folder(Path("runs"), f"{name_of(learned_from)}-baseline")

    def change(settings: StandardSettings) -> StandardSettings:
        with as_typed(standard):
            return replace(settings, **given(standard))

    with as_typed(read, standard), console.watching(quiet=quiet or as_json) as watch:
        result = comparison.train_standard(
            learned_from, change=change, out=place, force=force, watch=watch
        )
    if as_json:
        print_json(result.summary() | {"run": str(place)})
    elif quiet:
        console.out.print(str(place), markup=False)
    else:
        _print_standard(result, place)
    if result.fitted.interrupted:
        sys.exit(INTERRUPTED)


def _print_standard(result: StandardResult, place: Path) -> None:
    for text in result.notes:
        console.note(text)
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


@app.command(sort_key=10)
def reproduce(
    suite: str,
    /,
    *,
    size: int = 8,
    learner: str = "gradient",
    tasks: str | None = None,
    seeds: str = "0",
    out: Path = Path("docs/results"),
    force: Flag = False,
    quiet: Flag = False,
    as_json: AsJson = False,
) -> None:
    """Learn the paper's tasks again, and write a page with what came of it.

    Every training is measured on held-out data and kept; what is there already is not
    learned again, so that the same command goes on after Ctrl-C.

    Parameters
    ----------
    suite
        rasp, or induction.
    size
        8: the paper's sizes (dyck: 16, induction: 10); 16: twice as long (induction:
        three times, with 28 tokens).
    learner
        gradient or search, which give programs; baseline, a standard Transformer.
    tasks
        Only these, such as sort,hist [default: all of the suite].
    seeds
        Of the trainings, such as 0,1,2. Of several the one that is most accurate on
        validation data counts.
    out
        The folder of the records; the page is beside it, OUT.md.
    force
        Learn again what the record has.
    quiet
        Print nothing but the record's file.
    as_json
        Print the record.
    """
    from transformer_programs.reproduction import driver  # loads torch
    from transformer_programs.reproduction.record import record_file

    asked = () if tasks is None else tuple(map(str.strip, tasks.split(",")))
    plan = driver.Plan(suite, size, learner, asked, _seeds(seeds))
    record = driver.reproduce(
        plan,
        out,
        force=force,
        watching=lambda: console.watching(quiet=quiet or as_json),
    )
    file = record_file(out, suite, size, learner)
    if as_json:
        print_json(record.document())
    elif quiet:
        console.out.print(str(file), markup=False)
    else:
        _print_record(record)
        console.out.print(f"\nwritten to {file}", markup=False)


def _seeds(text: str) -> tuple[int, ...]:
    """The numbers of a list such as ``0,1,2``."""
    parts = text.split(",")
    if not all(part.strip().isdecimal() for part in parts):
        raise SettingsError(f"--seeds {text}: expected numbers such as 0,1,2")
    return tuple(map(int, parts))


def _print_record(record: Record) -> None:
    from transformer_programs.reproduction.tables import overview

    head, rows = overview([record])
    drawn = console.table("percent of held-out labels right", *head)
    for row in rows:
        console.add_row(drawn, *row)
    console.print_table(drawn)
