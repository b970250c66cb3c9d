from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import transformer_programs as tp
from transformer_programs import tasks
from transformer_programs.codegen.serialize import to_json
from transformer_programs.data.in_memory import labelled_sequences
from transformer_programs.errors import (
    AgreementError,
    RunFolderError,
    SettingsError,
    TrainingError,
)
from transformer_programs.lab import StandardSettings, train_standard
from transformer_programs.language import enumerate as enumerate_module
from transformer_programs.language.nodes import Program, Readout
from transformer_programs.learn import learner as learners
from transformer_programs.runs import agreement
from transformer_programs.runs.agreement import check_written
from transformer_programs.runs.loading import word_vectors
from transformer_programs.system import (
    FILE,
    MODEL,
    PROGRAM,
)

PAIRS = [(["ab"[i % 2], str(i)], str(i % 2)) for i in range(40)]
MODEL_SETTINGS = tp.ModelSettings(
    layers=1,
    categorical_heads=0,
    numerical_heads=0,
    tables=1,
    cardinality=2,
    pooling=tp.Pooling.MEAN,
)
TRAINING = tp.TrainSettings(steps=2, batch_size=8, restarts=1, evaluations=1)


def learn(data: Any, **options: Any) -> tp.Run:
    return tp.train(data, TRAINING, MODEL_SETTINGS, **options)


def test_a_path_is_a_file_of_data(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    rows = [{"tokens": tokens, "label": label} for tokens, label in PAIRS]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = learn(file)
    assert found.program.name == "data"
    assert found.certificate is not None
    assert found.certificate.model_sha256 is None


@pytest.mark.parametrize("data", [42, None, PAIRS, b"sort"])
def test_what_is_no_data(data: Any) -> None:
    with pytest.raises(SettingsError, match="expected a task or its name, the path of"):
        learn(data)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        ([1.0, 2.0], r"got shape \(2,\)"),
        ([], r"got shape \(0,\)"),
        ([["x"]], "got list: "),
        ([[1.0], [1.0, 2.0]], "got list: "),
        ([[np.nan]], "expected finite"),
    ],
)
def test_what_are_no_word_vectors(vectors: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        learn(labelled_sequences(PAIRS), vectors=vectors)


def test_word_vectors_of_any_kind() -> None:
    found = word_vectors([[1, 2], [3, 4]])
    assert (found.shape, found.dtype) == ((2, 2), np.float32)


def test_data_in_memory_cannot_be_loaded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    learn(labelled_sequences(PAIRS), out=run)
    with pytest.raises(RunFolderError, match=r"in memory.*sequences with --data"):
        tp.load(run).evaluate()
    (run / "checkpoint.safetensors").touch()
    with pytest.raises(RunFolderError, match=r"in memory.*can only go on with the dat"):
        tp.resume(run)
    monkeypatch.setattr(enumerate_module, "EXHAUSTIVE_LIMIT", 0)
    notes: list[str] = []
    tp.load(run).verify(watch=tp.Watch(on_note=notes.append))
    assert len(notes) == 1
    assert "in memory" in notes[0]
    assert "checked without them" in notes[0]


@pytest.mark.parametrize(("name", "data"), [("shift", 20_000), ("other", 0)])
def test_a_program_is_compared_on_the_data_of_the_task_that_it_names(
    name: str, data: int, tmp_path: Path
) -> None:
    task = tasks.get("shift").build(9, 12)
    file = tmp_path / "program.json"
    readout = Readout(task.labels, ())
    file.write_text(to_json(Program(name, task.input, (), readout)), encoding="utf-8")
    run = tp.load(file).compile(tmp_path / "run")
    assert run.certificate is not None
    assert run.certificate.inputs["data"] == data
    with pytest.raises(RunFolderError, match="came without any"):
        run.evaluate()


@pytest.mark.parametrize("name", [MODEL, PROGRAM, FILE])
def test_what_is_written_is_what_was_certified(name: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    result = learn(labelled_sequences(PAIRS), out=first)
    program, source = result.program, result.program.source
    check_written(first, program, source, None)
    other = [(tokens, f"{label}!") for tokens, label in PAIRS]
    learn(labelled_sequences(other), out=second)
    (first / name).write_bytes((second / name).read_bytes())
    with pytest.raises(RunFolderError, match=f"{name}: what was written is not what"):
        check_written(first, program, source, None)


def test_a_training_that_fails_at_the_end_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise TrainingError("no number")

    monkeypatch.setattr(agreement, "certify", fail)
    with pytest.raises(TrainingError) as caught:
        learn(labelled_sequences(PAIRS), out=tmp_path / "run")
    (note,) = caught.value.__notes__
    assert note.endswith(f"go on with: tprog train --resume {tmp_path / 'run'}")
    (partial,) = tmp_path.iterdir()
    assert (partial / "checkpoint.safetensors").exists()


def test_a_shorter_program_with_other_labels_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wrong(program: Program, effort: int) -> Program:
        del effort
        turned = tuple(
            replace(t, weights=tuple((b, a) for a, b in t.weights))
            for t in program.readout.terms
        )
        return replace(program, readout=replace(program.readout, terms=turned))

    right = learn(labelled_sequences(PAIRS))
    assert right.certificate is not None
    _, learned, _ = right.certificate.sentences()
    for name, old in right.program.aliases:
        assert f"{name} is {old}" in " ".join(right.program.source.split())
    assert learned.startswith("learned model = interpreter in every label, on all ")
    monkeypatch.setattr(learners, "minimise", wrong)
    with pytest.raises(AgreementError, match="learned model and interpreter differ"):
        learn(labelled_sequences(PAIRS))


def test_a_result_in_a_notebook() -> None:
    shown = learn(labelled_sequences(PAIRS, name="<b>"))._repr_html_()
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown
    assert "held-out labels right" in shown
    assert "naive Bayes" in shown
    assert "<details>" in shown


def test_data_without_a_test_part(tmp_path: Path) -> None:
    data = labelled_sequences(PAIRS, test_fraction=0)
    found = learn(data, out=tmp_path / "run", shorten=False)
    assert found.report is not None
    assert not found.report.test.measured
    assert found.report.validation.measured
    assert found.accuracy is None
    assert found.baselines == {}
    assert repr(found).endswith(": no held-out labels>")
    assert "data: no held-out labels" in found._repr_html_()
    assert "0.00%" not in repr(found) + found._repr_html_()
    assert found.summary()["test"]["labels"] == 0
    assert tp.load(tmp_path / "run").program == found.program
    standard = train_standard(data, StandardSettings(layers=1, steps=1))
    assert repr(standard).endswith("no held-out labels>")


def test_no_entities_are_reported_without_a_test_part() -> None:
    pairs = [
        ([a, b], ["B-X" if x == "p" else "O" for x in (a, b)])
        for a in "pqrst"
        for b in "pqrst"
    ]
    found = tp.train(labelled_sequences(pairs, test_fraction=0), learner="search")
    assert found.report is not None
    assert "F1" in str(found.report.validation)
    assert "F1" not in repr(found) + found._repr_html_().partition("<details>")[0]
