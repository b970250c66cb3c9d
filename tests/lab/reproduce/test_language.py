"""The suite of named entities and texts, on a few small sentences."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from transformer_programs.data.accuracy import Accuracy
from transformer_programs.data.metrics import Score
from transformer_programs.errors import DataError, SchemaError, SettingsError
from transformer_programs.lab.baselines.settings import StandardSettings
from transformer_programs.lab.reproduce import measure
from transformer_programs.lab.reproduce.measure import reproduce
from transformer_programs.lab.reproduce.page import (
    overview,
    records_of,
    section,
    section_of,
    update_page,
)
from transformer_programs.lab.reproduce.plan import ReproductionPlan
from transformer_programs.lab.reproduce.record import (
    Measurement,
    SuiteRecord,
    add_result,
    read_record,
    write_record,
)
from transformer_programs.lab.reproduce.suites import Files
from transformer_programs.learn.callbacks import Watch
from transformer_programs.settings import ModelSettings, Recipe, TrainSettings
from transformer_programs.tasks.sources import FileSource

SENTENCES = [
    {"text": f"what is the {word} of {place} ?", "label": label}
    for word, label in (("size", "NUM"), ("name", "HUM"), ("capital", "LOC"))
    for place in ("Rome", "Oslo", "Peru", "Mali")
]
TAGGED = [
    {"tokens": ["in", place, "it", "is", "warm"], "tags": ["O", "B-LOC", "O", "O", "O"]}
    for place in ("Rome", "Oslo", "Peru", "Mali")
]
VECTORS = "what 1 0\nis 0 1\nRome 0.5 0.25\noslo 0.5 0.5\nwarm -1 1\nlima 0.5 0.5\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """Two of the data sets, and trainings of two steps."""
    for name, rows in (("trec", SENTENCES), ("uner_ewt", TAGGED)):
        folder = tmp_path / "data" / name
        folder.mkdir(parents=True)
        text = "".join(json.dumps(row) + "\n" for row in rows)
        for part in ("train", "validation", "test"):
            (folder / f"{part}.jsonl").write_text(text)
    vectors = tmp_path / "vectors.txt"
    vectors.write_text(VECTORS)
    whole = measure.settings_of

    def few(source: FileSource, learner: str, seed: int) -> Recipe | StandardSettings:
        settings = whole(source, learner, seed)
        if isinstance(settings, StandardSettings):
            return StandardSettings(
                layers=1, heads=2, width=8, feed_forward=8, steps=2, seed=seed
            )
        model = ModelSettings(
            layers=1,
            categorical_heads=1,
            numerical_heads=0,
            tables=0,
            word_classes=4,
            pooling=settings.model.pooling,
        )
        training = TrainSettings(steps=2, batch_size=8, restarts=1, seed=seed)
        return replace(settings, model=model, training=training)

    monkeypatch.setattr(measure, "settings_of", few)
    return Files(tmp_path / "data", vectors)


@contextmanager
def noting(notes: list[str]) -> Iterator[Watch]:
    yield Watch(on_note=notes.append)


def test_one_data_set_and_seed_at_a_time(files: Files, tmp_path: Path) -> None:
    out, runs = tmp_path / "results", tmp_path / "runs"
    plan = ReproductionPlan("language", None, "gradient", ("trec",), (1,), files)
    record = reproduce(plan, out, runs=runs)
    assert isinstance(record, SuiteRecord)
    (found,) = record.results
    assert (found.task, found.seed, found.restarts) == ("trec", 1, 1)
    assert found.test.labels == 12
    assert found.command == (
        "tprog reproduce language --learner gradient --tasks trec --seeds 1 "
        "--data DATA --vectors vectors.txt"
    )
    assert found.source["path"] == "trec/train.jsonl"
    options = found.source["options"]
    assert (options["max_vocabulary"], options["max_training_length"]) == (20_000, 64)
    assert (options["test"], options["more_words"]) == (
        "trec/test.jsonl",
        "vectors.txt",
    )
    assert found.source["test_sha256"]
    assert str(tmp_path) not in (out / "language-gradient.json").read_text()
    config = json.loads((runs / "trec-1" / "config.json").read_text())
    assert config["vectors"]["path"] == str(files.vectors)
    notes: list[str] = []
    more = replace(plan, tasks=("uner_ewt", "trec"), seeds=(1,))
    both = reproduce(more, out, watching=lambda: noting(notes))
    assert isinstance(both, SuiteRecord)
    assert [m.task for m in both.results] == ["uner_ewt", "trec"]
    assert both.results[1] == found
    assert "trec, seed 1, is in the record" in notes
    entities = both.results[0].test.of_entities
    assert entities is not None
    assert entities.there == 4
    assert both.results[0].source["options"]["max_training_length"] == 32
    assert plan.read(out) == both
    numbers = json.loads((out / "language-gradient.json").read_text())["results"][0]
    assert numbers["test"]["entities"].keys() >= {"precision", "recall", "f1"}
    text = section_of(tmp_path / "results.md", "language")
    assert text == section(records_of(out, "language", None))
    assert text is not None
    assert "GloVe 6B of 50 dimensions" in text
    assert "MR and Subj have no official split" in text


def test_simple_methods_and_a_standard_transformer(
    files: Files, tmp_path: Path
) -> None:
    pytest.importorskip("sklearn")
    pytest.importorskip("pycrfsuite")
    out = tmp_path / "results"
    plan = ReproductionPlan(
        "language", None, "simple", ("trec", "uner_ewt"), files=files
    )
    assert plan.seeds == (0,)
    notes: list[str] = []
    record = reproduce(plan, out, watching=lambda: noting(notes))
    assert isinstance(record, SuiteRecord)
    assert [found.task for found in record.results] == ["uner_ewt", "trec"]
    assert {"naive Bayes", "the most frequent label"} <= (
        record.results[1].methods.keys()
    )
    assert "entity_f1" in record.results[0].methods["the most frequent label per token"]
    assert "scikit-learn" in record.results[0].versions
    assert read_record(out, "language", None, "simple") == record
    notes.clear()
    assert reproduce(plan, out, watching=lambda: noting(notes)) == record
    assert notes == ["trec is in the record", "uner_ewt is in the record"]
    standard = ReproductionPlan("language", None, "baseline", ("trec",), (0, 1), files)
    found = reproduce(standard, out)
    assert isinstance(found, SuiteRecord)
    assert [m.seed for m in found.results] == [0, 1]
    text = section_of(tmp_path / "results.md", "language")
    assert text is not None
    assert "| data | baseline | counts | linear | paper |" in text
    assert "### Language: counts and linear models" in text


def measured(task: str, seed: int, validation: float, test: float) -> Measurement:
    def right(share: float) -> Accuracy:
        if task != "uner_ewt":
            return Accuracy(share, share, 100, 100)
        count = round(100 * share)
        return Accuracy(0.9, 0.5, 100, 10, {"LOC": Score(count, 100, 100)})

    return Measurement(
        *(task, seed, {}, {}, {"Python": "3"}, 12.0),
        test=right(test),
        validation=right(validation),
        statements=7,
        lines=700,
        parameters=None,
        restarts=8,
        origin="step 3",
        command="tprog",
    )


def test_the_best_seed_and_the_mean(tmp_path: Path) -> None:
    record = SuiteRecord("language", None, "gradient")
    for task in ("trec", "uner_ewt"):
        record = record.with_result(measured(task, 0, 0.5, 0.9))
        record = record.with_result(measured(task, 1, 0.8, 0.6))
    head, rows = overview([record])
    assert head[:4] == ["data", "gradient", "mean of seeds", "paper"]
    assert rows == [
        ["uner_ewt", "60.0", "75.0 of 2", "", "", ""],
        ["trec", "60.0", "75.0 of 2", "85.6", "88.6", "74.8"],
    ]
    write_record(tmp_path / "results", record)
    assert read_record(tmp_path / "results", "language", None, "gradient") == record
    page = update_page(tmp_path / "results", "language", None)
    assert page is not None
    line = "| uner_ewt | 1 | 80.00 | 90.00 | 60.00 | 60.00 | 60.00 | 7 | 700 | 12 |"
    assert line in page.read_text()
    assert "| trec | 0 | 50.00 | 90.00 |  |  |  | 7 | 700 | 12 |" in page.read_text()


def _add(folder: Path, seed: int) -> None:
    plan = ReproductionPlan("language", None, "gradient", ("mr",))
    for again in range(10):
        add_result(folder, plan.read, measured("mr", 10 * seed + again, 0.5, 0.5))


def test_processes_add_to_one_record(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:  # locks are of open files: threads do
        [*pool.map(partial(_add, tmp_path), range(4))]
    record = read_record(tmp_path, "language", None, "gradient")
    assert [m.seed for m in record.results] == [*range(40)]


def test_what_cannot_be(files: Files, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^language has one size: expected no"):
        ReproductionPlan("language", 8, "gradient", files=files)
    with pytest.raises(SettingsError, match=r"^data and vectors are for .* language"):
        ReproductionPlan("rasp", 8, "gradient", files=files)
    with pytest.raises(SettingsError, match=r"^expected learner .*, got 'simple'"):
        ReproductionPlan("rasp", 8, "simple")
    with pytest.raises(SettingsError, match=r"expected data \(--data\)"):
        reproduce(ReproductionPlan("language", None, "gradient"), tmp_path)
    plan = ReproductionPlan("language", None, "gradient", files=files)
    with pytest.raises(SettingsError, match=r"mr: no such folder; expected that of a"):
        reproduce(replace(plan, tasks=("mr",)), tmp_path)
    (files.data / "trec" / "test.jsonl").unlink()
    with pytest.raises(DataError, match=r"test\.jsonl: no such file"):
        reproduce(replace(plan, tasks=("trec",)), tmp_path)
    (tmp_path / "language-simple.json").write_text('{"format": "other"}')
    with pytest.raises(SchemaError, match=r"language-simple\.json: expected a record"):
        read_record(tmp_path, "language", None, "simple")
