"""Every reader of a file says in one line what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import transformer_programs as tp
from transformer_programs.data import read_vectors
from transformer_programs.errors import TransformerProgramsError
from transformer_programs.lab.baselines.transformer import load_standard
from transformer_programs.lab.reproduce.record import read_record
from transformer_programs.lab.sweep.folder import read_plan
from transformer_programs.lab.sweep.front import entry_of
from transformer_programs.lab.sweep.workers import Trial
from transformer_programs.learn.learner import _searched
from transformer_programs.nn.storage import load_model
from transformer_programs.runs.certificates import read_certificate
from transformer_programs.runs.folder import read_config
from transformer_programs.runs.plot import plot_run
from transformer_programs.tasks.registry import get
from traps import BROKEN, Traps, in_limits, write


def _front(folder: Path) -> None:
    entry_of(folder, Trial(7, {}))


def _estimator(folder: Path) -> None:
    pytest.importorskip("sklearn")
    from transformer_programs.estimators import storage

    storage.read(folder, "TransformerProgramTagger", ())


READERS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "configuration": ("config.json", read_config),
    "program": ("program.json", tp.load),
    "metrics": ("metrics.jsonl", plot_run),
    "certificate": (
        "certificate.json",
        lambda folder: read_certificate(folder / "certificate.json"),
    ),
    "searched": (
        "searched.json",
        lambda folder: _searched(get("hist").dataset(9), folder),
    ),
    "model": (
        "model.safetensors",
        lambda folder: load_model(folder / "model.safetensors"),
    ),
    "standard": (
        "model.safetensors",
        lambda folder: load_standard(folder / "model.safetensors"),
    ),
    "sweep": ("sweep.json", read_plan),
    "trial": ("trials/0007/metrics.jsonl", _front),
    "record": (
        "rasp-8-search.json",
        lambda folder: read_record(folder, "rasp", 8, "search"),
    ),
    "simple": (
        "language-simple.json",
        lambda folder: read_record(folder, "language", None, "simple"),
    ),
    "estimator": ("estimator.json", _estimator),
    "data": ("data.jsonl", lambda folder: tp.read_sequences(folder / "data.jsonl")),
    "table": ("data.csv", lambda folder: tp.read_sequences(folder / "data.csv")),
    "columns": ("data.conll", lambda folder: tp.read_sequences(folder / "data.conll")),
    "packed": ("x.csv.gz", lambda folder: tp.read_sequences(folder / "x.csv.gz")),
    "vectors": ("v.txt", lambda folder: read_vectors(folder / "v.txt")),
    "binary vectors": ("v.bin", lambda folder: read_vectors(folder / "v.bin")),
    "arrays": ("v.npz", lambda folder: read_vectors(folder / "v.npz")),
}
"""The file that each reads, and how."""


@pytest.fixture(scope="module")
def traps(tmp_path_factory: pytest.TempPathFactory) -> Traps:
    return Traps(tmp_path_factory.mktemp("broken"))


@pytest.mark.parametrize("reader", READERS)
def test_broken_files(traps: Traps, reader: str) -> None:
    name, read = READERS[reader]
    folders = {kind: traps.copy() for kind in BROKEN}
    for kind, folder in folders.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write(folder / name, BROKEN[kind])

    def work() -> list[str]:
        wrong = []
        for kind, folder in folders.items():
            said = _said(partial(read, folder))
            if said is None or "\n" in said or len(said) > 2000 or "Trace" in said:
                wrong.append(f"{kind}: {said}")
        return wrong

    assert in_limits(work) == []


def _said(read: Callable[[], Any]) -> str | None:
    try:
        read()
    except TransformerProgramsError as error:
        return str(error)
    except BaseException as error:
        return f"Traceback: {type(error).__name__}: {error}"[:300]
    return None


@pytest.mark.parametrize("name", ["config.json", "program.json", "sweep.json"])
def test_values_of_other_types(traps: Traps, name: str) -> None:
    folder = traps.copy()
    file = folder / name
    plan = json.loads((folder / "config.json").read_text())
    space = {"search_layers": {"kind": "range", "low": 1, "high": 2}}
    plan |= {"format": "transformer-program-sweep", "version": 1}
    plan |= {"space": space, "first": {"search_layers": 1}, "trials": 3}
    for field in ("start", "vectors"):
        plan.pop(field, None)
    read: Callable[[Path], Any] = read_plan
    if name != "sweep.json":
        plan = json.loads(file.read_text())
        read = read_config if name == "config.json" else tp.load
    file.write_text(json.dumps(plan))
    assert read(folder)
    wrong = []
    for path in _places(plan):
        for value in ([], {}, "x", -1, 1.5, True, None):
            file.write_text(json.dumps(_changed(plan, path, value)))
            said = _said(partial(read, folder))
            if said is not None and "Traceback" in said:
                wrong.append(f"{path} = {value!r}: {said}")
    assert wrong == []


def _places(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document, the first of a list for all of it."""
    inner: list[Any] = []
    if isinstance(value, dict):
        inner = list(value)
    elif isinstance(value, list):
        inner = list(range(min(len(value), 1)))
    found = [above] if above else []
    for key in inner:
        found += _places(value[key], (*above, key))
    return found


def _changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _changed(value[path[0]], path[1:], new)
    return copy
