"""What the records say, as tables."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from transformer_programs.lab.reproduction import language, language_page
from transformer_programs.lab.reproduction.page import table, update_section
from transformer_programs.lab.reproduction.published import PUBLISHED, SOURCES
from transformer_programs.lab.reproduction.record import (
    Measured,
    Record,
    alone,
    read_record,
)
from transformer_programs.lab.reproduction.simple import SimpleRecord
from transformer_programs.lab.reproduction.suites import (
    LEARNERS,
    PAPER_SIZE,
    SIZES,
    SUITES,
)

WIDTH = 90
"""Columns of text."""

MEANINGS = {
    "search": "a program found by search",
    "gradient": "a program learned by gradient descent",
    "baseline": "a standard Transformer",
}


def records_of(folder: Path, suite: str, size: int) -> list[Record]:
    """Those of the learners that have results.

    Raises:
        SchemaError: if a file is no record.
    """
    found = [read_record(folder, suite, size, learner) for learner in LEARNERS]
    return [record for record in found if record.results]


def overview(records: Sequence[Record]) -> tuple[list[str], list[list[str]]]:
    """Head and rows: one row per task, one column per learner, then the published.

    Args:
        records: of one suite and size, at least one.
    """
    suite, size = records[0].suite, records[0].size
    assert size is not None
    published = {
        name: column
        for name, column in PUBLISHED[size].items()
        if column.keys() & SUITES[suite]
    }
    head = ["task", "vocabulary, length", *(r.learner for r in records), *published]
    rows = []
    for task in SUITES[suite]:
        reached = [_best(record, task) for record in records]
        if any(reached):
            numbers = [column.get(task, "") for column in published.values()]
            rows.append([task, _dimensions(task, size), *reached, *numbers])
    return head, rows


def overview_of(
    record: Record | SimpleRecord, folder: Path
) -> tuple[list[str], list[list[str]]]:
    """Head and rows about a record; for texts with all that is in its folder.

    Raises:
        SchemaError: if a file is no record.
    """
    if isinstance(record, SimpleRecord) or record.suite == language.SUITE:
        return language_page.overview(*language_page.kept(folder))
    return overview([record])


def section(records: Sequence[Record]) -> str:
    """The section of the page about some records of one suite and size."""
    suite, size = records[0].suite, records[0].size
    assert size is not None
    head, rows = overview(records)
    meanings = MEANINGS | SOURCES
    columns = "; ".join(f"*{name}*: {meanings[name]}" for name in head[2:])
    sizes = "the paper's sizes" if size == PAPER_SIZE else "greater sizes"
    meaning = (
        f"Written by `tprog reproduce {suite} --size {size} --learner LEARNER`: "
        f"{sizes}. Percent of labels right on held-out data, for programs those of "
        "`program.py`; of several seeds that which is most accurate on validation "
        f"data. {columns}."
    )
    parts = [
        f"## The paper's tasks again: {suite}, size {size}\n",
        textwrap.fill(meaning, WIDTH, break_on_hyphens=False) + "\n",
        table(head, rows),
        *map(_details, records),
    ]
    return "\n".join(parts)


def update_page(folder: Path, suite: str, size: int | None) -> Path | None:
    """Write the section of a suite and size on the page beside a folder of records.

    Returns:
        The page; None if there is no record to write about.

    Raises:
        SchemaError: if a file is no record.
        RunFolderError: if the page cannot be written.
    """
    place = folder.resolve()
    page = place.with_name(f"{place.name}.md")
    with alone(folder) if folder.is_dir() else nullcontext():
        text = text_of(folder, suite, size)
        if text is None:
            return None
        update_section(page, suite if size is None else f"{suite}-{size}", text)
    return page


def text_of(folder: Path, suite: str, size: int | None) -> str | None:
    """The section of a suite and size; None if there is no record to write about.

    Raises:
        SchemaError: if a file is no record.
    """
    if suite == language.SUITE:
        return language_page.section(folder)
    assert size is not None
    records = records_of(folder, suite, size)
    return section(records) if records else None


def _best(record: Record, task: str) -> str:
    found = record.best(task)
    return "" if found is None else f"{100 * found.test.per_label:.2f}"


def _dimensions(task: str, size: int) -> str:
    vocabulary_size, max_length = SIZES[task][size]
    return ", ".join(str(n) for n in (vocabulary_size, max_length) if n is not None)


def _details(record: Record) -> str:
    """Every training of one learner."""
    of_programs = ("statements", "lines", "restarts")
    of_size = ("parameters",) if record.learner == "baseline" else of_programs
    head = ("task", "seed", "labels right", "sequences right", *of_size, "seconds")
    rows = [
        [
            measured.task,
            str(measured.seed),
            f"{measured.test.per_label:.2%}",
            f"{measured.test.per_sequence:.2%}",
            *(_number(measured, name) for name in of_size),
            f"{measured.seconds:.1f}",
        ]
        for measured in record.results
    ]
    made_with = "; ".join(sorted(set(_versions(record))))
    return f"### {record.learner}\n\nWith {made_with}.\n\n{table(head, rows)}"


def _number(measured: Measured, name: str) -> str:
    value = getattr(measured, name)
    return "" if value is None else f"{value:,}"


def _versions(record: Record) -> Iterator[str]:
    for measured in record.results:
        yield ", ".join(f"{name} {v}" for name, v in measured.versions.items())
