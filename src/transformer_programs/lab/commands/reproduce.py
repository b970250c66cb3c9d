"""``tprog reproduce``: the tasks and data sets of the paper again."""

from __future__ import annotations

from pathlib import Path

from transformer_programs.cli import AsJson, Flag, Quiet, command, console, numbers
from transformer_programs.errors import SettingsError


@command()
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
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Re-run the paper's tasks and write a results page.

    Every training is measured on held-out data and recorded. What is recorded is not
    trained again, so the same command continues after Ctrl-C. Several commands with
    other tasks or seeds can run at the same time.

    Args:
        suite: rasp, induction, or language (named entities and text classification,
            from files).
        size: The size of the tasks: 8 for those of the paper (dyck: 16, induction:
            10); 16 for twice the length (induction: three times, with 28 tokens). Not
            for language [default: 8].
        learner: gradient or search, which learn programs; baseline, a standard
            Transformer; for language also simple: counts and linear models (which need
            the extra "sklearn").
        tasks: Only these, such as sort,hist or trec [default: all of the suite].
        seeds: Seeds of the trainings, such as 0,1,2; the one that is best on validation
            data counts [default: 0; for language 0,1,2].
        data: For language, the folder that examples/language/prepare.py wrote.
        vectors: For language, word vectors to start word classes from; their words join
            the vocabulary.
        runs: Keep the run folder of every program in this folder, as TASK-SEED; one
            that exists is replaced.
        out: The folder of the records; the page is beside it, as OUT.md.
        force: Train again what is recorded.
        render: Train nothing; rewrite the section of the page from the records.
        quiet: Print only the file of the record.
    """
    from transformer_programs.lab.reproduce import measure  # loads torch
    from transformer_programs.lab.reproduce.page import (
        overview,
        records_of,
        update_page,
    )
    from transformer_programs.lab.reproduce.plan import ReproductionPlan
    from transformer_programs.lab.reproduce.record import record_file
    from transformer_programs.lab.reproduce.suites import LANGUAGE_SUITE, Files

    asked = () if tasks is None else tuple(map(str.strip, tasks.split(",")))
    if data is None and vectors is not None:
        raise SettingsError("--vectors: only with --data, for language; omit it")
    files = None if data is None else Files(data, vectors)
    chosen = tuple(numbers("--seeds", seeds, "0,1,2") or ())
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
        console.print_json(record.document())
    elif quiet:
        console.out.print(str(file), markup=False)
    else:
        of_language = plan.suite == LANGUAGE_SUITE
        shown = records_of(out, suite, plan.size) if of_language else [record]
        head, rows = overview(shown)
        drawn = console.table("percent of held-out labels right", *head)
        for row in rows:
            console.add_row(drawn, *row)
        console.print_table(drawn)
        console.out.print(f"\nwritten to {file}", markup=False)
