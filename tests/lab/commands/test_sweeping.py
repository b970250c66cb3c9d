"""``tprog sweep``: what it says, writes and refuses."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from cli.commands import GRADIENT_FILES, Done, refused, tprog
from lab.sweep.sweeping import TINY

POOLING = ("--vary", "pooling=none,mean")


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    folder = tmp_path_factory.mktemp("swept") / "sweep"
    return folder, tprog("sweep", *TINY, *POOLING, "--trials", "6", "--out", folder)


def test_a_sweep_tells_of_its_trials(swept: tuple[Path, Done]) -> None:
    folder, done = swept
    assert done.status == 0, done.err
    lines = done.err.splitlines()
    assert len(lines) == 6
    assert lines[0].startswith("trial 0: ")
    assert "1 done, best " in lines[0]
    failed = [line for line in lines if "failed: SettingsError: reverse has" in line]
    assert 0 < len(failed) < 6
    assert "validation  test" in done.out
    assert f"6 trials, {len(failed)} of them failed; ended: as many" in done.out
    assert f"  {len(failed)} x SettingsError: reverse has a label for" in done.out
    assert f"tprog sweep --resume {folder} --trials 56" in done.out
    names = {"sweep.json", "study.journal", "front.json", "front.svg", "lock", "trials"}
    assert {file.name for file in folder.iterdir()} == names


def test_the_front_holds_runs(swept: tuple[Path, Done]) -> None:
    folder, _ = swept
    document = json.loads((folder / "front.json").read_text())
    entry = document["front"][-1]
    run = folder / entry["run"]
    assert {file.name for file in run.iterdir()} <= GRADIENT_FILES
    evaluated = json.loads(tprog("eval", run, "--json").out)
    assert evaluated["per_label"] == entry["test_accuracy"]
    last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    assert last["validation"]["per_label"] == entry["validation_accuracy"]
    assert last["lines"] == entry["lines"]
    recipe = json.loads((run / "config.json").read_text())["recipe"]
    chosen = recipe["model"] | recipe["training"]
    assert entry["settings"].items() <= chosen.items()
    assert entry["settings"].keys() == {
        *("layers", "steps", "pooling", "cardinality", "batch_size"),
        *("learning_rate", "tau_start", "tau_end"),
    }
    assert tprog("verify", run, "--quiet").status == 0
    assert tprog("show", run).status == 0


def test_a_sweep_that_is_done_shows_its_front_again(swept: tuple[Path, Done]) -> None:
    folder, done = swept
    again = tprog("sweep", "--resume", folder)
    assert (again.status, again.out, again.err) == (0, done.out, "")
    quiet = tprog("sweep", "--resume", folder, "--quiet")
    assert quiet == Done(0, f"{folder}\n", "")


def test_all_trials_can_be_causal(tmp_path: Path) -> None:
    task = ("prefix_parity", "--max-length", "5", "--size", "40", *TINY[7:])
    folder = tmp_path / "sweep"
    done = tprog("sweep", *task, "--causal", "--trials", "1", "--out", folder)
    assert done.status == 0, done.err
    (run,) = (folder / "trials").iterdir()
    certificate = json.loads((run / "certificate.json").read_text())
    assert certificate["findings"][0]["question"]["text"] == "prefix"
    message = refused("sweep", "majority", "--causal", "--out", tmp_path / "other")
    assert "one label for every sequence" in message
    message = refused("sweep", "--resume", folder, "--causal")
    assert "the sweep: omit --causal" in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "expected a task, --data FILE or --dataset NAME, got none"),
        (("hist", "--vary", "depth=1"), "expected a setting with its values"),
        (("hist", "--layers", "1", "--vary", "layers=1"), "both given and varied"),
        (("hist", "--vary", "layers=1", "--vary", "layers=2"), "given twice"),
        (("hist", "--search-beam", "3"), "--search-beam: not for --learner gradient"),
        (("hist", "--trials", "0"), "expected --trials >= 1, got 0"),
        (("hist", "--seconds", "0"), "expected finite --seconds > 0, got 0.0"),
        (("hist", "--layers", "0"), "expected --layers >= 1, got 0"),
        (("hist", "--pooling", "mean"), "pooling must be 'none', got 'mean'"),
        (("hist", "--resume", "x"), "omit the task 'hist'"),
        (("--resume", "x", "--steps", "3"), "the sweep: omit --steps"),
        (("--resume", "x"), "x: expected the folder of a sweep, found no sweep.json"),
    ],
)
def test_bad_uses_are_refused(
    arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    out = () if "--resume" in arguments else ("--out", tmp_path / "sweep")
    assert message in refused("sweep", *arguments, *out)
    assert not any(tmp_path.iterdir())


def test_folders_are_not_overwritten(swept: tuple[Path, Done], tmp_path: Path) -> None:
    folder, _ = swept
    text = refused("sweep", "hist", "--out", folder)
    assert f"this sweep exists; go on with --resume {folder}" in text
    (tmp_path / "mine").write_text("")
    assert "not empty" in refused("sweep", "hist", "--out", tmp_path)
    assert "is not a run folder" in refused("train", "hist", "--out", folder)


@pytest.mark.parametrize(
    ("library", "options"), [("optuna", ()), ("ray", ("--ray", "local"))]
)
def test_missing_libraries_are_named(
    library: str,
    options: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    text = refused("sweep", *TINY, *options, "--out", tmp_path / "sweep")
    extra = {"optuna": "sweep", "ray": "ray"}[library]
    assert text.endswith(f"pip install 'transformer-programs[{extra}]'")
    assert not any(tmp_path.iterdir())


def test_a_damaged_plan_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sweep.json").write_text("{}")
    assert "got null version null" in refused("sweep", "--resume", tmp_path)
    plan = '{"format": "transformer-program-sweep", "version": 1}'
    (tmp_path / "sweep.json").write_text(plan)
    assert "not the plan of a sweep: source: this" in refused(
        "sweep", "--resume", tmp_path
    )
    (tmp_path / "sweep.json").write_text('{"format": "x", "version": 1}')
    assert "expected format" in refused("sweep", "--resume", tmp_path)
