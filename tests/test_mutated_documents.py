"""Documents that were changed at random are read, or refused with errors of ours."""

from __future__ import annotations

import copy
import json
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import transformer_programs as tp
from transformer_programs.codegen.serialize import to_json
from transformer_programs.lab.sweep.folder import PLAN, read_plan
from transformer_programs.learn.learner import _searched
from transformer_programs.runs.certificates import read_certificate
from transformer_programs.runs.folder import read_config
from transformer_programs.tasks.registry import get

GALLERY = Path(__file__).parent.parent / "gallery"
RUN = GALLERY / "sort-8"
MUTATIONS = 300

SPARE = (
    None,
    True,
    -1,
    0,
    10**30,
    1.5,
    1e308,
    "",
    "x",
    "\x1b",
    "\ud800",
    [],
    {},
    [[3]],
)


def _plan() -> dict[str, Any]:
    config = json.loads((RUN / "config.json").read_text())
    fields = {name: config[name] for name in ("name", "source", "recipe")}
    space = {
        "search_layers": {"kind": "range", "low": 1, "high": 2},
        "search_beam": {"kind": "choices", "values": [10, 20]},
    }
    head = {"format": "transformer-program-sweep", "version": 1}
    return head | fields | {"space": space, "first": {"search_layers": 1}, "trials": 3}


def _search() -> dict[str, Any]:
    program = tp.load(RUN).program
    lines = [{"kind": "search", "candidates": 3}, {"kind": "other"}]
    return {"program": to_json(program), "history": lines}


def _stored(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RUN / name).read_text())
    return found


READERS: dict[str, tuple[dict[str, Any], Callable[[Path], Any]]] = {
    "config.json": (_stored("config.json"), read_config),
    "program.json": (_stored("program.json"), tp.load),
    "certificate.json": (
        _stored("certificate.json"),
        lambda folder: read_certificate(folder / "certificate.json"),
    ),
    PLAN: (_plan(), read_plan),
    "searched.json": (_search(), lambda f: _searched(get("hist").dataset(9), f)),
}


@pytest.mark.parametrize("name", READERS)
def test_mutated_documents(name: str, tmp_path: Path) -> None:
    document, read = READERS[name]
    folder = Path(shutil.copytree(RUN, tmp_path / "run"))
    (folder / name).write_text(json.dumps(document))
    read(folder)
    draw = random.Random(name)
    refused = 0
    for _ in range(MUTATIONS):
        changed = copy.deepcopy(document)
        for _ in range(draw.choice((1, 1, 1, 2, 5))):
            _mutate(changed, draw)
        (folder / name).write_text(json.dumps(changed))
        with suppress(tp.errors.TransformerProgramsError):
            read(folder)
            continue
        refused += 1
    assert refused > MUTATIONS / 4


def _mutate(document: Any, draw: random.Random) -> None:
    """Change one part of a document: take it away, repeat it, or put another there."""
    inside = [found for found in _containers(document) if found]
    if not inside:
        return
    container = draw.choice(inside)
    many = isinstance(container, dict)
    key = draw.choice([*container] if many else range(len(container)))
    match draw.randrange(5):
        case 0:
            del container[key]
        case 1 if many:
            container[draw.choice(("zzz", "kind", "trusted", "\x1b"))] = container[key]
        case 1:
            container.insert(key, container[key])
        case 2:
            other = draw.choice(inside)
            container[key] = copy.deepcopy(draw.choice(_values(other)))
        case _:
            container[key] = copy.deepcopy(draw.choice(SPARE))


def _values(container: Any) -> list[Any]:
    return [*container.values()] if isinstance(container, dict) else container


def _containers(value: Any) -> list[Any]:
    if not isinstance(value, dict | list):
        return []
    return [value, *(c for item in _values(value) for c in _containers(item))]
