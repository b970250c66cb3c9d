"""``tprog`` as its users meet it: one tiny training, every command, every bad use."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import transformer_programs as tp
from cli.commands import GRADIENT_FILES as FILES, Done, edit, refused, tprog
from transformer_programs.cli import next_steps
from transformer_programs.codegen.serialize import from_json, program_hash, to_json
from transformer_programs.codegen.templates import HELPERS
from transformer_programs.data import file_hash
from transformer_programs.language.nodes import Program, Readout
from transformer_programs.language.types import InputFormat, Vocabulary
from transformer_programs.runs import agreement as certification
from transformer_programs.runs.run import load
from transformer_programs.runs.runnable import Program as Runnable
from transformer_programs.tasks import FileSource, registry, sources

SMALL = ("hist", "--vocabulary-size", "5", "--max-length", "5", "--size", "60")
FAST = (*SMALL, "--restarts", "1", "--layers", "1", "--halvings", "0")
QUICK = (*FAST, "--steps", "20")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    run = tmp_path_factory.mktemp("runs") / "hist"
    return run, tprog("train", *QUICK, "--out", run)


@pytest.fixture(scope="session")
def run(trained: tuple[Path, Done]) -> Path:
    """A run that no test changes."""
    return trained[0]


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    """A run to spoil."""
    return Path(shutil.copytree(run, tmp_path / "copy"))


# train


def test_train_reports_and_writes(trained: tuple[Path, Done]) -> None:
    run, done = trained
    assert done.status == 0, done.err
    assert {file.name for file in run.iterdir()} == FILES
    assert "Traceback" not in done.err
    assert "step 20 of 20: loss " in done.err
    assert "polishing, pass 1: " in done.err
    assert "hist: held out: " in done.out
    assert "baseline, the most frequent label per token" in done.out
    assert "checked: hardened model = interpreter in every variable" in done.out
    assert "checked: interpreter = program.py in every variable" in done.out
    assert f"tprog show {run}" in done.out
    assert [file.name for file in run.parent.iterdir()] == ["hist"]


def test_what_train_writes(run: Path) -> None:
    program = load(run).program
    assert (run / "program.py").read_text(encoding="utf-8") == program.source
    certificate = json.loads((run / "certificate.json").read_text(encoding="utf-8"))
    assert certificate["program_sha256"] == program_hash(program)
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    assert config["source"]["task"] == "hist"
    assert config["recipe"]["learner"] == "gradient"
    assert config["recipe"]["training"]["steps"] == 20
    lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]
    polished = kinds.count("polish")
    assert 1 <= polished <= 6
    assert kinds == (["step", "evaluation"] * 10 + ["polish"] * polished + ["result"])


def test_same_seed_same_bytes(run: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    done = tprog("train", *QUICK, "--out", again, "--quiet")
    assert done == Done(0, f"{again}\n", "")
    for name in ("program.py", "program.json", "model.safetensors", "config.json"):
        assert (again / name).read_bytes() == (run / name).read_bytes(), name


def test_train_as_json_into_a_numbered_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "hist").mkdir(parents=True)
    done = tprog("train", *FAST, "--steps", "2", "--seed", "3", "--json")
    assert (done.status, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["run"] == str(Path("runs") / "hist-2")
    assert 0 <= found["test"]["per_label"] <= 1
    assert (tmp_path / found["run"] / "program.py").exists()


def test_train_on_a_file(tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    rows = [
        {"text": f"w{i % 20} {'good' if i % 2 else 'bad'}", "label": str(i % 2)}
        for i in range(40)
    ]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = tmp_path / "run"
    done = tprog(
        *("train", "--data", data, "--out", run, "--quiet", "--layers", "1"),
        *("--steps", "3", "--restarts", "1"),
    )
    assert done == Done(0, f"{run}\n", "")
    assert tprog("eval", run).status == 0
    edit(data, lambda text: text + '{"text": "x", "label": "0"}\n')
    assert "not the file that was learned from" in refused("eval", run)
    assert tprog("eval", run, "--data", data).status == 0


def test_a_file_called_train_is_named_by_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "opinions" / "train.jsonl"
    data.parent.mkdir()
    rows = [{"text": f"w{i % 20} x", "label": str(i % 2)} for i in range(40)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(tmp_path)
    done = tprog("train", "--data", data, "--learner", "search")
    assert done.status == 0, done.err
    assert done.out.startswith("opinions: held out: ")
    assert load(Path("runs", "opinions")).program.name == "opinions"


def test_an_existing_run_needs_force(copy: Path) -> None:
    message = refused("train", *QUICK, "--out", copy)
    assert "this run folder exists" in message
    assert "--force" in message
    assert {file.name for file in copy.iterdir()} == FILES
    done = tprog("train", *FAST, "--steps", "2", "--out", copy, "--force", "--quiet")
    assert done.status == 0
    assert {file.name for file in copy.iterdir()} == FILES
    (copy / "mine.txt").write_text("")
    message = refused("train", *QUICK, "--out", copy, "--force")
    assert "also holds mine.txt" in message
    assert (copy / "mine.txt").exists()


def test_force_spares_what_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    message = refused("train", *QUICK, "--out", tmp_path, "--force")
    assert "exists and is not a run folder" in message
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("histt",), "unknown task 'histt'; did you mean 'hist'? known tasks: reverse"),
        ((), "expected a task, --data FILE or --dataset NAME, got none of them"),
        (("hist", "--data", "x.csv"), "NAME, got a task and --data FILE"),
        (("--data", "missing.csv"), "missing.csv"),
        (("--data", "."), "."),
        (("nothing.py:mine",), "nothing.py: no such file"),
        (("hist", "--steps", "0"), "expected --steps >= 1, got 0"),
        (("hist", "--tau-end", "9"), "expected finite 0 < --tau-end <= --tau-start"),
        (("hist", "--pooling", "mean"), "hist has a label for every token, so pooling"),
        (("hist", "--vocabulary-size", "2"), "expected a vocabulary size of at least"),
        (("hist", "--size", "-5"), "expected --size >= 3, to split inputs, got -5"),
        (("hist", "--max-length", "1"), "--max-length 1 leaves room for 0 bare tokens"),
        (("hist", "--data-seed", "-1"), "expected 0 <= --data-seed < 2**63, got -1"),
        (("hist", "--seed", "-1"), "expected 0 <= --seed < 2**63, got -1"),
        (("--data", "x.csv", "--truncate"), "--truncate needs --max-length: say how"),
        (("--data", "x.csv", "--max-vocabulary", "1"), "--max-vocabulary >= 2, got 1"),
        (("hist", "--device", "nowhere"), "nowhere"),
        (("hist", "--learner", "search", "--steps", "9"), "--steps: not for --learner"),
        (
            ("hist", "--learner", "gradient", "--search-beam", "9"),
            "--search-beam: not for --learner gradient; omit it, or choose",
        ),
        (
            ("hist", "--search-seconds", "0"),
            "expected finite --search-seconds > 0, got 0",
        ),
        (("hist", "--search-layers", "0"), "expected --search-layers >= 1, got 0"),
        (("hist", "--init", "missing"), "missing: no such run folder or file"),
        (("--init", "x", "--size", "9"), "--size: the data are those of x; name a"),
        (("--resume", "missing"), "missing: nothing to resume"),
        (("hist", "--resume", "x"), "takes everything from the run: omit the task 'hi"),
        (("--resume", "x", "--size", "20000"), "from the run: omit --size"),
        (("--resume", "x", "--force", "--steps", "9"), "run: omit --force, --steps"),
        (("--resume", "x", "--out", "y", "--layers", "3"), "omit --out, --layers"),
        (
            ("hist", "--tokens-column", "a", "--truncate"),
            "--tokens-column, --truncate: ",
        ),
        (("--data", "x.csv", "--size", "20000"), "--size: for data of a task, but"),
        (("x.csv", "--out", "."), "unknown task 'x.csv'"),
        (("trec", "--language"), "unknown task 'trec'; 'trec' is a data set: read it"),
        (("CoNLL2003",), "on the command line with --dataset conll2003"),
        (("subj", "--vectors", "v.txt"), "line with --dataset SetFit/subj"),
    ],
)
def test_bad_trainings(
    arguments: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in refused("train", *arguments)
    assert list(tmp_path.rglob("*")) in ([], [tmp_path / "runs"])


# tasks, run, eval, verify, show


def test_tasks() -> None:
    done = tprog("tasks")
    assert (done.status, done.err) == (0, "")
    for name in (
        "reverse",
        "hist",
        "double_hist",
        "sort",
        "most_freq",
        "dyck1",
        "dyck2",
        "palindrome",
        "add_digits",
    ):
        assert (
            sum(line.split()[0] == name for line in done.out.splitlines() if line) == 1
        )
    assert "55,986" in done.out or "335,922" in done.out  # hist: inputs


def test_run(run: Path) -> None:
    tokens = ["0", "1", "0"]
    labels = load(run).program(tokens)
    assert tprog("run", run, *tokens) == Done(0, " ".join(labels) + "\n", "")
    assert tprog("run", run / "program.json", *tokens).out == " ".join(labels) + "\n"
    assert tprog("run", run) == Done(0, "\n", "")
    found = json.loads(tprog("run", run, *tokens, "--json").out)
    assert found == {"tokens": tokens, "labels": labels}


def test_run_with_trace(run: Path) -> None:
    tokens = ["0", "1", "0"]
    traced = load(run).program.trace(tokens)
    done = tprog("run", run, *tokens, "--trace")
    assert done.status == 0
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[0] == ["positions", "0", "1", "2", "3"]
    rows = {line[0]: line[1:] for line in lines[1:-1]}
    expected = {n: list(map(str, v)) for n, v in traced.items() if n != "positions"}
    assert rows == expected
    found = json.loads(tprog("run", run, *tokens, "--trace", "--json").out)
    assert found["trace"] == traced


def test_long_traces_are_not_cut(tmp_path: Path) -> None:
    words = tuple(f"word{index}" for index in range(60))
    form = InputFormat(Vocabulary(words), 60)
    program = Program("long", form, (), Readout(("x",), ()))
    file = tmp_path / "long.json"
    file.write_text(to_json(program))
    lines = tprog("run", file, *words, "--trace").out.splitlines()
    assert lines[1].split() == ["tokens", *words]
    assert lines[-1].split() == ["x"] * 60


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (("0", "x"), "unknown token 'x' at position 1; known tokens: '0', '1', '2'"),
        (("0",) * 5, "too long: 5 tokens, at most 4 are allowed"),
        (("--", "--trace"), "unknown token '--trace' at position 0"),
        (("-1",), "unknown token '-1' at position 0"),
        (("[red]",), "unknown token '[red]' at position 0"),
    ],
)
def test_run_on_wrong_tokens(run: Path, tokens: tuple[str, ...], message: str) -> None:
    assert message in refused("run", run, *tokens)


def test_eval(trained: tuple[Path, Done]) -> None:
    run, train = trained
    done = tprog("eval", run)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"{run}: held out: ")
    assert done.out.split("held out: ")[1].strip() in train.out
    assert "baseline, the most frequent label per token" in done.out
    found = json.loads(tprog("eval", run, "--json").out)
    assert found["sequences"] == 6
    assert found["baselines"].keys() == {
        "always the most frequent label",
        "the most frequent label per token",
    }
    assert f"{found['per_label']:.2%}" in done.out


def test_eval_on_other_data(run: Path, tmp_path: Path) -> None:
    program = load(run).program
    rows = [(["0", "1"], program(["0", "1"])), (["2"], ["none"])]
    data = tmp_path / "data.jsonl"
    data.write_text(
        "".join(json.dumps({"tokens": t, "tags": labels}) + "\n" for t, labels in rows)
    )
    found = json.loads(tprog("eval", run, "--data", data, "--json").out)
    assert found == {
        "per_label": 2 / 3,
        "per_sequence": 0.5,
        "labels": 3,
        "sequences": 2,
    }
    renamed = tmp_path / "renamed.jsonl"
    renamed.write_text(data.read_text().replace("tokens", "a").replace("tags", "b"))
    columns = ("--tokens-column", "a", "--label-column", "b")
    again = tprog("eval", run, "--data", renamed, *columns, "--json")
    assert json.loads(again.out) == found
    assert "renamed.jsonl" in refused("eval", run, "--data", renamed)
    assert "name it with --data" in refused("eval", run, "--tokens-column", "a")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"tokens": ["7"], "tags": ["1"]}', "unknown token '7'"),
        ('{"tokens": ["0", "0"], "tags": ["1"]}', "data.jsonl:1: "),
        (
            '{"tokens": ["0", "0", "0", "0", "0"], "tags": ["1", "1", "1", "1", "1"]}',
            "4",
        ),
        ("nonsense", "data.jsonl:1: "),
    ],
)
def test_eval_on_bad_data(run: Path, tmp_path: Path, line: str, message: str) -> None:
    data = tmp_path / "data.jsonl"
    data.write_text(line + "\n")
    assert message in refused("eval", run, "--data", data)


def test_verify(run: Path, copy: Path) -> None:
    (copy / "certificate.json").unlink()
    done = tprog("verify", copy)
    assert done.status == 0
    sentences = [line for line in done.out.splitlines() if line.startswith("checked: ")]
    assert len(sentences) == 3
    assert all("on all 121 valid inputs" in sentence for sentence in sentences)
    assert f"certificate: {copy / 'certificate.json'}" in done.out
    written = json.loads((copy / "certificate.json").read_text(encoding="utf-8"))
    first = json.loads((run / "certificate.json").read_text(encoding="utf-8"))
    for document in (written, first):
        document.pop("date")  # midnight may lie between the two
        for comparison in document["comparisons"]:
            comparison.pop("seconds")
    assert written == first
    assert [c["labels_only"] for c in first["comparisons"]] == [False, True, False]


def test_verify_as_json_and_quietly(copy: Path) -> None:
    done = tprog("verify", copy, "--json", "--full")
    assert (done.status, done.err) == (0, "")
    assert done.out == (copy / "certificate.json").read_text(encoding="utf-8")
    assert tprog("verify", copy, "--quiet") == Done(0, "", "")


def test_verify_without_the_data(tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    words = [f"w{i}" for i in range(40)]
    rows = [{"tokens": words[i : i + 6], "label": str(i % 2)} for i in range(30)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = tmp_path / "run"
    options = ("--layers", "1", "--steps", "2", "--restarts", "1", "--quiet")
    assert tprog("train", "--data", data, "--out", run, *options).status == 0
    done = tprog("verify", run)
    assert (done.status, "note" in done.err) == (0, False)
    assert "data, random and edge cases" in done.out
    again = tmp_path / "again"
    done = tprog("compile", run / "program.json", "--out", again)
    assert "data, random and edge cases" in done.out
    certificate = json.loads((again / "certificate.json").read_text(encoding="utf-8"))
    assert certificate["inputs"]["data"] == 30
    data.unlink()
    done = tprog("verify", run)
    assert done.status == 0
    assert "data.jsonl: no such file; this is checked without them" in done.err
    assert "(random and edge cases)" in done.out
    certificate = json.loads((run / "certificate.json").read_text(encoding="utf-8"))
    assert certificate["inputs"]["data"] == 0
    assert "name labelled sequences with --data" in refused("eval", run)


def test_verify_needs_no_data_for_a_small_domain(copy: Path) -> None:
    edit(copy / "config.json", lambda text: text.replace('"hist"', '"gone"'))
    done = tprog("verify", copy)
    assert (done.status, "note" in done.err) == (0, False)


def test_the_certificate_names_the_model(run: Path) -> None:
    certificate = json.loads((run / "certificate.json").read_text(encoding="utf-8"))
    assert certificate["model_sha256"] == file_hash(run / "model.safetensors")


def test_a_certificate_stays_if_nothing_was_compared(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    assert "found no model.safetensors" in refused("verify", copy)
    assert (copy / "certificate.json").exists()


def test_verify_finds_a_changed_file(copy: Path) -> None:
    edit(
        copy / "program.py",
        lambda text: text.replace("for i in range(1, ", "for i in range(0, "),
    )
    message = refused("verify", copy, "--quiet", status=1)
    assert "program.py: not what program.json gives: expected " in message
    assert "for i in range(0, " in message
    assert not (copy / "certificate.json").exists()


def test_verify_finds_a_changed_program(copy: Path) -> None:
    program = from_json((copy / "program.json").read_text(encoding="utf-8"))
    labels = program.readout.labels
    edit(
        copy / "program.json",
        lambda text: text.replace(
            json.dumps(list(labels)), json.dumps(list(reversed(labels)))
        ),
    )
    message = refused("verify", copy, status=1)
    assert "program.py: not what program.json gives: expected 'LABELS = " in message
    texts = load(copy).program.files
    (copy / "program.py").write_text(texts["program.py"], encoding="utf-8")
    message = refused("verify", copy, status=1)
    assert message.startswith("hardened model and interpreter differ in labels")


def test_verify_finds_a_changed_table(copy: Path) -> None:
    file = copy / "program.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    head = next(s for s in document["statements"] if "predicate" in s)
    head["predicate"] = [[] for _ in head["predicate"]]
    before = file.read_text(encoding="utf-8")
    file.write_text(json.dumps(document), encoding="utf-8")
    assert to_json(load(file).program) != before
    name = next(head[kind] for kind in ("attend", "count") if kind in head)
    (copy / "program.py").write_text(load(file).program.source, encoding="utf-8")
    message = refused("verify", copy, status=1)
    assert message.startswith(f"hardened model and interpreter differ in '{name}' at ")


def test_show(run: Path) -> None:
    text = (run / "program.py").read_text(encoding="utf-8")
    assert tprog("show", run, "--all") == Done(0, text, "")
    done = tprog("show", run)
    assert done.status == 0
    assert done.err == "note: without the helpers of program.py; --all shows them\n"
    assert text == f"{done.out}\n\n{HELPERS}\n{text.partition(HELPERS)[2][1:]}"
    for line in ("def trace(", "def run(", "TOKENS = "):
        assert line in done.out
    assert "def frame(" not in done.out
    data = (run / "program.json").read_text(encoding="utf-8")
    assert tprog("show", run, "--json") == Done(0, data, "")
    assert tprog("show", run / "program.json", "--all").out == text


@pytest.mark.parametrize("command", ["run", "eval", "verify", "show"])
def test_no_run(command: str, tmp_path: Path) -> None:
    place = tmp_path / "no run"
    assert str(place) in refused(command, place)
    assert str(tmp_path) in refused(command, tmp_path)


@pytest.mark.parametrize("name", ["program.py", "config.json", "metrics.jsonl"])
@pytest.mark.parametrize(
    "command",
    [
        *(("show",), ("run",), ("explain",), ("features",), ("eval",), ("verify",)),
        *(("simplify",), ("plot",), ("train", "--resume"), ("train", "hist", "--init")),
    ],
    ids=" ".join,
)
def test_a_file_of_a_run_is_no_run(
    command: tuple[str, ...], name: str, run: Path
) -> None:
    file = run / name
    assert refused(*command, file) == (
        f"{file}: expected a run folder, got a file; name the folder itself: {run}"
    )


CORRUPTED = {
    "cut": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "binary": lambda data: b"\xff\x00" * 100,
    "other": lambda data: b'{"format": "other"}\n',
}


@pytest.mark.parametrize("how", CORRUPTED)
@pytest.mark.parametrize(
    ("name", "commands"),
    [
        ("config.json", ("eval", "verify")),
        ("model.safetensors", ("verify",)),
        ("program.json", ("run", "eval", "verify", "show")),
        ("program.py", ("eval", "verify")),
    ],
)
def test_corrupted_files(
    copy: Path, name: str, commands: tuple[str, ...], how: str
) -> None:
    file = copy / name
    file.write_bytes(CORRUPTED[how](file.read_bytes()))
    for command in commands:
        found = name == "program.py" and how != "binary" and command == "verify"
        assert name in refused(command, copy, status=1 if found else 2)


def test_a_program_that_breaks_the_rules(copy: Path) -> None:
    edit(
        copy / "program.json",
        lambda text: text.replace('"max_length": 5', '"max_length": 1'),
    )
    done = tprog("show", copy)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error: not a valid program, ")
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("bogus",),
        ("train", "hist", "--bogus", "3"),
        ("train", "hist", "--steps", "many"),
        ("train", "hist", "--pooling", "sideways"),
        ("train", "hist", "sort"),
        ("run",),
        ("eval",),
        ("verify", "a", "b"),
        ("show", "a", "--bogus"),
    ],
)
def test_wrong_options(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = tprog(*arguments)
    assert done.status == 2
    assert "Traceback" not in done.out + done.err
    assert list(tmp_path.iterdir()) == []


def test_help_and_version() -> None:
    from transformer_programs import __version__

    assert tprog("--version").out == f"{__version__}\n"
    found = tprog("train", "--help")
    assert found.status == 0
    for option in ("--steps", "--restarts", "--data", "--force", "--resume", "--scope"):
        assert option in found.out
    assert tprog().status == 0


@pytest.mark.parametrize("order", [("tasks", "train", "show", "run", "eval", "verify")])
def test_commands_are_listed_in_the_order_of_work(order: tuple[str, ...]) -> None:
    shown = tprog("--help").out.splitlines()
    listed = [line.strip("│ ").split(" ")[0] for line in shown]
    assert [name for name in listed if name in order] == list(order)


def test_a_task_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docs = Path(__file__).parents[2] / "docs" / "how-to" / "tasks.md"
    blocks = docs.read_text(encoding="utf-8").split("```python\n")[1:]
    (example,) = (b.split("```")[0] for b in blocks if "tasks.register(" in b)
    file, run = tmp_path / "parity.py", tmp_path / "run"
    file.write_text(example)
    built_in = dict(registry._register)
    for arguments in (
        ("train", f"{file}:parity", "--out", run, "--steps", "3", "--restarts", "1"),
        ("eval", run, "--trust"),
        ("verify", run),
    ):  # each as in a process of its own
        monkeypatch.setattr(registry, "_register", dict(built_in))
        sources._executed.cache_clear()
        done = tprog(*arguments)
        assert done.status in (0, 3), done.err
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    assert config["source"]["task"] == f"{file}:parity"
    assert config["source"]["sha256"] == file_hash(file)
    assert "registers no task 'sort'" in refused("train", f"{file}:sort")
    assert f"{file}: this Python file would be executed" in refused("eval", run)


def test_user_text_is_no_markup(tmp_path: Path) -> None:
    rows = [
        {"tokens": ["[red]", ":smile:", str(i)], "label": ("[/]", ":cat:")[i % 2]}
        for i in range(30)
    ]
    data, run = tmp_path / "[bold]data.jsonl", tmp_path / "[/x] :dog:"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    options = ("--layers", "1", "--steps", "2", "--restarts", "1", "--tables", "1")
    no_heads = ("--categorical-heads", "0", "--numerical-heads", "0")
    done = tprog("train", "--data", data, "--out", run, *options, *no_heads)
    assert done.status == 0, done.err
    assert "[bold]data: held out: " in done.out
    assert f"written to {run}. Next:" in done.out
    assert f"tprog show '{run}'" in done.out
    assert f"{run}: held out: " in tprog("eval", run).out
    assert tprog("run", run, "[red]", "--trace").out.count("[red]") == 1


def test_an_example_for_a_vocabulary_of_the_unknown_token_alone() -> None:
    form = InputFormat(Vocabulary(("<unk>",), "<unk>"), 3)
    program = Runnable.of(Program("x", form, (), Readout(("x",), ())))
    command = next_steps._python(Path("run"), program)
    assert shlex.split(command) == ["python", "run/program.py", *["<unk>"] * 3]


def test_interruption_while_checking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    run = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(certification, "certify", interrupt)
        done = tprog("train", *QUICK, "--out", run, "--quiet")
    assert done.status == 130
    assert done.err == f"stopped; go on with: tprog train --resume {run}\n"
    assert "--resume it" in refused("train", *QUICK, "--out", run)
    assert tprog("train", "--resume", run, "--quiet") == Done(0, f"{run}\n", "")
    assert {file.name for file in run.iterdir()} == FILES
    assert [file.name for file in tmp_path.iterdir()] == ["run"]
    monkeypatch.setattr(certification, "certify_run", interrupt)
    assert tprog("verify", run, "--quiet") == Done(130, "", "stopped\n")


# The real command


SCRIPT = Path(sys.executable).with_name("tprog")


def test_the_script(run: Path) -> None:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    found = subprocess.run(
        [SCRIPT, "run", run, "0", "x"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith("error: unknown token 'x' at position 1")
    assert found.stderr.count("\n") == 1


def test_interruption_keeps_the_best_and_goes_on(tmp_path: Path) -> None:
    run, whole = tmp_path / "run", tmp_path / "whole"
    options = (*FAST, "--steps", "300", "--evaluations", "60")
    with subprocess.Popen(
        [SCRIPT, "train", *options, "--out", run],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    ) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        line = process.stderr.readline()
        while line.endswith(" ...\n"):  # what takes long
            line = process.stderr.readline()
        assert line.startswith("step 5 of 300: "), line
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=600)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert {file.name for file in run.iterdir()} == FILES | {"checkpoint.safetensors"}
    assert f"tprog train --resume {run}" in out
    assert tprog("verify", run, "--quiet").status == 0
    assert tprog("train", "--resume", run, "--quiet") == Done(0, f"{run}\n", "")
    assert {file.name for file in run.iterdir()} == FILES
    assert tprog("train", *options, "--out", whole, "--quiet").status == 0
    for name in ("program.py", "model.safetensors"):
        assert (run / name).read_bytes() == (whole / name).read_bytes()
    assert "nothing to resume" in refused("train", "--resume", run)


def test_a_run_whose_data_have_no_test_part(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    rows = [
        {"tokens": [first, second], "label": first}
        for first in "abc"
        for second in "de"
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = FileSource(str(file), tp.ReadOptions(test_fraction=0))
    tp.train(source, learner="search", out=tmp_path / "run")
    done = tprog("eval", tmp_path / "run")
    assert done.status == 0
    assert done.out.endswith("held out: there are no labels to measure by\n")
