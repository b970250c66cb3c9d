"""``tprog train --vectors``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import transformer_programs as tp
from cli.commands import refused, tprog
from transformer_programs.data import file_hash, read_vectors
from transformer_programs.errors import DataError, LearningWarning
from transformer_programs.learn import Progress
from transformer_programs.runs.folder import read_config

WORDS = ("good", "fine", "great", "bad", "poor", "dull")
SMALL = (
    "--word-classes",
    "1",
    "--cardinality",
    "3",
    "--steps",
    "30",
    "--restarts",
    "2",
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [
        {"text": f"{first.title()} {second}", "label": "+" if i + j < 5 else "-"}
        for i, first in enumerate(WORDS)
        for j, second in enumerate(WORDS)
    ]
    file = tmp_path / "opinions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    file = tmp_path / "glove.txt"
    lines = [f"{w} {i < 3:d} {i >= 3:d} 0.5\n" for i, w in enumerate(WORDS) if i != 1]
    file.write_text("".join(lines))
    return file


def test_training_begins_with_vectors(
    data: Path, vectors: Path, tmp_path: Path
) -> None:
    run, other = tmp_path / "run", tmp_path / "other"
    options = ("--data", data, *SMALL)
    done = tprog("train", *options, "--vectors", vectors, "--out", run)
    assert done.status == 0, done.err
    used = read_config(run).vectors
    assert used is not None
    assert (used.path, used.sha256) == (str(vectors), file_hash(vectors))
    assert used.words_found < used.words
    assert f"note: {used.sentence()}" in " ".join(done.err.split())
    config = json.loads((run / "config.json").read_text())
    assert config["vectors"]["words"] == used.words
    assert config["recipe"]["learner"] == "gradient"
    assert tprog("verify", run, "--quiet").status == 0
    assert tprog("train", *options, "--out", other).status == 0
    without = json.loads((other / "config.json").read_text())
    assert "vectors" not in without
    models = [(folder / "metrics.jsonl").read_text() for folder in (run, other)]
    assert models[0] != models[1]


def test_a_stopped_training_goes_on_with_its_vectors(
    data: Path, vectors: Path, tmp_path: Path
) -> None:
    def stop(progress: Progress) -> None:
        if progress.step == 12:
            raise KeyboardInterrupt

    training = tp.TrainSettings(steps=30, restarts=2, evaluations=10, seed=3)
    model = tp.ModelSettings(
        layers=1,
        categorical_heads=1,
        numerical_heads=0,
        tables=1,
        cardinality=3,
        word_classes=1,
        pooling=tp.Pooling.MEAN,
    )
    whole, run = tmp_path / "whole", tmp_path / "run"
    tp.train(data, training, model, out=whole, vectors=read_vectors(vectors))
    stopped = tp.Watch(on_progress=stop)
    with pytest.warns(LearningWarning, match="cut short by Ctrl-C"):
        found = tp.train(data, training, model, out=run, vectors=vectors, watch=stopped)
    assert found.training is not None
    assert found.training.outcome.resumable
    text = vectors.read_text()
    vectors.write_text(text + "more 1 2 3\n")
    with pytest.raises(
        DataError, match="not the word vectors that training began with"
    ):
        tp.resume(run)
    vectors.write_text(text)
    assert not tp.resume(run).summary()["interrupted"]
    for name in ("program.py", "program.json", "model.safetensors", "config.json"):
        assert (run / name).read_bytes() == (whole / name).read_bytes(), name


def test_vectors_are_refused(data: Path, vectors: Path, tmp_path: Path) -> None:
    train = ("train", "--data", data, "--out", tmp_path / "run")
    given = (*train, "--vectors", vectors)
    assert "--vectors: not for --learner search" in refused(
        *given, "--learner", "search"
    )
    message = refused(*given, "--init", tmp_path)
    assert message == "--init, --vectors: both are beginnings; omit one"
    message = refused(*given, "--word-classes", "0")
    assert "expected --word-classes >= 1, got 0" in message
    message = refused("train", "--resume", tmp_path, "--vectors", vectors)
    assert "omit --vectors" in message
    vectors.write_text("good 1 2\nbad 1\n")
    assert f"{vectors}:2: expected a word and 2 numbers" in refused(*given, *SMALL)
    vectors.write_text("cat 1 2\n")
    message = refused(*given, *SMALL)
    assert f"{vectors}: expected a vector for at least one of " in message
    assert "found 1 vector of others (cat); give" in message
    vectors.write_text("<unk> 1 2\ncat 1 2\n")
    assert "found 2 vectors of others (cat, ...)" in refused(*given, *SMALL)
    vectors.write_text("")
    assert f"{vectors}: expected word vectors, such as lines" in refused(*given, *SMALL)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("more", [(), ("--language",)])
def test_tags_of_words_are_summed(more: tuple[str, ...], tmp_path: Path) -> None:
    # Names after a title; vectors tell which words are names, also unseen ones.
    words = [a + b + c for a in "ptk" for b in "aeiou" for c in "lmnrs"]
    file, tagged = tmp_path / "vectors.txt", tmp_path / "tags.jsonl"
    file.write_text("".join(f"{w} {w[0] == 'p':d} {w[1] == 'a':d}\n" for w in words))
    rows = []
    for number in range(80):
        tokens = [words[(number * 7 + i * 11) % len(words)] for i in range(6)]
        tags = ["B-X" if token[0] == "p" else "O" for token in tokens]
        rows.append({"tokens": tokens, "tags": tags})
    tagged.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = tmp_path / "run"
    options = ("--data", tagged, "--learner", "linear", *more, "--vectors", file)
    done = tprog("train", *options, "--out", run)
    assert done.status == 0, done.err
    config = json.loads((run / "config.json").read_text())
    assert config["vectors"]["path"] == str(file)
    assert config["source"]["options"]["more_words"] == str(file)
    program = tp.load(run).program.data
    assert [s.name for s in program.input.surfaces][-1] == "suffix4"
    assert all(map(program.input.knows, words))
    assert tprog("verify", run, "--quiet").status == 0
