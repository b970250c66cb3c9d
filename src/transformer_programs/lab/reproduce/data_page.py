"""The section of the results page on real data: the default program beside others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from transformer_programs.lab.reproduce.real_data import REAL_DATA
from transformer_programs.lab.reproduce.record import (
    Measurement,
    SimpleMeasurement,
    SuiteRecord,
)
from transformer_programs.lab.reproduce.suites import DEFAULT, SIMPLE

MEANING = (
    "Written by `tprog reproduce data --data DATA`, where DATA is a folder of the "
    "files ([compare.md](how-to/compare.md#reproduce-real-data)). A program is that of "
    "`tprog train` without options, measured by its `program.py`; the others are those "
    "of `tprog baseline`. Percent of labels right on the test part, for `uner_ewt` F1 "
    "of entities; means of the seeds, which also split the data where there are no "
    "official parts. The best other is the one that is best on validation data, seed "
    "by seed. CPU seconds are those of a whole process for a program, data and all "
    "checks included, and for the others of choosing, fitting and measuring all of "
    "them. Memory is the largest of the program's processes; lines are those of code."
)

OTHERS = {
    "counts": (
        "the most frequent label per token",
        "naive Bayes",
    ),
    "logistic": ("logistic regression",),
    "SVM": ("linear SVM",),
    "tree": ("decision tree",),
    "CRF": ("CRF",),
    "label": ("the most frequent label",),
}
"""The columns of other methods, and the names of those that stand there."""

HEAD = (
    *("data", "program", "best other", "difference", "", *OTHERS),
    *("learner", "lines", "CPU s", "others' CPU s", "peak MB"),
)


@dataclass(frozen=True, slots=True)
class _BesideOthers:
    """A program and the others on the same data."""

    program: Measurement
    others: SimpleMeasurement | None


def data_rows(
    records: Sequence[SuiteRecord[Any]],
) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of the table: a row per data set that was measured."""
    by_learner = {record.learner: record for record in records}
    programs: SuiteRecord[Measurement] | None = by_learner.get(DEFAULT)
    simple: SuiteRecord[SimpleMeasurement] | None = by_learner.get(SIMPLE)
    standard: SuiteRecord[Measurement] | None = by_learner.get("baseline")
    head = [*HEAD, *(["Transformer"] if standard else [])]
    rows = []
    for task in REAL_DATA:
        known = [] if simple is None else simple.of(task)
        compared = [
            _BesideOthers(found, _on_the_same(found, known))
            for found in ([] if programs is None else programs.of(task))
        ]
        if not compared:
            continue
        row = _row(task, compared)
        if standard:
            trained = standard.of(task)
            row.append(_mean(100 * m.test.quality.score for m in trained))
        rows.append(row)
    return head, rows


def _on_the_same(
    found: Measurement, known: Sequence[SimpleMeasurement]
) -> SimpleMeasurement | None:
    return next((other for other in known if other.source == found.source), None)


def _row(task: str, compared: Sequence[_BesideOthers]) -> list[str]:
    ours = [100 * each.program.test.quality.score for each in compared]
    bests = [best_other(each.others) for each in compared if each.others is not None]
    methods = [each.others.methods for each in compared if each.others is not None]
    best, difference, wins = "", "", ""
    if len(bests) == len(compared):
        names = " / ".join(dict.fromkeys(name for name, _ in bests))
        best = f"{fmean(score for _, score in bests):.1f} ({names})"
        ahead = fmean(ours) - fmean(score for _, score in bests)
        difference = f"{ahead:+.1f}"
        wins = "wins" if ahead > 0 else "loses" if ahead < 0 else "equal"
    programs = [each.program for each in compared]
    return [
        f"{task}, {len(compared)} {'seed' if len(compared) == 1 else 'seeds'}",
        _mean(ours),
        best,
        difference,
        wins,
        *(_mean(_scores(methods, names)) for names in OTHERS.values()),
        " / ".join(dict.fromkeys(m.found_by or "" for m in programs)),
        _mean((m.lines for m in programs), "{:,.0f}"),
        _mean((m.cpu_seconds for m in programs), "{:,.0f}"),
        _mean((_all_seconds(found) for found in methods), "{:,.0f}"),
        _mean((m.peak_megabytes for m in programs), "{:,.0f}"),
    ]


def _scores(
    measured: Iterable[dict[str, dict[str, Any]]], names: Sequence[str]
) -> list[float]:
    # Of the first of the names that was measured.
    found = (next((m[n] for n in names if n in m), None) for m in measured)
    return [score_of(numbers) for numbers in found if numbers is not None]


def best_other(found: SimpleMeasurement) -> tuple[str, float]:
    """Return the method that is best on validation data, and its score in percent."""
    name = max(found.methods, key=lambda n: score_of(found.methods[n]["validation"]))
    return name, score_of(found.methods[name])


def score_of(numbers: dict[str, Any]) -> float:
    """Return entity F1 if there is one, else accuracy, in percent."""
    return 100 * float(numbers.get("entity_f1", numbers["accuracy"]))


def _all_seconds(methods: dict[str, dict[str, Any]]) -> float:
    return sum(float(numbers["seconds"]) for numbers in methods.values())


def _mean(values: Iterable[float | None], form: str = "{:.1f}") -> str:
    known = [value for value in values if value is not None]
    return form.format(fmean(known)) if known else ""


def data_run(found: Measurement) -> dict[str, str]:
    """Return the cells of one training."""
    return {
        "data": found.task,
        "seed": str(found.seed),
        "validation": f"{100 * found.validation.quality.score:.2f}",
        "test": f"{100 * found.test.quality.score:.2f}",
        "learner": found.found_by or "",
        "statements": "" if found.statements is None else f"{found.statements:,}",
        "lines": "" if found.lines is None else f"{found.lines:,}",
        "CPU s": _mean([found.cpu_seconds]),
        "peak MB": _mean([found.peak_megabytes], "{:,.0f}"),
    }


def simple_rows(
    record: SuiteRecord[SimpleMeasurement],
) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of all simple methods."""
    rows = [
        [
            f"{found.task}: {name}",
            str(found.seed),
            f"{score_of(numbers['validation']):.2f}",
            f"{score_of(numbers):.2f}",
            f"{numbers['seconds']:.1f}",
            f"{numbers['size']:,} {numbers['unit']}" if "size" in numbers else "",
            numbers.get("chosen", ""),
        ]
        for found in record.results
        for name, numbers in found.methods.items()
    ]
    head = ["data and method", "seed", "validation", "test", "CPU s", "size", "chosen"]
    return head, rows
