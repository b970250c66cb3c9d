"""Folders and files that were made to do harm, opened with every command there is."""

from __future__ import annotations

import inspect
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from commands import tprog

from transformer_programs.cli.app import app
from transformer_programs.tasks import sources
from traps import BROKEN, Traps, in_limits

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="limits and pipes are those of Linux"
)

COMMANDS = sorted(name for name in app if not name.startswith("-"))

WRITTEN = ("out", "picture", "runs", "tensorboard")
"""Options that name what is written."""

MORE = {
    "verify": (["--full"], ["--against", "task", "--drawn", "9"]),
    "run": (["0", "1"],),
    "explain": (["0", "1"],),
    "eval": (["--any-length", "--lengths", "9", "--drawn", "9"],),
}
"""Arguments besides the folder, for another try."""

_EXPORTED = Path(tempfile.gettempdir(), "a-trap-exported.dot")
_REPORTED = Path(tempfile.gettempdir(), "a-trap-reported.html")

ALWAYS = {
    "features": ["--labels", "1,2"],
    "simplify": ["--tolerance", "0.9"],
    "export": ["--to", "dot", "--force", "--out", str(_EXPORTED)],
    "report": ["--force", "--out", str(_REPORTED)],
}
"""Arguments without which nothing is done."""


def _is_path(hint: Any) -> bool:
    return hint is Path or Path in get_args(hint)


def _paths(command: str) -> Iterator[tuple[str, bool]]:
    """The parameters of a command that name what is read; whether they have no name."""
    function = app[command].default_command
    hints = get_type_hints(function)
    for name, parameter in inspect.signature(function).parameters.items():
        if _is_path(hints[name]) and name not in WRITTEN:
            yield name, parameter.kind is inspect.Parameter.POSITIONAL_ONLY


def calls(command: str, place: Path, good: Path) -> Iterator[list[str]]:
    """The ways to let a command read a folder or file; the rest is as it should be."""
    always = [str(good)] if command == "diff" else ALWAYS.get(command, [])
    first = {"eval": [str(good)], "reproduce": ["language"]}.get(command, [])
    for name, positional in _paths(command):
        if positional:
            for more in ([], *MORE.get(command, ())):
                yield [command, str(place), *more, *always]
        else:
            of_task = name == "vectors" and command == "train"
            task = ["hist", "--size", "60"] if of_task else first
            both = (command, name) == ("reproduce", "vectors")
            other = ["--data", str(good)] if both else []
            given = place / "certificate.json" if name == "check" else place
            little = command == "train" and name != "resume"
            other += ["--steps", "1", "--restarts", "1"] if little else []
            yield [command, *task, f"--{name}", str(given), *other, *always]


def ends_well(arguments: list[str], *, may_differ: bool = False) -> str | None:
    """What is wrong with the end of a command, if anything."""
    try:
        done = tprog(*arguments)
    except BaseException as error:
        return f"{arguments}: {type(error).__name__}: {error}"
    lines = [line for line in done.err.splitlines() if not line.startswith("note: ")]
    errors = [line for line in lines if line.startswith("error: ")]
    raw = [c for c in done.out + done.err if not c.isprintable() and c not in "\n\t"]
    fine = {0: not errors, 2: len(errors) == 1, 1: may_differ}
    if raw or not fine.get(done.status):
        return f"{arguments}: {done.status}, {raw}: {done.err[-2000:]}"
    return None


def check(traps: Traps, places: list[Path], commands: list[str]) -> None:
    """Every command ends well on every trap, and none of them springs."""
    before = traps.state()

    def work() -> list[str]:
        os.chdir(traps.folder)
        found = [
            ends_well(arguments, may_differ=command == "verify")
            for command in commands
            for place in places
            for arguments in calls(command, place, traps.good)
        ]
        return [text for text in found if text is not None]

    found = in_limits(work)
    assert not found, "\n".join(found)
    assert traps.state() == before


@pytest.fixture(scope="module")
def traps(tmp_path_factory: pytest.TempPathFactory) -> Traps:
    return Traps(tmp_path_factory.mktemp("traps"))


def test_every_command_that_reads_is_tried() -> None:
    reading = {name for name in COMMANDS if any(_paths(name))}
    assert set(COMMANDS) - reading == {"tasks"}


CHECKING = ["eval", "verify"]
"""What reads all of a run."""

FOLDERS: dict[str, tuple[Callable[[Traps], Path], list[str]]] = {
    "text": (Traps.text, COMMANDS),
    "task": (Traps.task, COMMANDS),
    "question": (Traps.question, COMMANDS),
    "links": (Traps.links, COMMANDS),
    "pipe as program": (lambda t: t.pipe("program.json"), COMMANDS),
    "pipe as configuration": (lambda t: t.pipe("config.json"), COMMANDS),
    "pipe as model": (lambda t: t.pipe("model.safetensors"), CHECKING),
    "model": (lambda t: t.with_text("model.safetensors", BROKEN["huge"]), CHECKING),
    "tables": (Traps.tables, CHECKING),
    "lock": (Traps.lock, ["train", "simplify"]),
}
"""Folders, and the commands that open them."""


@pytest.mark.parametrize("trap", FOLDERS)
def test_a_folder_with_a_trap(traps: Traps, trap: str) -> None:
    make, commands = FOLDERS[trap]
    check(traps, [make(traps)], commands)


def test_data_with_traps(traps: Traps) -> None:
    for file in traps.data():
        check(traps, [file], ["baseline", "eval", "train"])


def test_data_that_a_configuration_names(traps: Traps) -> None:
    places = [
        traps.source(kind="file", path=str(file), options={}) for file in traps.data()
    ]
    check(traps, places[:4], ["features", "simplify"])


@pytest.mark.parametrize("name", ["sweep.json", "study.journal", "lock"])
def test_the_folder_of_a_sweep(traps: Traps, name: str) -> None:
    pytest.importorskip("optuna")
    plan = sweep_of(traps)
    places = [with_plan(traps, plan, name, text) for text in BROKEN.values()]
    link = with_plan(traps, plan, "front.json", "")
    (link / "trials").symlink_to(traps.outside)
    kept = with_plan(traps, plan, "front.json", "")
    (kept / name).unlink(missing_ok=True)
    (kept / name).symlink_to(traps.outside / "kept" / "file")
    before = traps.state()

    def work() -> list[str]:
        found = [
            ends_well(["sweep", "--resume", str(place), "--trials", "1"])
            for place in [link, kept, *(places if name != "lock" else ())]
        ]
        return [text for text in found if text is not None]

    found = in_limits(work)
    assert not found, "\n".join(found)
    assert traps.state() == before


def sweep_of(traps: Traps) -> str:
    """The plan of a sweep that would execute a Python file."""
    document = json.loads((traps.good / "config.json").read_text())
    for field in ("start", "vectors"):
        document.pop(field, None)
    source = {"kind": "task", "task": f"{traps.evil}:x"}
    plan = {"format": "transformer-program-sweep", "version": 1, "source": source}
    space = {"search_layers": {"kind": "range", "low": 1, "high": 2}}
    more = {"space": space, "first": {"search_layers": 1}, "trials": 1}
    return json.dumps(document | plan | more)


def with_plan(traps: Traps, plan: str, name: str, text: str | bytes | None) -> Path:
    place = traps.sweep(name, text)
    if name != "sweep.json":
        (place / "sweep.json").write_text(plan)
    return place


def test_labels_are_no_commands_for_terminals(tmp_path: Path) -> None:
    """Texts of a file that a terminal would obey are written out."""
    red, title = "\x1b[31mred", "\x1b]0;x\x07\u202e\x9b2J"
    rows = [
        {"tokens": [f"{red}{i % 3}", "b\x1b\n"], "tags": [title, f"{red}\r{i % 3}"]}
        for i in range(30)
    ]
    data, run = tmp_path / "data.jsonl", tmp_path / "run"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    token = f"{red}1"
    for arguments in (
        ["train", "--data", data, "--out", run, "--learner", "search"],
        ["run", run, token],
        ["run", run, token, "--trace"],
        ["explain", run, token],
        ["features", run, "--labels", f"{title},{red}\r1"],
        ["eval", run, "--by-label"],
        ["show", run],
        ["verify", run],
        ["run", run, "\x1b unknown"],
        ["eval", run, "--json", "--by-label"],
        ["run", run, token, "--json"],
        ["verify", run, "--invariant", f"never {title}"],
    ):
        done = tprog(*map(str, arguments))
        text = done.out + done.err
        assert done.status in (0, 1, 2)
        raw = {c for c in text if not c.isprintable()}
        assert raw <= {"\n", "\t"}, (arguments, text)
    found = tprog("run", str(run), token, "--json")
    assert json.loads(found.out)["tokens"] == [token]
    source = (run / "program.py").read_text(encoding="utf-8")
    assert source.replace("\n", "").isprintable()
    assert "sys.stdout.isatty()" in source


def test_consent(traps: Traps, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that a run names is executed with --trust alone, or if it is typed."""
    run, asked = traps.task(), traps.question()
    monkeypatch.chdir(run.parent)
    refuse = (
        ["eval", run],
        ["simplify", run],
        ["train", "--init", run],
        ["verify", run, "--against", "task"],
        ["verify", "--check", asked / "certificate.json"],
    )
    for arguments in refuse:
        done = tprog(*map(str, arguments))
        assert (done.status, done.out) == (2, "")
        assert f"{traps.evil}: this Python file would be executed" in done.err
        assert "add --trust" in done.err
    go_on = (["features", run, "--labels", "1,2"], ["verify", run], ["compile", run])
    for arguments in go_on:
        assert tprog(*map(str, arguments)).status == 0
    assert not traps.canary.exists()
    for arguments in (*refuse, go_on[0]):
        tprog(*map(str, arguments), "--trust")
        assert traps.canary.exists()
        traps.canary.unlink()
        sources._executed.cache_clear()
    tprog("verify", str(asked), "--against", f"{traps.evil}:f")
    assert traps.canary.exists()
    traps.canary.unlink()
