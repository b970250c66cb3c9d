"""``tprog train --dataset``, on a folder that the test writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.commands import refused, tprog
from transformer_programs.runs.folder import read_config
from transformer_programs.tasks.sources import DatasetSource

datasets = pytest.importorskip("datasets", reason="needs the extra hf")

FEW = ("--steps", "20", "--restarts", "1", "--evaluations", "2")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    words = ("good", "fine", "bad", "poor")
    rows = [
        (f"{a}, {b} {c}", int(a in "good, fine"))
        for a in words
        for b in words
        for c in words
    ]
    features = datasets.Features(
        {
            "said": datasets.Value("string"),
            "meant": datasets.ClassLabel(names=["-", "+"]),
        }
    )
    said, meant = zip(*rows, strict=True)
    made = datasets.Dataset.from_dict({"said": said, "meant": meant}, features=features)
    longer = datasets.Dataset.from_dict(
        {"said": ["good " * 9], "meant": [1]}, features=features
    )
    parts = datasets.DatasetDict(train=made, test=longer)
    parts.save_to_disk(tmp_path / "opinions")
    return tmp_path / "opinions"


COLUMNS = ("--tokens-column", "said", "--label-column", "meant", "--split", "words")


def test_a_folder_is_learned_from(folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    options = (*COLUMNS, "--max-training-length", "6", *FEW, "--out", run)
    done = tprog("train", "--dataset", folder, *options)
    assert done.status == 0, done.err
    assert "opinions: held out: " in done.out
    source = read_config(run).source
    assert isinstance(source, DatasetSource)
    assert source.name == str(folder)
    assert source.options is not None
    assert source.options.max_training_length == 6
    program = json.loads((run / "program.json").read_text())
    assert "," in json.dumps(program)
    assert tprog("eval", run).status == 0
    file = tmp_path / "more.jsonl"
    file.write_text('{"text": "good, good bad", "label": "+"}\n')
    evaluated = tprog("eval", run, "--data", file, "--json")
    assert evaluated.status == 0, evaluated.err
    assert json.loads(evaluated.out)["sequences"] == 1
    assert tprog("simplify", run, "--out", tmp_path / "short").status == 0
    (folder / "train" / "state.json").unlink()
    assert "name labelled sequences with --data" in refused("eval", run)


def test_a_baseline_of_a_data_set(folder: Path, tmp_path: Path) -> None:
    options = ("--steps", "2", "--evaluations", "1", "--out", tmp_path / "run")
    done = tprog("baseline", "--dataset", folder, *COLUMNS, *options)
    assert done.status == 0, done.err
    assert "opinions: held out: " in done.out


def test_data_sets_are_refused(folder: Path, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "run")
    dataset = ("train", "--dataset", folder, *out)
    message = refused(*dataset, "--data", "x.csv")
    assert message.startswith(
        "expected a task, --data FILE or --dataset NAME, got --dat"
    )
    assert "got a task and --dataset NAME" in refused(
        *dataset[:1], "sort", *dataset[1:]
    )
    assert "--size: for data of a task" in refused(*dataset, "--size", "9")
    message = refused("train", "sort", "--configuration", "x")
    assert "--configuration: for data of a file or data set" in message
    file = ("train", "--data", "x.csv", "--configuration", "x")
    assert refused(*file) == "--configuration: files have none; omit it"
    message = refused(*dataset, "--max-training-length", "0")
    assert message == "expected --max-training-length >= 1, got 0"
    message = refused(*dataset)
    assert (
        "found 'said', 'meant'; set --tokens-column='said' and --label-column="
        in message
    )
    message = refused("train", "--resume", tmp_path, "--dataset", "trec")
    assert "omit --dataset" in message
