"""The section of the results page about a public suite, made from its record."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from transformer_programs.lab.reproduce.page import filled, table, update_section
from transformer_programs.lab.reproduce.record import alone
from transformer_programs.lab.reproduce.suite_record import (
    RightInputs,
    SuiteFile,
    SuiteProgram,
    SuiteResult,
    read_suite,
)
from transformer_programs.lab.suites.suite import Suite, SuiteTask

MEANING = (
    "Written by `tprog reproduce {suite}`, which learns every task with `--learner "
    "search` from at most 12,000 inputs and judges `program.py`. *Held out*: inputs "
    "that were not learned from, in percent of those without a wrong label. *Every "
    "input*: errors among all inputs of the smallest sizes, at most 60,000.{prefixes} "
    "*Longer*: likewise in percent, 100 inputs of each range of greater sizes; a "
    "program that lists lengths is *bound* to them, a task whose labels grow with the "
    "length has none. A task counts as exact if none of the first columns has an "
    "error. Seconds are CPU seconds of the search, of which work is a measure that is "
    "the same on every machine."
)

PREFIXES = " *Prefixes*: a beginning of every input held out."

EXACT = "right on every label"
"""How the search says that it found what it looked for."""


def update_suite_page(folder: Path, suite: Suite) -> Path | None:
    """Write the section of a suite; None if there is no result to write about.

    The page is beside the folder of records, and has its name.
    """
    page = folder.resolve().with_name(f"{folder.resolve().name}.md")
    with alone(folder) if folder.is_dir() else nullcontext():
        record = read_suite(folder, suite)
        if not record.results:
            return None
        update_section(page, section_name(suite), suite_section(suite, record))
    return page


def section_name(suite: Suite) -> str:
    """Return the name of the section of a suite."""
    return f"suite-{suite.name}"


def suite_section(suite: Suite, record: SuiteFile) -> str:
    """Return the section of the page about the results for a suite."""
    causal = any(task.causal for task in suite.tasks)
    meaning = MEANING.format(suite=suite.name, prefixes=PREFIXES if causal else "")
    settings = {found.settings["work"] for found in record.results}
    budget = ", ".join(f"{work:,g}" for work in sorted(settings))
    versions = dict(record.results[-1].versions)
    last = ", ".join(f"{name} {version}" for name, version in versions.items())
    parts = [
        f"## {suite.title}\n",
        filled(suite.about),
        filled(meaning),
        table(*_summary(suite, record)),
        filled(f"With {last}; work for every search: {budget}."),
        table(*suite_rows(suite, record)),
    ]
    failed = [found for found in record.results if found.error is not None]
    parts += [filled(f"`{found.task}` failed: {found.error}") for found in failed]
    return "\n".join(parts)


def _summary(suite: Suite, record: SuiteFile) -> tuple[list[str], list[list[str]]]:
    tasks = {task.name: task for task in suite.tasks}
    programs = [(tasks[r.task], r.program) for r in record.results if r.program]
    tried = [(task, found) for task, found in programs if task.longer]
    exact = [found for _, found in programs if found.exact]
    longer = [found for _, found in tried if found.exact and right_longer(found)]
    head = ["tasks", "exact", "of these right on longer inputs", "published"]
    row = [
        f"{len(record.results)} of {len(suite.tasks)}",
        f"{len(exact)}",
        f"{len(longer)}, where {len(tried)} have longer inputs",
        suite.best,
    ]
    return head, [row]


def right_longer(found: SuiteProgram) -> bool:
    """Return whether longer inputs were tried, and have no wrong label."""
    return bool(found.longer) and all(part.all_right for part in found.longer)


def suite_rows(suite: Suite, record: SuiteFile) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of the table of tasks."""
    causal = any(task.causal for task in suite.tasks)
    head = ["task", "exact", "held out", "every input"]
    head += ["prefixes"] if causal else []
    head += ["longer", "statements", "lines", "seconds", "work", "search ended"]
    head += [f"published: {name}" for name in suite.published]
    rows = []
    for task in suite.tasks:
        result = record.of(task.name)
        if result is None:
            continue
        published = [column.get(task.name, "") for column in suite.published.values()]
        cells = _cells(task, result, prefixes=causal)
        rows.append([task.name, *cells, *published])
    return head, rows


def _cells(task: SuiteTask, result: SuiteResult, *, prefixes: bool) -> list[str]:
    found = result.program
    if found is None:
        return ["failed", *[""] * (9 if prefixes else 8)]
    every, cut = found.every, found.prefixes
    ended = "exact" if found.ending.startswith(EXACT) else found.ending
    if found.longer:
        longer = " / ".join(map(_share, found.longer))
    else:
        longer = "bound" if task.longer else ""
    return [
        "yes" if found.exact else "no",
        _share(found.held_out),
        "" if every is None else f"{every.inputs - every.right:,} of {every.inputs:,}",
        *(["" if cut is None else _share(cut)] if prefixes else []),
        longer,
        f"{found.statements:,}",
        f"{found.lines:,}",
        f"{found.cpu_seconds:,.1f}",
        f"{found.work:,.0f}",
        ended,
    ]


def _share(part: RightInputs) -> str:
    # Never rounded up to all of them; nothing, if none of the inputs has a label.
    if part.inputs == 0:
        return ""
    if part.all_right:
        return "100"
    return f"{min(99.99, 100 * part.right / part.inputs):.2f}"
