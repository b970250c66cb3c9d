"""``tprog reproduce``: the paper's tasks, real data, and public suites."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformer_programs.cli import (
    AsJson,
    Chosen,
    Flag,
    Quiet,
    command,
    console,
    numbers,
    shown,
)
from transformer_programs.errors import SettingsError
from transformer_programs.lab.suites import NAMES
from transformer_programs.settings import SearchSettings


@command({"Public suites": (SearchSettings,)}, only={"search_work"})
def reproduce(
    suite: str,
    /,
    *,
    size: int | None = None,
    learner: str | None = None,
    tasks: str | None = None,
    seeds: str | None = None,
    data: Path | None = None,
    vectors: Path | None = None,
    runs: Path | None = None,
    processes: int | None = None,
    chosen: Chosen,
    out: Path = Path("docs/results"),
    force: Flag = False,
    render: Flag = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Re-run the paper's tasks, real data or a public suite, and write a results page.

    Every training is measured on held-out data and recorded. What is recorded is not
    trained again, so the same command continues after Ctrl-C. Several commands with
    other tasks or seeds can run at the same time.

    Args:
        suite: Of the paper: rasp, induction, or language (named entities and text
            classification, from files). Of real data: data, the default programs of
            tables and texts beside simple methods. Public suites: mips, formal,
            tracrbench, chomsky or flipflop, whose tasks "tprog train" knows as
            SUITE:TASK.
        size: The size of the tasks: 8 for those of the paper (dyck: 16, induction:
            10); 16 for twice the length (induction: three times, with 28 tokens). Not
            for language and data [default: 8].
        learner: gradient or search, which learn programs; baseline, a standard
            Transformer; for language also simple: counts and linear models (which need
            the extra "baselines") [default: gradient]. Of data: default, what "tprog
            train" does without options, and simple, which are both done by default;
            baseline only if asked for. A public suite is learned by search.
        tasks: Only these, such as sort,hist or trec [default: all of the suite].
        seeds: Seeds of the trainings, such as 0,1,2; the one that is best on validation
            data counts; of data, which they also split, all [default: 0; for
            language and data 0,1,2].
        data: For language, the folder that examples/language/prepare.py wrote; for
            data, one with the files that docs/how-to/compare.md names, where data sets
            that are not there are left out.
        vectors: For language, word vectors to start word classes from; their words join
            the vocabulary.
        runs: Keep the run folder of every program in this folder, as TASK-SEED, of a
            public suite as TASK; one that exists is replaced.
        processes: For data and public suites, tasks at a time [default: 1].
        out: The folder of the records; the page is beside it, as OUT.md.
        force: Train again what is recorded.
        render: Train nothing; rewrite the section of the page from the records.
        quiet: Print only the file of the record.
    """
    asked = () if tasks is None else tuple(map(str.strip, tasks.split(",")))
    if suite in NAMES:
        others = {"size": size, "seeds": seeds, "data": data, "vectors": vectors}
        given = [name for name, value in others.items() if value is not None]
        if given or learner not in (None, "search"):
            wrong = shown(given) or f"--learner {learner}"
            raise SettingsError(f"{wrong}: not for {suite}; omit it")
        _reproduce_public(
            *(suite, asked, chosen, out, runs, 1 if processes is None else processes),
            force=force,
            render=render,
            quiet=quiet,
            as_json=as_json,
        )
        return
    several = processes is not None and suite != "data"
    if chosen or several:
        unread = shown([*chosen, *(["processes"] if several else [])])
        known = [*NAMES] if chosen else [*NAMES, "data"]
        raise SettingsError(f"{unread}: for {', '.join(known)} alone; omit it")
    if vectors is not None and (data is None or suite != "language"):
        raise SettingsError("--vectors: only with --data, for language; omit it")
    _reproduce_own(
        *(suite, size, learner, asked, seeds, data, vectors, runs, out, processes or 1),
        force=force,
        render=render,
        quiet=quiet,
        as_json=as_json,
    )


def _reproduce_own(
    suite: str,
    size: int | None,
    learner: str | None,
    tasks: tuple[str, ...],
    seeds: str | None,
    data: Path | None,
    vectors: Path | None,
    runs: Path | None,
    out: Path,
    processes: int,
    *,
    force: bool,
    render: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    from transformer_programs.lab.reproduce import measure  # loads torch
    from transformer_programs.lab.reproduce.page import (
        overview,
        records_of,
        update_page,
    )
    from transformer_programs.lab.reproduce.plan import ReproductionPlan
    from transformer_programs.lab.reproduce.record import record_file
    from transformer_programs.lab.reproduce.suites import (
        DATA_SUITE,
        DEFAULT,
        OF_FILES,
        SIMPLE,
        Files,
    )

    files = None if data is None else Files(data, vectors)
    of_seeds = tuple(numbers("--seeds", seeds, "0,1,2") or ())
    learners = [learner or "gradient"]
    if suite == DATA_SUITE and learner is None:
        learners = [DEFAULT, SIMPLE]
    plans = [
        ReproductionPlan(suite, size, each, tasks, of_seeds, files) for each in learners
    ]
    plan = plans[-1]
    if render:
        page = update_page(out, plan.suite, plan.size)
        if page is None:
            raise SettingsError(f"{out}: no record of {suite} there; omit --render")
        console.out.print(f"written to {page}", markup=False)
        return
    records = [
        measure.reproduce(
            each,
            out,
            force=force,
            runs=runs,
            processes=processes,
            watching=lambda: console.watching(quiet=quiet or as_json),
        )
        for each in plans
    ]
    places = [record_file(out, p.suite, p.size, p.learner) for p in plans]
    if as_json:
        documents = [record.document() for record in records]
        console.print_json(documents[0] if len(documents) == 1 else documents)
    elif quiet:
        for file in places:
            console.out.print(str(file), markup=False)
    else:
        of_files = plan.suite in OF_FILES
        found = records_of(out, suite, plan.size) if of_files else records
        head, rows = overview(found)
        drawn = console.table("percent of held-out labels right", *head)
        for row in rows:
            console.add_row(drawn, *row)
        console.print_table(drawn)
        names = " and ".join(map(str, places))
        console.out.print(f"\nwritten to {names}", markup=False)


def _reproduce_public(
    name: str,
    tasks: tuple[str, ...],
    chosen: Chosen,
    out: Path,
    runs: Path | None,
    processes: int,
    *,
    force: bool,
    render: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    from transformer_programs.lab.reproduce.suite_page import (
        suite_rows,
        update_suite_page,
    )
    from transformer_programs.lab.reproduce.suite_record import suite_file
    from transformer_programs.lab.suites import public_suite

    suite = public_suite(name)
    file = suite_file(out, suite)
    if render:
        page = update_suite_page(out, suite)
        if page is None:
            raise SettingsError(f"{out}: no record of {name} there; omit --render")
        console.out.print(f"written to {page}", markup=False)
        return
    with console.waiting("loading PyTorch", quiet=quiet or as_json):
        from transformer_programs.lab.reproduce.suite_run import (
            SuitePlan,
            reproduce_suite,
        )
    fields: dict[str, Any] = chosen.fields(SearchSettings)
    plan = SuitePlan(suite, tasks, SearchSettings(**fields))
    with console.watching(quiet=quiet or as_json) as watch:
        record = reproduce_suite(
            plan, out, force=force, runs=runs, processes=processes, watch=watch
        )
    if as_json:
        console.print_json(record.document())
    elif quiet:
        console.out.print(str(file), markup=False)
    else:
        head, rows = suite_rows(suite, record)
        drawn = console.table("", *head)
        for row in rows:
            console.add_row(drawn, *row)
        console.print_table(drawn)
        console.out.print(f"\nwritten to {file}", markup=False)
