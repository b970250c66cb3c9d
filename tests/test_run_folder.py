from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from transformer_programs import run_folder
from transformer_programs.errors import RunFolderError, TransformerProgramsError
from transformer_programs.program.nodes import Pooling, Scope
from transformer_programs.run_folder import (
    CHECKPOINT,
    CONFIG,
    METRICS,
    Config,
    free_folder,
    new_run,
    partial_folder,
    read_config,
    read_metrics,
    read_text,
    stopped_run,
    write_files,
)
from transformer_programs.settings import ModelSettings, TrainSettings
from transformer_programs.tasks.options import ReadOptions
from transformer_programs.tasks.sources import FileSource, Source, TaskSource

MODEL = ModelSettings(layers=1, scope=Scope.CAUSAL, pooling=Pooling.MEAN)
TRAINING = TrainSettings(steps=3, seed=5)
SOURCES = [
    None,
    TaskSource("hist", 200, 3, None, 6),
    FileSource("/x.csv", ReadOptions(split="characters", max_length=3), "abc"),
]


def config(source: Source | None = None) -> Config:
    return Config("a name", source, MODEL, TRAINING)


@pytest.mark.parametrize("source", SOURCES, ids=["memory", "task", "file"])
def test_configurations_come_back(source: Source | None, tmp_path: Path) -> None:
    write_files(tmp_path, {CONFIG: config(source).to_json()})
    assert read_config(tmp_path) == config(source)


def _set(*path: str, value: Any) -> Callable[[Any], None]:
    def edit(document: Any) -> None:
        for name in path[:-1]:
            document = document[name]
        document[path[-1]] = value

    return edit


@pytest.mark.parametrize(
    "edit",
    [
        _set("format", value="other"),
        _set("version", value=2),
        _set("model", value=3),
        _set("model", value={}),
        _set("model", "layers", value="many"),
        _set("model", "layers", value=0),
        _set("model", "scope", value="sideways"),
        _set("model", "pooling", value=None),
        _set("model", "zzz", value=1),
        _set("training", value=None),
        _set("training", "zzz", value=1),
        _set("training", "steps", value=0),
        _set("training", "tau_end", value=9.0),
        _set("source", value=None),
        _set("source", value={"kind": "elsewhere"}),
        _set("source", "zzz", value=1),
        lambda document: document.pop("name"),
        lambda document: document.pop("source"),
    ],
)
def test_damaged_configurations(edit: Callable[[Any], None], tmp_path: Path) -> None:
    document = json.loads(config(SOURCES[1]).to_json())
    edit(document)
    write_files(tmp_path, {CONFIG: json.dumps(document)})
    with pytest.raises(
        TransformerProgramsError, match=re.escape(str(tmp_path))
    ) as caught:
        read_config(tmp_path)
    assert isinstance(caught.value, RunFolderError)


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00", "3"])
def test_configurations_that_are_not_json_objects(text: str, tmp_path: Path) -> None:
    write_files(tmp_path, {CONFIG: text})
    with pytest.raises(RunFolderError, match=r"config\.json"):
        read_config(tmp_path)


def test_a_missing_run(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="expected a run folder, found no"):
        read_config(tmp_path / "run")


def test_text_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_bytes(b"\xff\xfe")
    with pytest.raises(RunFolderError, match="cannot be read"):
        read_text(tmp_path / CONFIG)
    with pytest.raises(RunFolderError, match="cannot be read"):
        read_text(tmp_path)


def test_metrics(tmp_path: Path) -> None:
    write_files(tmp_path, {METRICS: '{"step": 1}\n{"step": 2}\n'})
    assert read_metrics(tmp_path) == [{"step": 1}, {"step": 2}]
    write_files(tmp_path, {METRICS: '{"step": 1}\n{"st'})
    with pytest.raises(RunFolderError, match="not JSON lines"):
        read_metrics(tmp_path)


def test_free_folders_are_numbered(tmp_path: Path) -> None:
    for expected in ("hist", "hist-2", "hist-3"):
        folder = free_folder(tmp_path, "hist")
        assert folder == tmp_path / expected
        folder.mkdir()


def contents(folder: Path) -> set[str]:
    return {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}


def test_a_run_appears_when_it_is_complete(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "new"
    with new_run(run) as folder:
        write_files(folder, {CONFIG: "{}"})
        assert not run.exists()
    assert contents(tmp_path) == {"runs/new/config.json"}


def fail(run: Path, texts: dict[str, str], *, force: bool = False) -> None:
    """A training that writes something and then fails."""
    with new_run(run, force=force) as folder:
        write_files(folder, texts)
        raise ZeroDivisionError


def test_a_failed_run_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        fail(tmp_path / "run", {CONFIG: "{}"})
    assert list(tmp_path.iterdir()) == []


def test_a_failed_run_keeps_its_checkpoint(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with pytest.raises(ZeroDivisionError):
        fail(run, {CONFIG: "{}", CHECKPOINT: ""})
    assert not run.exists()
    assert stopped_run(run) == partial_folder(run)
    with new_run(run, force=True, resume=True) as folder:
        assert (folder / CHECKPOINT).exists()
        (folder / CHECKPOINT).unlink()
    assert contents(tmp_path) == {"run/config.json"}
    with pytest.raises(RunFolderError, match="nothing to resume"):
        stopped_run(run)


def test_an_old_checkpoint_does_not_enter_a_new_run(tmp_path: Path) -> None:
    run = tmp_path / "run"
    write_old = {CONFIG: "old", CHECKPOINT: "old"}
    partial_folder(run).mkdir()
    write_files(partial_folder(run), write_old)
    with new_run(run) as folder:
        write_files(folder, {CONFIG: "new"})
    assert contents(tmp_path) == {"run/config.json"}


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    write_files(run, {CONFIG: "old", "notes.txt": "mine"})
    with pytest.raises(RunFolderError, match="--force"), new_run(run):
        pytest.fail("must not begin")
    assert read_text(run / CONFIG) == "old"
    with pytest.raises(ZeroDivisionError):
        fail(run, {CONFIG: "new"}, force=True)
    assert read_text(run / CONFIG) == "old"
    with new_run(run, force=True) as folder:
        write_files(folder, {CONFIG: "new"})
    assert contents(tmp_path) == {"run/config.json"}
    assert read_text(run / CONFIG) == "new"


@pytest.mark.parametrize("force", [False, True])
def test_what_is_not_a_run_is_never_overwritten(force: bool, tmp_path: Path) -> None:
    folder, file = tmp_path / "folder", tmp_path / "file"
    folder.mkdir()
    (folder / "thesis.tex").write_text("precious")
    file.write_text("precious")
    for place in (folder, file):
        with (
            pytest.raises(RunFolderError, match="not a run folder"),
            new_run(place, force=force),
        ):
            pytest.fail("must not begin")
    assert contents(tmp_path) == {"folder/thesis.tex", "file"}


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(RunFolderError, match="cannot be written"),
        new_run(tmp_path / "file" / "run"),
    ):
        pytest.fail("must not begin")
    with pytest.raises(RunFolderError, match="cannot be written"):
        write_files(tmp_path / "missing", {CONFIG: ""})


def test_text_is_written_as_it_is(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "é\n\r\n"})
    assert (tmp_path / "a.txt").read_bytes() == "é\n\r\n".encode()
    assert run_folder.FILE == "program.py"
