"""Programs of earlier versions, which could spell a table over tokens as a lookup."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from cli.commands import tprog
from golden_programs import BY_NAME
from transformer_programs.codegen.serialize import from_json, program_hash, to_json
from transformer_programs.runs.folder import known_hash, read_program

QUOTES = replace(BY_NAME["quotes"].program, name="quotes")


def former(text: str) -> str:
    """The program as a version before wrote it."""
    found = text.replace(
        '{"embed": "class", ', '{"lookup": "class", "inputs": ["tokens"], '
    )
    assert found != text
    return found


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder as it was written then."""
    program, run = tmp_path / "quotes.json", tmp_path / "run"
    program.write_text(to_json(QUOTES), encoding="utf-8")
    assert tprog("compile", program, "--out", run, "--quiet").status == 0
    text = former((run / "program.json").read_text(encoding="utf-8"))
    (run / "program.json").write_text(text, encoding="utf-8")
    certificate = json.loads((run / "certificate.json").read_text(encoding="utf-8"))
    certificate["program_sha256"] = hashlib.sha256(text.encode()).hexdigest()
    (run / "certificate.json").write_text(json.dumps(certificate), encoding="utf-8")
    return run


def test_it_is_the_same_program(run: Path) -> None:
    assert read_program(run) == QUOTES
    assert to_json(from_json(former(to_json(QUOTES)))) == to_json(QUOTES)


def test_both_hashes_name_it(run: Path) -> None:
    held = hashlib.sha256((run / "program.json").read_bytes()).hexdigest()
    assert known_hash(run, held) == held
    assert known_hash(run / "program.json", held) == held
    assert known_hash(run, None) == program_hash(QUOTES) != held
    assert known_hash(run, "0" * 64) == program_hash(QUOTES)


def test_its_certificate_holds(run: Path) -> None:
    done = tprog("verify", "--check", run / "certificate.json", "--quiet")
    assert done.status == 0, done.err


def test_its_certificate_is_added_to(run: Path) -> None:
    done = tprog("verify", run, "--against", run, "--quiet")
    assert done.status == 0, done.err
    stated = json.loads((run / "certificate.json").read_text(encoding="utf-8"))
    assert len(stated["findings"]) == 1
    done = tprog("verify", run, "--quiet")
    assert done.status == 0, done.err
    stated = json.loads((run / "certificate.json").read_text(encoding="utf-8"))
    assert stated["program_sha256"] == program_hash(QUOTES)
    assert len(stated["findings"]) == 1
