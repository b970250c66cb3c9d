from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import transformer_programs as tp
from transformer_programs import tasks
from transformer_programs.data.accuracy import evaluate
from transformer_programs.data.vectors import read_vectors
from transformer_programs.lab import StandardSettings, train_standard
from transformer_programs.lab.baselines.training import StandardProgress
from transformer_programs.lab.baselines.transformer import load_standard

TINY = StandardSettings(
    layers=1, heads=2, width=8, feed_forward=8, steps=10, evaluations=2
)


def test_it_is_measured_as_programs_are() -> None:
    dataset = tasks.get("induction").dataset(80)
    result = train_standard(dataset, TINY)
    one_by_one = evaluate(lambda tokens: result.model.batch([tokens])[0], dataset.test)
    assert result.test == one_by_one
    assert result.test.labels == 5 * 8  # letters alone have a label
    assert result.folder is None
    assert f"{result.test.per_label:.2%} per label" in repr(result)


def test_settings_suit_the_data_and_can_be_changed(tmp_path: Path) -> None:
    steps: list[int] = []

    def count(progress: StandardProgress) -> None:
        steps.append(progress.step)

    result = train_standard(
        tp.TaskSource("induction", size=60),
        change=lambda suited: replace(suited, steps=2, width=8, feed_forward=8),
        out=tmp_path / "run",
        watch=tp.Watch(on_standard=count),
    )
    assert (result.settings.layers, result.settings.heads) == (2, 4)
    assert result.settings.causal
    assert steps == [1, 2]
    inputs = [("a", "1", "a"), ("b",)]
    model = load_standard(tmp_path / "run" / "model.safetensors")
    assert model.batch(inputs) == result.model.batch(inputs)


def test_it_begins_with_word_vectors(tmp_path: Path) -> None:
    file = tmp_path / "vectors.txt"
    file.write_text("a 1 0\nb 0 1\n", encoding="utf-8")
    out, notes = tmp_path / "run", list[str]()
    watch = tp.Watch(on_note=notes.append)
    task = tp.TaskSource("induction", size=60)
    result = train_standard(task, TINY, vectors=file, out=out, watch=watch)
    assert result.model.features == 2
    assert any(note.startswith("vectors for ") for note in notes)
    config = json.loads((out / "config.json").read_text())
    assert config["vectors"]["words_found"] == 2
    assert train_standard(task, TINY).model.features is None
    again = train_standard(task, TINY, vectors=read_vectors(file))
    assert again.test == result.test
