"""``tprog reproduce``: the tasks and data sets of the paper again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from transformer_programs.cli import AsJson, Flag, app, console, print_json
from transformer_programs.errors import SettingsError

if TYPE_CHECKING:  # this loads torch
    from transformer_programs.lab.reproduce.page import Records


@app.command(sort_key=10)
def reproduce(
    suite: str,
    /,
    *,
    size: int | None = None,
    learner: str = "gradient",
    tasks: str | None = None,
    seeds: str | None = None,
    data: Path | None = None,
    vectors: Path | None = None,
    runs: Path | None = None,
    out: Path = Path("docs/results"),
    force: Flag = False,
    render: Flag = False,
    quiet: Flag = False,
    as_json: AsJson = False,
) -> None:
    """Learn the paper's tasks again, and write a page with what came of it.

    Every training is measured on held-out data and kept; what is there already is not
    learned again, so that the same command goes on after Ctrl-C. Several may run at
    once, with other tasks or seeds.

    Parameters
    ----------
    suite
        rasp, induction, or language: named entities and texts, from files.
    size
        8: the paper's sizes (dyck: 16, induction: 10), the default; 16: twice as long
        (induction: three times, with 28 tokens). Not for language.
    learner
        gradient or search, which give programs; baseline, a standard Transformer; for
        language also simple: counts and linear models (the extra sklearn).
    tasks
        Only these, such as sort,hist or trec [default: all of the suite].
    seeds
        Of the trainings, such as 0,1,2 [default: 0; for language 0,1,2]. Of several
        the one that is best on validation data counts.
    data
        For language: the folder that examples/language/prepare.py wrote.
    vectors
        For language: word vectors that word classes begin with, and whose words are
        told apart too.
    runs
        Keep the run folder of every program in this folder, as TASK-SEED; one that is
        there is replaced.
    out
        The folder of the records; the page is beside it, OUT.md.
    force
        Learn again what the record has.
    render
        Learn nothing; write the section of the page anew from the records.
    quiet
        Print nothing but the record's file.
    as_json
        Print the record.
    """
    from transformer_programs.lab.reproduce import measure  # loads torch
    from transformer_programs.lab.reproduce.page import records_of, update_page
    from transformer_programs.lab.reproduce.plan import ReproductionPlan
    from transformer_programs.lab.reproduce.record import record_file
    from transformer_programs.lab.reproduce.suites import LANGUAGE_SUITE, Files

    asked = () if tasks is None else tuple(map(str.strip, tasks.split(",")))
    if data is None and vectors is not None:
        raise SettingsError("--vectors: only with --data, for language; omit it")
    files = None if data is None else Files(data, vectors)
    chosen = () if seeds is None else _seeds(seeds)
    plan = ReproductionPlan(suite, size, learner, asked, chosen, files)
    file = record_file(out, plan.suite, plan.size, learner)
    if render:
        page = update_page(out, plan.suite, plan.size)
        if page is None:
            raise SettingsError(f"{out}: no record of {suite} there; omit --render")
        console.out.print(f"written to {page}", markup=False)
        return
    record = measure.reproduce(
        plan,
        out,
        force=force,
        runs=runs,
        watching=lambda: console.watching(quiet=quiet or as_json),
    )
    if as_json:
        print_json(record.document())
    elif quiet:
        console.out.print(str(file), markup=False)
    else:
        of_language = plan.suite == LANGUAGE_SUITE
        _print(records_of(out, suite, plan.size) if of_language else [record])
        console.out.print(f"\nwritten to {file}", markup=False)


def _seeds(text: str) -> tuple[int, ...]:
    """The numbers of a list such as ``0,1,2``."""
    parts = text.split(",")
    if not all(part.strip().isdecimal() for part in parts):
        raise SettingsError(f"--seeds {text}: expected numbers such as 0,1,2")
    return tuple(map(int, parts))


def _print(records: Records) -> None:
    from transformer_programs.lab.reproduce.page import overview

    head, rows = overview(records)
    drawn = console.table("percent of held-out labels right", *head)
    for row in rows:
        console.add_row(drawn, *row)
    console.print_table(drawn)
