from __future__ import annotations

import json
from pathlib import Path

import pytest

from transformer_programs.data import file_hash
from transformer_programs.data.options import ReadOptions
from transformer_programs.errors import DataError, TaskError
from transformer_programs.tasks.sources import FileSource, TaskSource, find_task

MINE = """
from __future__ import annotations

import dataclasses

from transformer_programs import tasks


@dataclasses.dataclass
class Helper:
    field: int = 0


tasks.register(
    tasks.Task("mine", "Copy.", lambda tokens: tokens, ("a", "b"), ("a", "b"), 4)
)
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    file = tmp_path / "mine.py"
    file.write_text(MINE)
    return file


def test_a_file_is_executed_once(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = TaskSource(f"{mine}:mine")
    task = source.find_task()
    assert source.find_task() is not None
    assert source.dataset().name == "mine"
    monkeypatch.chdir(tmp_path)
    assert find_task("mine.py:mine") is find_task(f"{mine}:mine")
    assert task.labels == ("a", "b")


def test_only_what_the_file_registers(mine: Path) -> None:
    with pytest.raises(TaskError, match="registers no task 'sort'; its tasks: mine"):
        find_task(f"{mine}:sort")
    mine.write_text("")
    with pytest.raises(TaskError, match="its tasks: none"):
        find_task(f"{mine}:mine")


def test_the_file_of_a_task_is_stamped(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    stamped = TaskSource("mine.py:mine").stamped()
    assert stamped == TaskSource(f"{mine}:mine", sha256=file_hash(mine))
    assert stamped.dataset().name == "mine"
    mine.write_text(MINE + "# changed")
    with pytest.raises(TaskError, match="not the file that was learned from"):
        stamped.dataset()
    assert TaskSource("sort").stamped() == TaskSource("sort")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("syntax error", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_files_that_fail(text: str, message: str, mine: Path) -> None:
    mine.write_text(text)
    with pytest.raises(TaskError, match=message):
        find_task(f"{mine}:mine")


def test_a_file_is_no_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("")
    with pytest.raises(TaskError, match=r"is a file.*tp\.read_sequences.*--data"):
        find_task("data.csv")
    with pytest.raises(TaskError, match=r"no\.py: no such file"):
        find_task("no.py:mine")


@pytest.mark.parametrize("changed", ["data", "validation", "test"])
def test_every_file_is_stamped(
    changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("data", "validation", "test"):
        rows = [{"tokens": [name, str(i % 2)], "label": str(i % 2)} for i in range(9)]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(text)
    options = ReadOptions(validation="validation.jsonl", test="test.jsonl")
    stamped = FileSource("data.jsonl", options).stamped()
    assert stamped.path == str(tmp_path / "data.jsonl")
    assert stamped.options.test == str(tmp_path / "test.jsonl")
    monkeypatch.chdir("/")
    assert len(stamped.dataset().test) == 9
    (tmp_path / f"{changed}.jsonl").write_text("nonsense")
    with pytest.raises(DataError, match=rf"{changed}\.jsonl: this is not the file"):
        stamped.dataset()


def test_a_file_that_is_not_there_is_no_unknown_task() -> None:
    with pytest.raises(
        TaskError, match=r"^nope\.csv: no such file; and it is an unkno"
    ):
        find_task("nope.csv")
