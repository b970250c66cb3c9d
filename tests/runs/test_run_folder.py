from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from transformer_programs.data.options import ReadOptions
from transformer_programs.errors import RunFolderError, TransformerProgramsError
from transformer_programs.language.nodes import Pooling, Scope
from transformer_programs.runs.folder import (
    Config,
    read_config,
)
from transformer_programs.settings import (
    Learner,
    ModelSettings,
    Recipe,
    SearchSettings,
    TrainSettings,
)
from transformer_programs.system import (
    CONFIG,
    FILE,
    MODEL as MODEL_FILE,
    existing,
    read_text,
    write_files,
)
from transformer_programs.tasks.sources import FileSource, Source, TaskSource

MODEL = ModelSettings(layers=1, scope=Scope.CAUSAL, pooling=Pooling.MEAN)
TRAINING = TrainSettings(steps=3, seed=5)
SEARCH = SearchSettings(beam=3)
SOURCES = [
    None,
    TaskSource("hist", 200, 3, None, 6),
    TaskSource("/x.py:mine", sha256="abc"),
    FileSource("/x.csv", ReadOptions(split="characters", max_length=3), "abc", "d"),
]


def config(source: Source | None = None) -> Config:
    return Config("a name", source, Recipe(MODEL, TRAINING, SEARCH, Learner.SEARCH))


@pytest.mark.parametrize("source", SOURCES, ids=["memory", "task", "own task", "file"])
def test_configurations_come_back(source: Source | None, tmp_path: Path) -> None:
    write_files(tmp_path, {CONFIG: config(source).to_json()})
    assert read_config(tmp_path) == config(source)


def test_a_compiled_run_has_no_recipe(tmp_path: Path) -> None:
    compiled = Config("a name", None, None, "abc")
    write_files(tmp_path, {CONFIG: compiled.to_json()})
    assert read_config(tmp_path) == compiled
    assert compiled.seed == 0


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
        _set("version", value=1),
        _set("recipe", value=3),
        _set("recipe", "learner", value="magic"),
        _set("recipe", "search", value={"beam": 0}),
        _set("recipe", "model", value=3),
        _set("recipe", "model", value={}),
        _set("recipe", "model", "layers", value="many"),
        _set("recipe", "model", "layers", value=0),
        _set("recipe", "model", "scope", value="sideways"),
        _set("recipe", "model", "pooling", value=None),
        _set("recipe", "model", "zzz", value=1),
        _set("recipe", "training", value=None),
        _set("recipe", "training", "zzz", value=1),
        _set("recipe", "training", "steps", value=0),
        _set("recipe", "training", "tau_end", value=9.0),
        _set("source", value=None),
        _set("source", value={"kind": "elsewhere"}),
        _set("source", "zzz", value=1),
        lambda document: document.pop("name"),
        lambda document: document.pop("source"),
        lambda document: document.pop("start"),
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


def test_runs_of_before_some_settings(tmp_path: Path) -> None:
    expected = config(SOURCES[1])
    document = json.loads(expected.to_json())
    del document["recipe"]["model"]["window"], document["recipe"]["model"]["pairs"]
    write_files(tmp_path, {CONFIG: json.dumps(document)})
    assert read_config(tmp_path) == expected


def test_a_missing_run(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="expected a run folder, found no"):
        read_config(tmp_path / "run")


def test_text_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_bytes(b"\xff\xfe")
    with pytest.raises(RunFolderError, match="cannot be read"):
        read_text(tmp_path / CONFIG)
    with pytest.raises(RunFolderError, match="cannot be read"):
        read_text(tmp_path)


def test_a_missing_file_of_a_run(tmp_path: Path) -> None:
    file = tmp_path / MODEL_FILE
    with pytest.raises(RunFolderError, match=r"found no model\.safetensors"):
        existing(file)
    file.touch()
    assert existing(file) == file


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    write_files(tmp_path, {CONFIG: "old"})
    with pytest.raises(UnicodeEncodeError):
        write_files(tmp_path, {CONFIG: "\ud800"})
    assert [file.name for file in tmp_path.iterdir()] == [CONFIG]
    assert read_text(tmp_path / CONFIG) == "old"
    with pytest.raises(RunFolderError, match="cannot be written"):
        write_files(tmp_path / "missing", {CONFIG: ""})


def test_text_is_written_as_it_is(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "é\n\r\n"})
    assert (tmp_path / "a.txt").read_bytes() == "é\n\r\n".encode()
    assert FILE == "program.py"
