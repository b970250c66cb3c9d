"""``tprog baseline``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.commands import Done, refused, tprog
from transformer_programs.lab.baselines import shallow
from transformer_programs.lab.baselines.transformer import load_standard
from transformer_programs.runs.folder import STANDARD_FORMAT

SMALL = ("hist", "--vocabulary-size", "5", "--max-length", "5", "--size", "60")
SHAPE = ("--layers", "1", "--heads", "2", "--width", "8", "--feed-forward", "8")
TINY = (*SMALL, *SHAPE, "--steps", "20", "--evaluations", "4")
FILES = {"config.json", "model.safetensors", "metrics.jsonl"}
SCRIPT = Path(sys.executable).with_name("tprog")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    run = tmp_path_factory.mktemp("runs") / "hist"
    return run, tprog("baseline", *TINY, "--out", run)


def test_it_reports_and_writes(trained: tuple[Path, Done]) -> None:
    run, done = trained
    assert done.status == 0, done.err
    assert "step 20 of 20: loss " in done.err
    assert "best model: accuracy " in done.err
    assert "hist: held out: " in done.out
    assert "baseline, the most frequent label per token" in done.out
    assert "parameters; layers 1, heads 2, width 8, feed-forward 8" in done.out
    assert f"written to {run}" in done.out
    assert {file.name for file in run.iterdir()} == FILES
    lines = (run / "metrics.jsonl").read_text().splitlines()
    *history, result = map(json.loads, lines)
    assert [line["step"] for line in history] == [5, 10, 15, 20]
    model = load_standard(run / "model.safetensors")
    assert result["parameters"] == model.size
    assert len(model.batch([("0", "1", "2")])[0]) == 3
    config = json.loads((run / "config.json").read_text())
    assert config["format"] == STANDARD_FORMAT
    assert config["source"]["task"] == "hist"
    assert config["settings"]["steps"] == 20


def test_numbers_for_scripts(tmp_path: Path) -> None:
    run = tmp_path / "run"
    done = tprog("baseline", *TINY, "--out", run, "--json")
    assert (done.status, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["run"] == str(run)
    of_program = json.loads(
        tprog(
            *("train", *SMALL, "--learner", "search", "--json"),
            *("--out", tmp_path / "program"),
        ).out
    )
    assert found["test"].keys() == of_program["test"].keys()
    for name in ("labels", "sequences"):  # the same held-out data
        assert found["test"][name] == of_program["test"][name]
    assert found["baselines"] == of_program["baselines"]
    assert found["learner"] == "baseline"


def test_files_and_pooling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"{text},{text[0]}" for text in ("ab", "ba", "a", "b", "aab", "bba") * 9]
    Path("mine.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    data = ("--data", "mine.csv", "--split", "characters", *SHAPE, "--steps", "60")
    rate = ("--learning-rate", "0.02")
    done = tprog("baseline", *data, *rate, "--quiet")
    assert (done.status, done.out) == (0, f"{Path('runs', 'mine-baseline')}\n")
    line = Path("runs/mine-baseline/metrics.jsonl").read_text().splitlines()[-1]
    assert json.loads(line)["test"]["per_sequence"] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "expected a task, --data FILE or --dataset NAME, got none"),
        (
            ("hist", "--split", "characters"),
            "--split: for data of a file or data set, but",
        ),
        (("hist", "--heads", "3"), "--width needs to be a multiple of --heads, got 64"),
        (("hist", "--steps", "0"), "expected --steps >= 1, got 0"),
        (("hist", "--batch-size", "0"), "expected --batch-size >= 1, got 0"),
        (("hist", "--device", "gpu"), "cannot train on device 'gpu'"),
        (("hist", "--max-length", "1"), "task 'hist': "),
        (("no-such",), "unknown task 'no-such'"),
    ],
)
def test_bad_uses(
    options: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in refused("baseline", *options)
    assert not [file for file in tmp_path.rglob("*") if file.name != "runs"]


def test_runs_are_replaced_on_demand(trained: tuple[Path, Done]) -> None:
    run, _ = trained
    before = (run / "model.safetensors").read_bytes()
    assert "--force" in refused("baseline", *TINY, "--out", run)
    other = ("--out", run, "--force", "--quiet")
    assert tprog("baseline", *TINY, *other) == Done(0, f"{run}\n", "")
    assert (run / "model.safetensors").read_bytes() == before  # the same seed


def test_it_is_no_program(trained: tuple[Path, Done]) -> None:
    message = refused("eval", trained[0])
    assert "standard Transformer, which is no program; what is known" in message
    assert "found no program.json" in refused("show", trained[0])


def test_a_rate_that_diverges(tmp_path: Path) -> None:
    run = tmp_path / "run"
    high = ("--learning-rate", "1e38", "--out", run)
    assert "lower --learning-rate (now 1e+38)" in refused(
        "baseline", *TINY, *high, "--quiet"
    )
    assert not run.exists()


def test_interrupting_keeps_the_best(tmp_path: Path) -> None:
    run = tmp_path / "run"
    many = ("--steps", "100000", "--evaluations", "50000", "--out", run)
    with subprocess.Popen(
        [SCRIPT, "baseline", *SMALL, *SHAPE, *many],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    ) as process:
        assert process.stderr is not None
        # On a busy machine a line may say what takes longer than a second.
        told = (x for x in process.stderr if not x.endswith(" ...\n"))
        assert next(told).startswith("step 2 of 100000: loss ")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=600)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "stopped early: this is the best model so far." in out
    assert {file.name for file in run.iterdir()} == FILES


CLASSES = ("ab", "ba", "a", "b", "aab", "bba", "bb", "aa", "abab", "baba")


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    file = tmp_path / "classes.csv"
    rows = [f"{' '.join(text)} n{n},{text[0]}" for n in range(9) for text in CLASSES]
    file.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    return file


def test_simple_methods_in_a_table(classes: Path) -> None:
    done = tprog("baseline", "--data", classes)
    assert done.status == 0, done.err
    lines = done.out.splitlines()
    assert lines[1].split()[:4] == ["method", "validation:", "labels", "right"]
    assert [line[:14] for line in lines[2:8]] == [
        *(" the most freq", " naive Bayes o", " naive Bayes  ", " logistic regr"),
        *(" linear SVM   ", " decision tree"),
    ]
    assert "\nbest on validation data: " in done.out
    assert "the most frequent label ...\nthe most frequent label: " in done.err
    assert "note: split at random" in done.err
    two = tprog("baseline", "--data", classes, "--kind", "svm, majority", "--json")
    found = json.loads(two.out)
    assert (two.err, found["name"]) == ("", "classes")
    assert [*found["baselines"]] == ["linear SVM", "the most frequent label"]
    assert found["baselines"]["linear SVM"].keys() == {
        *("accuracy", "kind", "seconds", "validation", "size", "unit", "chosen"),
    }
    assert not Path("runs").exists() or not Path("runs/classes-baseline").exists()


def test_all_methods_with_the_transformer(classes: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = ("baseline", "--data", classes, "--kind", "all", *SHAPE, "--steps", "4")
    done = tprog(*command, "--out", run)
    assert done.status == 0, done.err
    assert " standard Transformer " in done.out
    assert " logistic regression " in done.out
    assert done.out.endswith(f"written to {run}\n")
    assert {file.name for file in run.iterdir()} == FILES
    found = json.loads(tprog(*command, "--out", tmp_path / "again", "--json").out)
    assert found["learner"] == "baseline"
    assert found["baselines"]["naive Bayes"]["kind"] == "naive-bayes"
    quiet = tprog(*command, "--out", tmp_path / "third", "--quiet")
    assert quiet.out == f"{tmp_path / 'third'}\n"


def test_the_program_of_a_run_beside_them(tmp_path: Path) -> None:
    run = tmp_path / "hist"
    tprog("train", *SMALL, "--learner", "search", "--out", run, "--quiet")
    done = tprog("baseline", run, "--kind", "token,crf")
    assert done.status == 0, done.err
    assert f" program of {run} " in done.out
    assert "; the program: accuracy 100.00%" in done.out
    found = json.loads(tprog("baseline", run, "--kind", "token", "--json").out)
    assert found["program"]["accuracy"] == 1
    assert found["program"]["unit"] == "lines"
    assert found["baselines"]["the most frequent label per token"]["accuracy"] < 1
    beside = ("--kind", "transformer", *SHAPE, "--steps", "3", "--out", tmp_path / "s")
    done = tprog("baseline", run, *beside)
    assert done.status == 0, done.err
    rows = [line.strip().split("  ")[0] for line in done.out.splitlines()[2:4]]
    assert rows == ["standard Transformer", f"program of {run}"]
    assert "--size: the data are those of the run" in refused(
        "baseline", run, "--size", "9"
    )


def test_reading_a_large_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "large.jsonl"
    rows = [{"text": f"{n} " * 90, "label": "ab"[n % 2]} for n in range(3_000)]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = tprog("baseline", "--data", file, "--kind", "majority")
    assert done.err.startswith("reading the data\nthe most frequent label ...\n")
    assert tprog("baseline", "--data", file, "--kind", "majority", "--json").err == ""


def test_what_a_missing_package_leaves_out(
    classes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shallow, "find_spec", lambda _: None)
    done = tprog("baseline", "--data", classes)
    assert "note: without scikit-learn no naive-bayes, logistic, svm, tree" in done.err
    assert "pip install 'transformer-programs[baselines]'" in done.err
    assert "naive Bayes over positions" in done.out
    assert "svm needs scikit-learn" in refused(
        "baseline", "--data", classes, "--kind", "svm"
    )


def test_what_does_not_go_with_a_kind(classes: Path) -> None:
    simple = ("baseline", "--data", classes, "--kind", "simple")
    assert "--out: only for --kind transformer and all" in refused(
        *simple, "--out", "x"
    )
    assert "--steps, --seed: only" in refused(*simple, "--steps", "4", "--seed", "0")
    assert "expected a kind of majority, positions" in refused(
        *("baseline", "--data", classes, "--kind", "token"),
    )
    assert "--kind svm,bayes: expected names among majority, " in refused(
        *("baseline", "--data", classes, "--kind", "svm,bayes"),
    )
