"""``tprog train`` by search, and ``tprog compile``."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.commands import FILES, Done, edit, refused, tprog
from transformer_programs.cli.options import Chosen, learner_for
from transformer_programs.codegen.serialize import program_hash
from transformer_programs.runs.run import load
from transformer_programs.settings import Learner, ModelSettings, Recipe, apply

HIST = ("hist", "--vocabulary-size", "6", "--max-length", "6", "--size", "400")
SCRIPT = Path(sys.executable).with_name("tprog")


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    run = tmp_path_factory.mktemp("searched") / "hist"
    return run, tprog("train", *HIST, "--out", run)


@pytest.fixture
def copy(searched: tuple[Path, Done], tmp_path: Path) -> Path:
    return Path(shutil.copytree(searched[0], tmp_path / "copy"))


def test_tasks_are_searched_first(searched: tuple[Path, Done]) -> None:
    run, done = searched
    assert done.status == 0, done.err
    assert {file.name for file in run.iterdir()} == FILES
    assert "searching round 1, layer 1: best program 100.00% on training" in done.err
    assert ": 100.00% of" in done.out
    assert re.search(
        r"\nsize: 2 statements \(1 head, 1 table\), no table entries written out, \d+ "
        r"lines of code \(program.py: \d+ lines with comments and helpers\)\n"
        r"learned in \d+ s, checked in \d+ s "
        r"\(search: [\d,]+ candidates compared\)\n"
        r"search ended: right on every label of all \d+ training and validation "
        r"sequences\n",
        done.out,
    )
    assert tprog("verify", run, "--quiet").status == 0
    lines = (run / "metrics.jsonl").read_text().splitlines()
    *history, result = map(json.loads, lines)
    assert {line["kind"] for line in history} == {"search", "search_ended"}
    assert result["learner"] == "search"
    assert result["search_ended"] == history[-1]["why"]
    assert history[-1]["why"].startswith("right on every label of all ")
    assert result["checking_seconds"] >= 0
    assert result["test"]["per_sequence"] == 1


def test_the_same_seed_gives_the_same_bytes(
    searched: tuple[Path, Done], tmp_path: Path
) -> None:
    again = tmp_path / "again"
    options = ("--learner", "search", "--out", again, "--quiet")
    assert tprog("train", *HIST, *options) == Done(0, f"{again}\n", "")
    for name in ("program.py", "program.json", "model.safetensors"):
        assert (again / name).read_bytes() == (searched[0] / name).read_bytes()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, None),
        ({"seed": 3}, None),
        ({"steps": 3}, Learner.GRADIENT),
        ({"layers": 3}, Learner.GRADIENT),
        ({"search_beam": 3}, None),
        ({"max_statements": 3, "layers": 3}, Learner.AUTO),
    ],
)
def test_options_choose_the_learner(
    options: dict[str, int], expected: Learner | None
) -> None:
    assert learner_for(None, Chosen(options)) is expected


def test_options_reach_the_settings() -> None:
    search = Chosen(search_work=3_000, search_beam=4, max_statements=5)
    recipe = apply(Recipe(ModelSettings()), Chosen(layers=6, seed=7) | search)
    assert (recipe.model.layers, recipe.training.seed) == (6, 7)
    assert (recipe.search.work, recipe.search.beam) == (3_000, 4)
    assert (recipe.search.max_statements, recipe.search.seed) == (5, 7)


def test_interrupting_a_search_keeps_the_best(tmp_path: Path) -> None:
    run = tmp_path / "run"
    options = ("--learner", "search", "--max-statements", "1", "--out", run)
    with subprocess.Popen(
        [SCRIPT, "train", "most_freq", "--size", "2000", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    ) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        while line.endswith(" ...\n"):  # what takes long
            line = process.stderr.readline()
        assert line.startswith("searching round 1, layer 1: best program "), line
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=600)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "stopped early: this is the best program so far." in out
    assert "--resume" not in out
    assert {file.name for file in run.iterdir()} == FILES
    assert tprog("verify", run, "--quiet").status == 0


# compile


def test_an_edited_program_becomes_a_run(copy: Path, tmp_path: Path) -> None:
    document = json.loads((copy / "program.json").read_text())
    head = next(s for s in document["statements"] if "count" in s)
    head["predicate"] = [[] for _ in head["predicate"]]
    (copy / "program.json").write_text(json.dumps(document))
    out = tmp_path / "edited"
    done = tprog("compile", copy, "--out", out)
    assert done.status == 0, done.err
    assert done.out.count("checked: ") == 2
    assert f"tprog train --init {out}" in done.out
    assert {file.name for file in out.iterdir()} == FILES
    assert load(out).program == load(copy).program
    assert tprog("verify", out, "--quiet").status == 0
    config = json.loads((out / "config.json").read_text())
    assert config["recipe"] is None
    assert config["start"] == program_hash(load(copy).program)
    accuracy = json.loads(tprog("eval", out, "--json").out)["per_sequence"]
    assert accuracy < 1  # it is about the same data, and the edit did harm


def test_a_run_compiles_to_itself(copy: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert tprog("compile", copy, "--out", out, "--quiet") == Done(0, f"{out}\n", "")
    for name in ("program.py", "program.json", "model.safetensors"):
        assert (out / name).read_bytes() == (copy / name).read_bytes()
    assert "--force" in refused("compile", copy, "--out", out)
    assert tprog("compile", out, "--out", out, "--force", "--quiet").status == 0


def test_a_program_alone(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    alone = tmp_path / "mine"
    alone.mkdir()
    file = Path(shutil.copy(copy / "program.json", alone / "mine.json"))
    done = tprog("compile", file, "--quiet")
    assert (done.status, done.out) == (0, f"{Path('runs', 'mine-compiled')}\n")
    message = refused("eval", done.out.strip())
    assert "name labelled sequences with --data" in message
    message = refused("train", "--init", file)
    assert f"{file}: no data belong to this program; name what to" in message


def test_a_program_file_of_a_run_knows_the_data(copy: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    few = ("--steps", "2", "--restarts", "1", "--quiet")
    done = tprog("train", "--init", copy / "program.json", *few, "--out", out)
    assert (done.status, done.out) == (0, f"{out}\n")
    sources = [json.loads((r / "config.json").read_text()) for r in (copy, out)]
    assert sources[0]["source"] == sources[1]["source"]


def test_an_edited_text_becomes_a_run(copy: Path, tmp_path: Path) -> None:
    text = (copy / "program.py").read_text()
    (copy / "edited.py").write_text(text)
    out = tmp_path / "out"
    assert tprog("compile", copy / "edited.py", "--out", out, "--quiet").status == 0
    assert (out / "program.py").read_text() == text
    assert tprog("eval", out).status == 0  # on the data of the run
    edit(copy / "edited.py", lambda text: text.replace("count(tokens", "fetch(tokens"))
    message = refused("compile", copy / "edited.py", "--out", tmp_path / "other")
    assert f"{copy / 'edited.py'}: line " in message


WRITTEN = """
from transformer_programs.language import count
from transformer_programs.runs import program

@program(tokens="ab", max_length=4)
def hist(tokens, positions, ones):
    return count(tokens, tokens, ones, lambda q, k: k == q)

def other(tokens):
    return tokens
"""


def test_a_function_becomes_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(WRITTEN)
    done = tprog("compile", "mine.py:hist")
    assert done.status == 0, done.err
    assert done.out.count("checked: ") == 2
    assert load("runs/hist").program(["a", "b", "a"]) == ["2", "1", "2"]
    assert "expected a program, got the function" in refused("compile", "mine.py:other")
    assert "define a function 'gone'" in refused("compile", "mine.py:gone")
    Path("mine.py").write_text(WRITTEN.replace("k == q", "k / 0"))
    assert "hist, line 7: the predicate of count fails" in refused(
        "compile", "mine.py:hist"
    )


def test_what_cannot_be_compiled(copy: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    edit(copy / "program.json", lambda text: text.replace('"tokens"', '"token"'))
    assert "program.json" in refused("compile", copy, "--out", out)
    assert "no such" in refused("compile", tmp_path / "no such", "--out", out)
    assert not out.exists()
    assert [f.name for f in tmp_path.iterdir()] == ["copy"]


# verify --against


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--full", "--against", "task"), "--full: not with --against, which"),
        (("--drawn", "9"), "--drawn: for --against and --invariant; omit it"),
        (("--drawn", "0", "--against", "task"), "expected --drawn >= 1, got 0"),
    ],
)
def test_options_of_the_other_question(
    searched: tuple[Path, Done], options: tuple[str, ...], message: str
) -> None:
    assert refused("verify", searched[0], *options).startswith(message)


def test_right_and_wrong_programs(copy: Path) -> None:
    done = tprog("verify", copy, "--against", "task")
    assert done.status == 0, done.err
    said = "equal to the definition of hist on all 1,364 inputs of 1 to 5 tokens"
    certificate = f"certificate: {copy / 'certificate.json'}"
    assert done.out == f"proved: {said}\n{certificate}\n"
    found = json.loads(tprog("verify", copy, "--against", copy, "--json").out)
    assert found["proved"]
    assert found["counterexample"] is None
    document = json.loads((copy / "program.json").read_text())
    head = next(s for s in document["statements"] if "count" in s)
    head["predicate"] = [[] for _ in head["predicate"]]
    (copy / "program.json").write_text(json.dumps(document))
    done = tprog("verify", copy, "--against", "task")
    assert done.status == 1
    first, *trace = done.out.splitlines()
    assert first.startswith("refuted: not equal to the definition of hist: on '0 0' ")
    assert any(line.split()[0] == head["count"] for line in trace)
    assert tprog("verify", copy, "--against", "task", "--quiet") == Done(1, "", "")
    message = refused("verify", copy, "--against", "no-such")
    assert "--against no-such: expected 'task', FILE.py:FUNCTION, or another" in message


def test_a_failure_to_learn_is_said_first(tmp_path: Path) -> None:
    rows = [{"tokens": ["a"] * n, "label": y} for n in range(1, 30) for y in "xxxy"]
    data = tmp_path / "coins.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    options = ("--data", data, "--learner", "search", "--search-layers", "1")
    done = tprog("train", *options, "--out", tmp_path / "run")
    assert done.status == 3
    assert done.out.startswith("nothing was learned: the program always says the same")
    assert tprog("verify", tmp_path / "run", "--quiet").status == 0
    short = tprog("train", *options, "--search-work", "1", "--out", tmp_path / "short")
    assert short.status == 3
    assert short.out.startswith("nothing was learned: the search was stopped before")
    as_json = tprog("train", *options, "--json", "--out", tmp_path / "json")
    assert as_json.status == 3
    assert json.loads(as_json.out)["nothing_learned"] is not None


def test_causal_programs_from_the_command_line(tmp_path: Path) -> None:
    options = ("--learner", "search", "--size", "600", "--out", tmp_path / "run")
    done = tprog("train", "prefix_parity", "--causal", *options)
    assert done.status == 0, done.err
    assert "independent of later tokens" in done.out
    certificate = json.loads((tmp_path / "run" / "certificate.json").read_text())
    assert certificate["findings"][0]["question"]["text"] == "prefix"
    message = refused("train", "palindrome", "--causal", "--out", tmp_path / "other")
    assert "one label for every sequence" in message
