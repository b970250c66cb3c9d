from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from transformer_programs.data.accuracy import Accuracy
from transformer_programs.errors import SchemaError
from transformer_programs.lab.reproduce.page import (
    best_of,
    overview,
    section,
    update_page,
)
from transformer_programs.lab.reproduce.record import (
    Measurement,
    SuiteRecord,
    read_record,
    write_record,
)
from transformer_programs.lab.reproduce.suites import (
    LANGUAGE_SUITE,
    OF_FILES,
    PUBLISHED,
    SIZES,
    SOURCES,
    SUITES,
    TEXTS,
    source_at,
)


def measured(task: str, seed: int = 0, **changes: Any) -> Measurement:
    accuracy = Accuracy(0.5, 0.25, 8, 4)
    found = Measurement(
        task=task,
        seed=seed,
        source={"task": task},
        settings={"steps": 3},
        versions={"Python": "3"},
        seconds=1.5,
        test=accuracy,
        validation=accuracy,
        statements=7,
        lines=70,
        parameters=None,
        restarts=8,
        origin="step 3",
    )
    return replace(found, **changes)


def right(share: float) -> Accuracy:
    return Accuracy(share, share, 8, 4)


RECORD = SuiteRecord("rasp", 8, "gradient").with_result(measured("sort"))


def test_records_come_back(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert read_record(folder, "rasp", 8, "gradient") == SuiteRecord(
        "rasp", 8, "gradient"
    )
    write_record(folder, RECORD)
    assert read_record(folder, "rasp", 8, "gradient") == RECORD


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"size": 16},
        {"results": [{"task": "sort"}]},
        {"results": 3},
    ],
)
def test_what_is_no_record(change: dict[str, Any], tmp_path: Path) -> None:
    write_record(tmp_path, RECORD)
    (file,) = tmp_path.iterdir()
    file.write_text(json.dumps(RECORD.document() | change))
    with pytest.raises(SchemaError, match=r"rasp-8-gradient\.json: expected a record"):
        read_record(tmp_path, "rasp", 8, "gradient")
    file.write_text("{")
    with pytest.raises(SchemaError, match="move it away"):
        read_record(tmp_path, "rasp", 8, "gradient")


def test_only_the_same_training_is_known() -> None:
    same = {"task": "sort", "seed": 0, "source": {"task": "sort"}}
    assert RECORD.known(**same, settings={"steps": 3})
    assert not RECORD.known(**same, settings={"steps": 4})
    assert not RECORD.known(**same | {"seed": 1}, settings={"steps": 3})
    assert not RECORD.known(**same | {"source": {}}, settings={"steps": 3})


def test_results_are_in_order_and_replace_older_ones() -> None:
    record = RECORD
    for new in (
        measured("sort", 2),
        measured("reverse", 1),
        measured("sort", 0, seconds=9.0),
    ):
        record = record.with_result(new)
    found = [(m.task, m.seed, m.seconds) for m in record.results]
    assert found == [("reverse", 1, 1.5), ("sort", 0, 9.0), ("sort", 2, 1.5)]


def test_validation_data_choose_among_seeds() -> None:
    record = RECORD.with_result(
        measured("sort", 1, validation=right(0.9), test=right(0.3))
    )
    record = record.with_result(measured("sort", 2, test=right(1.0)))
    best = best_of(record.of("sort"))
    assert best is not None
    assert best.seed == 1
    assert best_of(record.of("hist")) is None
    head, rows = overview([record])
    assert head == ["task", "vocabulary, length", "gradient", "paper", "wide grid"]
    assert rows == [["sort", "8, 8", "30.00", "99.83", "100"]]


def test_a_section_says_what_the_records_say(tmp_path: Path) -> None:
    other = SuiteRecord("rasp", 8, "baseline").with_result(
        measured("dyck1", parameters=12345, test=right(0.875))
    )
    text = section([RECORD, other])
    assert "| dyck1 | 16 |  | 87.50 | 99.30 | 99.94 |" in text
    assert "| sort | 8, 8 | 50.00 |  | 99.83 | 100 |" in text
    assert "| sort | 0 | 50.00% | 25.00% | 7 | 70 | 8 | 1.5 |" in text
    assert "| dyck1 | 0 | 87.50% | 87.50% | 12,345 | 1.5 |" in text
    assert update_page(tmp_path / "records", "rasp", 8) is None
    write_record(tmp_path / "records", RECORD)
    page = update_page(tmp_path / "records", "rasp", 8)
    assert page == tmp_path / "records.md"
    assert section([RECORD]) in page.read_text(encoding="utf-8")


def test_published_numbers_are_of_known_tasks() -> None:
    drawn = SUITES.keys() - set(OF_FILES)
    tasks = {task for suite in drawn for task in SUITES[suite]}
    assert tasks == set(SIZES)
    for size, columns in PUBLISHED.items():
        for name, numbers in columns.items():
            assert SOURCES[name]
            assert numbers.keys() <= tasks
            for text in numbers.values():
                assert all(0 < float(part) <= 100 for part in text.split(","))
        for task in tasks:
            assert source_at(task, size).find_task().name == task
    for numbers in TEXTS.values():
        assert numbers.keys() == set(SUITES[LANGUAGE_SUITE]) - {"uner_ewt"}
