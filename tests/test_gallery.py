"""Every program of the gallery is executed against its task's definition."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from loaded import load_file
from transformer_programs.codegen.python import emit_python
from transformer_programs.codegen.serialize import program_hash
from transformer_programs.data import file_hash
from transformer_programs.data.accuracy import evaluate
from transformer_programs.data.dataset import Examples
from transformer_programs.runs.folder import (
    read_config,
    read_program,
)
from transformer_programs.system import (
    CERTIFICATE,
    FILE,
    MODEL,
)
from transformer_programs.tasks.sources import TaskSource

GALLERY = Path(__file__).parent.parent / "gallery"
FOLDERS = sorted(path.parent for path in GALLERY.glob("*/config.json"))
INPUTS = 250
SEED = 11


def test_there_is_a_gallery() -> None:
    assert len(FOLDERS) >= 34


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_file_does_what_the_task_says(folder: Path) -> None:
    source = read_config(folder).source
    assert isinstance(source, TaskSource)
    task = source.find_task()
    drawn = task.dataset(INPUTS, seed=SEED).sequences
    shortest = [tokens for tokens, _ in zip(task.enumerate(), range(50), strict=False)]
    examples = task.examples([*drawn, *shortest])
    file = load_file((folder / FILE).read_text(encoding="utf-8"))
    found = evaluate(file["run"], examples)
    assert found.sequences > INPUTS / 2
    assert found.per_sequence == 1, wrong(file["run"], examples)


def wrong(run: object, examples: Examples) -> str:
    assert callable(run)
    pairs = zip(examples.sequences, examples.targets, strict=True)
    return next(
        f"{tokens}: {run(tokens)}, not {target}"
        for tokens, target in pairs
        if run(tokens) not in (target, list(target))
    )


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_is_kept_is_what_was_certified(folder: Path) -> None:
    program = read_program(folder)
    source = (folder / FILE).read_text(encoding="utf-8")
    assert source == emit_python(program)
    certificate = json.loads((folder / CERTIFICATE).read_text(encoding="utf-8"))
    assert certificate["program_sha256"] == program_hash(program)
    assert certificate["file_sha256"] == hashlib.sha256(source.encode()).hexdigest()
    assert certificate["model_sha256"] == file_hash(folder / MODEL)
    assert all(c["differences"] == 0 for c in certificate["comparisons"])
