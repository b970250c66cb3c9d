"""The section of the page about named entities and texts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean

from transformer_programs.data import Accuracy
from transformer_programs.lab.reproduction.language import SUITE
from transformer_programs.lab.reproduction.page import table
from transformer_programs.lab.reproduction.published import TEXTS, TEXTS_SOURCE
from transformer_programs.lab.reproduction.record import Measured, Record, read_record
from transformer_programs.lab.reproduction.simple import SimpleRecord, read_simple
from transformer_programs.lab.reproduction.suites import LEARNERS, SIMPLE, SUITES

WIDTH = 90
"""Columns of text."""

COUNTS = ("naive Bayes, words and pairs", "the most frequent label per token")
"""The method of counting that stands in the first table: of texts, of entities."""

LINEAR = (
    "logistic regression, words and pairs",
    "logistic regression, words, shapes and affixes of 5 tokens",
)
"""The linear model that does, likewise."""

MEANING = (
    "Written by `tprog reproduce language --data DATA --vectors VECTORS`, where "
    "DATA is the folder that `examples/language/prepare.py` wrote. For `uner_ewt` "
    "(Universal NER, English EWT) the numbers are F1 of entities, strictly, all "
    "types together; else percent of labels right; both on the test part, for "
    "programs those of `program.py`. {programs} *Counts*: the most frequent tag per "
    "token, or naive Bayes on words and pairs; *linear*: logistic regression on "
    "words and pairs, or for tags on words, shapes and affixes of the five tokens "
    "around a place ([baseline.md](baseline.md)); *baseline*: our standard "
    "Transformer, also the best of its seeds. The last three columns are published: "
    "{source}. Its named entities are those of CoNLL-2003, other texts with other "
    "tags, which cannot be compared with these."
)

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


def overview(
    records: Sequence[Record], simple: SimpleRecord
) -> tuple[list[str], list[list[str]]]:
    """Head and rows: one row per data set that has a number.

    Args:
        records: of the learners that have results.
        simple: what counts and linear models reach.
    """
    head = ["data"]
    for record in records:
        head.append(record.learner)
        head += [] if record.learner == "baseline" else ["mean of seeds"]
    with_simple = bool(simple.results)
    head += ["counts", "linear"] if with_simple else []
    rows = []
    for task in SUITES[SUITE]:
        ours = [cell for record in records for cell in _reached(record, task)]
        ours += [_simple(simple, task, names) for names in (COUNTS, LINEAR)][
            : 2 * with_simple
        ]
        if any(ours):
            rows.append(
                [task, *ours, *(column.get(task, "") for column in TEXTS.values())]
            )
    return [*head, *TEXTS], rows


def kept(folder: Path) -> tuple[list[Record], SimpleRecord]:
    """What a folder has: records with results, and what simple methods reach.

    Raises:
        SchemaError: if a file is no record.
    """
    learners = [learner for learner in LEARNERS if learner != SIMPLE]
    read = [read_record(folder, SUITE, None, learner) for learner in learners]
    return [record for record in read if record.results], read_simple(folder, SUITE)


def section(folder: Path) -> str | None:
    """The section about what is kept in a folder; None if that is nothing.

    Raises:
        SchemaError: if a file is no record.
    """
    records, simple = kept(folder)
    if not (records or simple.results):
        return None
    programs = [PROGRAMS[r.learner] for r in records if r.learner in PROGRAMS]
    said = "; ".join(programs)
    said += (
        " that which is best on validation data, and the mean over the seeds."
        if said
        else ""
    )
    texts = (MEANING.format(programs=said, source=TEXTS_SOURCE), CAUTION)
    parts = ["## Language\n"]
    parts += [textwrap.fill(x, WIDTH, break_on_hyphens=False) + "\n" for x in texts]
    parts.append(table(*overview(records, simple)))
    parts += map(_details, records)
    parts += [_simple_details(simple)] if simple.results else []
    return "\n".join(parts)


def _score(accuracy: Accuracy) -> float:
    """What a data set is judged by, in percent."""
    return 100 * accuracy.quality.score


def _reached(record: Record, task: str) -> list[str]:
    """The test score of the best seed, and of programs the mean over the seeds."""
    best = record.best(task)
    with_mean = record.learner != "baseline"
    if best is None:
        return [""] * (1 + with_mean)
    scores = [_score(m.test) for m in record.results if m.task == task]
    mean = f"{fmean(scores):.1f} of {len(scores)}"
    return [f"{_score(best.test):.1f}", *([mean] if with_mean else [])]


def _simple(record: SimpleRecord, task: str, names: Iterable[str]) -> str:
    found = record.of(task)
    for name in names:
        if found is not None and name in found.methods:
            numbers = found.methods[name]
            share = numbers.get("entity_f1", numbers["accuracy"])
            return f"{100 * share:.1f}"
    return ""


def _details(record: Record) -> str:
    """Every training of one learner."""
    of_size = (
        ["parameters"] if record.learner == "baseline" else ["statements", "lines"]
    )
    head = (
        *("data", "seed", "validation", "labels right"),
        *("precision", "recall", "F1", *of_size, "seconds"),
    )
    rows = [
        [
            *(m.task, str(m.seed), f"{_score(m.validation):.2f}"),
            *(f"{100 * m.test.per_label:.2f}", *_entities(m)),
            *(f"{getattr(m, name) or 0:,}" for name in of_size),
            f"{m.seconds:,.0f}",
        ]
        for m in record.results
    ]
    made = {
        ", ".join(f"{n} {v}" for n, v in m.versions.items()) for m in record.results
    }
    meaning = (
        "Validation is what chooses: F1 of entities, else labels right. Precision, "
        f"recall and F1 are those of entities. With {'; '.join(sorted(made))}."
    )
    text = textwrap.fill(meaning, WIDTH, break_on_hyphens=False)
    return f"### Language: {record.learner}\n\n{text}\n\n{table(head, rows)}"


def _entities(measured: Measured) -> list[str]:
    found = measured.test.of_entities
    if found is None:
        return [""] * 3
    return [f"{100 * x:.2f}" for x in (found.precision, found.recall, found.f1)]


def _simple_details(record: SimpleRecord) -> str:
    """Every simple method."""
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
    head = ("data and method", "labels right", "entity F1", "seconds")
    return f"### Language: counts and linear models\n\n{table(head, rows)}"
