"""``tprog export`` and ``Run.export``."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import transformer_programs as tp
from cli.commands import refused, tprog
from golden_programs import BY_NAME
from transformer_programs.errors import (
    AgreementError,
    InputError,
    RunFolderError,
    SettingsError,
)
from transformer_programs.nn import load_transformer
from transformer_programs.nn.ordinary import compile
from transformer_programs.runs import export
from transformer_programs.verify.exported import c_command, node_command
from transformer_programs.verify.onnx_file import can_run_onnx

SORT = Path(__file__).parents[2] / "gallery" / "sort-8"


def copied(place: Path) -> Path:
    """A run folder whose certificate may change."""
    return Path(shutil.copytree(SORT, place / "runs" / "sort"))


RUNNERS = {
    "js": node_command,
    "c": c_command,
    "onnx": can_run_onnx,
    "rasp": lambda: True,
}


@pytest.mark.parametrize("to", RUNNERS)
def test_a_program_is_written_and_executed(tmp_path: Path, to: str) -> None:
    if not RUNNERS[to]():
        pytest.skip("nothing that executes it is installed")
    file = tmp_path / f"sort.{to}"
    done = tprog("export", copied(tmp_path), "--to", to, "--out", file)
    assert (done.status, done.out) == (0, f"{file}\n"), done.err
    assert "note: executed on" in done.err
    assert "are those of the interpreter" in done.err
    assert file.read_bytes() == tp.load(SORT).export(to).content


def certificate(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "certificate.json").read_text())
    return found


def test_the_certificate_says_what_was_compared(tmp_path: Path) -> None:
    run = copied(tmp_path)
    before = (run / "certificate.json").read_text()
    file = run.with_name("sort.rasp")
    for force in ((), ("--force",)):
        done = tprog("export", run, "--to", "rasp", *force)
        assert "; added to the certificate of the run" in done.err
    (stated,) = certificate(run)["exports"]
    assert stated == {
        "to": "rasp",
        "file": "../sort.rasp",
        "file_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "inputs": 481,
        "exhaustive": False,
        "longer": 24,
        "differences": 0,
    }
    words = (
        "rasp export in every variable and label, on 481 sampled inputs and 24 longer"
    )
    assert words in tprog("verify", "--check", run / "certificate.json").out
    done = tprog("verify", run)
    assert words in done.out
    assert certificate(run)["exports"] == [stated]
    # What was changed is found, and forgotten; it is not executed.
    file.write_text(file.read_text().replace("+", "-"))
    message = refused("verify", "--check", run / "certificate.json", status=1)
    assert f"{file.name}: not the file that was compared; 'tprog export" in message
    done = tprog("verify", run)
    assert done.status == 1
    assert "not the file that was compared" in done.err
    assert json.loads(before).keys() == certificate(run).keys()
    assert tprog("verify", run).status == 0


def test_exports_that_cannot_be_executed_are_kept_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = copied(tmp_path)
    tprog("export", run, "--to", "rasp")
    stated = certificate(run)["exports"]
    monkeypatch.setattr(export, "emit_in", lambda program, to: b"of another version")
    done = tprog("verify", run)
    assert "its comparison is kept: " in done.err
    assert "not executed: written by another version" in done.err
    assert certificate(run)["exports"] == stated
    done = tprog("verify", "--check", run / "certificate.json")
    assert "not repeated: " in done.err
    assert "rasp export" not in done.out
    run.with_name("sort.rasp").unlink()
    done = tprog("verify", run)
    assert done.status == 1
    assert f"{tmp_path / 'runs' / 'sort.rasp'}: the export is gone; " in done.err


def test_a_certificate_that_states_too_much_is_found(tmp_path: Path) -> None:
    run = copied(tmp_path)
    tprog("export", run, "--to", "rasp")
    file = run / "certificate.json"
    file.write_text(file.read_text().replace('"longer": 24', '"longer": 240'))
    message = refused("verify", "--check", file, status=1)
    assert "240 longer ones (../sort.rasp); found: " in message


def test_a_drawing_is_written_beside_the_run(tmp_path: Path) -> None:
    run = tp.load(SORT / "program.json").save(tmp_path / "sort")
    done = tprog("export", run.folder or "", "--to", "dot", "--json")
    found = json.loads(done.out)
    assert found["file"] == str(tmp_path / "sort.dot")
    assert found["compared"] is None
    assert (tmp_path / "sort.dot").read_text().startswith('digraph "sort" {')


def test_bad_uses_are_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "taken.dot"
    file.write_text("mine")
    message = refused("export", SORT, "--to", "dot", "--out", file)
    assert message == f"{file} exists; --force replaces it, --out names another"
    assert tprog("export", SORT, "--to", "dot", "--out", file, "--force").status == 0
    message = refused("export", SORT, "--to", "dot", "--out", tmp_path)
    assert message == f"{tmp_path} is a folder; name a file"
    message = refused("export", SORT, "--to", "dot", "--out", tmp_path / "no" / "x")
    assert "make it first" in message
    message = refused("export", SORT, "--to", "dot", "--out", tmp_path / "sort.py")
    assert message.endswith("expected the name of a file that ends in .dot")
    assert tprog("export", SORT, "--to", "java").status == 2
    message = refused("export", SORT.parent, "--to", "dot")
    assert "name one of those in it: add_digits-16, " in message
    file = tmp_path / "program.json"
    file.write_text("")
    message = refused("export", file, "--to", "dot")
    assert message == f"{file}: not JSON: there is nothing in it"


def test_what_c_cannot_say_is_refused(tmp_path: Path) -> None:
    run = tp.Run(BY_NAME["names"].program)
    with pytest.raises(
        SettingsError, match="Unicode tables that C lacks; export it to"
    ):
        run.export("c", tmp_path / "names.c")
    with pytest.raises(
        SettingsError, match="expected one of 'js', 'c', 'onnx', 'rasp'"
    ):
        run.export("java")
    assert not list(tmp_path.iterdir())


def test_without_a_runner_nothing_is_said_to_agree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(export, "node_command", lambda: None)
    monkeypatch.setattr(export, "c_command", lambda: None)
    for to, missing in (("js", "Node is not installed"), ("c", "no C compiler")):
        found = tp.load(SORT).export(to)
        assert found.compared is None
        assert found.evidence.startswith("not executed")
        assert missing in found.evidence


@pytest.mark.skipif(node_command() is None, reason="Node is not installed")
def test_a_file_that_differs_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tp.load(SORT).export("js").text
    broken = text.replace("(a, b) => a + b", "(a, b) => a - b")
    assert broken != text
    monkeypatch.setattr(export, "emit_in", lambda program, to: broken.encode())
    with pytest.raises(AgreementError, match="the js file differ in 'rank'"):
        tp.load(SORT).export("js", tmp_path / "sort.mjs")
    assert not list(tmp_path.iterdir())


PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "export.md"


def block(language: str) -> str:
    """The code of a language on the page."""
    text = PAGE.read_text(encoding="utf-8")
    return text.partition(f"```{language}\n")[2].partition("```")[0]


@pytest.mark.skipif(node_command() is None, reason="Node is not installed")
def test_the_module_on_the_page_does_what_is_shown(tmp_path: Path) -> None:
    found = tp.load(SORT).export("js", tmp_path / "sort.mjs")
    assert f"note: {found.evidence}" in PAGE.read_text(encoding="utf-8")
    lines = block("js").splitlines()
    shown = [f"console.log({x.partition(';')[0]});" for x in lines[2:]]
    (tmp_path / "page.mjs").write_text("\n".join([lines[0], *shown]))
    done = subprocess.run(
        [*(node_command() or ()), "page.mjs"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("[ '1', '2', '3' ]\n")
    assert "variable: 'token_by_rank'" in done.stdout


@pytest.mark.skipif(not can_run_onnx(), reason="onnxruntime is not installed")
def test_the_model_on_the_page_does_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    tp.load(SORT).export("onnx", "runs/sort.onnx")
    code = block("python")
    exec(code, {})
    assert capsys.readouterr().out == code.splitlines()[-1].removeprefix("# ") + "\n"


@pytest.mark.skipif(c_command() is None, reason="no C compiler")
def test_the_c_on_the_page_does_what_is_shown(tmp_path: Path) -> None:
    tp.load(SORT).export("c", tmp_path / "sort.c")
    head = '#define SORT_NO_MAIN\n#include "sort.c"\n#include <stdio.h>\n'
    code = f"{head}int main(void) {{\n{block('c')}return status;\n}}\n"
    (tmp_path / "page.c").write_text(code)
    strict = ("-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic")
    built = [*(c_command() or ()), *strict, "page.c", "-o", "page"]
    subprocess.run(built, cwd=tmp_path, check=True)
    done = subprocess.run(
        [str(tmp_path / "page")], capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n"


def test_an_ordinary_transformer_is_written_and_loaded(tmp_path: Path) -> None:
    folder = tmp_path / "sort"
    done = tprog("export", SORT, "--to", "transformer", "--out", folder)
    assert (done.status, done.out) == (0, f"{folder}\n"), done.err
    assert "33,670 parameters; executed on all 19,531 inputs" in done.err
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["model"]["normalization_type"] is None
    assert config["certificate"]["exhaustive"]
    assert config["certificate"]["margin"] == 1
    assert len(config["residual_stream"]) == config["model"]["d_model"]
    assert load_transformer(folder)(["3", "1", "2"]) == ["1", "2", "3"]
    message = refused("export", SORT, "--to", "transformer", "--out", folder)
    assert message == f"{folder} exists; --force replaces it, --out names another"
    before = (folder / "model.safetensors").read_bytes()
    again = ("--to", "transformer", "--out", folder, "--force", "--json")
    found = json.loads(tprog("export", SORT, *again).out)
    assert found["compared"] == 19531
    assert (folder / "model.safetensors").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["sort"]


def test_a_transformer_of_another_length(tmp_path: Path) -> None:
    run = tp.load(SORT)
    assert run.model(max_length=12)(list("3142031420")) == sorted("3142031420")
    options = ("--to", "transformer", "--max-length", "6", "--out", tmp_path / "short")
    assert "executed on all 781 inputs" in tprog("export", SORT, *options).err
    with pytest.raises(InputError, match="at most 4"):
        load_transformer(tmp_path / "short")(list("31420"))


def test_no_transformer_replaces_another_folder(tmp_path: Path) -> None:
    run = tp.load(SORT / "program.json").save(tmp_path / "run")
    options = ("--to", "transformer", "--force", "--out", run.folder or "")
    message = refused("export", SORT, *options)
    assert (
        message
        == f"{run.folder} exists and is no exported Transformer; --out names another"
    )
    with pytest.raises(RunFolderError, match="expected a folder that 'tprog export"):
        load_transformer(run.folder or "")


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "sort"
    tp.load(SORT).export("transformer", folder)
    file = folder / "model.safetensors"
    for content in (b"", file.read_bytes()[:-9], tp.load(SORT).program.source.encode()):
        file.write_bytes(content)
        with pytest.raises(RunFolderError, match="export the program again"):
            load_transformer(folder)


def test_a_difference_refuses_a_transformer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compile, "GAP", 1.0)  # attention is soft then
    with pytest.raises(AgreementError, match="interpreter and Transformer differ in"):
        tp.load(SORT).export("transformer", tmp_path / "sort")
    assert not list(tmp_path.iterdir())
