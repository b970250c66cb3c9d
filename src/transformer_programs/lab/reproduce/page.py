"""The results page: a section for every suite and size, made from the records."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from statistics import fmean
from typing import Any

from transformer_programs.data import Accuracy
from transformer_programs.errors import SchemaError
from transformer_programs.lab.reproduce.data_page import (
    MEANING as DATA_MEANING,
    data_rows,
    data_run,
    simple_rows,
)
from transformer_programs.lab.reproduce.record import (
    Measurement,
    SuiteRecord,
    alone,
    read_record,
)
from transformer_programs.lab.reproduce.suites import (
    DATA_SUITE,
    DEFAULT,
    LEARNERS,
    PAPER_SIZE,
    PUBLISHED,
    SIMPLE,
    SIZES,
    SOURCES,
    SUITES,
    TEXTS,
    TEXTS_SOURCE,
)
from transformer_programs.system import read_text, write_files, writing

PREFACE = """\
# Results

Every section of this page is written by the command that it names, from what was
measured and stored.
"""
"""The beginning of a new page."""

MEANING = (
    "Written by `tprog reproduce {suite} --size {size} --learner LEARNER`: {sizes}. "
    "Percent of labels right on held-out data, for programs those of `program.py`; of "
    "several seeds that which is most accurate on validation data. {columns}."
)

COLUMNS = {
    "search": "a program found by search",
    "gradient": "a program learned by gradient descent",
    "baseline": "a standard Transformer",
    **SOURCES,
}

LANGUAGE_MEANING = (
    "Written by `tprog reproduce language --data DATA --vectors VECTORS`, where "
    "DATA is the folder that `examples/language/prepare.py` wrote. For `uner_ewt` "
    "(Universal NER, English EWT) the numbers are F1 of entities, strictly, all "
    "types together; else percent of labels right; both on the test part, for "
    "programs those of `program.py`. {programs} *Counts*: the most frequent tag per "
    "token, or naive Bayes on words and pairs; *linear*: logistic regression on "
    "words and pairs, or for tags on words, shapes and affixes of the five tokens "
    "around a place ([compare.md](how-to/compare.md)); *baseline*: our standard "
    "Transformer, also the best of its seeds. The last three columns are published: "
    "{source}. Its named entities are those of CoNLL-2003, other texts with other "
    "tags, which cannot be compared with these."
)

PROGRAMS_SHOWN = " that which is best on validation data, and the mean over the seeds."

PROGRAMS = {
    "gradient": "*Gradient*: of programs learned by gradient descent",
    "search": "*search*: of programs found by search",
}

CAUTION = (
    "The word vectors are GloVe 6B of 50 dimensions, cut to the words of these sets, "
    "where the paper has 300 dimensions. MR and Subj have no official split: theirs is "
    "drawn here, 80/10/10, so that published numbers are of other test sentences. AG "
    "News is learned from the part of its training texts that `DATA` has."
)

SIMPLE_COLUMNS = {
    "counts": (
        "naive Bayes",
        "naive Bayes, words and pairs",
        "the most frequent label per token",
    ),
    "linear": (
        "logistic regression",
        "logistic regression, words and pairs",
        "logistic regression, words, shapes and affixes of 5 tokens",
    ),
}
"""The simple method that stands in the first table: of texts, of entities."""

Records = Sequence[SuiteRecord[Any]]
"""Of one suite and size, in the order of learners, at least one; all with results."""


def update_page(folder: Path, suite: str, size: int | None) -> Path | None:
    """Write the section of a suite and size; None if there is no record to write about.

    The page is beside the folder of records, and has its name.
    """
    page = folder.resolve().with_name(f"{folder.resolve().name}.md")
    with alone(folder) if folder.is_dir() else nullcontext():
        records = records_of(folder, suite, size)
        if not records:
            return None
        name = suite if size is None else f"{suite}-{size}"
        update_section(page, name, section(records))
    return page


def records_of(folder: Path, suite: str, size: int | None) -> Records:
    """Return the records of a suite and size that have results."""
    found = [read_record(folder, suite, size, learner) for learner in LEARNERS]
    return [record for record in found if record.results]


def overview(records: Records) -> tuple[list[str], list[list[str]]]:
    """Return head and rows: a row per task, columns per learner, then the published."""
    suite, size = records[0].suite, records[0].size
    if suite == DATA_SUITE:
        return data_rows(records)
    columns = TEXTS if size is None else PUBLISHED[size]
    published = {n: c for n, c in columns.items() if c.keys() & SUITES[suite]}
    head, rows = [], []
    for task in SUITES[suite]:
        title = {"data": task}
        if size is not None:
            sizes = [str(n) for n in SIZES[task][size] if n is not None]
            title = {"task": task, "vocabulary, length": ", ".join(sizes)}
        ours = [cell for record in records for cell in _reached(record, task).items()]
        head = [*title, *(name for name, _ in ours), *published]
        if any(reached for _, reached in ours):
            cells = [*title.values(), *(reached for _, reached in ours)]
            rows.append([*cells, *(c.get(task, "") for c in published.values())])
    return head, rows


def section(records: Records) -> str:
    """Return the section of the page about the records of one suite and size."""
    suite, size = records[0].suite, records[0].size
    head, rows = overview(records)
    if suite == DATA_SUITE:
        title, texts = "Real data", [DATA_MEANING]
    elif size is None:
        said = "; ".join(PROGRAMS[r.learner] for r in records if r.learner in PROGRAMS)
        if said:
            said += PROGRAMS_SHOWN
        title = "Language"
        texts = [LANGUAGE_MEANING.format(programs=said, source=TEXTS_SOURCE), CAUTION]
    else:
        columns = "; ".join(f"*{name}*: {COLUMNS[name]}" for name in head[2:])
        sizes = "the paper's sizes" if size == PAPER_SIZE else "greater sizes"
        title = f"The paper's tasks again: {suite}, size {size}"
        texts = [MEANING.format(suite=suite, size=size, sizes=sizes, columns=columns)]
    parts = [f"## {title}\n", *map(filled, texts), table(head, rows)]
    return "\n".join([*parts, *map(_details, records)])


def _reached(record: SuiteRecord[Any], task: str) -> dict[str, str]:
    # What a learner reached on a task, in percent, by column.
    if record.learner == SIMPLE:
        methods = [m for found in record.of(task) for m in found.methods.items()]
        return {
            column: next((_share(m) for name, m in methods if name in names), "")
            for column, names in SIMPLE_COLUMNS.items()
        }
    results: list[Measurement] = record.of(task)
    best = best_of(results)
    if record.size is not None:
        return {record.learner: f"{100 * best.test.per_label:.2f}" if best else ""}
    cells = {record.learner: f"{_score(best.test):.1f}" if best else ""}
    if record.learner != "baseline":
        mean = fmean(_score(m.test) for m in results) if results else 0
        cells["mean of seeds"] = f"{mean:.1f} of {len(results)}" if results else ""
    return cells


def best_of(found: Iterable[Measurement]) -> Measurement | None:
    """Return the most accurate on validation data, the first of equals."""
    return max(found, key=lambda m: m.validation.quality.score, default=None)


def _share(numbers: dict[str, float]) -> str:
    return f"{100 * numbers.get('entity_f1', numbers['accuracy']):.1f}"


def _score(accuracy: Accuracy) -> float:
    # What a data set of the language suite is measured by, in percent.
    return 100 * accuracy.quality.score


def _details(record: SuiteRecord[Any]) -> str:
    # Every training of one learner, or every simple method.
    if record.suite == DATA_SUITE and record.learner == SIMPLE:
        return f"### Real data: other methods\n\n{table(*simple_rows(record))}"
    if record.learner == SIMPLE:
        head = ["data and method", "labels right", "entity F1", "seconds"]
        rows = [
            [
                f"{found.task}: {name}",
                f"{100 * numbers['accuracy']:.2f}",
                f"{100 * numbers['entity_f1']:.2f}" if "entity_f1" in numbers else "",
                f"{numbers['seconds']:.1f}",
            ]
            for found in record.results
            for name, numbers in found.methods.items()
        ]
        return f"### Language: counts and linear models\n\n{table(head, rows)}"
    versions = {
        ", ".join(f"{name} {v}" for name, v in found.versions.items())
        for found in record.results
    }
    made = f"With {'; '.join(sorted(versions))}."
    run = data_run if record.suite == DATA_SUITE else _of_language
    cells = list(map(_drawn if record.size else run, record.results))
    lines = table([*cells[0]], [[*row.values()] for row in cells])
    if record.suite == DATA_SUITE:
        title = "programs" if record.learner == DEFAULT else record.learner
        return f"### Real data: {title}\n\n{made}\n\n{lines}"
    if record.size is not None:
        return f"### {record.learner}\n\n{made}\n\n{lines}"
    meaning = (
        "Validation is what chooses: F1 of entities, else labels right. Precision, "
        f"recall and F1 are those of entities. {made}"
    )
    return f"### Language: {record.learner}\n\n{filled(meaning)}\n{lines}"


def _drawn(found: Measurement) -> dict[str, str]:
    return {
        "task": found.task,
        "seed": str(found.seed),
        "labels right": f"{found.test.per_label:.2%}",
        "sequences right": f"{found.test.per_sequence:.2%}",
        **_sizes(found, "statements", "lines", "restarts"),
        "seconds": f"{found.seconds:.1f}",
    }


def _of_language(found: Measurement) -> dict[str, str]:
    score, shares = found.test.of_entities, ["", "", ""]
    if score is not None:
        numbers = (score.precision, score.recall, score.f1)
        shares = [f"{100 * number:.2f}" for number in numbers]
    return {
        "data": found.task,
        "seed": str(found.seed),
        "validation": f"{_score(found.validation):.2f}",
        "labels right": f"{100 * found.test.per_label:.2f}",
        **dict(zip(("precision", "recall", "F1"), shares, strict=True)),
        **_sizes(found, "statements", "lines"),
        "seconds": f"{found.seconds:,.0f}",
    }


def _sizes(found: Measurement, *of_programs: str) -> dict[str, str]:
    names = of_programs if found.parameters is None else ("parameters",)
    values = {name: getattr(found, name) for name in names}
    return {name: "" if n is None else f"{n:,}" for name, n in values.items()}


def filled(text: str) -> str:
    """Return a paragraph whose lines fit a page."""
    return textwrap.fill(text, 90, break_on_hyphens=False) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown: text on the left, numbers right of it."""
    lines = [head, ("---",) + ("---:",) * (len(head) - 1), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def update_section(page: Path, name: str, text: str) -> None:
    """Replace a section of a page, or add it at the end; all else stays as it is.

    The section's name is in the comments around it; the page is made if there is none.

    Raises:
        SchemaError: If the section begins and does not end.
        RunFolderError: If the page cannot be written.
    """
    with writing(page):
        page.parent.mkdir(parents=True, exist_ok=True)
        old = read_text(page, named=True) if page.exists() else PREFACE
    begin, end = _marks(name)
    new = f"{begin}\n{text}{end}\n"
    before, found, rest = old.partition(f"{begin}\n")
    if not found:
        write_files(page.parent, {page.name: f"{old}\n{new}"})
        return
    _, ended, after = rest.partition(f"{end}\n")
    if not ended:
        raise SchemaError(
            f"{page}: {begin} has no {end} after it; put it back, or remove both"
        )
    write_files(page.parent, {page.name: f"{before}{new}{after}"})


def section_of(page: Path, name: str) -> str | None:
    """Return the text of a section; None if there is none."""
    begin, end = _marks(name)
    _, found, rest = read_text(page, named=True).partition(f"{begin}\n")
    return rest.partition(f"{end}\n")[0] if found else None


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
