"""The programs of public suites that the gallery holds, against their definitions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loaded import load_file
from transformer_programs.data.accuracy import evaluate
from transformer_programs.lab.suites import NAMES, public_suite

PLACE = Path(__file__).parent.parent / "gallery" / "suites"
FILES = sorted(PLACE.glob("*/*.py"))
INPUTS = 60
SEED = 17


def test_every_suite_is_there() -> None:
    assert {file.parent.name for file in FILES} == {*NAMES}


@pytest.mark.parametrize(
    "file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}"
)
def test_the_file_does_what_the_task_says(file: Path) -> None:
    suite = public_suite(file.parent.name)
    (task,) = (task for task in suite.tasks if task.name == file.stem)
    drawn = task.draw_distinct(task.sizes, INPUTS, np.random.default_rng(SEED))
    shortest, _ = task.all_inputs(INPUTS)
    run = load_file(file.read_text(encoding="utf-8"))["run"]
    found = evaluate(run, task.labelled([*drawn, *shortest]))
    assert found.per_sequence == 1
