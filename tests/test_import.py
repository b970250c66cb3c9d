"""A program can be loaded and run without the libraries that learning needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import transformer_programs
from golden_programs import BY_NAME
from transformer_programs.codegen.python import emit_python
from transformer_programs.codegen.serialize import to_json


def python(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_running_a_program_does_not_load_torch(tmp_path: Path) -> None:
    program = BY_NAME["hist"].program
    (tmp_path / "program.json").write_text(to_json(program), encoding="utf-8")
    (tmp_path / "program.py").write_text(emit_python(program), encoding="utf-8")
    script = """
import sys
import transformer_programs as tp
assert "numpy" not in sys.modules
program = tp.load(sys.argv[1]).program
assert program(["0", "0", "2"]) == ["2", "2", "1"]
assert program.trace(["1"])["frequency"] == [1, 1]
assert program.source == open(sys.argv[1] + "/program.py", encoding="utf-8").read()
tp.TrainSettings, tp.ModelSettings, tp.TaskSource, tp.read_sequences, tp.tasks.register
tp.read_dataset, tp.Run, tp.Certificate, tp.Readout
from transformer_programs.runs import specifications as judging
from transformer_programs.runs import progress
from transformer_programs.runs import certificates
from transformer_programs.learn import callbacks as watch
from transformer_programs.verify.certificate import certify
assert certify(program, program.source, [], ()).exhaustive
heavy = {"torch", "safetensors", "rich", "cyclopts", "datasets"}
print(sorted(heavy & sys.modules.keys()))
"""
    assert python(script, str(tmp_path)) == "[]\n"


def test_every_public_name_can_be_had() -> None:
    names = transformer_programs.__all__
    assert names == sorted(set(names))
    assert dir(transformer_programs) == names
    for name in names:
        assert getattr(transformer_programs, name) is not None


def test_what_needs_scikit_learn_is_no_name_without_it() -> None:
    script = """
import sys
sys.modules["sklearn"] = None
import importlib.util
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "sklearn" else find_spec(name)
import transformer_programs as tp
from transformer_programs import *
assert "TransformerProgramClassifier" not in tp.__all__
assert "train" in tp.__all__
try:
    tp.TransformerProgramClassifier
except tp.errors.TransformerProgramsError as error:
    print(error)
"""
    assert python(script) == (
        "the estimators need scikit-learn, which is not installed: "
        "pip install 'transformer-programs[sklearn]'\n"
    )


def test_other_names_cannot() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        transformer_programs.nothing  # noqa: B018


def test_public_names_say_where_they_are_documented() -> None:
    for name in transformer_programs.__all__:
        value = getattr(transformer_programs, name)
        if name != "__version__":
            assert value.__doc__, name
            assert value.__name__.removeprefix("transformer_programs.") == name
