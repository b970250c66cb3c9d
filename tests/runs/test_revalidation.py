"""Certificates record checks, and are believed only when these are reproduced."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.commands import refused, tprog
from transformer_programs.errors import AgreementError, SchemaError, TrustError
from transformer_programs.runs.certificates import (
    as_good,
    read_certificate,
    recheck_certificate,
)
from transformer_programs.verify.certificate import certificate_from_json
from transformer_programs.verify.result import CheckResult, Method

HIST = ("hist", "--vocabulary-size", "6", "--max-length", "6", "--size", "400")

DEFINITION = """
def hist(tokens):
    return [str(tokens.count(token)) for token in tokens]
"""


@pytest.fixture(scope="module")
def examined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of which much was asked."""
    folder = tmp_path_factory.mktemp("examined")
    run = folder / "hist"
    (folder / "mine.py").write_text(DEFINITION, encoding="utf-8")
    assert tprog("train", *HIST, "--out", run, "--quiet").status == 0
    for question in (
        ("--against", "task"),
        ("--against", f"{folder}/mine.py:hist"),
        ("--against", run),
        ("--invariant", "renaming", "--invariant", "length"),
    ):
        done = tprog("verify", run, *question)
        assert done.status == 0, done.err
        assert f"certificate: {run / 'certificate.json'}\n" in done.out
    return run


@pytest.fixture
def run(examined: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(examined, tmp_path / "run"))


def change(run: Path, by: Callable[[dict[str, Any]], object]) -> Path:
    """Edit the certificate of a run."""
    file = run / "certificate.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    by(document)
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def test_what_a_certificate_states(run: Path) -> None:
    text = (run / "certificate.json").read_text(encoding="utf-8")
    found = certificate_from_json(text, "certificate.json")
    assert found.to_json() == text
    assert (found.domain.tokens, found.domain.lengths) == (4, (0, 5))
    assert found.findings[0].question.text == "task"
    assert len(found.findings) == 5
    assert all(finding.judgement.proved for finding in found.findings)
    hashes = [finding.reference_sha256 for finding in found.findings]
    assert [h is None for h in hashes] == [False, False, False, True, True]
    assert (found.learned_sha256 is None) == (
        not (run / "learned.safetensors").exists()
    )
    assert found.data_sha256 is None  # all inputs are compared
    assert found.versions["python"]


def test_all_of_it_is_found_again(run: Path) -> None:
    before = (run / "certificate.json").read_bytes()
    done = tprog("verify", "--check", run / "certificate.json", "--trust")
    assert done.status == 0, done.err
    lines = done.out.splitlines()
    assert all(line.startswith("again: ") for line in lines)
    assert len(lines) == 2 + 5
    assert "again: one label per token on all 1,365 inputs" in done.out
    assert (run / "certificate.json").read_bytes() == before
    quiet = tprog("verify", "--check", run / "certificate.json", "--trust", "--quiet")
    assert (quiet.status, quiet.out) == (0, "")


def test_a_function_is_not_executed_unasked(run: Path) -> None:
    file = run / "certificate.json"
    message = refused("verify", "--check", file)
    assert "/mine.py: this Python file would be executed" in message
    assert "add --trust" in message
    with pytest.raises(TrustError, match=r"in Python: trust=True"):
        recheck_certificate(file)


def test_one_that_lies_elsewhere(run: Path, tmp_path: Path) -> None:
    file = tmp_path / "certificate.json"
    shutil.move(run / "certificate.json", file)
    assert recheck_certificate(file, run, trust=True)
    found = refused("verify", "--check", file, "--trust")
    assert "expected a run folder" in found


def test_verify_keeps_what_was_found(run: Path) -> None:
    assert tprog("verify", run, "--quiet").status == 0
    assert len(read_certificate(run / "certificate.json").findings) == 5


def test_what_is_refuted_goes(run: Path) -> None:
    def pretend(document: dict[str, Any]) -> None:
        document["findings"][3]["question"]["text"] = "never 1"

    file = change(run, pretend)
    assert "with '1' for" in refused(
        "verify", "--check", file, "--quiet", "--trust", status=1
    )
    assert tprog("verify", run, "--invariant", "never 1", "--quiet").status == 1
    texts = [f.question.text for f in read_certificate(file).findings]
    assert len(texts) == 4
    assert "never 1" not in texts


@pytest.mark.parametrize(
    ("by", "message"),
    [
        (lambda d: d.update(program_sha256="0" * 64), "program.json: not the file"),
        (lambda d: d.update(file_sha256="0" * 64), "program.py: not the file"),
        (lambda d: d.update(model_sha256="0" * 64), "model.safetensors: not the file"),
        (lambda d: d["domain"].update(size=7), "states a domain of 7 inputs"),
        (lambda d: d["inputs"].update(data=1), "with seed 0, there are"),
        (lambda d: d.update(seed=1), "with seed 1, there are"),
        (lambda d: d["comparisons"][0].update(inputs=99), "was not reproduced"),
        (lambda d: d["comparisons"][0].update(differences=1), "was not reproduced"),
        (lambda d: d["comparisons"][0].update(labels_only=True), "was not reproduced"),
        (lambda d: d["comparisons"].pop(0), "does not state that hardened model ="),
        (lambda d: d["findings"][0]["question"].update(text="x.json"), "no such run"),
        (lambda d: d["findings"][0]["judgement"].update(inputs=9), "on all 9 inputs"),
        (
            lambda d: d["findings"][0]["judgement"].update(method="solver"),
            "by a solver",
        ),
        (lambda d: d["findings"][0].update(reference_sha256="0"), "has changed"),
        (lambda d: d["findings"][1].update(reference_sha256="0"), "has changed"),
        (lambda d: d["findings"][1]["judgement"].update(which=" or more"), "or more"),
        (lambda d: d.update(learned_sha256="0"), "learned.safetensors: not the file"),
        (lambda d: d.update(data_sha256="0"), "the data of the run are not those"),
        (lambda d: d["domain"].update(as_read="as x"), "as they are read (as x)"),
    ],
)
def test_what_is_not_so(
    run: Path, by: Callable[[dict[str, Any]], object], message: str
) -> None:
    with pytest.raises(AgreementError, match=re.escape(message)):
        recheck_certificate(change(run, by), trust=True)


def reconfigure(run: Path, **settings: int) -> None:
    file = run / "config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    config["source"] |= settings
    file.write_text(json.dumps(config), encoding="utf-8")


@pytest.mark.parametrize(
    "settings", [{"vocabulary_size": 5}, {"vocabulary_size": 7}, {"max_length": 5}]
)
def test_a_task_about_other_inputs_is_refused(
    run: Path, settings: dict[str, int]
) -> None:
    reconfigure(run, **settings)
    message = refused("verify", run, "--against", "task")
    assert "the task 'hist' of its config.json is about up to " in message
    assert "; the program accepts up to 5 of 4 tokens: 0 1 2 3: " in message
    assert "is about up to " in refused("eval", run)
    with pytest.raises(AgreementError, match="--against task"):
        recheck_certificate(run / "certificate.json", trust=True)
    assert tprog("verify", run, "--quiet").status == 0
    texts = [
        f.question.text for f in read_certificate(run / "certificate.json").findings
    ]
    assert "task" not in texts
    assert len(texts) == 4


def test_certificates_of_version_2_are_read(run: Path) -> None:
    def older(document: dict[str, Any]) -> None:
        document["version"] = 2
        del document["learned_sha256"], document["data_sha256"]
        for finding in document["findings"]:
            del finding["question"]["solver_work"]
            finding["question"]["solver_seconds"] = 60.0
        del document["domain"]["as_read"]
        for comparison in document["comparisons"]:
            del comparison["rewritten"]
        for finding in document["findings"]:
            del finding["judgement"]["which"], finding["judgement"]["rewritten"]
        document["findings"][0]["reference_sha256"] = None

    file = change(run, older)
    assert recheck_certificate(file, trust=True)
    assert tprog("verify", run, "--invariant", "prefix", "--quiet").status == 1
    assert tprog("verify", run, "--invariant", "length", "--quiet").status == 0
    assert recheck_certificate(file, trust=True)


def test_a_file_that_was_changed(run: Path) -> None:
    with (run / "program.py").open("a", encoding="utf-8") as file:
        file.write("# more\n")
    with pytest.raises(AgreementError, match=r"program\.py: not the file"):
        recheck_certificate(run / "certificate.json", trust=True)


@pytest.mark.parametrize(
    ("by", "message"),
    [
        (lambda d: d.update(version=1), "'tprog verify RUN' writes a new one"),
        (lambda d: d.pop("findings"), "findings: this field is missing"),
        (lambda d: d.update(more=1), "more: unknown field"),
        (lambda d: d["domain"].update(lengths=[1]), "expected a list of 2 items"),
        (
            lambda d: d["comparisons"][0].update(seconds="x"),
            r"comparisons\[0\]\.seconds: expected a number",
        ),
        (lambda d: d["comparisons"][0].update(exhaustive=1), "true or false"),
        (lambda d: d["findings"][0]["judgement"].update(method="faith"), "one of"),
        (
            lambda d: d["findings"][0]["question"].update(option="--evil"),
            "a question of",
        ),
        (lambda d: d["findings"][0]["question"].update(drawn=-1), "a question of"),
    ],
)
def test_what_is_no_certificate(
    run: Path, by: Callable[[dict[str, Any]], object], message: str
) -> None:
    with pytest.raises(SchemaError, match=message):
        read_certificate(change(run, by))


def test_not_every_run_has_a_certificate_to_add_to(run: Path) -> None:
    change(run, lambda document: document.update(version=1))
    done = tprog("verify", run, "--against", "task")
    assert done.status == 0
    assert "not added to the certificate: " in done.err
    (run / "certificate.json").write_text("{", encoding="utf-8")
    assert "not JSON" in tprog("verify", run, "--invariant", "length").err
    assert "expected a run folder, or a certificate" in refused("verify")


def test_a_solver_may_come_further_another_time() -> None:
    def tested(proved: tuple[int, int] | None, least: int) -> CheckResult:
        return CheckResult(
            "c", Method.DRAWN, (least, 9), 50, 1.0, None, proved, "time ran out"
        )

    whole = CheckResult("c", Method.SOLVER, (1, 9), 500, 1.0)
    stated = tested((1, 5), 6)
    assert as_good(stated, tested((1, 6), 7))
    assert as_good(stated, whole)
    assert not as_good(stated, tested((1, 4), 5))
    assert not as_good(stated, tested(None, 1))
    assert not as_good(whole, stated)
    assert not as_good(stated, replace(whole, claim="another"))


def test_a_changed_file_is_not_spoken_of(run: Path) -> None:
    before = (run / "certificate.json").read_bytes()
    with (run / "program.py").open("a", encoding="utf-8") as file:
        file.write("# more\n")
    done = tprog("verify", run, "--against", "task")
    assert "is about another program.py" in done.err
    assert (run / "certificate.json").read_bytes() == before


def test_a_run_of_an_earlier_version_keeps_its_certificate(tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(Path(__file__).parents[2] / "gallery" / "sort-8", run)
    source = (run / "program.py").read_text() + "# as it was written once\n"
    (run / "program.py").write_text(source)
    certificate = run / "certificate.json"
    document = json.loads(certificate.read_text())
    document["file_sha256"] = hashlib.sha256(source.encode()).hexdigest()
    certificate.write_text(json.dumps(document))
    done = tprog("verify", run)
    assert done.status == 1
    assert f"'tprog compile {run}' makes a new run of program.json" in done.err
    assert certificate.exists()
    assert tprog("run", run, "3", "1").out == "1 3\n"
    made = tmp_path / "made"
    assert tprog("compile", run, "--out", made, "--quiet").status == 0
    assert tprog("verify", made, "--quiet").status == 0


def test_checks_that_are_kept_are_said_not_to_be_repeated(tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(Path(__file__).parents[2] / "gallery" / "sort-8", run)
    done = tprog("verify", run)
    assert done.status == 0
    assert "kept without repeating them: 1 of the checks" in done.err
    file = run / "certificate.json"
    document = json.loads(file.read_text())
    document["findings"][0]["reference_sha256"] = "0" * 64
    file.write_text(json.dumps(document))
    done = tprog("verify", run)
    assert "the check --against task is removed: its specification" in done.err
    assert json.loads(file.read_text())["findings"] == []
